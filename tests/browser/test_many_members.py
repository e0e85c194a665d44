"""Thirty people with long names, on the projector: everything has its place at 1280 x 720 and at 3840 x 2160."""

import json

import pytest
from playwright.sync_api import expect

from imgcls.jobs.together.names import HIDDEN
from tests.browser.support import accessibility, steps
from tests.browser.support.classes import open_class, owner
from tests.support.drawing_together import SEVEN

NAMES = ("Ada", "Maximilian-Alexander von Hohen", "محمد عبد الرحمن عبد العزيز آل", "שירה לוי", "n" * 30, HIDDEN)
SIZES = ((1280, 720), (3840, 2160))
DIGITS = [str(digit) for digit in range(10)]
INSIDE = """(within, parts) => {
  const room = document.querySelector(within).getBoundingClientRect();
  return [...document.querySelectorAll(parts)].filter((part) => {
    const box = part.getBoundingClientRect();
    const isCut = part.scrollHeight > 1.1 * part.clientHeight + 1;
    return isCut || box.bottom > room.bottom + 1 || box.right > room.right + 1;
  }).map((part) => part.textContent);
}"""
"""The texts of the parts that do not fit."""


def outside(page, within: str, parts: str) -> list[str]:
    return page.evaluate(f"([within, parts]) => ({INSIDE})(within, parts)", [within, parts])


@pytest.fixture
def projector(visit, school):
    """`projector(path, **answers)`: a page of the projector for which the server's answers are these."""
    teacher = owner(visit, school)
    code = open_class(teacher, "Draw together")
    steps.main(teacher).get_by_text("Train a model together", exact=True).click()
    steps.settled(teacher)
    steps.button(teacher, "Start").click()
    expect(steps.main(teacher)).to_contain_text("The collection has 0 drawings")
    opened = []

    def open_page(path, asked, change):
        page = teacher.context.new_page()
        opened.append(page)
        page.route(f"**/{asked}*", lambda route: _answer(route, change))
        page.goto(f"{school.url}/room/{code}/{path}")
        return page

    yield open_page
    for page in opened:
        page.close()


def _answer(route, change) -> None:
    found = route.fetch().json()
    route.fulfill(status=200, content_type="application/json", body=json.dumps(found | change(found)))


