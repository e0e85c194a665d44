"""Every control that a lesson marks is on the page that its step opens. One visit for each address."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from imgcls import lessons
from tests.browser.support import steps

SAMPLE = {"run": "sample"}
"""For steps about a run of the learner: a small CNN, as in the lessons."""
LATER = {"corruption", "strength"}
"""Only there once the section of the task is open; other steps open it."""
EITHER = {
    "export-html": "task-Take-it-home",
    "task-Take-it-home": "export-html",
    "task-Evaluate-robustness": "corruption",
}
"""Which of the two is there depends on whether the task was done before."""


def addresses() -> dict[str, set[str]]:
    """Address -> the keys of the controls that steps mark there."""
    found: dict[str, set[str]] = {}
    for step in (step for name in lessons.names() for step in lessons.find(name).STEPS if step.keys):
        query = {**step.query, **(SAMPLE if step.run_of else {})}
        found.setdefault(f"/{step.page}?{urlencode(query)}", set()).update(step.keys)
    return found


@pytest.mark.parametrize("address", sorted(addresses()))
def test_what_lessons_mark_on_a_page_is_there(visit, server, address):
    page = visit(server, address)
    expect(steps.main(page).locator("h1")).to_be_visible(timeout=steps.SLOW)
    steps.settled(page)
    for key in addresses()[address] - (set() if "view=" in address else LATER):
        keys = (key, EITHER.get(key, key))
        marked = steps.main(page).locator(", ".join(f".st-key-{key}" for key in keys)).first
        expect(marked, f"{key} at {address}").to_be_visible()
