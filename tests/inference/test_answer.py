"""One prediction everywhere: `inference.answer`, batch mode and the Predict page agree, without Streamlit or Keras."""

import io
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from imgcls import inference
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.errors import ImageError, RunError
from imgcls.images.canvas_strokes import Handwriting
from imgcls.images.loading import CanvasImage, LoadedImage, Prepared
from imgcls.inference import batch, preparing
from imgcls.inference.rejection import OUT_OF_DISTRIBUTION
from imgcls.runs import Run
from imgcls.system import paths
from tests.support.images.drawings import FOUR, ONE, SEVEN, drawing

SHIPPED = paths.repository_folder() / "saved_models"


@pytest.fixture(scope="module")
def digits() -> Run:
    return Run(SHIPPED / "digits")


def photo(*lines: list[tuple[int, int]], size: tuple[int, int] = (1800, 1350)) -> bytes:
    """Dark strokes on unevenly lit paper, as a JPEG file."""
    page = Image.new("RGB", size, (235, 232, 225))
    for line in lines:
        ImageDraw.Draw(page).line(line, fill=(30, 30, 60), width=40, joint="curve")
    light = (0.7 + 0.3 * np.arange(size[0]) / size[0])[None, :, None]
    file = io.BytesIO()
    Image.fromarray((np.asarray(page) * light).astype(np.uint8)).save(file, "JPEG")
    return file.getvalue()


SEVEN_PHOTO = photo([(700, 400), (1000, 400), (800, 950)])
ONE_AND_SEVEN = photo([(600, 400), (600, 950)], [(900, 400), (1200, 400), (1000, 950)])


def same(one: inference.Answer, other: inference.Answer) -> bool:
    return (
        one.prediction == other.prediction
        and one.rejection == other.rejection
        and one.notes == other.notes
        and np.array_equal(one.pixels, other.pixels)
        and np.allclose(one.probabilities, other.probabilities, atol=1e-5)
    )


def test_a_drawing_is_classified_with_its_exact_input(digits):
    found = inference.answer(digits, drawing(SEVEN))
    assert (found.prediction, found.rejection) == ("7", None)
    assert found.pixels.shape == digits.card.shape and found.pixels.dtype == np.uint8
    assert found.confidence == pytest.approx(found.probabilities.max())
    again = inference.load_predictor(digits).probabilities(found.pixels[None])[0]
    assert np.array_equal(again, found.probabilities), "the pixels are the model input"


def test_a_photo_gets_the_same_prediction_in_every_input_form(digits, tmp_path):
    path = tmp_path / "seven.jpg"
    path.write_bytes(SEVEN_PHOTO)
    expected = inference.answer(digits, SEVEN_PHOTO)
    assert expected.prediction == "7" and expected.notes
    assert same(inference.answer(digits, path), expected)
    assert same(inference.answer(digits, str(path)), expected)
    assert same(inference.answer(digits, preparing.load(SEVEN_PHOTO)), expected)
    assert same(inference.answer(digits, Image.open(path)), expected)
    whole = np.asarray(Image.open(path))
    for form in (whole, Image.fromarray(whole), whole[..., 0], whole[..., :1]):
        assert inference.answer(digits, form).prediction == "7"
    assert np.array_equal(
        inference.answer(digits, whole).pixels, inference.answer(digits, Image.fromarray(whole)).pixels
    )


@pytest.mark.parametrize(
    ("source", "title", "for_digits"),
    [
        (drawing([(50, 50), (52, 51)], pen=30), OUT_OF_DISTRIBUTION, True),
        (drawing([(10 + 5 * i, 10 if i % 2 else 90) for i in range(17)]), OUT_OF_DISTRIBUTION, True),
        (
            Handwriting(drawing(ONE, at=(20, 60)).strokes + drawing(SEVEN, at=(160, 60)).strokes),
            "Two digits: 1 and 7",
            True,
        ),
        (ONE_AND_SEVEN, "Two digits: 1 and 7", True),
    ],
    ids=["a dot", "a scribble", "two digits", "a photo of two digits"],
)
def test_input_that_is_not_a_single_digit_is_rejected_with_a_reason(digits, source, title, for_digits):
    found = inference.answer(digits, source)
    assert found.rejection is not None
    assert (found.rejection.title, found.rejection.for_digits) == (title, for_digits)
    assert found.rejection.text and found.prediction in digits.card.classes


