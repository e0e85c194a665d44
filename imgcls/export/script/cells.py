"""A script in the percent format: "# %%" starts a cell, "# %% [markdown]" one of text. Editors show such a script as
cells, and it becomes a notebook with the same content.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

MARK = re.compile(r"^# %%(?: (?P<title>.*))?$", re.MULTILINE)
MARKDOWN = "[markdown]"
NOTEBOOK_FORMAT = {"nbformat": 4, "nbformat_minor": 5}
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@dataclass(frozen=True)
class Cell:
    """A cell of text or code."""

    is_text: bool
    title: str
    content: str


def split(script: str) -> list[Cell]:
    """The cells of a script in the percent format."""
    marks = list(MARK.finditer(script))
    ends = [*(mark.start() for mark in marks[1:]), len(script)]
    found = []
    for mark, end in zip(marks, ends, strict=True):
        title, content = mark["title"] or "", script[mark.end() : end].strip("\n")
        if title == MARKDOWN:
            found.append(Cell(True, "", re.sub(r"^# ?", "", content, flags=re.MULTILINE)))
        else:
            found.append(Cell(False, title, content))
    return found


def notebook(script: str) -> str:
    """The script as a Jupyter notebook, without outputs."""
    cells: list[dict[str, Any]] = []
    for cell in split(script):
        if cell.is_text:
            cells.append(_cell("markdown", cell.content, len(cells)))
            continue
        cells.append(_cell("markdown", f"## {cell.title}", len(cells)))
        code = _cell("code", cell.content, len(cells)) | {"execution_count": None, "outputs": []}
        cells.append(code)
    content = {"cells": cells, "metadata": KERNEL, **NOTEBOOK_FORMAT}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _cell(kind: str, content: str, number: int) -> dict[str, Any]:
    return {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": content.splitlines(keepends=True)}
