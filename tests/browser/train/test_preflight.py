"""A user checks the settings, runs the learning-rate finder, and applies its suggestion."""

import re

from playwright.sync_api import expect

from tests.browser.support import steps


def test_the_checks_run_and_the_suggested_rate_appears_in_form_and_url(tidied_server, visit):
    page = visit(tidied_server, "/train")
    steps.shows(page, "Train a model")
    steps.main(page).get_by_text("Pre-flight check").click()
    check = page.get_by_role("button", name=re.compile("Check these settings"))
    check.click()
    expect(check).to_be_disabled()
    expect(page.get_by_role("button", name="Check these settings again")).to_be_enabled()
    for light in ("Time", "Memory", "First loss", "One batch", "Classes", "Input"):
        expect(steps.main(page).get_by_text(light, exact=True).first).to_be_visible()
    page.get_by_role("button", name=re.compile("Find a learning rate")).click()
    use = page.get_by_role("button", name=re.compile("Use [0-9.e-]+"))
    expect(use).to_be_visible()
    rate = re.search("[0-9.e-]+", use.inner_text().split("Use")[1])[0]
    use.click()
    page.wait_for_function("rate => location.href.includes('learning_rate=' + rate)", arg=rate)
    expect(page.locator("input[aria-label='Learning rate']")).to_have_value(rate)
