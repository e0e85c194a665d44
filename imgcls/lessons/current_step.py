"""Where a visitor is in their lessons, as others see it: on stage, and on the teacher's page."""

from imgcls import lessons
from imgcls.languages import gettext as _
from imgcls.sharing import lesson_progress, people


def title(visitor: str) -> str:
    """The lesson and the step of the visitor with this ID; "" if they are in none."""
    progress = lesson_progress.read(people.visitor(visitor))
    if progress.current not in lessons.names():
        return ""
    lesson = lessons.find(progress.current)
    step = min(progress.of(progress.current).step, len(lesson.STEPS) - 1) + 1
    text = _("Lesson {number}, {title}, step {step}")
    return text.format(number=lessons.number(progress.current), title=_(lesson.TITLE), step=step)
