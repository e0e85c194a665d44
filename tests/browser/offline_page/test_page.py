"""The page that is taken home, opened from a file in a browser without a network."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from imgcls.export import formats, making, records, verification
from imgcls.images.canvas_strokes import from_message
from imgcls.inference.predictor import Predictor
from imgcls.inference.preparing import prepare
from imgcls.runs import Run
from tests.support.exporting.fixed_batch import with_fixed_batch
from tests.support.exporting.offline_pages import shipped, write_page

DRAWINGS = json.loads((Path(__file__).parents[1] / "pen_digits.json").read_text("utf-8"))
PREPARE = """async ([drawings, shape]) => {
  const { prepareStrokes } = await import("imgcls/ink.js");
  return drawings.map((strokes) => [...prepareStrokes(strokes, shape)]);
}"""


@pytest.fixture(scope="module")
def digits_page(tmp_path_factory) -> Path:
    """The page of the digits model."""
    return write_page(shipped("digits"), tmp_path_factory.mktemp("pages"))


@pytest.fixture
def open_page(chromium):
    """Opens a page from a file; at the end it must not have asked for anything else, nor failed."""
    contexts, outside, errors = [], [], []

    def open_it(path: Path, **options):
        context = chromium.new_context(**({"viewport": {"width": 400, "height": 800}} | options))
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: outside.append(request.url) if request.url != path.as_uri() else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path.as_uri())
        expect(page.locator("#answer")).not_to_contain_text("Loading")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []
    assert errors == []


def varied_drawings(count: int) -> list:
    """Drawings in several places, sizes and pens, as the canvas sends them."""
    generator = np.random.default_rng(0)
    found = []
    for number in range(count):
        strokes = [np.array(stroke, float) for stroke in DRAWINGS[number % len(DRAWINGS)]["strokes"]]
        points = np.concatenate(strokes)
        low, extent = points.min(0), float(np.ptp(points, axis=0).max()) or 1.0
        scale, place = generator.uniform(0.05, 0.85) * 280 / extent, generator.uniform(5, 60, 2)
        pen = generator.uniform(4, 40)
        lists = [np.column_stack([(s - low) * scale + place, np.full(len(s), pen)]).round(1) for s in strokes]
        found.append(from_message({"strokes": [stroke.ravel().tolist() for stroke in lists]}))
    return found


def test_drawings_become_the_same_pixels_as_in_the_app(open_page, digits_page):
    run, drawings = shipped("digits"), varied_drawings(200)
    expected = np.array([prepare(drawing, run.card).pixels.ravel() for drawing in drawings], int)
    lists = [[stroke.tolist() for stroke in drawing.strokes] for drawing in drawings]
    found = np.array(open_page(digits_page).evaluate(PREPARE, [lists, run.card.shape]))
    assert np.abs(found - expected).max() <= 1


def test_a_drawing_is_classified_while_the_network_is_off(open_page, digits_page):
    page = open_page(digits_page, offline=True)
    box = page.locator("#pad canvas").bounding_box()
    places = [
        (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in ((0.3, 0.2), (0.7, 0.2), (0.5, 0.8))
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=10)
    page.mouse.up()
    expect(page.locator("#answer")).to_have_text("7")
    expect(page.locator(".bar.is-best")).to_contain_text("✓ 7")

    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#answer")).to_contain_text("Draw one here")
    expect(page.locator(".bar")).to_have_count(0)


def test_the_keyboard_can_draw(open_page, digits_page):
    page = open_page(digits_page)
    page.locator("#pad canvas").focus()
    page.keyboard.press("Space")
    for _ in range(10):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("#answer")).to_have_text("1")
    page.keyboard.press("Escape")
    expect(page.locator("#answer")).to_contain_text("Draw one here")


def test_the_scores_of_the_run_are_shown(open_page, digits_page):
    page = open_page(digits_page)
    expect(page.locator("#scores")).to_contain_text("Accuracy")
    expect(page.locator("#scores")).to_contain_text("95% interval")
    expect(page.get_by_role("region", name="Confusion matrix").locator("tbody tr")).to_have_count(10)
    expect(page.locator("#mistakes figure")).to_have_count(12)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 400


def test_hostile_class_names_are_literal_text(open_page, sample_run, tmp_path):
    names = ["</script><img src=x onerror=alert(1)>", "\"'&lt;b", "<b>2</b>"]
    folder = tmp_path / "hostile"
    shutil.copytree(sample_run, folder)
    card = json.loads((folder / "model.json").read_text("utf-8"))
    card["classes"] = [*names, *card["classes"][len(names) :]]
    (folder / "model.json").write_text(json.dumps(card), "utf-8")

    page = open_page(write_page(Run(folder), tmp_path))
    heads = page.locator("#matrix thead th").all_inner_texts()
    assert heads[: len(names)] == names
    assert page.locator("img[src=x], main b").count() == 0


def test_the_finished_page_is_verified_in_the_browser(sample_run, tmp_path, monkeypatch):
    shutil.copytree(sample_run, tmp_path / "run")
    run = Run(tmp_path / "run")
    single = with_fixed_batch((run.folder / "model.tflite").read_bytes())
    monkeypatch.setattr(making, "convert", lambda run, name, path: path.write_bytes(single))
    record = making.make_one(run, "html", verification.reference(run), lambda *_: None)
    assert record.is_offered, record.problem
    assert record.runtime.startswith("LiteRT.js") and "Chrome" in record.runtime
    assert record.largest_difference < 1e-5 and record.milliseconds > 0

    image = np.random.default_rng(0).integers(0, 256, (1, *run.card.shape), dtype=np.uint8)
    with formats.find("html").load(records.file_of(run, "html")) as runtime:
        found = runtime.probabilities(image)
    assert np.allclose(found, Predictor(run.folder / "model.tflite").probabilities(image), atol=1e-6)


def test_a_page_that_does_not_work_is_not_offered(sample_run, tmp_path, monkeypatch):
    shutil.copytree(sample_run, tmp_path / "run")
    run = Run(tmp_path / "run")
    monkeypatch.setattr(making, "convert", lambda run, name, path: path.write_bytes(b"not a model"))
    record = making.make_one(run, "html", verification.reference(run), lambda *_: None)
    assert not record.is_offered and "does not work in the browser" in record.problem
    assert not records.file_of(run, "html").exists()
