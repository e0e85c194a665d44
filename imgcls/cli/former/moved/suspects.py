"""`python -m imgcls.suspects` is now `imgcls label-errors`."""

import sys

from imgcls.cli.former import former_modules

if __name__ == "__main__":
    sys.exit(former_modules.run("label-errors", "imgcls.suspects", sys.argv[1:]))
