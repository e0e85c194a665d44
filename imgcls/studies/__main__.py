"""python -m imgcls.studies ID: drives a study until it has ended. In a shell, use `imgcls study run`."""

import sys

from imgcls.errors import UserError
from imgcls.studies.driver import Driver
from imgcls.studies.study import find
from imgcls.system import processes

if __name__ == "__main__":
    processes.lower_priority()
    try:
        Driver(find(sys.argv[1])).run()
    except UserError as error:
        print(error, flush=True)
        sys.exit(1)
