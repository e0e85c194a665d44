"""Ink from canvases and photos: what counts as ink, and where it is placed."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imgcls.errors import ImageError
from imgcls.images.ink import centre_ink, ink_box, separate_photo, thicken
from imgcls.images.loading import prepare_drawing, prepare_photo
from tests.support.cost import relative_cost

MNIST = (28, 28, 1)


def seven(side=280, *, pen=18.0, size=1.0, move=(0, 0), ink=255, ground=0):
    """A 7 on a canvas; `size` 1 is 160 of 280 pixels high."""
    image = Image.new("L", (side * 2, side * 2), ground)
    unit = side * 2 / 280
    points = [((x * size + 140 + move[0]) * unit, (y * size + 140 + move[1]) * unit) for x, y in SEVEN]
    pencil = ImageDraw.Draw(image)
    pencil.line(points, fill=ink, width=max(1, round(pen * unit)), joint="curve")
    for x, y in points:
        radius = pen * unit / 2
        pencil.ellipse([x - radius, y - radius, x + radius, y + radius], fill=ink)
    return np.asarray(image.resize((side, side), Image.Resampling.BOX))


SEVEN = [(-60, -80), (60, -80), (-20, 80)]


def photo(drawing, *, noise=4.0, quality=60):
    """The drawing as dark ink on paper: uneven light, half in shadow, sensor noise, JPEG."""
    height, width = drawing.shape
    y, x = np.mgrid[:height, :width] / max(height, width)
    light = (110 + 120 * x * (1 - y / 2)) * np.where(x + y > 1.3, 0.7, 1)
    paper = light * (1 - 0.8 * drawing / 255) + np.random.default_rng(0).normal(0, noise, drawing.shape)
    file = io.BytesIO()
    Image.fromarray(paper.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def digit(canvas, shape=MNIST):
    return prepare_drawing(canvas, shape).pixels[..., 0].astype(int)


def difference(one, other):
    """Mean difference of grey levels on the pixels that hold ink in either image."""
    return np.abs(one - other)[(one > 0) | (other > 0)].mean()


def centre_of_mass(pixels):
    total = pixels.sum()
    return pixels.sum(axis=1) @ np.arange(len(pixels)) / total, pixels.sum(axis=0) @ np.arange(len(pixels)) / total


# Drawings


def test_a_drawing_fills_twenty_pixels_of_mnists_twenty_eight():
    pixels = digit(seven())
    top, bottom, left, right = ink_box(pixels)
    assert bottom - top == 20
    assert 14 <= right - left <= 17
    assert pixels.max() == 255


@pytest.mark.parametrize("move", [(-40, -30), (50, 40), (0, 45)])
def test_a_drawing_does_not_depend_on_its_position(move):
    assert (digit(seven(move=move)) == digit(seven())).mean() > 0.99


@pytest.mark.parametrize("size", [0.4, 0.7, 1.4])
def test_a_drawing_barely_depends_on_its_size(size):
    pixels = digit(seven(size=size, pen=18 * size))
    moved = [np.roll(pixels, steps, axis=1) for steps in (-1, 0, 1)]  # whole pixels: it may round either way
    assert min(difference(one, digit(seven())) for one in moved) < 30


@pytest.mark.parametrize("pen", [1, 2, 6, 14])
def test_a_drawing_barely_depends_on_the_pen_width(pen):
    assert difference(digit(seven(pen=pen)), digit(seven())) < 60
    assert (digit(seven(pen=pen)) > 127).sum() > 0.7 * (digit(seven()) > 127).sum()


def test_wide_strokes_are_unchanged():
    canvas = seven(pen=18)
    assert thicken(canvas) is canvas
    assert (thicken(np.zeros((9, 9), np.uint8)) == 0).all()


def test_a_thickened_stroke_is_a_tenth_of_the_drawing():
    line = np.zeros((280, 280), np.uint8)
    line[40:240, 100] = 255
    top, bottom, left, right = ink_box(thicken(line))
    assert right - left == 19
    assert bottom - top == 218


def rgba(grey, alpha):
    return np.dstack([grey, grey, grey, alpha]).astype(np.uint8)


def test_ink_of_any_colour_on_any_background_gives_the_same_digit():
    ink = seven()
    opaque = np.full_like(ink, 255)
    expected = digit(ink)
    assert (digit(255 - ink) == expected).all()
    assert (digit(rgba(ink, opaque)) == expected).all()
    assert (digit(rgba(255 - ink, opaque)) == expected).all()
    assert (digit(rgba(np.zeros_like(ink), ink)) == expected).all()
    assert (digit(rgba(np.full_like(ink, 255), ink)) == expected).all()
    red_on_blue = np.dstack([ink, np.zeros_like(ink), 255 - ink, opaque])
    assert (digit(red_on_blue) == expected).all()


def test_fully_erased_ink_is_ignored():
    ink = seven()
    canvas = rgba(ink, np.full_like(ink, 255))
    canvas[200:260, 200:260] = (255, 255, 255, 0)
    assert (digit(canvas) == digit(ink)).all()


def test_pale_ink_is_brightened():
    assert difference(digit(seven(ink=60)), digit(seven())) < 3


@pytest.mark.parametrize("canvas", [0, 128, 255])
@pytest.mark.parametrize("alpha", [0, 255, None])
def test_an_empty_canvas_asks_for_a_drawing(canvas, alpha):
    empty = np.full((280, 280), canvas, np.uint8)
    if alpha is not None:
        empty = rgba(empty, np.full_like(empty, alpha))
    with pytest.raises(ImageError) as caught:
        prepare_drawing(empty, MNIST)
    assert str(caught.value) == "The canvas is empty. Draw something large in the middle."


def test_noise_is_not_a_drawing():
    noise = np.random.default_rng(0).integers(0, 20, (280, 280), dtype=np.uint8)
    with pytest.raises(ImageError, match=r"^The canvas is empty\."):
        prepare_drawing(noise, MNIST)


def test_noise_next_to_a_drawing_does_not_shift_it():
    noise = np.random.default_rng(0).integers(0, 20, (280, 280), dtype=np.uint8)
    assert difference(digit(np.maximum(seven(), noise)), digit(seven())) < 8


def test_one_dot_stays_a_dot():
    canvas = np.zeros((280, 280), np.uint8)
    canvas[30, 250] = 255
    pixels = digit(canvas)
    assert pixels[14, 14] == 255
    assert pixels.sum() == 255
    canvas[31:37, 245:251] = 255
    canvas[30, 250] = 0
    assert ink_box(digit(canvas)) == (12, 18, 12, 18)


@pytest.mark.parametrize("upright", [True, False])
def test_a_straight_line_of_one_pixel_is_a_one(upright):
    canvas = np.zeros((280, 280), np.uint8)
    canvas[40:240, 60] = 255
    pixels = digit(canvas if upright else canvas.T)
    pixels = pixels if upright else pixels.T
    top, bottom, left, right = ink_box(pixels)
    assert bottom - top == 20
    assert 1 <= right - left <= 3
    assert pixels.max() == 255


@pytest.mark.parametrize("side", [8, 28, 32, 64])
def test_a_drawing_fits_a_model_of_any_size(side):
    pixels = digit(seven(), (side, side, 1))
    top, bottom, _, _ = ink_box(pixels)
    assert pixels.shape == (side, side)
    assert bottom - top == (side if side < 16 else round(side * 20 / 28))


def test_an_eight_pixel_drawing_is_centred():
    canvas = np.zeros((80, 80), np.uint8)
    canvas[10:70, 60:67] = 255
    canvas[10:13, 30:67] = 255
    top, bottom, left, right = ink_box(digit(canvas, (8, 8, 1)))
    assert (top, bottom) == (0, 8)
    assert (left, right) == (2, 7)


def test_non_square_and_three_channel_inputs_give_the_same_digit():
    square = digit(seven())
    wide = prepare_drawing(seven(), (28, 40, 3)).pixels
    assert wide.shape == (28, 40, 3)
    assert (wide[:, 6:34] == square[..., None]).all()
    assert wide.sum() == square.sum() * 3


# Placement


def test_the_centre_of_mass_is_the_middle_of_pixel_fourteen():
    for move, size in [((0, 0), 1), ((30, 10), 0.6), ((-50, 20), 1.1)]:
        pixels = digit(seven(move=move, size=size))
        y, x = centre_of_mass(pixels)
        assert abs(y - 14) <= 0.5 or ink_box(pixels)[1] == 27  # any lower, the end of the 7 would touch the edge
        assert abs(x - 14) <= 0.5


def test_placing_is_idempotent():
    once = centre_ink(seven(), 28)
    assert (centre_ink(once, 28) == once).all()


def test_heavy_ink_at_one_end_stays_within_the_frame():
    comet = np.zeros((280, 280), np.uint8)
    comet[100:110, 20:260] = 255
    comet[60:150, 230:260] = 255
    pixels = centre_ink(comet, 28, 0.95)
    assert ink_box(pixels)[2] == 0
    assert ink_box(pixels)[3] == 27


def test_a_digit_with_its_mass_at_one_end_does_not_touch_the_edge():
    flag = np.zeros((280, 280), np.uint8)
    flag[40:240, 60:70] = 255
    flag[40:80, 60:180] = 255  # its centre of mass is far up
    for turns in range(4):
        pixels = centre_ink(np.rot90(flag, turns), 28)
        box = ink_box(pixels)
        assert max(box[1] - box[0], box[3] - box[2]) == 20
        assert not pixels[[0, 27]].any() and not pixels[:, [0, 27]].any()


def test_a_line_thinner_than_a_model_pixel_survives():
    line = np.zeros((280, 280), np.uint8)
    line[40:240, 60] = 255
    pixels = centre_ink(line, 28)
    assert (pixels[:, 14] == 255).sum() == 20
    assert (pixels > 0).sum() == 20


def test_ink_of_any_dtype_gives_the_same_result():
    canvas = seven()
    expected = centre_ink(canvas, 28).astype(int)
    for ink in (canvas / 255, canvas.astype(np.float32) * 100, canvas > 127):
        assert np.abs(centre_ink(ink, 28) - expected).mean() < 3


def test_an_empty_canvas_gives_a_black_image():
    assert centre_ink(np.zeros((28, 28)), 28).max() == 0
    assert centre_ink(np.zeros((0, 5), np.uint8), 28).shape == (28, 28)


def test_placing_is_cheap_enough_for_every_movement_of_the_pen():
    canvas = seven()
    _, cost = relative_cost(lambda: [centre_ink(canvas, 28) for _ in range(20)])
    assert cost < 1  # about two milliseconds each


# Photos


@pytest.mark.parametrize("pen", [4, 8, 18])
@pytest.mark.parametrize("size", [0.5, 1.0])
def test_a_photo_of_ink_on_unevenly_lit_paper_gives_the_drawn_digit(pen, size):
    drawing = seven(800, pen=pen * size, size=size)
    prepared = prepare_photo(photo(drawing), MNIST, ink=True)
    assert prepared.pixels.shape == MNIST
    assert difference(prepared.pixels[..., 0].astype(int), digit(drawing)) < 15
    assert prepared.pixels[:, :3].max() == 0
    assert prepared.notes == (
        "Dark ink on a light background was inverted to light ink on black.",
        "The handwriting was located and placed as in the training images.",
    )


def test_the_paper_becomes_exactly_black():
    drawing = seven(800)
    ink, is_dark = separate_photo(photo(drawing))
    assert is_dark
    far_from_ink = np.asarray(Image.fromarray(drawing).resize((ink.shape[1], ink.shape[0]))) == 0
    assert (ink[far_from_ink] == 0).mean() > 0.99
    assert (ink[~far_from_ink] > 127).mean() > 0.85


def test_chalk_on_a_board_is_kept_and_not_inverted():
    chalk = prepare_photo((seven(400) * 0.6 + 40).astype(np.uint8), MNIST, ink=True)
    assert difference(chalk.pixels[..., 0].astype(int), digit(seven(400))) < 10
    assert chalk.notes == ("The handwriting was located and placed as in the training images.",)


def test_dark_on_white_equals_white_on_black():
    one = prepare_photo(seven(), MNIST, ink=True).pixels
    other = prepare_photo(255 - seven(), MNIST, ink=True).pixels
    assert (one == other).all()


def test_an_mnist_sized_image_is_read():
    original = digit(seven())
    for stored in (original, 255 - original):
        pixels = prepare_photo(stored.astype(np.uint8), MNIST, ink=True).pixels[..., 0].astype(int)
        assert difference(pixels, original) < 20


def test_wide_ink_around_a_small_hole_stays_intact():
    ring = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(ring).ellipse([60, 40, 220, 240], outline=0, width=62)
    ink, _ = separate_photo(np.asarray(ring))
    assert (ink[140, 62:120] > 200).all()
    assert ink[140, 140] == 0


def test_specks_and_the_table_edge_are_ignored():
    page = 255 - seven(600, size=0.6, pen=12)
    clean = prepare_photo(page, MNIST, ink=True).pixels
    page = page.copy()
    page[50:58, 500:508] = 0
    page[:, :14] = 20
    assert difference(prepare_photo(page, MNIST, ink=True).pixels.astype(int), clean.astype(int)) < 1


def test_writing_that_touches_the_border_is_kept_if_there_is_nothing_else():
    page = 255 - seven()
    top, bottom, left, right = ink_box(seven())
    tight = prepare_photo(page[top:bottom, left:right], MNIST, ink=True).pixels
    assert difference(tight[..., 0].astype(int), digit(seven())) < 30


def test_ignored_writing_is_reported_and_specks_are_not():
    alone = 255 - seven(600, size=0.4, pen=12)
    beside = np.hstack([alone, 255 - seven(600, size=0.3, pen=8)])
    (note,) = set(prepare_photo(beside, MNIST, ink=True).notes) - set(prepare_photo(alone, MNIST, ink=True).notes)
    assert note == "Other handwriting in the image was ignored."
    speck = np.hstack([alone, np.full_like(alone, 255)])
    speck[300:320, 800:820] = 0
    assert note not in prepare_photo(speck, MNIST, ink=True).notes


def test_small_writing_on_a_large_page_is_enlarged():
    page = 255 - seven(800, size=0.08, pen=2)
    top, bottom, left, right = ink_box(prepare_photo(page, MNIST, ink=True).pixels[..., 0])
    assert bottom - top == 20
    assert 14 <= right - left <= 17


def test_a_small_inner_part_does_not_displace_writing_at_the_border():
    top, bottom, left, right = ink_box(seven())
    page = (255 - seven())[top:bottom, left:right].copy()
    page[100:125, 10:30] = 0
    ink, _ = separate_photo(page)
    assert ink_box(ink) == (0, bottom - top, 0, right - left)


@pytest.mark.parametrize("page", ["white", "noisy", "very noisy", "a slope of light", "a photo of nothing"])
def test_a_page_without_writing_is_refused(page):
    pixels = {
        "white": np.full((60, 80), 255, np.uint8),
        "noisy": np.random.default_rng(1).normal(200, 6, (600, 800)).clip(0, 255).astype(np.uint8),
        "very noisy": np.random.default_rng(1).normal(128, 60, (600, 800)).clip(0, 255).astype(np.uint8),
        "a slope of light": np.tile(np.linspace(60, 220, 800).astype(np.uint8), (600, 1)),
        "a photo of nothing": photo(np.zeros((400, 400), np.uint8), noise=10)[:200, :200],
    }[page]
    with pytest.raises(ImageError) as caught:
        prepare_photo(pixels, MNIST, ink=True)
    assert str(caught.value).startswith("No handwriting found.")


def test_a_large_photo_is_not_searched_at_full_size():
    page = np.full((4000, 6000, 3), 230, np.uint8)
    page[1000:3000, 2900:3100] = 30
    prepared, cost = relative_cost(lambda: prepare_photo(page, MNIST, ink=True))
    assert cost < 20  # about a second
    assert prepared.pixels[14, 14, 0] == 255
