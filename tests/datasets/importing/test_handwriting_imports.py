"""The user's own digits: recognised as handwriting and stored light on black, whatever their polarity."""

from functools import cache
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from imgcls import datasets
from imgcls.datasets import importing
from imgcls.datasets.importing.execution import job
from imgcls.datasets.importing.pixels import handwriting_question
from imgcls.errors import SourceError
from tests.support.images.mnist import mnist_digits
from tests.support.uploads import archive, csv, imported, leaves, table


@cache
def digits(count: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """The first digits of each of three classes: uint8 (n, 28, 28), and their labels."""
    images, labels = mnist_digits()
    rows = np.concatenate([np.flatnonzero(labels == digit)[:count] for digit in (2, 3, 7)])
    return images[rows], labels[rows]


def files(*, is_dark: bool) -> dict[str, bytes]:
    """The digits as PNG files in a folder per class, twice as large, with a margin."""
    images = {}
    for number, (image, label) in enumerate(zip(*digits(), strict=True)):
        large = np.pad(np.asarray(Image.fromarray(image).resize((56, 56))), ((9, 3), (2, 8)))
        file = BytesIO()
        Image.fromarray(255 - large if is_dark else large).save(file, "PNG")
        images[f"{label}/{number}.png"] = file.getvalue()
    return images


@pytest.mark.parametrize("is_dark", [True, False], ids=["dark on light", "light on dark"])
def test_digits_of_either_polarity_become_light_on_black(is_dark, tmp_path):
    request = archive(tmp_path / "digits.zip", files(is_dark=is_dark))
    preview = importing.make_preview(request)
    assert preview.ink == ("dark" if is_dark else "light")
    (question,) = preview.questions
    assert (question.key, question.answer) == (handwriting_question.KEY, preview.ink)
    assert not preview.is_undecided
    assert preview.channels == 1
    dataset = datasets.custom_dataset(imported(request, channels=1))
    assert dataset.ink and dataset.ink_source == preview.ink
    data = datasets.open_dataset(dataset.name)
    assert data.facts.ink and data.facts.fit == ""
    stored = np.concatenate([data.x_train, data.x_test])[..., 0].astype(int)
    assert stored[:, 0].max() == 0, "the border is black"
    originals = digits()[0].astype(int)
    nearest = [np.abs(originals - image).mean((1, 2)).min() for image in stored]
    assert np.mean(nearest) < 12


def test_a_table_of_digits_is_recognised_and_stored_exactly(tmp_path):
    rows = [[label, *image.ravel().tolist()] for image, label in zip(*digits(), strict=True)]
    request = table(tmp_path / "digits.csv", csv(rows))
    assert importing.make_preview(request).ink == "light"
    data = datasets.open_dataset(imported(request, channels=1))
    there = {image.tobytes() for image in (*data.x_train, *data.x_test)}
    originals = {image.tobytes() for image in digits()[0]}
    assert len(there & originals) >= 0.9 * len(originals)


def test_the_user_may_say_it_is_not_handwriting(tmp_path):
    request = archive(tmp_path / "digits.zip", files(is_dark=True))
    request.answers[handwriting_question.KEY] = handwriting_question.NO
    assert importing.make_preview(request).ink == ""
    dataset = datasets.custom_dataset(imported(request, channels=1))
    assert not dataset.ink
    assert datasets.open_dataset(dataset.name).x_train[0, 0, 0] == 255


def test_the_polarity_can_be_changed_to_one_of_the_options(tmp_path):
    request = archive(tmp_path / "digits.zip", files(is_dark=True))
    request.answers[handwriting_question.KEY] = "light"
    assert importing.make_preview(request).ink == "light"
    request.answers[handwriting_question.KEY] = "blue"
    with pytest.raises(SourceError, match="Choose one of: dark, light, no"):
        importing.make_preview(request)


def test_colour_photos_raise_no_question_and_keep_their_pixels(tmp_path):
    request = archive(tmp_path / "leaves.zip", leaves())
    preview = importing.make_preview(request)
    assert (preview.ink, preview.questions) == ("", [])
    assert not datasets.custom_dataset(imported(request)).ink


def test_an_image_without_ink_is_skipped_with_its_reason(tmp_path):
    blank = BytesIO()
    Image.new("L", (60, 60), 250).save(blank, "PNG")
    request = archive(tmp_path / "digits.zip", files(is_dark=True) | {"2/blank.png": blank.getvalue()})
    dataset = datasets.custom_dataset(imported(request, channels=1))
    assert ("no handwriting found", 1, ("2/blank.png",)) in dataset.skipped


def test_images_added_later_are_prepared_like_the_first_ones(tmp_path):
    name = imported(archive(tmp_path / "dark.zip", files(is_dark=True)), channels=1)
    before = sum(datasets.custom_dataset(name).counts)
    more = {path.replace(".png", "-more.png"): data for path, data in files(is_dark=False).items()}
    imported(archive(tmp_path / "light.zip", more), into=name)
    dataset = datasets.custom_dataset(name)
    assert dataset.ink and dataset.ink_source == "dark"
    assert sum(dataset.counts) == 2 * before
    data = datasets.open_dataset(name)
    assert np.concatenate([data.x_train, data.x_test])[:, 0].max() == 0


def test_the_preview_stores_the_detected_handwriting(tmp_path):
    preview = importing.make_preview(archive(tmp_path / "digits.zip", files(is_dark=True)))
    import_id = job.new_id()
    job.write_preview(job.make_folder(import_id), preview)
    assert job.preview(import_id).ink == "dark"
