"""Folders whose images are called 0 to 9: either the digits are the classes, or they count the images of a class.

Both are common: a folder per writer with one image of each digit, and a folder per class with its first ten images. The
images tell: digits are classes if images of the same name look alike. Then the reading is the default of the question,
which the preview shows; only if it is not clear must the user answer.
"""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from imgcls.datasets.importing import ImportRequest, make_preview
from tests.support.importing.label_tables import counts
from tests.support.uploads import archive, image, smooth

DIGITS = [str(digit) for digit in range(10)]


def written(digit: int, seed: int) -> bytes:
    """A digit somewhere on a white page."""
    random = np.random.default_rng(seed)
    page = Image.new("L", (90, 90), 255)
    place = tuple(random.integers(5, 40, 2).tolist())
    ImageDraw.Draw(page).text(place, str(digit), 20, ImageFont.load_default(int(random.integers(28, 44))))
    file = io.BytesIO()
    page.save(file, "PNG")
    return file.getvalue()


def photo(seed: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(smooth(1, side=40, seed=seed)[0]).save(file, "PNG")
    return file.getvalue()


def request(tmp_path, folders, make, **answers: str) -> ImportRequest:
    files = {
        f"data/{folder}/{digit}.png": make(digit, 10 * place + digit)
        for place, folder in enumerate(folders)
        for digit in range(10)
    }
    made = archive(tmp_path / "data.zip", files)
    return ImportRequest("file", made.path, made.name, answers=answers)


@pytest.mark.parametrize(
    ("folders", "make", "answer"),
    [
        (("anna", "ben", "cleo", "dora"), written, "names"),
        (("writer_01", "writer_02", "writer_03", "writer_04"), written, "names"),
        (("oak", "fig", "pear", "yew"), lambda digit, seed: photo(seed), "folders"),
        (("writer_01", "writer_02", "writer_03", "writer_04"), lambda digit, seed: photo(seed), ""),
        (("day", "dusk", "night", "rain"), lambda digit, seed: image(digit), ""),  # ten scenes, again and again
        (("oak", "fig", "pear", "yew"), lambda digit, seed: b"x", ""),
    ],
    ids=["writers", "numbered writers", "photos", "photos by writers", "the same scenes", "unreadable"],
)
def test_the_images_decide_whether_digits_are_classes(folders, make, answer, tmp_path):
    if make(0, 0) == b"x":
        made = request(tmp_path, folders, make)
        from imgcls.datasets.importing import sources

        with sources.opened(made) as source:
            (question,) = source.findings.questions
    else:
        found = make_preview(request(tmp_path, folders, make))
        question = next(question for question in found.questions if question.key == "names_or_folders")
        assert set(counts(found)) == set(DIGITS if answer == "names" else folders)
    assert question.answer == answer
    assert question.options[0].detail == f"4 classes: {', '.join(sorted(folders))}"
    assert question.options[1].detail == "10 classes: 0, 1, 2, 3, 4, 5, …"


def test_the_question_shows_what_each_answer_makes_of_an_image(tmp_path):
    found = make_preview(request(tmp_path, ("anna", "ben", "cleo"), written))
    question = next(question for question in found.questions if question.key == "names_or_folders")
    assert [option.label for option in question.options] == [
        "The folders: '0.png' in 'anna' is “anna”",
        "The file names: it is “0”, and each folder is a group",
    ]


def test_the_user_may_choose_the_other_reading(tmp_path):
    found = make_preview(request(tmp_path, ("anna", "ben", "cleo"), written, names_or_folders="folders"))
    assert counts(found) == dict.fromkeys(("anna", "ben", "cleo"), (0, 0, 10))
