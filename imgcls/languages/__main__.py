"""`python -m imgcls.languages [CODE]`: brings all catalogues up to date with the texts in the code, in the repository.

With the code of a new language, such as "fi", its catalogue is created.

New texts get an empty translation. If an English text has changed a little, its translation is kept, marked fuzzy for a
translator to check, and not shown until then.
"""

import contextlib
import sys
import tempfile
from pathlib import Path

from babel.messages.frontend import CommandLineInterface

from imgcls.languages import catalogues

DOMAIN, WIDTH = "imgcls", "110"


def extract(template: Path) -> None:
    """Writes all texts of the code, without translations."""
    options = ["-F", "pyproject.toml", "-k", "N_", "--add-location=file", "--sort-by-file", "-w", WIDTH]
    names = ["--project=imgcls", "--copyright-holder=the imgcls authors"]
    with contextlib.chdir(catalogues.HERE.parents[1]):
        _pybabel("extract", *options, *names, "-o", str(template), ".")


def update(folder: Path = catalogues.HERE, new: str = "") -> None:
    """Brings the catalogues in a folder up to date, and creates that of a `new` language."""
    with tempfile.TemporaryDirectory() as temporary:
        template = Path(temporary, "imgcls.pot")
        extract(template)
        if new:
            _pybabel("init", "-i", str(template), "-d", str(folder), "-D", DOMAIN, "-w", WIDTH, "-l", new)
        options = ["--ignore-obsolete", "--ignore-pot-creation-date", "-w", WIDTH]
        _pybabel("update", "-i", str(template), "-d", str(folder), "-D", DOMAIN, *options)


def _pybabel(*arguments: str) -> None:
    CommandLineInterface().run(["pybabel", "-q", *arguments])


if __name__ == "__main__":
    update(new="".join(sys.argv[1:2]))
