"""Many pictures at once: which labels folders tell, what is answered, and files that no spreadsheet runs."""

import csv
import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources.zip_archive import Archive
from imgcls.errors import SourceError
from imgcls.inference import batch
from tests.support.uploads import archive, image, leaves

CLASSES = ["birch", "=oak()", "7"]
FACTS = {"shape": [8, 8, 3], "ink": False, "classes": CLASSES}


class Brightness:
    """Answers class 0 for dark pictures and class 1 for light ones; a real predictor has the same one method."""

    def __init__(self):
        self.sizes = []

    def probabilities(self, images):
        self.sizes.append(len(images))
        light = images.reshape(len(images), -1).mean(1) / 255
        return np.stack([1 - light, light, np.zeros_like(light)], 1).astype(np.float32)


def png(level: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (20, 16), (level,) * 3).save(file, "PNG")
    return file.getvalue()


def questions(paths, skips=None):
    return batch.of_files([(path, lambda: png(0)) for path in paths], CLASSES, skips or SkippedFiles())


def predictions(files, rejection_of=lambda pixels: "", **facts):
    asked = batch.of_files([(name, lambda data=data: data) for name, data in files.items()], CLASSES, SkippedFiles())
    return list(batch.answered(asked, Brightness().probabilities, FACTS | facts, rejection_of))


def test_the_innermost_folder_that_is_called_like_a_class_tells_the_label():
    asked = questions(
        ["x/Birch/1.png", "birch/7/2.png", "birch/summer/3.png", "birch.png", "test/4.png", "=OAK()/5.png"]
    )
    assert [question.label for question in asked] == [0, 2, 0, -1, -1, 1]


def test_clutter_and_other_files_are_told_and_left_out():
    skips = SkippedFiles()
    asked = questions(["birch/1.png", "__MACOSX/birch/._1.png", "birch/.DS_Store", "notes.txt", "a.heic"], skips)
    assert [question.name for question in asked] == ["birch/1.png"]
    assert skips.count == 4


def test_no_image_and_too_many_end_in_a_sentence():
    with pytest.raises(SourceError, match=r"no picture .*notes\.txt.* Expected PNG"):
        questions(["notes.txt"])
    with pytest.raises(SourceError, match="2,001 pictures"):
        questions([f"{number}.png" for number in range(2_001)])


def test_every_image_is_answered_in_its_order_and_a_broken_one_says_why():
    files = {"birch/dark.png": png(20), "broken.png": png(0)[:50], "7/light.png": png(240)}
    dark, broken, light = predictions(files)
    assert (dark.name, dark.predicted, dark.label) == ("birch/dark.png", 0, 0)
    assert (light.name, light.predicted, light.label) == ("7/light.png", 1, 2)
    assert broken.probabilities is None
    assert broken.predicted == -1
    assert broken.reason == "damaged or not complete"


def test_a_doubt_stands_beside_the_answer_in_the_table_and_in_the_json():
    files = {"dark.png": png(20), "light.png": png(240), "broken.png": b"x"}
    said = predictions(files, rejection_of=lambda pixels: "new" if pixels.mean() > 99 else "")
    assert [answer.rejection for answer in said] == ["", "new", ""]
    assert [answer.predicted for answer in said] == [0, 1, -1]
    rows = list(csv.DictReader(io.StringIO(batch.to_csv(said, CLASSES).decode("utf-8-sig"))))
    assert [row["doubt"] for row in rows] == ["", "new", ""]
    told = json.loads(batch.to_json(said, CLASSES, "a run"))["pictures"]
    assert [row["doubt"] for row in told] == [None, "new", None]


def test_a_photo_with_more_than_one_piece_of_writing_is_told_in_the_table():
    pages = {}
    for name, places in {"one.png": (150,), "two.png": (150, 450)}.items():
        page = Image.new("RGB", (600, 300), (240, 238, 230))
        for place in places:
            ImageDraw.Draw(page).line([(place, 80), (place, 220)], fill=(20, 20, 40), width=14)
        file = io.BytesIO()
        page.save(file, "PNG")
        pages[name] = file.getvalue()
    one, two = predictions(pages, shape=[28, 28, 1], ink=True)
    assert one.rejection == ""
    assert two.rejection == "Other writing beside it was left out."
    assert two.predicted >= 0


