"""Many images at once: labels from folder names, predictions, and files that no spreadsheet executes."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources.containers.zip_archive import Archive
from imgcls.errors import SourceError
from imgcls.images import text_region
from imgcls.inference import Rejection, answering, batch
from imgcls.inference.predictor import Outputs
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from tests.support.uploads import archive, image, leaves

CLASSES = ("birch", "=oak()", "7")
CARD = ModelCard(classes=CLASSES, shape=(8, 8, 3))
INK = ModelCard(classes=CLASSES, shape=(28, 28, 1), is_ink=True)


@pytest.fixture
def batch_sizes(monkeypatch) -> list[int]:
    """Replaces the model: class 0 for dark images, class 1 for bright ones. Collects the sizes of its batches."""
    sizes = []

    def outputs(run, card, pixels):
        sizes.append(len(pixels))
        light = pixels.reshape(len(pixels), -1).mean(1) / 255
        return Outputs(np.stack([1 - light, light, np.zeros_like(light)], 1).astype(np.float32))

    monkeypatch.setattr("imgcls.inference.batch.classification.outputs", outputs)
    return sizes


@pytest.fixture
def classified(batch_sizes, tmp_path):
    """The results for these files (name -> bytes)."""

    def classified(files, card=CARD):
        items = batch.of_files(
            [(name, lambda data=data: data) for name, data in files.items()], CLASSES, SkippedFiles()
        )
        return list(batch.classified(Run(tmp_path), card, items))

    return classified


def png(level: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (20, 16), (level,) * 3).save(file, "PNG")
    return file.getvalue()


def items(paths, skipped=None):
    return batch.of_files([(path, lambda: png(0)) for path in paths], CLASSES, skipped or SkippedFiles())


def test_the_innermost_folder_named_after_a_class_gives_the_label():
    found = items(["x/Birch/1.png", "birch/7/2.png", "birch/summer/3.png", "birch.png", "test/4.png", "=OAK()/5.png"])
    assert [item.label for item in found] == [0, 2, 0, -1, -1, 1]


def test_clutter_and_other_files_are_reported_and_skipped():
    skips = SkippedFiles()
    found = items(["birch/1.png", "__MACOSX/birch/._1.png", "birch/.DS_Store", "notes.txt", "a.cr2"], skips)
    assert [item.name for item in found] == ["birch/1.png"]
    assert skips.count == 4


def test_no_images_or_too_many_give_one_clear_error():
    with pytest.raises(SourceError, match=r"no images .*notes\.txt.* Expected PNG"):
        items(["notes.txt"])
    with pytest.raises(SourceError, match="2,001 images"):
        items([f"{number}.png" for number in range(2_001)])


def test_every_image_is_classified_in_order_and_a_damaged_one_gives_its_reason(classified):
    files = {"birch/dark.png": png(20), "broken.png": png(0)[:50], "7/light.png": png(240)}
    dark, broken, light = classified(files)
    assert (dark.name, dark.predicted, dark.label, dark.is_correct) == ("birch/dark.png", 0, 0, True)
    assert (light.name, light.predicted, light.label, light.is_correct) == ("7/light.png", 1, 2, False)
    assert (broken.answer, broken.predicted, broken.is_correct) == (None, -1, None)
    assert broken.problem == "damaged or incomplete"


def test_a_rejection_is_a_warning_in_the_table_and_in_the_json(classified, monkeypatch):
    def reject(run, card, source, pixels, **options):
        return Rejection("Unlike", "It is bright.") if pixels.mean() > 99 else None

    monkeypatch.setattr(answering, "reject", reject)
    results = classified({"dark.png": png(20), "light.png": png(240), "broken.png": b"x"})
    assert [result.warning for result in results] == ["", "Unlike", ""]
    assert [result.predicted for result in results] == [0, 1, -1]
    rows = list(csv.DictReader(io.StringIO(batch.to_csv(results, CLASSES).decode("utf-8-sig"))))
    assert [row["warning"] for row in rows] == ["", "Unlike", ""]
    images = json.loads(batch.to_json(results, CLASSES, "a run"))["images"]
    assert [row["warning"] for row in images] == [None, "Unlike", None]


def test_a_photo_with_several_pieces_of_handwriting_has_a_warning(classified):
    pages = {}
    for name, places in {"one.png": (150,), "two.png": (150, 450)}.items():
        page = Image.new("RGB", (600, 300), (240, 238, 230))
        for place in places:
            ImageDraw.Draw(page).line([(place, 80), (place, 220)], fill=(20, 20, 40), width=14)
        file = io.BytesIO()
        page.save(file, "PNG")
        pages[name] = file.getvalue()
    one, two = classified(pages, INK)
    assert one.warning == ""
    assert two.warning == text_region.NOT_ALONE
    assert two.predicted >= 0


def test_three_hundred_images_are_classified_in_chunks(batch_sizes, tmp_path):
    found = items([f"{number}.png" for number in range(300)])
    assert len(list(batch.classified(Run(tmp_path), CARD, found))) == 300
    assert batch_sizes == [64, 64, 64, 64, 44]


def test_images_without_handwriting_are_reported_for_a_digit_model(classified):
    (result,) = classified({"1.png": png(200)}, INK)
    assert result.problem == "no handwriting found"


def test_a_zip_is_read_entry_by_entry(batch_sizes, tmp_path):
    archive(tmp_path / "a.zip", leaves() | {"birch/broken.png": b"x"})
    with Archive(tmp_path / "a.zip", "a.zip") as opened:
        found = batch.of_files(batch.entries(opened), ["birch", "oak", "7"], SkippedFiles())
        results = list(batch.classified(Run(tmp_path), CARD, found))
    assert [result.label for result in results] == [0] * 5 + [1] * 5 + [0]
    assert [result.predicted >= 0 for result in results] == [True] * 10 + [False]


def test_a_decompression_bomb_is_reported_as_one_unreadable_image(batch_sizes, tmp_path):
    archive(tmp_path / "bomb.zip", {"birch/1.png": bytes(30_000_000), "birch/2.png": bytes(60_000_000)})
    with Archive(tmp_path / "bomb.zip", "bomb.zip") as opened:
        found = batch.of_files(batch.entries(opened), ["birch", "oak", "7"], SkippedFiles())
        results = list(batch.classified(Run(tmp_path), CARD, found))
    assert [result.problem for result in results] == ["not a readable image", "larger than 50 MB"]


def test_upper_and_lower_case_are_distinguished_if_both_are_classes():
    files = [(path, lambda: png(0)) for path in ("a/1.png", "A/2.png", "B/3.png")]
    found = batch.of_files(files, ["A", "a", "b"], SkippedFiles())
    assert [item.label for item in found] == [1, 0, 2]


def test_an_archive_is_recognised_by_its_first_bytes(tmp_path):
    archive(tmp_path / "a", leaves())
    assert batch.is_zip((tmp_path / "a").read_bytes()[:300])
    assert not batch.is_zip(image(1)[:300])


def test_the_table_is_complete_and_free_of_formulas(classified):
    results = classified({"=cmd|' /C calc'!A0.png": png(255), "birch/-1.png": png(0), "+.png": b"x"})
    text = batch.to_csv(results, CLASSES).decode("utf-8-sig")
    head, formula, labelled, broken = csv.reader(io.StringIO(text))
    assert head == [*batch.COLUMNS, "p(birch)", "p(=oak())", "p(7)"]
    assert formula[:7] == ["'=cmd|' /C calc'!A0.png", "", "'=oak()", "1.0", "", "", ""]
    assert labelled == ["birch/-1.png", "birch", "birch", "1.0", "True", "", "", "1.000000", "0.000000", "0.000000"]
    assert broken == ["'+.png", "", "", "", "", "", results[2].problem, "", "", ""]


@pytest.mark.parametrize("name", ["=1", "+1", "-1", "@SUM(A1)", "|x", "%x", "＝cmd", "＋1", "＠x"])
def test_a_name_that_may_be_a_formula_gets_an_apostrophe(name, classified):
    (result,) = classified({f"{name}.png": png(255)})
    _, row = csv.reader(io.StringIO(batch.to_csv([result], CLASSES).decode("utf-8-sig")))
    assert row[0] == f"'{name}.png"


def test_the_json_is_strict_and_has_the_same_content(classified):
    results = classified({"birch/a.png": png(0), "b.png": b""})

    def refuse(word):
        raise AssertionError(word)

    content = json.loads(batch.to_json(results, CLASSES, "a run"), parse_constant=refuse)
    assert content["run"] == "a run"
    assert content["classes"] == list(CLASSES)
    first, second = content["images"]
    assert first["prediction"] == first["label"] == "birch"
    assert first["correct"] is True
    assert first["probabilities"] == [1.0, 0.0, 0.0]
    assert second["prediction"] is None
    assert second["problem"]


def test_a_multi_label_model_gives_all_labels_in_table_json_and_csv(classified):
    card = ModelCard(classes=CLASSES, shape=(8, 8, 3), is_multilabel=True, threshold=0.3)
    results = classified({"birch/half.png": png(120), "dark.png": png(0)}, card)
    assert [result.prediction for result in results] == ["birch; =oak()", "birch"]
    assert [result.is_correct for result in results] == [None, None], "a folder names one label of several"
    rows = list(csv.DictReader(io.StringIO(batch.to_csv(results, CLASSES).decode("utf-8-sig"))))
    assert [row["prediction"] for row in rows] == ["birch; =oak()", "birch"]
    images = json.loads(batch.to_json(results, CLASSES, "run"))["images"]
    assert [image["prediction"] for image in images] == [["birch", "=oak()"], ["birch"]]


def test_an_image_without_any_label_says_so(classified):
    card = ModelCard(classes=CLASSES, shape=(8, 8, 3), is_multilabel=True, threshold=0.9)
    (result,) = classified({"half.png": png(120)}, card)
    assert result.prediction == "no label"
