"""`python -m imgcls.explore KIND DATASET` is now `imgcls analyse DATASET --what KIND`."""

import sys

from imgcls.cli.former import former_modules

if __name__ == "__main__":
    kind, *rest = sys.argv[1:] or ["--help"]
    sys.exit(former_modules.run("analyse", "imgcls.explore", [*rest, "--what", kind] if rest else [kind]))