def test_three_hundred_images_are_asked_about_in_steps():
    asked = batch.of_files([(f"{number}.png", lambda: png(9)) for number in range(300)], CLASSES, SkippedFiles())
    predictor = Brightness()
    assert len(list(batch.answered(asked, predictor.probabilities, FACTS))) == 300
    assert predictor.sizes == [64, 64, 64, 64, 44]


def test_images_without_writing_say_so_to_a_model_of_ink():
    (answer,) = predictions({"1.png": png(200)}, shape=[28, 28, 1], ink=True)
    assert answer.reason == "no writing to be seen"


def test_a_zip_is_read_entry_by_entry(tmp_path):
    archive(tmp_path / "a.zip", leaves() | {"birch/broken.png": b"x"})
    with Archive(tmp_path / "a.zip", "a.zip") as opened:
        asked = batch.of_files(batch.entries(opened), ["birch", "oak", "7"], SkippedFiles())
        said = list(batch.answered(asked, Brightness().probabilities, FACTS))
    assert [answer.label for answer in said] == [0] * 5 + [1] * 5 + [0]
    assert [answer.predicted >= 0 for answer in said] == [True] * 10 + [False]


def test_a_bomb_is_refused_before_anything_is_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("birch/1.png", bytes(30_000_000))
    with pytest.raises(SourceError, match="would grow from"):
        Archive(tmp_path / "bomb.zip", "bomb.zip")


def test_what_begins_like_an_archive_is_one_whatever_it_is_called(tmp_path):
    archive(tmp_path / "a", leaves())
    assert batch.is_zip((tmp_path / "a").read_bytes()[:300])
    assert not batch.is_zip(image(1)[:300])


def test_the_table_holds_all_and_no_cell_begins_a_formula():
    said = predictions({"=cmd|' /C calc'!A0.png": png(255), "birch/-1.png": png(0), "+.png": b"x"})
    text = batch.to_csv(said, CLASSES).decode("utf-8-sig")
    head, formula, labelled, broken = csv.reader(io.StringIO(text))
    told = ["file", "label", "answer", "probability", "right", "doubt", "problem"]
    assert head == [*told, "p(birch)", "p(=oak())", "p(7)"]
    assert formula[:7] == ["'=cmd|' /C calc'!A0.png", "", "'=oak()", "1.0", "", "", ""]
    assert labelled == ["birch/-1.png", "birch", "birch", "1.0", "True", "", "", "1.000000", "0.000000", "0.000000"]
    assert broken == ["'+.png", "", "", "", "", "", "not a picture that can be read here", "", "", ""]


@pytest.mark.parametrize("name", ["=1", "+1", "-1", "@SUM(A1)", "|x", "%x", "＝cmd", "＋1", "＠x"])
def test_a_name_that_may_be_a_formula_gets_an_apostrophe(name):
    (answer,) = predictions({f"{name}.png": png(255)})
    _, row = csv.reader(io.StringIO(batch.to_csv([answer], CLASSES).decode("utf-8-sig")))
    assert row[0] == f"'{name}.png"


def test_the_json_is_strict_and_says_the_same():
    said = predictions({"birch/a.png": png(0), "b.png": b""})

    def refuse(word):
        raise AssertionError(word)

    whole = json.loads(batch.to_json(said, CLASSES, "a run"), parse_constant=refuse)
    assert whole["run"] == "a run"
    assert whole["classes"] == CLASSES
    first, second = whole["pictures"]
    assert first["answer"] == first["label"] == "birch"
    assert first["right"] is True
    assert first["probabilities"] == [1.0, 0.0, 0.0]
    assert second["answer"] is None
    assert second["problem"]
