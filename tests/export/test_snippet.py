"""The lines to copy beside a download do what the app does, without the app."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from imgcls.export import exporting, formats, records
from imgcls.export.bundle import snippet
from imgcls.inference import answer
from imgcls.inference.predictor import Predictor
from imgcls.inference.preparing import prepare
from tests.support.exporting.exports import quick_conversion as quick_conversion
from tests.support.pages import shipped


def printed(code: str, folder) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120, check=True
    ).stdout.strip()


def printed_for(run, folder) -> str:
    """What the lines for the LiteRT file of a run print about image.png in a folder."""
    (folder / "m.tflite").write_bytes((run.folder / "model.tflite").read_bytes())
    return printed(snippet.python("litert", "m.tflite", run.card), folder)


def test_a_multi_label_model_prints_the_labels_above_their_thresholds(finished_run, quick_conversion, tmp_path):
    exporting.make(finished_run, ["litert"], lambda fraction, text: None)
    low = (0.0, *(1.1 for _ in finished_run.card.classes[1:]))
    card = replace(finished_run.card, is_multilabel=True, thresholds=low)
    Image.new("L" if card.shape[2] == 1 else "RGB", (50, 40)).save(tmp_path / "image.png")
    (tmp_path / "m.tflite").write_bytes(records.file_of(finished_run, "litert").read_bytes())
    assert printed(snippet.python("litert", "m.tflite", card), tmp_path) == repr([card.classes[0]])


@pytest.mark.parametrize("name", ["digits", "fashion"])
@pytest.mark.parametrize("is_light", [True, False], ids=["light", "dark"])
def test_a_greyscale_model_gets_a_bright_object_on_black_as_in_the_app(name, is_light, tmp_path):
    """A black 7 on white paper was read as a 0."""
    run = shipped(name)
    picture = Image.new("L", (300, 400), 255)
    pen = ImageDraw.Draw(picture)
    if name == "digits":
        pen.line([(60, 190), (170, 190), (110, 350)], fill=0, width=18, joint="curve")
    else:
        pen.polygon([(90, 80), (210, 80), (220, 330), (160, 330), (150, 150), (140, 330), (80, 330)], fill=60)
    picture = picture if is_light else ImageOps.invert(picture)
    picture.save(tmp_path / "image.png")
    expected = answer(run, tmp_path / "image.png")
    assert printed_for(run, tmp_path).split()[0] == expected.prediction == ("7" if name == "digits" else "Trouser")


def test_an_image_of_the_models_size_is_taken_as_it_is(tmp_path):
    run = shipped("digits")
    with np.load(run.folder / "gallery.npz") as stored:
        pixels = stored["pictures"][0]
    Image.fromarray(pixels[..., 0]).save(tmp_path / "image.png")
    probabilities = Predictor(run.folder / "model.tflite").probabilities(pixels[None])[0]
    best = probabilities.argmax()
    assert printed_for(run, tmp_path) == f"{run.card.classes[best]} {round(float(probabilities[best]), 3)}"


@pytest.mark.parametrize(("fit", "shape"), [("crop", (28, 28, 1)), ("pad", (28, 28, 1)), ("", (32, 32, 3))])
def test_other_models_get_the_centre_or_the_whole_of_an_image(finished_run, fit, shape, tmp_path):
    """Not an image out of proportion."""
    picture = Image.new("RGB", (60, 40), (200, 30, 30))
    ImageDraw.Draw(picture).ellipse([15, 5, 45, 35], fill=(20, 220, 40))
    picture.save(tmp_path / "image.png")
    card = replace(finished_run.card, shape=shape, fit=fit, is_ink=bool(fit))
    code = snippet.python("litert", "m.tflite", card).partition("\nmodel = ")[0]
    code = "\n".join(line for line in code.splitlines() if "ai_edge_litert" not in line)
    printed(f"{code}\nnp.save('found.npy', images[0])", tmp_path)
    found = np.load(tmp_path / "found.npy").astype(int)
    expected = prepare(tmp_path / "image.png", card).pixels
    assert found.shape == expected.shape and np.abs(found - expected).max() <= 2
    assert "bright" not in snippet.about_input(card), "it is not inverted"


def test_formats_that_are_no_model_with_probabilities_have_no_lines(finished_run):
    without = {name for name in formats.names() if not snippet.python(name, "file", finished_run.card)}
    assert without == {"html", "coreml", "saved_model", "script", "notebook", "litert_microcontroller"}
