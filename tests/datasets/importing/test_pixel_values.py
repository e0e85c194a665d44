"""Images with more than 8 bits or many bands: one scale per dataset, stored with it and used in prediction."""

import json
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from imgcls import datasets
from imgcls.datasets import importing
from imgcls.datasets.importing import ImportRequest, ImportSettings
from imgcls.datasets.importing.sources import single_images
from imgcls.errors import SourceError
from imgcls.images.files.pixel_scale import PixelScale
from imgcls.inference import preparing
from imgcls.runs.results import model_card
from tests.support.images import tiffs
from tests.support.uploads import archive, image, imported, leaves

SIDE = 28


def ramp(low: int, high: int) -> np.ndarray:
    """A horizontal grey ramp at the size of the dataset, so that nothing is resized."""
    return np.tile(np.linspace(low, high, SIDE).astype(np.uint16), (SIDE, 1))


def png(values: np.ndarray) -> bytes:
    file = BytesIO()
    Image.fromarray(values).save(file, "PNG")
    return file.getvalue()


def twelve_bits(dark: int = 400, bright: int = 4000) -> dict[str, bytes]:
    """Two classes that differ only in brightness: scaled per image, they would be identical."""
    files = {f"dark/{number}.png": png(ramp(0, dark + number)) for number in range(5)}
    return files | {f"bright/{number}.png": png(ramp(0, bright + number)) for number in range(5)}


def stored(name: str, label: str) -> np.ndarray:
    data = datasets.open_dataset(name)
    return np.asarray(data.x_train)[data.y_train == data.facts.classes.index(label)]


def test_twelve_bit_images_share_the_range_of_the_dataset(tmp_path):
    name = imported(archive(tmp_path / "scans.zip", twelve_bits()), channels=1)
    assert stored(name, "bright").max() >= 254 and 20 < stored(name, "dark").max() < 30
    assert len(np.unique(stored(name, "bright"))) > 20
    scale = datasets.facts(name).pixels
    assert scale == PixelScale(0, 4004)
    notes = datasets.custom_dataset(name).notes
    assert "Values beyond 8 bits: 0 to 4,004 become 0 to 255, the same for all images." in notes
    assert "Values scaled to 8 bits: 10 images." in notes


def test_a_model_scales_a_photo_as_its_dataset_did(tmp_path):
    files = twelve_bits()
    name = imported(archive(tmp_path / "scans.zip", files), channels=1)
    facts = datasets.facts(name)
    card = model_card(
        {"classes": list(facts.classes), "shape": list(facts.shape), "ink": False, "fit": facts.fit}
        | {"pixels": json.loads(json.dumps(facts.pixels.as_json()))}
    )
    prepared = preparing.prepare(files["dark/3.png"], card)
    assert any((prepared.pixels == one).all() for one in np.concatenate([*_all(name)]))
    assert "Values from 0 to 4004 were scaled to 8 bits." in prepared.notes


def _all(name: str):
    data = datasets.open_dataset(name)
    return np.asarray(data.x_train), np.asarray(data.x_test)


def test_a_late_sixteen_bit_image_changes_no_other_image(tmp_path):
    files = leaves(("birch", "oak"), 70)
    files |= {"oak/999.png": png(ramp(0, 1000)), "oak/half.png": image(0)[:90]}
    name = imported(archive(tmp_path / "mixed.zip", files), channels=1)
    plain = imported(archive(tmp_path / "plain.zip", leaves(("birch", "oak"), 70)), "Plain", channels=1)
    kept = {one.tobytes() for one in np.concatenate([*_all(name)])}
    assert {one.tobytes() for one in np.concatenate([*_all(plain)])} < kept
    assert datasets.facts(name).pixels == PixelScale(0, 1000)
    assert ("damaged or incomplete", 1, ("oak/half.png",)) in datasets.custom_dataset(name).skipped


def test_added_images_use_the_scale_of_the_dataset(tmp_path):
    name = imported(archive(tmp_path / "scans.zip", twelve_bits()), channels=1)
    more = {f"dark/{number}.png": png(ramp(0, 2002 + number)) for number in range(20, 25)}
    imported(archive(tmp_path / "more.zip", more | twelve_bits()), into=name)
    assert datasets.facts(name).pixels == PixelScale(0, 4004)
    assert 126 <= max(one.max() for one in stored(name, "dark")) <= 130


def test_an_eight_bit_dataset_has_no_scale(tmp_path):
    name = imported(archive(tmp_path / "leaves.zip", leaves()))
    assert datasets.facts(name).pixels.as_json() == {}


def test_single_images_keep_their_values_until_the_import(tmp_path):
    for path, data in twelve_bits().items():
        label, file = path.split("/")
        single_images.add(tmp_path, label, data, file)
    name = imported(ImportRequest("pictures", str(tmp_path), "your images"), channels=1)
    assert datasets.facts(name).pixels == PixelScale(0, 4004)


