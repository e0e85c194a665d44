"""From a finished training to a phone without a network: one press, one file, a drawing."""

import re

from playwright.sync_api import expect

from tests.browser.support import steps

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}


def test_a_trained_model_is_taken_home_and_reads_a_drawing_on_a_phone(
    chromium, visit, make_server, sample_run, tmp_path
):
    server = make_server()
    server.add(sample_run)
    page = visit(server.start(), "/train?run=sample")
    expect(steps.finish(page, "home")).to_be_visible(timeout=steps.SLOW)
    steps.settled(page)
    steps.finish(page, "home").click()
    steps.shows(page, "Evaluate")
    steps.button(page, "Take it home").click()
    link = page.get_by_test_id("stDownloadButton").get_by_role("button", name=re.compile("^Take it home"))
    expect(link).to_be_visible(timeout=steps.TRAINED)  # converted, assembled, and compared in a browser
    with page.expect_download() as waiting:
        link.click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)

    phone = chromium.new_context(offline=True, **PHONE)
    outside, errors = [], []
    try:
        home = phone.new_page()
        home.on("request", lambda request: outside.append(request.url) if request.url != path.as_uri() else None)
        home.on("pageerror", lambda error: errors.append(str(error)))
        home.goto(path.as_uri())
        expect(home.locator("#answer")).to_contain_text("Draw one here")
        box = home.locator("#pad canvas").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] + box["height"] <= 844
        draw(home, phone, [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in SEVEN])
        expect(home.locator("#answer")).to_have_text("7")
        assert home.evaluate("() => document.documentElement.scrollWidth") == 390
    finally:
        phone.close()
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []
    assert errors == []


SEVEN = ((0.3, 0.2), (0.5, 0.2), (0.7, 0.2), (0.63, 0.4), (0.56, 0.6), (0.5, 0.8))


def draw(page, context, places) -> None:
    """One stroke with a finger."""
    session = context.new_cdp_session(page)
    for kind, at in [("touchStart", places[0]), *(("touchMove", place) for place in places[1:])]:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": at[0], "y": at[1]}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
