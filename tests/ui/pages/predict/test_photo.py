"""Photos on the Predict page: several at once, pasted and live."""

import base64
import gc
import hashlib
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imgcls.inference import Answer
from imgcls.runs.results import ModelCard
from imgcls.ui.predict import photo
from imgcls.ui.predict.photo_crop import Photo
from imgcls.ui.widgets.figures import multilabel_bars
from tests.support.images import tiffs
from tests.support.images.heic import HEIC
from tests.support.pages import html_of, is_intact, opened, select_images, text_of


def photo_of(*strokes: list[tuple[int, int]], size: tuple[int, int] = (120, 120)) -> bytes:
    """Dark ink on light paper."""
    image = Image.new("RGB", size, (240, 238, 230))
    for stroke in strokes:
        ImageDraw.Draw(image).line(stroke, fill=(20, 20, 40), width=10, joint="curve")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


ONE = photo_of([(60, 25), (60, 95)])
SEVEN = photo_of([(40, 30), (80, 30), (52, 95)])
PAPER = photo_of()


@pytest.fixture
def asked(finished_run):
    return opened("predict", run=finished_run.id, mode="Upload")


def upload(app, *files: tuple[str, bytes]):
    app.file_uploader[0].set_value([(name, data, "image/png") for name, data in files]).run()
    assert is_intact(app), text_of(app)
    return app


def sent(app, key: str, **state: object):
    """The page after the browser sent this value from the component with this key."""
    app.session_state[key] = state
    app.run()
    assert is_intact(app), text_of(app)
    return app


def message(number: int, data: bytes) -> dict:
    return {"number": number, "data": "data:image/png;base64," + base64.b64encode(data).decode()}


def shown_photo(app) -> str:
    """The name of the photo that is shown in detail."""
    (piece,) = [piece for piece in html_of(app).splitlines() if "The uploaded image " in piece]
    return piece.split("The uploaded image ")[1].split('"')[0]


def answer(app) -> dict:
    return json.loads(next(one.proto.json for one in app.get("bidi_component") if "bars" in one.proto.component_name))


def canvas_of(app) -> tuple[str, dict]:
    """The key of the canvas over a photo, and the data sent to it."""
    (proto,) = [one.proto for one in app.get("bidi_component") if "drawable" in one.proto.component_name]
    return proto.id[proto.id.index("cover-") :], json.loads(proto.json)


def painted(width: int, height: int) -> dict:
    """What the canvas sends when its right half is painted over."""
    image = Image.new("RGBA", (width, height))
    image.paste((240, 238, 230, 255), (width // 2, 0, width, height))
    file = io.BytesIO()
    image.save(file, "PNG")
    return {"raw": {"objects": [{}]}, "data": message(0, file.getvalue())["data"]}


def _converted(kind: str) -> bytes:
    pil_image, file = Image.open(io.BytesIO(SEVEN)), io.BytesIO()
    if kind == "16-bit TIFF":
        return tiffs.tiff(np.asarray(pil_image).astype(np.uint16) * 16, compression="lzw", predictor=2)
    pil_image.save(file, "JPEG" if kind.startswith("JPEG") else kind, quality=95)
    return file.getvalue()[:-2] if kind == "JPEG without an end" else file.getvalue()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("seven.tif", "16-bit TIFF"),
        ("seven.tiff", "TIFF"),
        ("seven.avif", "AVIF"),
        ("seven.ppm", "PPM"),
        ("seven.jfif", "JPEG"),
        ("seven.jpe", "JPEG without an end"),
    ],
)
def test_photos_of_all_accepted_formats_are_classified(asked, name, kind):
    upload(asked, (name, _converted(kind)))
    assert shown_photo(asked) == name and not asked.error
    assert answer(asked)["prediction"] is not None


def test_a_photo_in_heic_is_opened(asked):
    upload(asked, ("IMG_1.HEIC", HEIC))
    assert "not a supported image" not in text_of(asked) and "damaged" not in text_of(asked)


def test_the_bytes_of_a_classified_photo_are_released(asked):
    upload(asked, ("one.png", ONE), ("seven.png", SEVEN))
    assert "All images" in text_of(asked)
    gc.collect()
    assert [one.name for one in gc.get_objects() if isinstance(one, Photo)] == []


