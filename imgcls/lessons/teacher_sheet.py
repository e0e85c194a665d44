"""The teacher's sheet of a lesson: one HTML page to print, made from the lesson itself."""

import html
import re
from functools import cache
from pathlib import Path

from imgcls import lessons
from imgcls.lessons import glossary

BLANK = "____"
"""For what only the screen of whoever does the lesson says."""
MARKS = ((r"`([^`]+)`", "code"), (r"\*\*(.+?)\*\*", "strong"), (r"\*(.+?)\*", "em"))
"""The Markdown that lessons use -> its element in HTML."""
TEMPLATE = Path(__file__).with_name("teacher_sheet.html")


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
            words={term: " ".join(glossary.terms()[term]) for term in terms},
            blank=BLANK,
            shown=lambda text: _as_html(lessons.filled(text, lesson, {}, BLANK)),
        )
    )


def _as_html(text: str) -> str:
    found = html.escape(text.replace("\n\n", " "), quote=False)
    for pattern, element in MARKS:
        found = re.sub(pattern, rf"<{element}>\1</{element}>", found)
    return found
