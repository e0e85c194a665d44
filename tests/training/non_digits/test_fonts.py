"""Fonts that imitate handwriting give images of letters and digits."""

import shutil
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from imgcls.datasets.preparing.pen_characters import LOOK_ALIKES
from imgcls.training.non_digits import fonts

DEJAVU = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


@pytest.fixture
def provided(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("IMGCLS_DATA", str(tmp_path))
    folder = tmp_path / fonts.FOLDER
    folder.mkdir()
    return folder


def test_each_character_but_look_alikes_is_written_as_often_as_asked(provided, monkeypatch):
    shutil.copy(DEJAVU, provided)
    monkeypatch.setattr(fonts, "CHARACTERS", "Aao7")
    found = list(fonts.images(2, np.random.default_rng(0)))
    assert "o" in LOOK_ALIKES
    assert [character for _, character in found] == ["A", "A", "a", "a", "7", "7"]
    assert all(image.shape == (28, 28) and image.dtype == np.uint8 and image.max() == 255 for image, _ in found)
    assert not np.array_equal(found[0][0], found[1][0])


def test_without_fonts_the_folder_is_named(provided):
    with pytest.raises(FileNotFoundError, match=fonts.FOLDER):
        next(fonts.images(1, np.random.default_rng(0)))


def test_the_hole_of_a_ring_stays_open_and_a_character_that_is_missing_has_no_outline():
    ring = fonts.filled(fonts.outlines(DEJAVU, "0"))
    height, width = ring.shape
    assert ring[height // 2, width // 2] == 0
    assert ring[height // 2].max() == 255
    assert fonts.outlines(DEJAVU, "\U0010fffd") == []


def test_bolder_adds_ink_and_thinner_removes_it():
    outline = fonts.outlines(DEJAVU, "A")
    thin, plain, bold = (np.count_nonzero(fonts.filled(outline, pen)) for pen in (-4, 0, 8))
    assert thin < plain < bold
