"""The teacher's sheet of a lesson: one HTML page to print, made from the lesson itself."""

import html
import math
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from imgcls import lessons, sharing
from imgcls.lessons import Step, glossary, teaching_times
from imgcls.sharing import Role, Visitor

BLANK = "____"
"""For what only the screen of whoever does the lesson says."""
MARKS = ((r"`([^`]+)`", "code"), (r"\*\*(.+?)\*\*", "strong"), (r"\*(.+?)\*", "em"))
"""The Markdown that lessons use -> its element in HTML."""
TEMPLATE = Path(__file__).with_name("teacher_sheet.html")


def is_for(visitor: Visitor) -> bool:
    """Whether this visitor may see sheets, which have the answers: on a shared server, only teachers."""
    return not sharing.is_shared() or visitor.role in (Role.TEACHER, Role.OWNER)


@cache
def render(name: str) -> str:
    """The sheet as a complete HTML page without scripts or other files. What depends on the learner is omitted.

    Raises:
        UserError: there is no such lesson.
    """
    import jinja2

    lesson = lessons.find(name)
    terms = sorted({term for step in lesson.STEPS for term in step.all_terms})
    return (
        jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
        .from_string(TEMPLATE.read_text("utf-8"))
        .render(
            lesson=lesson,
            number=lessons.number(name),
            words={term: glossary.terms()[term][0] for term in terms},  # in plain words
            pictures=[_picture(lesson, step) for step in lesson.STEPS],
            blank=BLANK,
            **_times(lesson),
            shown=lambda text: _as_html(lessons.filled(text, lesson, {}, BLANK)),
        )
    )


def _picture(lesson: ModuleType, step: Step) -> str:
    """That of the first term of a step that has one, or else of the lesson."""
    return next(filter(None, map(glossary.picture, step.all_terms)), glossary.picture(lesson.PICTURE))


def _times(lesson: ModuleType) -> dict[str, Any]:
    """What the table of times shows; without `runs` if nothing is trained."""
    seconds = [teaching_times.training_seconds(step) for step in lesson.STEPS]
    known = [one for one in seconds if one is not None]
    return {
        "minutes": [f"{minutes:g}" for minutes in teaching_times.minutes(lesson)],
        "sizes": teaching_times.CLASS_SIZES,
        "share": round(100 * teaching_times.SPEED_IN_CLASS),
        "runs": [_row([] if one is None else [one]) for one in seconds] if known else [],
        "total": _row(known),
    }


def _row(seconds: Sequence[float]) -> dict[str, Any]:
    """The times of these runs, one after another: of one pupil, and of whole classes."""
    if not seconds:
        return {"one": "–", "of_classes": ["–" for _ in teaching_times.CLASS_SIZES]}
    minutes, rest = divmod(sum(map(_rounded, seconds)), 60)
    return {
        "one": " ".join([f"{minutes} min"] * bool(minutes) + [f"{rest} s"] * bool(rest)),
        "of_classes": [teaching_times.class_minutes(seconds, size) for size in teaching_times.CLASS_SIZES],
    }


def _rounded(seconds: float) -> int:
    """Up to 5 seconds, and to whole minutes if it takes longer than one. Totals add these up, as a reader does."""
    return 5 * math.ceil(seconds / 5) if seconds <= 60 else 60 * math.ceil(seconds / 60)


def _as_html(text: str) -> str:
    found = html.escape(text.replace("\n\n", " "), quote=False)
    for pattern, element in MARKS:
        found = re.sub(pattern, rf"<{element}>\1</{element}>", found)
    return found
