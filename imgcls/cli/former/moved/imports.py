"""`python -m imgcls.imports` is now `imgcls import`."""

import sys

from imgcls.cli.former import former_modules

if __name__ == "__main__":
    sys.exit(former_modules.run("import", "imgcls.imports", sys.argv[1:]))
