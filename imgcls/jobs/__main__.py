"""python -m imgcls.jobs: the queue, until there has been nothing to do for a minute."""

from imgcls.jobs.queue import Queue

if __name__ == "__main__":
    Queue().serve()