# ---- bands


def satellite(value: int, names: tuple[str, ...] = (), bands: int = 6) -> bytes:
    array = np.zeros((SIDE, SIDE, bands), np.uint16)
    array[..., 3], array[..., 2], array[..., 1] = value, 2 * value, 4000
    array[0, 0] = 0
    return tiffs.tiff(array, compression="lzw", predictor=2, names=names)


def fields(**options) -> dict[str, bytes]:
    bases = {"a": 300, "b": 900}
    return {f"{label}/{n}.tif": satellite(bases[label] + 60 * n, **options) for label in bases for n in range(4)}


def test_many_bands_raise_a_question_that_must_be_answered(tmp_path):
    request = archive(tmp_path / "fields.zip", fields())
    preview = importing.make_preview(request)
    assert [question.key for question in preview.questions] == ["band-red", "band-green", "band-blue"]
    assert preview.is_undecided and len(preview.questions[0].options) == 6
    with pytest.raises(SourceError, match=r"6 bands\. Which one should be shown as red\? Nothing was imported"):
        imported(request)


def test_the_chosen_bands_are_imported_and_stored_with_the_dataset(tmp_path):
    request = archive(tmp_path / "fields.zip", fields())
    answers = {"band-red": "4", "band-green": "3", "band-blue": "2"}
    answered = ImportRequest(request.kind, request.path, request.name, answers=answers)
    assert not importing.make_preview(answered).is_undecided
    name = imported(answered)
    red, green, blue = stored(name, "b")[0][14, 14].tolist()
    assert (blue, green) == (255, 2 * red) or abs(green - 2 * red) <= 1
    assert datasets.facts(name).pixels == PixelScale(0, 4000, (4, 3, 2))
    assert "Bands 4, 3, 2 used as red, green and blue: 8 images." in datasets.custom_dataset(name).notes


def test_bands_named_after_colours_are_the_default(tmp_path):
    names = ("coastal", "Blue", "Green", "Red", "NIR", "SWIR")
    request = archive(tmp_path / "fields.zip", fields(names=names))
    preview = importing.make_preview(request)
    assert [question.answer for question in preview.questions] == ["4", "3", "2"]
    assert "Band 5 NIR" in {option.label for option in preview.questions[0].options}
    assert datasets.facts(imported(request)).pixels.bands == (4, 3, 2)


def test_of_four_bands_the_first_three_are_the_default(tmp_path):
    preview = importing.make_preview(archive(tmp_path / "fields.zip", fields(bands=4)))
    assert [question.answer for question in preview.questions] == ["1", "2", "3"]


# ---- reported conversions


def test_each_conversion_is_one_line_in_preview_and_dataset(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    files = leaves(("birch", "oak"), 4) | {
        "oak/turned.jpg": image(70, "JPEG", 30, 40, exif=exif),
        "oak/turned2.jpg": image(71, "JPEG", 30, 40, exif=exif),
        "oak/ink.png": _white_ink(),
        "birch/pages.tif": tiffs.tiff(np.full((20, 20, 3), 9, np.uint8), copies=(0,)),
    }
    request = archive(tmp_path / "leaves.zip", files)
    treated = {
        "Rotated upright: 2 images.",
        "Transparent areas filled with black: 1 image.",
        "Only the first of several pages used: 1 image.",
    }
    assert treated <= set(importing.make_preview(request).notes)
    notes = datasets.custom_dataset(imported(request)).notes
    assert treated | {"Enlarged to 28 pixels: 10 images.", "Cropped to the square in the centre: 2 images."} <= set(
        notes
    )


def _white_ink() -> bytes:
    file = BytesIO()
    pil_image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    pil_image.paste((255, 255, 255, 255), (5, 5, 15, 15))
    pil_image.save(file, "PNG")
    return file.getvalue()


def test_a_partial_preview_says_how_many_images_were_opened(tmp_path):
    files = {
        f"{label}/{n}.tif": tiffs.tiff(np.full((9, 9, 3), n, np.uint8), copies=(0,))
        for label in "ab"
        for n in range(40)
    }
    preview = importing.make_preview(archive(tmp_path / "a.zip", files), seconds=0)
    assert "Only the first of several pages used: 10 of the 10 images opened so far." in preview.notes


@pytest.mark.parametrize("side", [160, 512])
def test_images_may_have_up_to_512_pixels(side, tmp_path):
    name = imported(archive(tmp_path / "leaves.zip", leaves(count=3)), side=side)
    assert datasets.facts(name).shape == (side, side, 3)


def test_a_size_that_does_not_fit_on_the_disk_is_refused(tmp_path, monkeypatch):
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 10**6))
    with pytest.raises(SourceError, match="512×512 pixels needs about 16 MB of disk space"):
        imported(archive(tmp_path / "leaves.zip", leaves()), side=512)
    assert ImportSettings("x", side=512).side == 512