def test_the_latest_photo_is_shown_until_another_is_selected(asked):
    sent(asked, "pasted-0", pasted=message(1, ONE))
    assert shown_photo(asked) == "the pasted image"
    upload(asked, ("seven.png", SEVEN))
    assert shown_photo(asked) == "seven.png", "it was added after the pasted one"
    assert re.findall('data-value="(.)"><img [^>]* alt="(.*?):', html_of(asked)) == [
        ("0", "seven.png"),
        ("1", "the pasted image"),
    ]
    select_images(asked, "photos-", [1])
    assert shown_photo(asked) == "the pasted image"
    sent(asked, "pasted-0", pasted=message(2, SEVEN))
    assert shown_photo(asked) == "the pasted image"
    asked.button(key="put-away").click().run()
    assert shown_photo(asked) == "seven.png"
    assert "All images" not in text_of(asked)
    asked.file_uploader[0].set_value(None).run()
    assert is_intact(asked)
    assert answer(asked)["prediction"] is None


def test_without_an_image_examples_are_offered_and_none_is_chosen(asked):
    assert answer(asked)["prediction"] is None
    asked.pills(key="tried-example").set_value(2).run()
    assert is_intact(asked) and answer(asked)["prediction"] is not None
    upload(asked, ("one.png", ONE))
    assert shown_photo(asked) == "one.png" and not asked.pills


def test_of_several_files_the_last_one_that_can_be_read_is_shown(asked):
    upload(asked, ("one.png", ONE), ("seven.png", SEVEN), ("broken.png", b"no image"), ("cut.png", SEVEN[:60]))
    assert shown_photo(asked) == "seven.png" and answer(asked)["prediction"] is not None
    upload(asked, ("broken.png", b"no image"), ("cut.png", SEVEN[:60]))
    assert len(asked.error) == 1 and answer(asked)["prediction"] is None


def checks_of(app) -> dict[str, list[str]]:
    """The rows of the input-check table by measure; the header is under ""."""
    table = html_of(app).split('<table class="input-check">')[1].split("</table>")[0]
    rows = {"": re.findall("<th scope=.col.>(.*?)</th>", table)}
    for row in table.split("<tr")[2:]:
        rows[re.search("<th scope=row>(.*?)</th>", row)[1]] = re.findall("<td>(.*?)</td>", row)
    return rows


def test_the_input_check_compares_the_photo_with_the_model_input(asked):
    asked.session_state["beside"] = True
    upload(asked, ("corner.png", photo_of([(30, 20), (30, 60)], size=(160, 120))))
    rows = checks_of(asked)
    assert rows[""][:2] == ["Your input", "Model input"]
    yours, models, _, said = rows["Background"]
    assert (yours, models) == ("light", "dark")
    assert said == "The background is not black; the training images are white on black. Normalised."
    yours, models, *_ = rows["Size"]
    assert float(yours.split()[0]) <= 4 < float(models.split()[0]) == 8, "of eight pixels"
    assert float(rows["Off-centre"][0].split()[0]) > 2
    (below,) = re.findall('<div class="before-after">.*?</div>', html_of(asked))
    before, after = re.findall("<figcaption>(.*?): <b>", below)
    assert (before, after) == ("Original", "Normalised")
    assert re.findall("<b>(.*?)</b>", below)[1] == answer(asked)["prediction"]


def test_the_nearest_images_come_from_the_stored_ones(asked, finished_run):
    asked.session_state["beside"] = True
    upload(asked, ("one.png", ONE))
    with np.load(finished_run.folder / "neighbours.npz") as file:
        assert f"Among {len(file['labels']):,} stored training images." in html_of(asked)


def test_the_input_check_shows_no_original_for_unprocessed_images(asked):
    asked.session_state["photo-source"] = "Examples"
    asked.session_state["beside"] = True
    asked.run()
    rows = checks_of(asked)
    assert rows[""][0] == "Model input" and len(rows[""]) == 2
    assert rows["Background"][0] == "dark" and rows["Background"][-1] == "typical"
    assert 'class="before-after"' not in html_of(asked)


def test_a_painted_region_stays_covered_until_the_crop_changes(asked):
    wide = photo_of([(60, 25), (60, 95)], [(180, 30), (220, 30), (192, 95)], size=(240, 120))
    upload(asked, ("two.png", wide))
    asked.toggle(key="cover").set_value(True)
    asked.toggle(key="cut-False").set_value(True).run()
    square = f"square-{hashlib.sha256(wide).hexdigest()[:16]}"
    sent(asked, square, box={"x": 0.2, "y": 0, "side": 1})
    key, told_it = canvas_of(asked)
    assert (told_it["canvasWidth"], told_it["canvasHeight"]) == (120, 120)
    sent(asked, key, drawing=painted(120, 120))
    assert "The regions that you painted over are hidden." in answer(asked)["input"]["lines"]
    sent(asked, square, box={"x": 0.4, "y": 0, "side": 1})  # the same size at another position
    assert "The regions that you painted over are hidden." not in answer(asked)["input"]["lines"]
    assert "Cropped to the square you chose." in answer(asked)["input"]["lines"]