def test_an_unfinished_drawing_is_only_rejected_as_a_scribble(digits):
    dot = drawing([(50, 50), (52, 51)], pen=30)
    assert inference.answer(digits, dot, is_complete=False).rejection is None
    assert inference.answer(digits, dot, is_complete=False).familiarity is None
    scribble = drawing([(10 + 5 * i, 10 if i % 2 else 90) for i in range(17)])
    assert inference.answer(digits, scribble, is_complete=False).rejection is not None


def test_an_image_unlike_the_training_images_is_rejected_without_the_rules_of_digits():
    cifar = Run(SHIPPED / "cifar10")
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    found = inference.answer(cifar, Prepared(noise))
    assert found.rejection is None or found.rejection.title == OUT_OF_DISTRIBUTION
    assert found.familiarity is not None and found.familiarity.percentile > 50
    assert (found.rejection is not None) == found.familiarity.is_out_of_distribution


def test_a_multi_label_model_predicts_labels_above_its_threshold(tmp_path):
    run = Run(tmp_path / "labels")
    shutil.copytree(SHIPPED / "digits", run.folder)
    card = json.loads((run.folder / "model.json").read_text()) | {"several": True, "threshold": 0.9}
    (run.folder / "model.json").write_text(json.dumps(card))
    assert inference.answer(run, drawing(SEVEN)).prediction == ("7",)
    everything = inference.answer(run, drawing(SEVEN), threshold=1e-12).prediction
    assert len(everything) > 1 and everything[0] == "7", "the most probable first"
    assert inference.answer(run, drawing(SEVEN), threshold=1.1).prediction == ()
    assert inference.answer(run, ONE_AND_SEVEN).rejection is None, "labels are independent"
    usual = inference.answer(run, ONE_AND_SEVEN).prediction
    second = next(name for name in inference.answer(run, ONE_AND_SEVEN, threshold=1e-8).prediction if name not in usual)
    card["thresholds"] = [1e-8 if name == second else 0.9 for name in card["classes"]]
    (run.folder / "model.json").write_text(json.dumps(card))
    assert inference.answer(run, ONE_AND_SEVEN).prediction == (*usual, second), "each label has its own threshold"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Handwriting(), "empty"),
        (b"", "is empty"),
        (b"no image", "not a supported image"),
        ("/nowhere/at/all.png", "could not be read"),
        (np.zeros((40, 40), np.float32), "is not an image"),
        (np.zeros((40, 40, 4), np.uint8), "is not an image"),
        (np.zeros((3, 3, 3), np.uint8), "3×3 pixels"),
        (np.full((300, 300, 3), 240, np.uint8), "No handwriting found"),
        (CanvasImage(np.zeros((280, 280, 4), np.uint8)), "canvas is empty"),
        (Prepared(np.zeros((8, 8, 1), np.uint8)), "a different size"),
    ],
)
def test_invalid_input_gives_one_clear_error(digits, source, words):
    with pytest.raises(ImageError, match=words):
        inference.answer(digits, source)


def test_batch_mode_gives_the_same_predictions(digits):
    files = [("7/seven.jpg", lambda: SEVEN_PHOTO), ("two.jpg", lambda: ONE_AND_SEVEN)]
    items = batch.of_files(files, digits.card.classes, SkippedFiles())
    results = list(batch.classified(digits, digits.card, items))
    for result, data in zip(results, (SEVEN_PHOTO, ONE_AND_SEVEN), strict=True):
        assert same(result.answer, inference.answer(digits, data))
    assert [result.warning for result in results] == ["", "Two digits: 1 and 7"]


