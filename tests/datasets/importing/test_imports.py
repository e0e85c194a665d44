"""Importing images: which files are used, how they are stored, made square and split."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from imgcls import datasets
from imgcls.datasets import importing
from imgcls.datasets.importing import ImportSettings
from imgcls.datasets.importing.splits import holdout
from imgcls.errors import SettingError
from imgcls.images import loading
from imgcls.images import square as square_fit
from imgcls.runs.run import Run
from imgcls.system import paths
from tests.support.importing.imported import counts, images_of
from tests.support.uploads import archive, csv, digits, image, imported, leaves, pixels, table, visible

LAYOUTS = {
    "folders": (leaves(), {"birch": (4, 1), "oak": (4, 1)}),
    "one outer folder": (leaves(before="my leaves/"), {"birch": (4, 1), "oak": (4, 1)}),
    "three outer folders": (leaves(before="a/b/c/"), {"birch": (4, 1), "oak": (4, 1)}),
    "deeper folders": (leaves(("oak/tree_1", "oak/tree_2", "birch/tree_3"), 5), {"birch": (5, 0), "oak": (5, 5)}),
    "splits": (leaves(before="train/") | leaves(count=2, before="test/", first=50), {"birch": (5, 2), "oak": (5, 2)}),
    "splits in a folder": (
        leaves(before="x/Train/") | leaves(count=2, before="x/Testing/", first=50),
        {"birch": (5, 2), "oak": (5, 2)},
    ),
    "validation joins training": (
        leaves(before="train/") | leaves(count=2, before="test/", first=50) | leaves(count=3, before="val/", first=90),
        {"birch": (8, 2), "oak": (8, 2)},
    ),
    "validation is the test": (
        leaves(before="train/") | leaves(count=2, before="valid/", first=50),
        {"birch": (5, 2), "oak": (5, 2)},
    ),
    "test without classes": (
        leaves(before="train/") | {f"test/{number}.png": image(90 + number) for number in range(4)},
        {"birch": (4, 1), "oak": (4, 1)},
    ),
    "a class named test": (leaves(("test", "oak")), {"oak": (4, 1), "test": (4, 1)}),
    "numbers in order": (leaves(("10", "9", "1")), {"1": (4, 1), "9": (4, 1), "10": (4, 1)}),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_folders_become_classes_and_splits(layout, tmp_path):
    files, expected = LAYOUTS[layout]
    order = archive(tmp_path / "leaves.zip", files)

    name = imported(order)
    assert counts(name) == expected
    assert list(counts(name)) == list(expected)
    seen = importing.make_preview(order)
    assert [row[0] for row in seen.counts] == list(expected)
    assert seen.total == sum(map(sum, expected.values()))


def test_an_imported_dataset_behaves_like_a_built_in_one(tmp_path):
    before = datasets.names()
    name = imported(archive(tmp_path / "leaves.zip", leaves()), "Leaves of our garden", note="From the shed.")

    assert name == "own-leaves-of-our-garden"
    assert datasets.names() == [*before, name]
    facts = datasets.facts(name)
    assert (facts.title, facts.text, facts.source) == ("Leaves of our garden", "From the shed.", "own")
    assert (facts.classes, facts.shape, facts.counts) == (("birch", "oak"), (28, 28, 3), (8, 2))
    assert datasets.is_ready(name)
    data = datasets.open_dataset(name)
    assert data.x_train.dtype == np.uint8 and data.y_train.dtype == np.int64
    assert isinstance(data.x_train, np.memmap)
    expected = {images_of(value) for value in leaves().values()}
    assert {array.tobytes() for array in (*data.x_train, *data.x_test)} == expected
    assert datasets.custom_dataset(name).held_back
    datasets.prepare(name)  # like a shell


def test_clutter_and_damaged_images_are_skipped_and_counted(tmp_path):
    files = leaves() | {
        "__MACOSX/oak/._1.png": b"x",
        "oak/.DS_Store": b"x",
        "oak/Thumbs.db": b"x",
        "oak/notes.txt": b"x",
        "oak/inner.zip": b"PK\x03\x04",
        "oak/half.png": image(7)[:60],
        "oak/none.jpg": b"",
        "oak/photo.cr2": b"x",
        "top.png": image(8),
        "oak/wide.png": image(9, height=8, width=400),
    }
    name = imported(archive(tmp_path / "leaves.zip", files))

    skipped = {reason: (count, first) for reason, count, first in datasets.custom_dataset(name).skipped}
    assert skipped["system files (such as .DS_Store)"][0] == 3
    assert skipped["not an image, judging by the file extension"] == (1, ("oak/notes.txt",))
    assert skipped["an archive next to the images"] == (1, ("oak/inner.zip",))
    assert skipped["damaged or incomplete"] == (1, ("oak/half.png",))
    assert skipped["empty"] == (1, ("oak/none.jpg",))
    assert skipped["outside the class folders, so without a class"] == (1, ("top.png",))
    assert skipped["a strip: one side is more than 20 times the other"] == (1, ("oak/wide.png",))
    assert skipped["in an unsupported image format: convert to JPEG"] == (1, ("oak/photo.cr2",))
    assert counts(name) == {"birch": (4, 1), "oak": (4, 1)}


def test_no_metadata_survives_the_import(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # rotated by 90 degrees
    exif[0x9286] = "SECRET PLACE"
    turned = image(1, "JPEG", 20, 12, exif=exif, quality=95)
    assert b"SECRET PLACE" in turned
    tail = image(2) + b"<script>alert(1)</script>"
    files = leaves() | {"oak/turned.jpg": turned, "oak/tail.png": tail}
    name = imported(archive(tmp_path / "leaves.zip", files), fit="pad")

    stored = b"".join(path.read_bytes() for path in paths.own_folder().rglob("*") if path.is_file())
    assert b"SECRET" not in stored and b"<script>" not in stored
    data = datasets.open_dataset(name)
    upright = square_fit.framed(loading.open_image(turned).pixels, 28, 3, "pad")
    assert any(np.array_equal(upright, array) for array in (*data.x_train, *data.x_test))


@pytest.mark.parametrize(("fit", "expected"), [("crop", (28, 28)), ("pad", (28, 14))])
def test_an_image_is_made_square_by_cropping_or_padding(fit, expected):
    wide = np.full((40, 80, 3), 200, np.uint8)
    wide[:, 20:60] = 50
    square = square_fit.framed(wide, 28, 3, fit)

    assert square.shape == (28, 28, 3)
    if fit == "crop":
        assert (square == 50).all()
    else:
        assert (square[[0, -1]] == 200).all() and (square[14, 14] == 50).all()
    assert square_fit.framed(wide, 32, 1, fit).shape == (32, 32, 1)


def test_prediction_makes_images_square_in_the_same_way():
    wide = loading.LoadedImage(pixels(3, 40, 80))
    for fit in square_fit.FITS:
        prepared = loading.prepare_photo(wide, (28, 28, 1), fit=fit)
        assert np.array_equal(prepared.pixels, square_fit.framed(wide.pixels, 28, 1, fit))
        assert prepared.notes


def test_a_fifth_is_held_out_by_content_independent_of_order():
    labels = [place % 3 for place in range(150)]
    digests = [bytes([place, 7]) for place in range(150)]
    test = holdout.choose_test(labels, digests)
    assert [int(test[np.array(labels) == label].sum()) for label in range(3)] == [10, 10, 10]
    shuffled = np.random.default_rng(0).permutation(150)
    again = holdout.choose_test([labels[i] for i in shuffled], [digests[i] for i in shuffled])
    assert np.array_equal(again, test[shuffled])


def test_duplicates_stay_in_one_split_and_conflicting_ones_in_training():
    labels = [0] * 10 + [1] * 10
    digests = [b"a"] * 4 + [bytes([place]) for place in range(6)] + [b"a"] + [bytes([50 + place]) for place in range(9)]
    test = holdout.choose_test(labels, digests)
    assert not test[[0, 1, 2, 3, 10]].any()
    assert test[:10].sum() == test[10:].sum() == 2
    assert holdout.count_duplicates(labels, digests, test) == (4, 5, 0)


def test_each_class_keeps_two_training_images():
    for count in range(3, 12):
        test = holdout.choose_test([0] * count, [bytes([place]) for place in range(count)])
        assert 1 <= test.sum() <= count - 2


def test_train_test_duplicates_are_reported(tmp_path):
    files = leaves(before="train/") | leaves(count=3, before="test/", first=3)
    name = imported(archive(tmp_path / "leaves.zip", files))
    assert any("(optimistic test score): 4 images" in note for note in datasets.custom_dataset(name).notes)


@pytest.mark.parametrize("wish", [{"side": 33}, {"channels": 2}, {"fit": "squeeze"}, {"side": "../x"}])
def test_an_invalid_option_is_refused(wish):
    with pytest.raises(SettingError, match="must be one of"):
        ImportSettings("Leaves", **wish)


def test_the_shell_can_preview_import_add_and_train(tmp_path):
    order = archive(tmp_path / "leaves.zip", leaves(count=6))
    table(tmp_path / "digits.csv", csv(digits(40)))

    def shell(*arguments) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", *map(str, arguments)]
        return subprocess.run(
            command, cwd=paths.repository_folder(), capture_output=True, text=True, timeout=240, check=False
        )

    seen = shell("imgcls.datasets.importing", order.path, "--look")
    assert "birch" in seen.stdout and visible() == []
    done = shell("imgcls.datasets.importing", order.path, "--title", "Leaves", "--side", 28)
    assert done.stdout.startswith("own-leaves is ready: 10 training and 2 test images.\n")
    done = shell("imgcls.datasets.importing", tmp_path / "digits.csv", "--title", "Digits", "--colour", "grey")
    assert done.stdout.startswith("own-digits is ready: 32 training"), done.stderr
    assert datasets.facts("own-digits").shape == (28, 28, 1)
    wrong = shell("imgcls.datasets.importing", tmp_path / "none.zip", "--title", "x")
    assert wrong.returncode == 3 and wrong.stderr == f"No such file or folder: {tmp_path / 'none.zip'}\n"
    trained = shell("imgcls.training", "--data", "own-leaves", "--model", "ann", "--epochs", 1, "--id", "leaves")
    assert trained.returncode == 0, trained.stderr
    run = Run(paths.runs_folder() / "leaves")
    assert run.card.classes == ("birch", "oak") and run.card.fit == "crop"
