"""The canvas in isolation: what it sends and when, and that it survives being re-mounted by the page."""

import pytest

from imgcls.ui.components import canvas
from imgcls.ui.components.component import FILES

MOUNT = """async ([html, source]) => {
    const blob = new Blob([source], {type: 'text/javascript'});
    const {default: mount} = await import(URL.createObjectURL(blob));
    window.sent = [];
    window.put = data => {
        const parentElement = document.createElement('div');
        parentElement.innerHTML = html;
        document.body.replaceChildren(parentElement);
        const setStateValue = (_, message) => sent.push(structuredClone(message));
        window.give = data => mount({parentElement, data, setStateValue});
        window.end = give(data);
    };
}"""
DRAW = """([left, right]) => {
    const field = document.querySelector('canvas'), box = field.getBoundingClientRect();
    const send = (kind, x) => field.dispatchEvent(new PointerEvent(kind, {
        pointerId: 1, bubbles: true, clientX: box.x + x, clientY: box.y + box.height / 2}));
    send('pointerdown', left), send('pointermove', right), send('pointerup', right);
}"""
EMPTY = {"texts": canvas.texts(), "name": "canvas", "edition": 0, "strokes": [], "pen": 18}
LINE = [[9.3, 140, 18, 84, 140, 18]]
"""What `DRAW` leaves from 10 to 90 on a canvas of 300 pixels."""
ANSWER = """() => {
    const {number, edition} = sent.at(-1);
    dispatchEvent(new CustomEvent('imgcls-answered', {detail: {number, edition, prediction: '1'}}));
}"""
MOST_STROKES = 200  # of a canvas; the server takes more
DRAWN = "() => !document.querySelector('.clear').disabled"


@pytest.fixture
def page(chromium):
    page = chromium.new_page()
    page.evaluate(MOUNT, [canvas.HTML, (FILES / "canvas" / "canvas.js").read_text("utf-8")])
    yield page
    page.close()


def put(page, ended=True, **changes) -> None:
    if ended:
        page.evaluate("() => window.end?.()")
    page.evaluate("data => put(data)", EMPTY | changes)


def test_a_lifted_pen_is_sent_immediately_even_without_a_reply(page):
    put(page)
    page.evaluate(DRAW, [10, 90])
    page.evaluate(DRAW, [20, 80])
    sent = page.evaluate("() => sent.map(({number, isDone, strokes}) => [number, isDone, strokes.length])")
    assert sent == [[1, False, 1], [2, True, 1], [3, True, 2]], "while the pen is down only one message is pending"


def test_only_the_reply_to_the_newest_message_unblocks_the_canvas(page):
    put(page)
    page.evaluate(DRAW, [10, 90])
    waits = "() => 'pending' in document.querySelector('canvas').dataset"
    answer = (
        "number => dispatchEvent(new CustomEvent('imgcls-answered', {detail: {number, edition: 0, prediction: '1'}}))"
    )
    page.evaluate(answer, 1)
    assert page.evaluate(waits)
    page.evaluate(answer, 2)
    assert not page.evaluate(waits)


def test_a_drawing_from_the_server_does_not_wait_for_an_earlier_reply(page):
    put(page)
    page.evaluate(DRAW, [10, 90])
    page.evaluate("data => void give(data)", EMPTY | {"edition": 1})
    page.evaluate("() => sent.length = 0")
    page.evaluate(DRAW, [20, 80])
    assert page.evaluate("() => sent.map(({edition, isDone}) => [edition, isDone])") == [[1, False], [1, True]]


def test_the_keyboard_pen_is_lifted_when_the_canvas_loses_focus(page):
    put(page)
    page.locator("canvas").focus()
    for key in ("ArrowUp", "ArrowUp", " ", "ArrowDown", "Tab"):
        page.keyboard.press(key)
    sent = page.evaluate("() => sent.map(({isDone, strokes}) => [isDone, strokes.length])")
    assert sent == [[False, 1], [True, 1]], "a cursor that moves without a pen sends nothing"


