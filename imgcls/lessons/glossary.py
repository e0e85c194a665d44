"""One sentence for each technical term, from `glossary.yaml`; some have a small picture in `pictures/`.

docs/glossary.md is written from the same file: `python -m imgcls.lessons.glossary docs/glossary.md`.
"""

import base64
import re
import sys
from functools import cache
from pathlib import Path

import yaml

HERE = Path(__file__).parent
HEADING = "# Glossary\n\nOne sentence for each technical term in the app.\n"


@cache
def terms() -> dict[str, str]:
    """Term -> its explanation, in alphabetical order."""
    found = yaml.safe_load((HERE / "glossary.yaml").read_text("utf-8"))
    return dict(sorted(found.items(), key=lambda entry: entry[0].casefold()))


@cache
def picture(term: str) -> str:
    """The picture of a term as a data URL; "" if it has none."""
    path = HERE / "pictures" / f"{file_name(term)}.svg"
    if not path.exists():
        return ""
    return "data:image/svg+xml;base64," + base64.b64encode(path.read_bytes()).decode()


def file_name(term: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", term.lower()).strip("_")


def as_markdown() -> str:
    """The page of the documentation."""
    return HEADING + "".join(f"\n{term}\n:   {text}\n" for term, text in terms().items())


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(as_markdown(), "utf-8")
