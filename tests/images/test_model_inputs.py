"""Photos become the input of a model: cropped, resized, inverted."""

import io

import numpy as np
import pytest
from PIL import Image

from imgcls.images.loading import LoadedImage, enlarge, open_image, prepare_photo, to_png
from tests.support.images.samples import file_of, scene


def test_a_colour_model_gets_the_centre_crop_and_reports_it():
    pixels = np.zeros((60, 100, 3), np.uint8)
    pixels[:, 20:80] = (10, 200, 30)
    prepared = prepare_photo(LoadedImage(pixels, ("Before.",)), (32, 32, 3))
    assert prepared.pixels.shape == (32, 32, 3)
    assert (prepared.pixels == (10, 200, 30)).all()
    assert prepared.notes == ("Before.", "Centre crop: 60% of its width is used.")


def test_a_tall_photo_is_cropped_at_top_and_bottom():
    pixels = np.zeros((100, 60, 3), np.uint8)
    pixels[20:80] = 255
    prepared = prepare_photo(pixels, (16, 16, 3))
    assert (prepared.pixels == 255).all()
    assert prepared.notes == ("Centre crop: 60% of its height is used.",)


@pytest.mark.parametrize("fit", ["", "crop"])
@pytest.mark.parametrize(
    ("size", "fraction"), [((4032, 3024), "75% of its width"), ((1000, 1001), "99% of its height")]
)
def test_the_reported_crop_does_not_depend_on_reduced_decoding(size, fraction, fit):
    data = file_of(Image.new("RGB", size), "JPEG")
    for opened in (open_image(data), open_image(data, at_least=800)):
        (note,) = prepare_photo(opened, (32, 32, 3), fit=fit).notes
        assert fraction in note


def test_an_image_of_the_right_size_is_unchanged():
    prepared = prepare_photo(scene(32, 32), (32, 32, 3))
    assert (prepared.pixels == scene(32, 32)).all()
    assert prepared.notes == ()


def test_fine_stripes_become_grey_without_aliasing():
    stripes = np.repeat((np.arange(320) % 2 * 255).astype(np.uint8)[None, :, None], 320, axis=0).repeat(3, axis=2)
    prepared = prepare_photo(stripes, (32, 32, 3))
    assert np.abs(prepared.pixels.astype(int) - 127).max() <= 12


def test_grey_pixels_fit_a_colour_model():
    assert (prepare_photo(np.full((50, 50), 77, np.uint8), (24, 32, 3)).pixels == 77).all()


def garment(thing, ground, height=300, width=200):
    pixels = np.full((height, width, 3), ground, np.uint8)
    pixels[60:240, 70:130] = thing
    return pixels


def test_a_dark_garment_on_a_light_background_is_inverted_for_a_greyscale_model():
    prepared = prepare_photo(garment(thing=40, ground=250), (28, 28, 1))
    assert prepared.pixels.shape == (28, 28, 1)
    assert prepared.pixels[14, 14] > 200
    assert prepared.pixels[:, :8].max() == 0
    assert prepared.pixels[:, 20:].max() == 0
    assert "inverted" in prepared.notes[0]


def test_a_light_garment_on_black_is_kept_light_and_intact():
    prepared = prepare_photo(garment(thing=220, ground=0), (28, 28, 1))
    assert prepared.pixels[14, 14] == 220
    rows = np.flatnonzero(prepared.pixels[:, 14, 0] > 110)
    columns = np.flatnonzero(prepared.pixels[14, :, 0] > 110)
    assert len(rows) >= 27
    assert abs(len(columns) / len(rows) - 60 / 180) < 0.06
    assert not any("inverted" in note for note in prepared.notes)


def test_a_fashion_mnist_image_is_unchanged():
    original = np.zeros((28, 28), np.uint8)
    original[3:25, 5:20] = scene(22, 15)[..., 0]
    assert (prepare_photo(original, (28, 28, 1)).pixels[..., 0] == original).all()


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_uniform_photo_is_black_for_a_greyscale_model(level):
    assert prepare_photo(np.full((40, 60, 3), level, np.uint8), (28, 28, 1)).pixels.max() == 0


def test_enlarging_repeats_pixels():
    small = np.array([[1, 2], [3, 4]], np.uint8)
    assert enlarge(small, 2).tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]
    assert enlarge(np.zeros((28, 28, 3), np.uint8), min_side=200).shape == (224, 224, 3)
    assert enlarge(np.zeros((300, 280), np.uint8), min_side=200).shape == (300, 280)


@pytest.mark.parametrize("shape", [(9, 12), (9, 12, 1), (9, 12, 3)])
def test_png_encoding_keeps_the_pixels(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert (np.asarray(Image.open(io.BytesIO(to_png(pixels)))).reshape(shape) == pixels).all()
