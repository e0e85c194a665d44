"""Digits written with a pen, redrawn on the real canvas: the shipped model recognises them.

`pen_digits.json` has 20 held-out digits (Alpaydin and Alimoglu 1998, UCI, CC BY 4.0) on a 100×100 field; the slow
test uses all 1,249 from the file in `IMGCLS_DATA`.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from imgcls.datasets.catalog import drawn_digits
from tests.browser.conftest import shipped_runs
from tests.browser.support import steps

DATA = os.environ.get("IMGCLS_DATA")  # tests do not use the user's own settings
DRAW = """async ([strokes, pen]) => {
    const find = root => [...root.querySelectorAll('*')].reduce(
        (found, node) => found
            || (node.matches('.sheet canvas') ? node : node.shadowRoot && find(node.shadowRoot)), null);
    const canvas = find(document), box = canvas.getBoundingClientRect();
    const sheet = canvas.closest('.sheet'), range = sheet.querySelector('input');
    range.value = pen;
    const send = (kind, [x, y], buttons) => canvas.dispatchEvent(new PointerEvent(kind, {
        pointerId: 1, pointerType: 'mouse', bubbles: true, buttons,
        clientX: box.x + box.width * x, clientY: box.y + box.height * y}));
    for (const stroke of strokes) {
        send('pointerdown', stroke[0], 1);
        for (const point of stroke) {
            send('pointermove', point, 1);
            await new Promise(resolve => setTimeout(resolve, 2));
        }
        send('pointerup', stroke.at(-1), 0);
    }
}"""


def read(page: Page, strokes: list[np.ndarray], generator: np.random.Generator) -> str:
    """The prediction for a digit drawn at a random size and position, with a random pen."""
    points = np.concatenate(strokes)
    low, size = points.min(0), max(float(np.ptp(points, axis=0).max()), 1e-6)
    extent = generator.uniform(0.25, 0.8)
    corner = generator.uniform(0.06, 0.94 - extent, 2)
    placed = [((np.asarray(stroke) - low) / size * extent + corner).tolist() for stroke in strokes]
    pen = int(generator.integers(6, 32))
    page.evaluate(DRAW, [placed, pen])
    expect(page.locator(".sheet canvas:not([data-pending])")).to_be_visible()  # the drawing is classified
    said = page.locator(".large").inner_text()
    if steps.button(page, "Clear").is_disabled():
        return "lost"  # counts as not recognised
    steps.button(page, "Clear").click()
    expect(page.locator(".todo")).to_be_visible()
    return said


def fraction_read(page: Page, digits: list[tuple[int, list[np.ndarray]]]) -> float:
    generator = np.random.default_rng(3)
    steps.shows(page, "Predict")
    expect(page.locator(".sheet canvas")).to_be_visible()
    steps.settled(page)  # the pen needs the final canvas; test_canvas.py covers a canvas that is replaced
    wrong = [(digit, said) for digit, strokes in digits if (said := read(page, strokes, generator)) != str(digit)]
    print(f"{len(wrong)} of {len(digits)} digits were read as another: {wrong}")
    return 1 - len(wrong) / len(digits)


@pytest.fixture
def page(visit, server) -> Page:
    if "digits" not in [run.name for run in shipped_runs()]:
        pytest.skip("the digit model that ships is not here")
    return visit(server, "/predict?run=digits")


def test_pen_digits_of_any_size_and_pen_width_are_recognised(page):
    rows = json.loads((Path(__file__).parents[1] / "pen_digits.json").read_text("utf-8"))
    digits = [(row["digit"], [np.array(stroke, float) for stroke in row["strokes"]]) for row in rows]
    assert len(digits) == 20
    assert fraction_read(page, digits) >= 0.95


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_all_held_out_pen_digits_are_recognised(page, monkeypatch):
    if not DATA:
        pytest.skip(f"{drawn_digits.PEN_FILE} is not in a folder set by IMGCLS_DATA")
    monkeypatch.setenv("IMGCLS_DATA", DATA)
    pen_digits = drawn_digits.pen_digits()
    held_back, _ = drawn_digits.held_back(len(pen_digits))
    assert fraction_read(page, [pen_digits[index] for index in held_back]) >= 0.99
