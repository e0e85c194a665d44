"""`python -m imgcls.robustness` is now `imgcls robustness`."""

import sys

from imgcls.cli.former import former_modules

if __name__ == "__main__":
    sys.exit(former_modules.run("robustness", "imgcls.robustness", sys.argv[1:]))
