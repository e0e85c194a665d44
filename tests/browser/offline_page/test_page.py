"""The page that is taken home, opened from a file in a browser that is offline."""

import base64
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from imgcls.evaluation.predictions import read_gallery
from imgcls.export import exporting, formats, records, verification
from imgcls.images.canvas_strokes import Handwriting, from_message
from imgcls.images.loading import Prepared
from imgcls.inference.explain import neighbours
from imgcls.inference.predictor import Predictor
from imgcls.inference.preparing import prepare
from imgcls.inference.rejection import farthest, reject, unfamiliar
from imgcls.runs import Run
from tests.browser.support import accessibility
from tests.support.exporting.fixed_batch import with_fixed_batch
from tests.support.exporting.offline_pages import shipped, write_page
from tests.support.images import drawings

DRAWINGS = json.loads((Path(__file__).parents[1] / "pen_digits.json").read_text("utf-8"))
# What goes to and from the page is text: thousands of numbers take Playwright seconds.
CLASSIFY = """async (text) => {
  const { fromBase64, toBase64 } = await import("imgcls/bytes.js");
  const { content } = await import("imgcls/content.js");
  const { preparePhoto } = await import("imgcls/images/photo.js");
  const { classify } = await import("imgcls/model.js");
  const found = [];
  for (const [width, height, data] of JSON.parse(text)) {
    const { pixels } = preparePhoto({ width, height, channels: 3, data: fromBase64(data) }, content);
    found.push([toBase64(pixels), [...(await classify(pixels))]]);
  }
  return JSON.stringify(found);
}"""
REJECT = """async (text) => {
  const { content } = await import("imgcls/content.js");
  const { prepareStrokes } = await import("imgcls/images/ink.js");
  const { rejection } = await import("imgcls/rejection/rejection.js");
  const found = [];
  for (const strokes of JSON.parse(text)) {
    found.push(await rejection({ pixels: prepareStrokes(strokes, content.shape), strokes }));
  }
  return found.map((reason) => reason && [reason.title, reason.text]);
}"""
MEASURE = """async (text) => {
  const { fromBase64 } = await import("imgcls/bytes.js");
  const { outputs } = await import("imgcls/model.js");
  const { distanceOf } = await import("imgcls/rejection/unfamiliar.js");
  const { rejection } = await import("imgcls/rejection/rejection.js");
  const found = [];
  for (const data of JSON.parse(text)) {
    const pixels = fromBase64(data);
    const { features } = await outputs(pixels);
    const reason = await rejection({ pixels, features });
    found.push([await distanceOf(features), reason && [reason.title, reason.text]]);
  }
  return found;
}"""
PREPARE = """async (text) => {
  const { toBase64 } = await import("imgcls/bytes.js");
  const { content } = await import("imgcls/content.js");
  const { prepareStrokes } = await import("imgcls/images/ink.js");
  return JSON.parse(text).map((strokes) => toBase64(prepareStrokes(strokes, content.shape)));
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


def test_drawings_give_the_same_pixels_as_in_the_app(open_page, digits_page):
    run, drawn = shipped("digits"), varied_drawings(1_249)
    expected = np.array([prepare(drawing, run.card).pixels.ravel() for drawing in drawn], int)
    lists = [[stroke.tolist() for stroke in drawing.strokes] for drawing in drawn]
    found = unpacked(open_page(digits_page).evaluate(PREPARE, json.dumps(lists)))
    assert np.abs(found - expected).max() <= 1


@pytest.mark.parametrize(("name", "count"), [("digits", 40), ("fashion", 40), ("cifar10", 20)])
def test_photos_give_the_same_pixels_and_probabilities_as_in_the_app(name, count, open_page, tmp_path):
    run = shipped(name)
    stored = read_gallery(run)[1][:count]
    images = [*stored, *map(photographed, stored[:5])]
    expected = [prepare(photo, run.card).pixels for photo in images]
    probabilities = Predictor(run.folder / "model.tflite").probabilities(np.array(expected))

    sent = [[photo.shape[1], photo.shape[0], base64.b64encode(photo.tobytes()).decode()] for photo in map(rgb, images)]
    found = json.loads(open_page(write_page(run, tmp_path)).evaluate(CLASSIFY, json.dumps(sent)))
    pixels = unpacked([data for data, _ in found])
    assert np.abs(pixels - np.array(expected, int).reshape(pixels.shape)).max() <= 1
    assert np.abs(np.array([values for _, values in found]) - probabilities).max() < 1e-5


def unpacked(images: list[str]) -> np.ndarray:
    """The pixels of images in base64, int (n, pixels)."""
    return np.array([np.frombuffer(base64.b64decode(image), np.uint8) for image in images], int)


def photographed(image: np.ndarray) -> np.ndarray:
    """An image as a larger photo that is not square; handwriting is dark on paper, in a shadow."""
    pixels = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
    large = np.asarray(Image.fromarray(pixels).resize((190, 190), Image.Resampling.BICUBIC), float)
    if image.shape[2] == 3:
        return large.astype(np.uint8)[20:]
    paper = np.full((300, 260, 3), 225.0) - np.linspace(0, 40, 260)[None, :, None]
    paper[60:250, 40:230] *= 1 - 0.85 * large / 255
    return paper.astype(np.uint8)


def rgb(pixels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels)


def test_input_that_is_not_a_digit_is_rejected_as_in_the_app(open_page, digits_page):
    run = shipped("digits")
    single = varied_drawings(30)
    pairs = [
        drawings.drawing(drawings.ONE, drawings.SEVEN),
        drawings.drawing(drawings.SEVEN, *drawings.FOUR, at=(20, 80)),
    ]
    beside = Handwriting(
        (
            *drawings.drawing(drawings.SEVEN, at=(10, 90)).strokes,
            *drawings.drawing(*drawings.FIVE, at=(150, 90)).strokes,
        )
    )
    turns = np.linspace(0, 40, 300)
    spiral = from_message(
        {
            "strokes": [
                np.column_stack([140 + 2 * turns * np.cos(turns), 140 + 2 * turns * np.sin(turns), np.full(300, 8)])
                .ravel()
                .tolist()
            ]
        }
    )
    dot = from_message({"strokes": [[100, 100, 30, 101, 102, 30]]})
    smiley = drawings.drawing([(20, 20), (25, 22)], [(70, 20), (75, 22)], [(10, 60), (50, 85), (90, 60)])
    everything = [*single, *pairs, beside, spiral, dot, smiley]

    expected = [reject(run, run.card, drawing, prepare(drawing, run.card).pixels) for drawing in everything]
    assert len({reason.title for reason in expected if reason}) >= 3 and expected.count(None) > 20
    lists = [[stroke.tolist() for stroke in drawing.strokes] for drawing in everything]
    found = open_page(digits_page).evaluate(REJECT, json.dumps(lists))
    assert found == [[reason.title, reason.text] if reason else None for reason in expected]


@pytest.mark.parametrize("name", ["digits", "fashion", "cifar10"])
def test_an_image_unlike_the_training_images_is_rejected_as_in_the_app(name, open_page, tmp_path):
    run = shipped(name)
    model = Predictor(run.folder / "served.tflite")
    known = read_gallery(run)[1][:30]
    generator = np.random.default_rng(0)
    unlike = [np.roll(np.rot90(image), generator.integers(0, 9), 0) for image in known[:20]]
    unlike += list(generator.integers(0, 256, (10, *run.card.shape), dtype=np.uint8))
    images = [np.ascontiguousarray(image) for image in (*known, *unlike)]
    measured = [unfamiliar.measure(run, image, model.outputs(image[None]).features[0]) for image in images]
    expected = [
        reject(run, run.card, Prepared(image), image, familiarity=familiarity)
        for image, familiarity in zip(images, measured, strict=True)
    ]
    assert sum(reason is not None for reason in expected) >= 3 and expected.count(None) >= 10

    sent = json.dumps([base64.b64encode(image.tobytes()).decode() for image in images])
    found = open_page(write_page(run, tmp_path, "served.tflite")).evaluate(MEASURE, sent)
    for (distance, reason), familiarity, right in zip(found, measured, expected, strict=True):
        there = neighbours.unfamiliarity(run, familiarity.features)[0]
        assert abs(distance - there) < 0.02
        if reason is None or right is None:
            is_close_call = abs(familiarity.percentile - farthest(run.card)) <= 0.5
            assert is_close_call or reason is right is None
        else:
            assert reason[0] == right.title


def test_a_chosen_photo_is_decoded_prepared_and_shown(open_page, digits_page, tmp_path):
    run = shipped("digits")
    photo = photographed(read_gallery(run)[1][0])
    Image.fromarray(photo).save(tmp_path / "photo.png")
    page = open_page(digits_page)
    page.set_input_files("#file", tmp_path / "photo.png")
    expect(page.locator("#notes")).to_contain_text("Dark ink on a light background was inverted")
    expect(page.get_by_alt_text("The chosen photo, photo.png")).to_be_visible()
    shown = page.evaluate(
        "() => [...document.querySelector('#input canvas').getContext('2d').getImageData(0, 0, 28, 28).data]"
    )
    assert np.array_equal(np.array(shown)[::4], prepare(photo, run.card).pixels.ravel())

    (tmp_path / "notes.txt").write_text("no image")
    page.set_input_files("#file", tmp_path / "notes.txt")
    expect(page.locator("#answer")).to_contain_text("not an image that this browser can read")
    accessibility.check(page)


def test_a_photo_can_be_taken_with_the_webcam(open_page, tmp_path):
    page = open_page(write_page(shipped("fashion"), tmp_path))
    page.get_by_role("button", name="Use the camera").click()
    page.get_by_role("button", name="Take the photo").click()
    expect(page.locator(".bar")).to_have_count(10)
    expect(page.locator("#live")).to_be_hidden()


def test_a_drawing_is_classified_offline(open_page, digits_page):
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
    answer = page.locator("#answer").bounding_box()
    assert answer["y"] + answer["height"] < 740  # on a phone, seen without scrolling while one draws

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


def test_hostile_class_names_are_shown_literally(open_page, sample_run, tmp_path):
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
    monkeypatch.setattr(exporting, "convert", lambda run, name, path: path.write_bytes(single))
    record = exporting.make_one(run, "html", verification.reference(run), lambda *_: None)
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
    monkeypatch.setattr(exporting, "convert", lambda run, name, path: path.write_bytes(b"not a model"))
    record = exporting.make_one(run, "html", verification.reference(run), lambda *_: None)
    assert not record.is_offered and "does not work in the browser" in record.problem
    assert not records.file_of(run, "html").exists()
