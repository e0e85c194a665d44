"""`python -m imgcls.training.inspect RUN` is now `python -m imgcls.training.export.explain_data RUN`."""

import sys

from imgcls.training.export.explain_data import main

if __name__ == "__main__":
    if sys.stderr.isatty():
        print("Hint: this is now 'python -m imgcls.training.export.explain_data'.", file=sys.stderr)
    sys.exit(main(sys.argv[1:]))
