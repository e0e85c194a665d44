"""Where a visitor is in their lessons, as others see it: on stage, and on the teacher's page."""

from collections.abc import Mapping

from imgcls import lessons
from imgcls.languages import gettext as _
from imgcls.lessons.content import Situation, Step
from imgcls.sharing import acting_as, lesson_progress, people
from imgcls.sharing.visitors import Visitor


def title(visitor_id: str, page: str, query: Mapping[str, str]) -> str:
    """The lesson and the step of the visitor with this ID; "" if the page that they have open belongs to none."""
    visitor = people.visitor(visitor_id)
    progress = lesson_progress.read(visitor)
    if progress.current not in lessons.names():
        return ""
    lesson, standing = lessons.find(progress.current), progress.of(progress.current)
    number = min(standing.step, len(lesson.STEPS) - 1)
    if not _is_of(lesson.STEPS[number], visitor, Situation(standing.since, page, query)):
        return ""
    text = _("Lesson {number}, {title}, step {step}")
    return text.format(number=lessons.number(progress.current), title=_(lesson.TITLE), step=number + 1)


def _is_of(step: Step, visitor: Visitor, situation: Situation) -> bool:
    """Whether a page is that of a step, and its run one that the step is about."""
    run = situation.query.get("run", "")
    if situation.page != step.page or not run:
        return situation.page == step.page
    about = [settings for settings in (step.run_of, step.other_run_of, step.settings) if settings]
    if not about:
        return run == step.query.get("run", run) and step.page != "train"
    with acting_as(visitor):
        found = [one for settings in about for one in situation.started(settings, earlier=True, is_alike=step.is_alike)]
    return run in {one.id for one in found}