def test_thirty_people_fit_into_the_leaderboard(projector, tmp_path):
    lines = [
        {"rank": place // 4 * 4 + 1, "name": NAMES[place % len(NAMES)], "score": "100.0%", "interval": "95.1% – 97.3%"}
        | {"key": str(place), "value": 0.96, "low": 0.951, "high": 0.973, "has_medal": place == 3}
        | {"is_met": 2 < place < 9, "is_training": place == 11}
        | {"remark": "" if 2 < place < 9 else "epoch 6 of 10" if place == 11 else "1.0 to go"}
        for place in range(30)
    ]
    board = {"title": "W" * 80, "goal": "validation accuracy ≥ 97% and fewer than 20,000 parameters", "status": "Final"}
    board |= {"note": "People with the same place.", "attempts": "90 attempts by 30 people.", "others": 0}
    board |= {"training": "", "line": 0.97, "is_final": False, "best": ""}
    shown = [30]
    page = projector("leaderboard", "standings", lambda found: board | {"lines": lines[: shown[-1]]})
    for shown_lines in (30, 16, 8):
        shown.append(shown_lines)
        expect(page.locator("#places li")).to_have_count(shown_lines)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            assert outside(page, "#places", "#places li, #places .name") == []
            assert outside(page, "body", "footer, header") == []
            assert (
                page.evaluate("parseFloat(getComputedStyle(document.querySelector('#places')).fontSize)") >= height / 31
            )
            missed = page.locator(".is-remark").first.evaluate("(mark) => parseFloat(getComputedStyle(mark).fontSize)")
            assert missed >= height / 62, "in words with any number of columns"
        page.screenshot(path=tmp_path / f"leaderboard {shown_lines}.png")
    board |= {"is_final": True, "line": None, "best": "Best: Ada, 100.0% (11 people share the place)"}
    missed = {"is_met": False, "is_training": False, "has_medal": False, "remark": "Goal not met (validation 95.8%)"}
    running, lines = lines, [line | missed for line in lines]
    for shown_lines in (30, 16):
        shown.append(shown_lines)
        expect(page.locator("#places li")).to_have_count(shown_lines)
        expect(page.locator("#best")).to_have_text(board["best"])
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate(COVERED) == [], "the bar covers no words"
            assert outside(page, "body", "footer, header") == []
        page.screenshot(path=tmp_path / f"final {shown_lines}.png")
    lines, board["is_final"] = running, False
    shown.append(8)
    expect(page.locator("#places li")).to_have_count(8)
    left = page.evaluate(
        """[...document.querySelectorAll('.name')].map((name) => {
          const range = document.createRange();
          range.selectNodeContents(name);
          return range.getBoundingClientRect().left - name.getBoundingClientRect().left;
        })"""
    )
    assert page.locator("[class*=medal-]").count() == 1, "no medal without the goal"
    expect(page.locator(".is-remark").first).to_have_text("1.0 to go")
    assert max(left) < 4, "names from right to left begin where the others do"
    accessibility.check(page)


COVERED = """() => [...document.querySelectorAll('#places li')].filter((row) => {
  const [words, bar] = ['.mark', '.bar'].map((part) => row.querySelector(part).getBoundingClientRect());
  return words.bottom > bar.top + 1;
}).map((row) => [row.textContent, row.offsetHeight])"""
"""The rows whose bar covers what is missing to the goal."""


BARS = """() => [...document.querySelectorAll('#places li')].map((row) => {
  const inside = (selector) => row.querySelector(selector).getBoundingClientRect();
  const [bar, fill, whisker, goal] = [inside('.bar'), inside('.fill'), inside('.whisker'), inside('.bar .goal')];
  const share = (x) => Math.round(100 * (x - bar.left) / bar.width);
  return [share(fill.right), share(whisker.left), share(whisker.right), share(goal.left + goal.width / 2)];
})"""


AXIS = """() => {
  const bar = document.querySelector('#places .bar').getBoundingClientRect();
  const middle = (part) => { const box = part.getBoundingClientRect(); return box.left + box.width / 2; };
  const shown = [...document.querySelectorAll('#axis > *')].filter((part) => part.checkVisibility());
  return shown.map((part) => [part.textContent, Math.round(100 * (middle(part) - bar.left) / bar.width)]);
}"""
"""The labels of the axis, and where they are on the bars, in percent."""


def test_bars_rows_that_move_and_a_podium_at_the_end(projector, tmp_path):
    def line(key, rank, value, **more):
        found = {"key": key, "rank": rank, "name": key.upper(), "score": f"{100 * value:.1f}%", "interval": ""}
        found |= {"value": value, "low": value - 0.05, "high": value + 0.05, "is_met": True, "is_training": False}
        return found | {"has_medal": True, "remark": ""} | more

    goal = {"is_met": None, "has_medal": False, "remark": "epoch 6 of 10", "is_training": True}
    first = [line("a", 1, 0.9), line("b", 2, 0.8, **goal)]
    board = {
        "title": "Small",
        "goal": "validation accuracy ≥ 75%",
        "status": "",
        "note": "",
        "attempts": "",
        "others": 0,
    }
    board |= {"training": "", "line": 0.75, "is_final": False, "best": "Best: A, 90.0%"}
    shown = [first]
    page = projector("leaderboard", "standings", lambda found: board | {"lines": shown[-1]})
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.emulate_media(reduced_motion="reduce")
    expect(page.locator("#places li")).to_have_count(2)
    expect(page.locator("#axis")).to_contain_text("goal 75%")
    assert page.evaluate(BARS) == [[80, 70, 90, 50], [60, 50, 70, 50]], "from 50% to 100%, as the axis says"
    assert page.evaluate(AXIS) == [["50%", 0], ["goal 75%", 50], ["100%", 100]]
    expect(page.locator("#places .mark").last).to_have_text("epoch 6 of 10")
    page.evaluate("for (const row of document.querySelectorAll('#places li')) row.isOld = true")
    shown.append([line("b", 1, 0.95), line("a", 2, 0.9)])
    expect(page.locator("#places .name")).to_have_text(["B", "A"])
    assert page.evaluate("[...document.querySelectorAll('#places li')].every((row) => row.isOld)"), "rows move"
    assert page.evaluate("document.getAnimations().length") == 0, "not if no motion is wanted"
    page.emulate_media(reduced_motion="no-preference")
    page.evaluate(
        "void (Element.prototype.animate = new Proxy(Element.prototype.animate, {"
        "apply: (made, row, given) => { (window.moved ??= []).push(row.dataset.key);"
        " return Reflect.apply(made, row, given); } }))"
    )
    shown.append(first)
    expect(page.locator("#places .name")).to_have_text(["A", "B"])
    assert page.evaluate("window.moved") == ["a", "b"]
    board |= {"is_final": True, "line": None}
    shown.append([line(key, rank, 0.9) for rank, key in enumerate("abc", 1)] + [line("d", 4, 0.8, has_medal=False)])
    expect(page.locator("#final")).to_be_visible()
    expect(page.locator("#podium .name")).to_have_text(["A", "B", "C"])
    expect(page.locator("#places .name")).to_have_text(["D"])
    assert page.evaluate(AXIS) == [["50%", 0], ["100%", 100]]
    expect(page.locator("#best")).to_be_empty()
    tops = page.evaluate("[...document.querySelectorAll('#podium li')].map((one) => one.getBoundingClientRect().top)")
    assert tops == sorted(tops) and len(set(tops)) == 3, "the first stands highest"
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert outside(page, "body", "footer, header, #podium li, #places li") == []
    page.screenshot(path=tmp_path / "final.png")
    accessibility.check(page)


def test_thirty_people_and_their_drawings_fit_beside_each_other(projector, tmp_path):
    drawing = {"strokes": json.dumps(SEVEN), "label": "5", "predicted": "6", "confidence": 0.9}
    drawing |= {"isWrong": True, "isRemoved": False, "isWaiting": False, "isLate": False}
    writers = [
        {"name": NAMES[place % len(NAMES)], "drawings": 12, "known": 12, "wrong": 10, "distance": 1.21}
        for place in range(30)
    ]
    state = {"shown": [drawing | {"id": 48 - place, "isWrong": place % 3 > 0} for place in range(48)]}
    state |= {"counts": [30] * 10, "total": 300, "members": 30, "writers": writers, "accuracy": [0.8, 0.75, 0.84]}
    state |= {"matrix": [[3] * 10] * 10, "hardest": ["8", 0.6], "mistake": drawing | {"id": 48}}
    page = projector("screen", "show", lambda found: state)
    expect(page.locator("#tiles .tile")).to_have_count(16)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        widths = page.evaluate("[...document.querySelectorAll('#tiles .tile')].map((tile) => tile.offsetWidth)")
        assert max(widths) - min(widths) <= 1
        assert outside(page, "#tiles", "#tiles .tile, #tiles .tile span") == []
        assert outside(page, "#drawn", "#writers tr, #writers-note") == []
        assert page.evaluate("document.querySelector('#writers td').clientWidth") >= width / 14, "room for a name"
    page.screenshot(path=tmp_path / "screen.png")
    untrained = state | {"accuracy": None, "matrix": None, "hardest": None, "mistake": None}
    page = projector("screen", "show", lambda found: untrained)
    expect(page.locator("#writers.beside-2 tr")).to_have_count(32)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert outside(page, "aside", "#writers tr") == []
        assert page.evaluate("document.querySelector('#writers td').clientWidth") >= width / 10, "room for a name"
    page.screenshot(path=tmp_path / "before the training.png")
