"""Every control that a lesson marks is on the page that its step opens. One visit for each address."""

import json
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from imgcls import lessons
from imgcls.config import Config
from tests.browser.support import steps

SAMPLE = {"run": "sample"}
"""For steps about a run of the learner: a small CNN, as in the lessons."""
LATER = {"corruption", "strength"}
"""Only there once the section of the task is open; other steps open it."""
EITHER = {
    "export-html": "task-Take-it-home",
    "task-Take-it-home": "export-html",
    "task-Evaluate-robustness": "corruption",
    "corruption": "task-Evaluate-robustness",
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


def test_a_marked_control_below_the_fold_is_scrolled_into_view(visit, make_server, sample_run):
    server = make_server()
    settings = lessons.find("convolution").CNN
    run = server.add(sample_run)
    (run / "config.json").write_text(json.dumps(Config(**settings).as_dict()))
    server.start()
    page = visit(server, "/lessons?lesson=convolution")
    steps.shows(page, "4. A convolution by hand")
    steps.button(page, "Start the lesson").click()
    bar = page.locator(".st-key-lesson")
    for title in ("A network of your own", "Sixteen small filters"):
        expect(bar).to_contain_text(title)
        bar.locator(".st-key-lesson-next button").click()
    steps.shows(page, "Evaluate")
    marked = steps.main(page).locator(".st-key-by-hand")
    expect(marked).to_be_visible()
    expect(marked).not_to_be_in_viewport(ratio=0.3)
    bar.get_by_role("button", name="9", exact=True).click()
    expect(marked).to_be_in_viewport(ratio=0.6)
    server.close()
