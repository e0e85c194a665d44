"""What `pybabel extract` finds beside the calls of _(): see [tool.babel] in pyproject.toml. Used by developers only.

Lessons, titles of pages and the glossary are data: they are translated where they are shown, so their files need no
marks.
"""

import ast
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

import yaml
from babel.messages.extract import extract_python

Found = tuple[int, str | None, Any, list[str]]
"""Line, function, text, comments."""
FIELDS = ("title", "text", "run_name", "do", "hint", "after")
"""The texts of a `Step` that a learner reads; its notes are for the teacher's sheet, which is English."""
CONSTANTS = ("TITLE", "ABOUT", "GOAL")


def _marked(file: IO[bytes], keywords: Mapping, comment_tags: Collection[str], options: Mapping) -> Iterator[Found]:
    """The texts that the code itself marks."""
    known: Any = dict(options)  # Babel declares which options it knows; those of pyproject.toml are any
    yield from cast("Iterator[Found]", extract_python(file, keywords, comment_tags, known))


def lesson(file: IO[bytes], keywords: Mapping, comment_tags: Collection[str], options: Mapping) -> Iterator[Found]:
    """The texts of a lesson."""
    yield from _marked(file, keywords, comment_tags, options)
    file.seek(0)
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in CONSTANTS:
            yield from _texts(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "Step":
                for keyword in node.keywords:
                    if keyword.arg in FIELDS:
                        yield from _texts(keyword.value)
            elif node.func.id == "Question":
                for argument in node.args[:2]:
                    yield from _texts(argument)


def page(file: IO[bytes], keywords: Mapping, comment_tags: Collection[str], options: Mapping) -> Iterator[Found]:
    """The texts of a page, and its title, which is the name of its file."""
    yield 1, None, Path(file.name).stem.replace("_", " ").capitalize(), []
    yield from _marked(file, keywords, comment_tags, options)


def glossary(file: IO[bytes], keywords: Mapping, comment_tags: Collection[str], options: Mapping) -> Iterator[Found]:
    """The terms of the glossary and their explanations."""
    for term, texts in yaml.safe_load(file).items():
        for text in (term, *texts):
            yield 1, None, text, []


def _texts(node: ast.expr) -> Iterator[Found]:
    """The string, or the strings in a tuple."""
    for one in node.elts if isinstance(node, ast.Tuple) else [node]:
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value:
            yield one.lineno, None, one.value, []
