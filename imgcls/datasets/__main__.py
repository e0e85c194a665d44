"""`python -m imgcls.datasets [NAME]`: the process that prepares a dataset. In a shell, use `imgcls prepare`."""

import sys

from imgcls.cli.former import former_modules

if __name__ == "__main__":
    sys.exit(former_modules.run("prepare", "imgcls.datasets", sys.argv[1:]))
