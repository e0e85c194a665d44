"""python -m imgcls.studies ID: drives a study until it has ended. In a shell, use `imgcls study run`."""

import sys

from imgcls.errors import UserError
from imgcls.sharing import acting_as, ownership
from imgcls.sharing.visitors import SERVER
from imgcls.studies.driver import Driver
from imgcls.studies.study import find
from imgcls.system import processes

if __name__ == "__main__":
    processes.lower_priority()
    try:
        with acting_as(SERVER):
            study = find(sys.argv[1])
        with acting_as(ownership.maker(study.folder)):  # its trials belong to the owner of the study
            Driver(study).run()
    except UserError as error:
        print(error, flush=True)
        sys.exit(1)
