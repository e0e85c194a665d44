"""The replay of a run and a prepared talk, opened from files in a browser that is offline."""

import pytest
from playwright.sync_api import expect

from imgcls.evaluation.report import replay, talk
from tests.support.exporting.offline_pages import shipped

FITS = """() => {
  const { scrollWidth, scrollHeight } = document.documentElement;
  return [scrollWidth <= innerWidth, scrollHeight <= innerHeight];
}"""
PLACES = """() => [...document.querySelectorAll("header, main, #images li, #caption, footer")]
    .map((element) => JSON.stringify(element.getBoundingClientRect()))"""


@pytest.fixture
def open_replay(chromium, tmp_path):
    """Opens the replay of a shipped run; at the end it must not have asked for anything else, nor failed."""
    contexts, outside, errors = [], [], []

    def open_it(name: str, **options):
        path = tmp_path / f"{name}.html"
        path.write_text(replay.page(shipped(name)), "utf-8")
        contexts.append(chromium.new_context(**({"viewport": {"width": 1280, "height": 720}} | options)))
        page = contexts[-1].new_page()
        page.on("request", lambda request: outside.append(request.url) if request.url != path.as_uri() else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text))
        page.goto(path.as_uri())
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert [url for url in outside if not url.startswith("data:")] == []
    assert errors == []


@pytest.mark.parametrize("size", [(1280, 720), (3840, 2160)])
def test_the_arrows_step_through_the_epochs_and_nothing_moves(open_replay, size):
    page = open_replay("fashion", viewport={"width": size[0], "height": size[1]})
    expect(page.locator("#caption")).to_contain_text("Press Space")
    before = page.evaluate(PLACES)
    for number in range(1, 21):
        page.keyboard.press("ArrowRight")
        expect(page.locator("#epoch")).to_have_text(str(number))
        assert page.evaluate(FITS) == [True, True]
        assert page.evaluate(PLACES) == before
    assert page.locator("#cells .count").all_inner_texts() != []
    counts = sum(int(text) for text in page.locator("#cells .count").all_text_contents())
    assert counts == 2000 and page.locator("#accuracy").inner_text() == "94.2%"
    page.keyboard.press("End")
    expect(page.locator("#caption")).to_contain_text("Tested on images that it had never seen")
    page.keyboard.press("Home")
    expect(page.locator("#epoch")).to_have_text("0")
    assert page.locator("#cells .count").count() == 0


def test_space_plays_and_pauses(open_replay):
    page = open_replay("digits")
    page.clock.install()
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_text("Pause")
    page.clock.run_for(1_000)
    expect(page.locator("#caption")).not_to_contain_text("Press Space")
    page.clock.run_for(9_000)
    assert 1 <= int(page.locator("#epoch").inner_text()) <= 3
    page.keyboard.press("Space")
    shown = page.locator("#time").input_value()
    page.clock.run_for(10_000)
    assert page.locator("#time").input_value() == shown and page.locator("#play").inner_text() == "Play"
    page.keyboard.press("Space")
    page.clock.run_for(60_000)
    assert page.locator("#epoch").inner_text() == "16" and page.locator("#play").inner_text() == "Play"
    is_whole = "svg => svg.querySelector('clipPath rect').width.baseVal.value >= svg.viewBox.baseVal.width"
    assert page.locator(".curve svg").first.evaluate(is_whole), "the mark of the last epoch is cut in half"


def test_blank_screen_hidden_numbers_and_zoom(open_replay):
    page = open_replay("digits")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("b")
    expect(page.locator("#cover")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(page.locator("#cover")).to_be_hidden()
    expect(page.locator("#epoch")).to_have_text("3")

    page.keyboard.press("n")
    for hidden in ("#accuracy", "#detail", "#cells .count >> nth=0"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.locator("#text")).to_be_visible()
    page.keyboard.press("n")
    expect(page.locator("#accuracy")).to_be_visible()

    page.keyboard.press("+")
    expect(page.locator("#stage")).to_have_css("transform", "matrix(1.25, 0, 0, 1.25, 0, 0)")
    page.keyboard.press("-")
    expect(page.locator("#stage")).to_have_css("transform", "none")

    page.get_by_role("button", name="Letter keys").click()
    page.keyboard.press("b")
    expect(page.locator("#cover")).to_be_hidden()
    page.keyboard.press("Space")  # plays, although a button was clicked last
    expect(page.locator("#play")).to_have_text("Pause")
    expect(page.get_by_role("button", name="Letter keys")).to_have_attribute("aria-pressed", "false")


def test_with_reduced_motion_the_curves_grow_by_whole_epochs(open_replay):
    edge = "() => document.querySelector('clipPath rect').width.baseVal.value"
    for motion, is_between in (("reduce", False), ("no-preference", True)):
        page = open_replay("digits", reduced_motion=motion)
        edges = []
        for share in (0.3, 0.32, 0.34):  # two of them are between the same epochs
            page.locator("#time").evaluate(
                "(slider, share) => { slider.value = share * 60; slider.dispatchEvent(new Event('input')); }", share
            )
            edges.append(page.evaluate(edge))
        assert (len(set(edges)) == 3) == is_between


def test_a_prepared_talk_opens_its_steps_in_the_window_of_the_audience(chromium, tmp_path, monkeypatch):
    monkeypatch.setattr(talk.runs, "run_from_argument", shipped)
    steps, path = tmp_path / "talk.yaml", tmp_path / "talk.html"
    steps.write_text(
        "steps: [{title: Welcome, notes: Smile.}, {title: Watch, replay: digits}, {title: Compare, replay: fashion}]"
    )
    path.write_text(talk.page(talk.read(steps)), "utf-8")
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    speaker = context.new_page()
    speaker.goto(path.as_uri())
    expect(speaker.locator("#title")).to_have_text("Welcome")
    expect(speaker.locator("#notes")).to_have_text("Smile.")
    expect(speaker.locator("#open")).to_be_disabled()

    speaker.keyboard.press("PageDown")
    expect(speaker.get_by_role("button", name="Watch")).to_have_attribute("aria-current", "step")
    with speaker.expect_popup() as opened:
        speaker.keyboard.press("Enter")
    audience = opened.value
    expect(audience.get_by_role("heading", level=1)).to_contain_text("Digits")
    audience.keyboard.press("ArrowRight")
    expect(audience.locator("#epoch")).to_have_text("1")

    speaker.keyboard.press("ArrowRight")
    speaker.keyboard.press("Enter")  # the same window
    expect(audience.get_by_role("heading", level=1)).to_contain_text("Fashion")
    assert len(context.pages) == 2 and errors == []
    speaker.keyboard.press("Home")
    expect(speaker.locator("#place")).to_have_text("Step 1 of 3")
    context.close()
