"""python -m imgcls.jobs.classroom.assignments CODE: evaluates the best runs of a closed assignment on the test set."""

import sys

from imgcls.jobs.classroom.assignments import assignment, closing
from imgcls.sharing import acting_as
from imgcls.sharing.visitors import SERVER
from imgcls.system import processes

if __name__ == "__main__":
    processes.lower_priority()
    with acting_as(SERVER):
        found = assignment.load(sys.argv[1])
        if found is not None:
            closing.evaluate(found)
