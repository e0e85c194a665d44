"""`python -m imgcls` is the command `imgcls`."""

import sys

from imgcls.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