def predict_page():
    import streamlit as st

    from imgcls import runs
    from imgcls.ui.predict import page

    run = runs.find("reader")
    st.session_state.setdefault("mode", "Draw")
    page.show(run, run.card)


def shown(app: AppTest) -> dict:
    """What the page sends to the probability bars."""
    bars = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "imgcls.probability_bars"]
    return json.loads(bars[0].json)


def agrees(bars: dict, expected: inference.Answer) -> bool:
    probabilities = [row["probability"] for row in bars["rows"]]
    title = expected.rejection.title if expected.rejection else None
    return (
        bars["prediction"] == expected.prediction
        and bars.get("rejection") == title
        and probabilities == pytest.approx(expected.probabilities.tolist(), abs=1e-4)
        and bars["input"]["lines"][1:] == list(expected.notes)
    )


@pytest.mark.parametrize("strokes", [[SEVEN], FOUR, [SEVEN, ONE]], ids=["7", "4", "7 over 1"])
def test_the_page_gives_the_same_prediction_for_a_drawing(digits, strokes):
    shutil.copytree(digits.folder, paths.runs_folder() / "reader")
    drawn = drawing(*strokes)
    app = AppTest.from_function(predict_page, default_timeout=60).run()
    message = {"edition": 0, "number": 3, "pen": 12, "isDone": True, "strokes": drawn.as_lists()}
    app.session_state["canvas"] = {"drawing": message}
    assert agrees(shown(app.run()), inference.answer(digits, drawn))


@pytest.mark.parametrize("data", [SEVEN_PHOTO, ONE_AND_SEVEN], ids=["7", "1 and 7"])
def test_the_page_gives_the_same_prediction_for_a_photo(digits, data):
    shutil.copytree(digits.folder, paths.runs_folder() / "reader")
    app = AppTest.from_function(predict_page, default_timeout=60)
    app.session_state["mode"] = "Upload"
    app.run()
    app.file_uploader[0].set_value([("photo.jpg", data, "image/jpeg")]).run()
    assert agrees(shown(app), inference.answer(digits, data))


def test_it_imports_neither_streamlit_nor_keras():
    program = """
import sys
import numpy as np
from imgcls import inference
from imgcls.inference import batch, explain
from imgcls.runs import Run
from imgcls.system import paths
from tests.support.images.drawings import SEVEN, drawing

run = Run(paths.repository_folder() / "saved_models" / "digits")
answer = inference.answer(run, drawing(SEVEN))
for method in explain.methods(explain.HEAT_MAP):
    method.heat_maps(run, answer.pixels)
for method in explain.methods(explain.STROKES):
    method.contributions(run, run.card, drawing(SEVEN), answer.probabilities)
for method in explain.methods(explain.EXAMPLES):
    method.examples(run, answer.familiarity.features, 3)
print(answer.prediction, *sorted({name.split(".")[0] for name in sys.modules} & {"streamlit", "keras", "tensorflow"}))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=paths.repository_folder(), check=False
    )
    assert done.stdout.split() == ["7"], done.stderr


def test_a_changed_model_is_reloaded(tmp_path):
    run = Run(tmp_path / "copy")
    shutil.copytree(SHIPPED / "digits", run.folder)
    first = inference.load_predictor(run)
    assert inference.load_predictor(run) is first
    (run.folder / "model.tflite").write_bytes((SHIPPED / "fashion" / "model.tflite").read_bytes())
    with pytest.raises(RunError, match="it has changed since the model was trained"):
        inference.load_predictor(run)
    (run.folder / "model.json").write_bytes((SHIPPED / "fashion" / "model.json").read_bytes())
    assert inference.load_predictor(run) is not first


def test_a_loaded_image_is_used_unchanged(digits):
    image = preparing.load(SEVEN_PHOTO)
    covered = LoadedImage(image.pixels, (*image.notes, "A region was covered."))
    assert "A region was covered." in inference.answer(digits, covered).notes
