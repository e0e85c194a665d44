"""Lessons that happen on the real pages: one file each in `catalog/`, found by its name. To add one, add a file there.

A lesson is a module with

    ORDER       its number in the course, which is also its place in the list
    TITLE       what a visitor reads; ABOUT is what they will do and find out, in one or two sentences, and GOAL what
                they can do afterwards
    MINUTES     how long it takes
    PICTURE     the picture on its card: of a term of the glossary, or one of `pictures.scenes`
    STEPS       a tuple of `Step`
    MEASURED    name -> `Measured`: every measured number that its texts state, as {name}. The benchmark `lessons`
                measures them again
    DISCUSS     questions for a class, for the teacher's sheet

content     Step, Question, Measured, and Situation: the real state that the check of a step reads
glossary    each technical term, in plain words and exactly
pictures    a small picture for each term that a beginner meets
worthless   seven ways to a great but worthless score, as experiments on a dataset
first_convolution   the first convolution of a run by hand
teacher_sheet       a lesson as one page to print
teaching_times      how long its steps take, and the runs of a class
"""

import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from types import ModuleType

from imgcls.config import PARAMS, Config
from imgcls.errors import UserError
from imgcls.lessons.content import Measured as Measured
from imgcls.lessons.content import Question as Question
from imgcls.lessons.content import Situation as Situation
from imgcls.lessons.content import Step as Step
from imgcls.params import Value

NAME = re.compile(r"[a-z][a-z_]*")


@cache
def names() -> tuple[str, ...]:
    """The names of all lessons, in their order."""
    found = [entry.name for entry in pkgutil.iter_modules(importlib.import_module(f"{__package__}.catalog").__path__)]
    return tuple(sorted((name for name in found if NAME.fullmatch(name)), key=lambda name: find(name).ORDER))


@cache
def find(name: str) -> ModuleType:
    """The lesson with this name.

    Raises:
        UserError: there is none.
    """
    if NAME.fullmatch(name):
        try:
            return importlib.import_module(f"{__package__}.catalog.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{__package__}.catalog.{name}":
                raise
    raise UserError(f"There is no lesson “{name[:40]}”. Choose one from the list.")


def number(name: str) -> int:
    """The number of a lesson in the course. It stays the same if others are missing."""
    return find(name).ORDER


def filled(text: str, lesson: ModuleType, values: Mapping[str, str], blank: str = "…") -> str:
    """A text of a lesson with its measured numbers and these values in place of their {names}, or else `blank`."""
    found = defaultdict(lambda: blank, {name: measured.stated for name, measured in lesson.MEASURED.items()})
    return text.format_map(found | dict(values))


def form_of(step: Step) -> dict[str, Value]:
    """The value of every control of the Train page for the settings of a step."""
    config = Config(**step.settings)
    values = {param.name: getattr(config, param.name) for param in PARAMS}
    return values | {f"{config.model}.{name}": value for name, value in config.model_settings.items()}
