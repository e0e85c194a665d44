"""python -m imgcls.jobs: the queue, until there has been nothing to do for a minute."""

import sys

from imgcls.errors import UserError
from imgcls.jobs.queue import Queue

if __name__ == "__main__":
    try:
        Queue().serve()
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