@pytest.mark.parametrize("ended", [True, False])
def test_strokes_unknown_to_the_server_are_restored_and_sent(page, ended):
    put(page)
    page.evaluate(DRAW, [10, 90])
    assert page.evaluate("() => sent.map(message => message.strokes)") == [[LINE[0][:3]], LINE]
    page.evaluate("() => sent.length = 0")
    put(page, ended=ended)
    assert page.evaluate(DRAWN)
    page.wait_for_function("() => sent.length")
    assert page.evaluate("() => sent") == [{"edition": 0, "number": 1, "pen": 18, "isDone": True, "strokes": LINE}]


@pytest.mark.parametrize("strokes", [[], LINE])
def test_strokes_known_to_the_server_are_not_sent_again(page, strokes):
    put(page)
    page.evaluate(DRAW, [10, 90])
    assert page.evaluate("() => sent.at(-1).strokes") == LINE
    page.evaluate(ANSWER)
    page.evaluate("() => sent.length = 0")
    put(page, strokes=strokes)  # the initial state of the canvas during this visit
    assert page.evaluate(DRAWN)
    page.wait_for_timeout(600)
    assert page.evaluate("() => sent") == []


def test_a_page_that_was_left_sends_nothing_more(page):
    put(page)
    page.evaluate(DRAW, [10, 90])
    page.evaluate("() => sent.length = 0")
    put(page)
    page.evaluate("() => end()")
    page.wait_for_timeout(600)
    assert page.evaluate("() => sent") == []


@pytest.mark.parametrize("changes", [{"edition": 1}, {"name": "canvas-game"}])
def test_a_new_drawing_and_a_new_canvas_start_from_the_servers_state(page, changes):
    put(page)
    page.evaluate(DRAW, [10, 90])
    put(page, **changes)
    assert not page.evaluate(DRAWN)


def test_a_cleared_canvas_stays_empty(page):
    put(page, strokes=[[80, 70, 18, 200, 70, 18]])
    assert page.evaluate(DRAWN)
    page.locator(".clear").click()
    page.evaluate("() => sent.length = 0")
    put(page, strokes=[[80, 70, 18, 200, 70, 18]])  # the message was still pending
    assert not page.evaluate(DRAWN)
    page.wait_for_function("() => sent.length")
    assert page.evaluate("() => sent.map(message => message.strokes)") == [[]]


PART = """(places) => {
    const field = document.querySelector('canvas'), box = field.getBoundingClientRect();
    for (const [kind, x] of places) field.dispatchEvent(new PointerEvent(kind, {
        pointerId: 1, bubbles: true, clientX: box.x + x, clientY: box.y + box.height / 2}));
}"""


def test_an_unfinished_stroke_is_not_joined_to_a_drawing_from_the_server(page):
    put(page)
    page.evaluate(PART, [["pointerdown", 10], ["pointermove", 40]])
    page.evaluate("data => void give(data)", EMPTY | {"edition": 1, "strokes": LINE})
    page.evaluate("() => sent.length = 0")
    page.evaluate(PART, [["pointermove", 60], ["pointermove", 90], ["pointerup", 90]])
    assert page.evaluate("() => sent") == [], "it belonged to the replaced drawing"
    page.evaluate(DRAW, [10, 90])
    assert page.evaluate("() => sent.at(-1).strokes") == [*LINE, *LINE]


def test_the_last_stroke_that_fits_is_drawn_completely(page):
    dots = [[10, 10, 18] for _ in range(MOST_STROKES - 1)]
    put(page, strokes=dots)
    page.evaluate(DRAW, [10, 90])
    assert page.evaluate("() => sent.at(-1).strokes.at(-1)") == LINE[0]
    page.evaluate(DRAW, [10, 90])
    assert page.evaluate("() => sent.at(-1).strokes.length") == MOST_STROKES, "and no more"
