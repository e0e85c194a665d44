"""Two sentences for each technical term, from `glossary.yaml`: in plain words, and exactly. Each has a small picture
from `pictures`.

docs/glossary.md is written from the same file: `python -m imgcls.lessons.glossary docs/glossary.md`. The pictures are
added when the site is built.
"""

import base64
import html
import sys
from functools import cache
from pathlib import Path

import yaml

from imgcls.lessons import pictures

SOURCE = Path(__file__).with_name("glossary.yaml")
HEADING = "# Glossary\n\nEach technical term in the app: first in plain words, then exactly.\n"


@cache
def terms() -> dict[str, tuple[str, str]]:
    """Term -> what it means in plain words, and exactly; in alphabetical order."""
    found = yaml.safe_load(SOURCE.read_text("utf-8"))
    return {term: (found[term][0], found[term][1]) for term in sorted(found, key=str.casefold)}


@cache
def picture(term: str) -> str:
    """The picture of a term, or of a lesson, as an HTML image with an alternative text; "" if it has none."""
    if not pictures.has(term):
        return ""
    content = base64.b64encode(pictures.svg(term).encode()).decode()
    return f'<img src="data:image/svg+xml;base64,{content}" alt="{html.escape(pictures.alt(term))}">'


def as_markdown(*, is_illustrated: bool = False) -> str:
    """The page of the documentation, with the pictures or, as it is in the repository, without."""
    entries = terms().items()
    pictured = {term: f"{picture(term)} " if is_illustrated and picture(term) else "" for term in terms()}
    return HEADING + "".join(f"\n{term}\n:   {pictured[term]}{plain} {exact}\n" for term, (plain, exact) in entries)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(as_markdown(), "utf-8")