def test_the_painting_canvas_fits_a_phone(asked):
    upload(asked, ("wide.png", photo_of([(700, 100), (700, 300)], size=(1_400, 420))))
    asked.toggle(key="cover").set_value(True).run()
    _, told_it = canvas_of(asked)
    assert (told_it["canvasWidth"], told_it["canvasHeight"]) == (280, 84)


def test_a_live_image_without_writing_keeps_the_layout(asked):
    asked.session_state["photo-source"] = "Live"
    asked.run()
    sent(asked, "camera", frame=message(1, ONE))
    kinds = [type(one).__name__ for one in asked.main]
    assert answer(asked)["prediction"] is not None
    sent(asked, "camera", frame=message(2, PAPER))
    assert not asked.error
    assert "No handwriting found" in answer(asked)["todo"]
    assert [one.label for one in asked.expander] == [
        "Compare with the training images",
        "Similar images",
        "Why this prediction?",
    ]
    assert [type(one).__name__ for one in asked.main] == kinds


def test_a_tile_shows_that_its_prediction_is_rejected(asked, finished_run):
    with np.load(finished_run.folder / "inside.npz") as file, np.load(finished_run.folder / "neighbours.npz") as known:
        arrays = dict(file) | {"features": np.zeros_like(file["features"]) + known["features"][:1]}
    np.savez_compressed(finished_run.folder / "inside.npz", **arrays)  # nothing else is as near as its test images
    app = upload(asked, ("one.png", ONE), ("seven.png", SEVEN))
    tiles = html_of(app).split('<div class="tiles"')[-1]
    assert tiles.count('<span title="Unlike anything in the training data">') == 2
    assert "%" not in re.sub("<[^>]*>", "", tiles.split("<script")[0])


def test_of_many_files_those_not_shown_are_released(asked):
    files = [(f"{number}.png", photo_of([(60, 20 + number), (60, 95)])) for number in range(photo.MOST_FILES + 3)]
    app = upload(asked, *files)
    sentence = f"Only the first {photo.MOST_FILES} of {photo.MOST_FILES + 3} files are shown here"
    assert sentence in text_of(app)
    assert sentence in text_of(app.run()), "even when they are released"


def test_a_tile_names_each_label_above_the_threshold():
    card = ModelCard(classes=("boat", "sea", "sky"), shape=(8, 8, 3), is_multilabel=True)

    def lines(*probabilities: float, card: ModelCard = card) -> tuple[str, ...]:
        row = np.array(probabilities, np.float32)
        return photo._lines(Answer("", row, float(row.max()), None, np.zeros(card.shape, np.uint8)), card)

    assert lines(0.1, 0.6, 0.9) == ("sky 90.0%", "sea 60.0%")
    assert lines(0.1, 0.2, 0.4) == (multilabel_bars.NO_LABEL,)
    assert lines(0.1, 0.6, 0.3, card=replace(card, is_multilabel=False)) == ("sea", "60.0%")


def test_multi_label_photos_show_all_labels_everywhere(finished_run):
    facts = json.loads((finished_run.folder / "model.json").read_text()) | {"several": True, "threshold": 0.3}
    (finished_run.folder / "model.json").write_text(json.dumps(facts))
    app = opened("predict", run=finished_run.id, mode="Upload", threshold="Custom", **{"yes-from": "0.99"})
    (empty,) = [piece for piece in html_of(app).split("<style>") if "labels-on todo" in piece]
    assert empty.count("<u") == 10 and "%<" not in empty, "a bar without a value for each label"
    upload(app, ("one.png", ONE), ("seven.png", SEVEN))
    app.slider(key="yes-from").set_value(0.01).run()
    assert is_intact(app)
    (tiles,) = [piece for piece in html_of(app).split("<style>") if 'class="tiles"' in piece]
    (large,) = re.findall('<div class="labels-on" role="status">(.*?)</div>', html_of(app))
    for name in large.split(", "):
        assert re.search(rf">{name} \d+\.\d%<", tiles)
