"""Photos of pages: the sheet is found and straightened, and its handwriting is found at any size."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from imgcls.images import page_rectification, text_region
from imgcls.images.ink import centre_ink, connected_components
from imgcls.images.loading import prepare_photo

MNIST = (28, 28, 1)
SEVEN = [(-0.4, -0.5), (0.4, -0.5), (-0.1, 0.5)]
PAGE = (800, 600)
WOOD, PAPER, INK = 70, 225, 45


def sheet(*, size=0.3, at=(0.45, 0.55), lines="") -> Image.Image:
    """A page with a 7 of `size` times its height, and printed lines."""
    page = Image.new("L", PAGE, PAPER)
    pencil = ImageDraw.Draw(page)
    width, height = PAGE
    for y in range(20, height, 40) if lines else ():
        pencil.line([(0, y), (width, y)], fill=170, width=2)
    for x in range(20, width, 40) if lines == "checked" else ():
        pencil.line([(x, 0), (x, height)], fill=170, width=2)
    points = [(at[0] * width + size * height * x, at[1] * height + size * height * y) for x, y in SEVEN]
    pencil.line(points, fill=INK, width=max(2, round(0.07 * size * height)), joint="curve")
    return page


def photo(page: Image.Image, corners, *, shadow=True, seed=0) -> np.ndarray:
    """The page with its corners at these positions of a 1000×750 photo, on a table, with uneven light and noise."""
    size = (1000, 750)
    inside = np.array([(0, 0), (PAGE[0], 0), PAGE, (0, PAGE[1])], float)
    where = page_rectification._perspective(np.array(corners, float), inside)
    laid = page.transform(size, Image.Transform.PERSPECTIVE, where, Image.Resampling.BICUBIC)
    full = Image.new("L", PAGE, 255).transform(size, Image.Transform.PERSPECTIVE, where)
    grain = np.random.default_rng(seed)
    table = WOOD + grain.normal(0, 6, (size[1], 1)).repeat(size[0], 1)
    values = np.where(np.asarray(full) > 127, np.asarray(laid, float), table)
    y, x = np.mgrid[: size[1], : size[0]]
    values *= 0.85 + 0.15 * x / size[0]
    if shadow:
        values *= np.where(x / 3 + y > 600, 0.72, 1)
    values += grain.normal(0, 4, values.shape)
    return np.asarray(Image.fromarray(values.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1)))


WHOLE = [(-60, -45), (1060, -45), (1060, 795), (-60, 795)]
ON_TABLE = [(180, 120), (840, 90), (900, 640), (130, 600)]
TURNED = [(260, 90), (880, 230), (740, 690), (120, 540)]
CUT_OFF = [(220, -60), (930, 120), (890, 810), (-60, 610)]


def seen(grey: np.ndarray) -> np.ndarray:
    return prepare_photo(grey, MNIST, ink=True).pixels[..., 0].astype(int)


def a_seven() -> np.ndarray:
    canvas = Image.new("L", (280, 280))
    ImageDraw.Draw(canvas).line([(140 + 160 * x, 140 + 160 * y) for x, y in SEVEN], fill=255, width=16, joint="curve")
    return centre_ink(np.asarray(canvas), 28).astype(int)


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """The overlap of the ink of both images, allowing a shift of one pixel."""
    moved = [np.roll(one, (dy, dx), (0, 1)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return max(2 * np.minimum(each, other).sum() / (each.sum() + other.sum()) for each in moved)


@pytest.mark.parametrize("lines", ["", "checked"])
@pytest.mark.parametrize(
    ("corners", "size", "least"),
    [(WHOLE, 0.3, 0.6), (WHOLE, 0.12, 0.6), (ON_TABLE, 0.4, 0.6), (CUT_OFF, 0.3, 0.5)],  # the last one remains tilted
    ids=["the page fills the photo", "a small digit", "a sheet on a table", "a sheet that extends beyond the photo"],
)
def test_a_digit_is_found_on_a_half_shaded_page(corners, size, least, lines):
    assert overlap(seen(photo(sheet(size=size, lines=lines), corners)), a_seven()) > least


def test_a_rotated_sheet_is_straightened_and_reported():
    grey = photo(sheet(size=0.4), TURNED)
    prepared = prepare_photo(grey, MNIST, ink=True)
    assert prepared.notes[:2] == (
        "Dark ink on a light background was inverted to light ink on black.",
        "The sheet of paper was cropped and straightened.",
    )
    straightened = page_rectification.straightened(grey)
    height, width = straightened.shape
    assert abs(width / height - 4 / 3) < 0.12
    assert straightened[3:-3, 3:-3].min() > INK * 0.5  # nothing of the table is left, whose darkest grain is darker
    assert overlap(seen(grey), a_seven()) > overlap(seen(np.rot90(grey)), a_seven())
    assert overlap(seen(grey), a_seven()) > 0.6


@pytest.mark.parametrize("shadow", [True, False])
def test_a_page_that_fills_the_photo_is_unchanged(shadow):
    assert page_rectification.straightened(photo(sheet(), WHOLE, shadow=shadow)) is None


def test_a_patch_of_light_is_not_a_sheet():
    y, x = np.mgrid[:600, :800]
    lit = np.where(y + x / 4 < 320, 220, 130).astype(np.uint8)
    assert page_rectification.straightened(lit) is None
    assert page_rectification.sheet_mask(lit) is None


@pytest.mark.parametrize("side", [28, 280, 800])
def test_a_wide_white_stroke_on_black_is_not_a_sheet(side):
    drawing = np.zeros((side, side), np.uint8)
    drawing[side // 10 : -side // 10, side * 7 // 16 : side * 9 // 16] = 255
    assert page_rectification.straightened(drawing) is None
    assert page_rectification.sheet_mask(drawing) is None
    assert seen(drawing)[6:22, 13:15].min() > 200


def test_small_digits_are_prepared_like_mnist():
    small = a_seven().astype(np.uint8)
    assert overlap(seen(small), small.astype(int)) > 0.9
    assert overlap(seen(255 - small), small.astype(int)) > 0.9


def test_the_crop_keeps_the_resolution_of_the_large_photo():
    grey = photo(sheet(size=0.1, at=(0.3, 0.4)), WHOLE, shadow=False)
    part, notes, _ = text_region.crop_handwriting(grey)
    assert notes == []
    assert part.shape[0] < 450
    assert part.shape[1] < 450
    assert part.min() < 80


@pytest.mark.parametrize("shape", [(8, 8), (20, 300), (59, 59), (60, 61), (300, 20)])
def test_images_of_any_size_are_accepted(shape):
    part, _, _ = text_region.crop_handwriting(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
    assert part.size


def test_a_uniform_image_has_no_writing():
    for level in (0, 130, 255):
        part, notes, _ = text_region.crop_handwriting(np.full((400, 500), level, np.uint8))
        assert part.shape == (400, 500)
        assert notes == []


def test_connected_components_are_numbered_even_along_a_spiral():
    spiral = np.zeros((41, 41), bool)
    y = x = 20
    spiral[y, x] = True
    for step in range(1, 20):
        for dy, dx in ((0, 1), (1, 0)) if step % 2 else ((0, -1), (-1, 0)):
            for _ in range(2 * step):
                y, x = np.clip(y + dy, 0, 40), np.clip(x + dx, 0, 40)
                spiral[y, x] = True
    spiral[0, :] = spiral[:, 0] = False
    numbers = np.unique(connected_components(spiral)[0][spiral])
    assert len(numbers) == 1
    two = np.zeros((5, 9), bool)
    two[1:4, 1:3] = two[1:4, 5:8] = True
    assert len(np.unique(connected_components(two)[0])) == 3


def test_the_edge_of_a_shadow_is_not_writing():
    """A wide dark shadow is taken for the table: ruled lines along its edge are not writing."""
    width, height = 1600, 1200
    page = Image.new("L", (width, height), 231)
    pencil = ImageDraw.Draw(page)
    for y in range(60, height, 70):
        pencil.line([(0, y), (width, y)], fill=175, width=3)
    pencil.line([(160, 0), (160, height)], fill=150, width=3)
    points = [(900 + 120 * x, 650 + 120 * y) for x, y in SEVEN]
    pencil.line(points, fill=50, width=8, joint="curve")
    page = page.rotate(-10, fillcolor=74, resample=Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(1.5))
    y, x = np.mgrid[:height, :width]
    light = 0.45 + 0.55 * np.clip((x + 0.6 * y - 500) / 900, 0, 1)
    grain = np.random.default_rng(0).normal(0, 6, (height, width))
    grey = (np.asarray(page, float) * light + grain).clip(0, 255).astype(np.uint8)
    assert overlap(seen(grey), np.asarray(Image.fromarray(a_seven().astype(np.uint8)).rotate(-10)).astype(int)) > 0.5


@pytest.mark.parametrize("width", [12, 26, 34])
def test_wide_strokes_are_not_mistaken_for_the_table(width):
    page = Image.new("L", (400, 400), 235)
    ImageDraw.Draw(page).line([(110, 80), (290, 80), (190, 340)], fill=25, width=width)
    part, notes, _ = text_region.crop_handwriting(np.asarray(page))
    assert notes == []
    assert part.shape == (400, 400)


def test_a_two_part_digit_next_to_another_is_found_completely():
    page = Image.new("L", (1600, 1200), 235)
    pencil = ImageDraw.Draw(page)
    for line in ([(500, 500), (500, 650), (620, 650)], [(650, 460), (650, 780)]):  # an open four
        pencil.line(line, fill=40, width=16, joint="curve")
    pencil.line([(840, 480), (1000, 440), (1040, 560), (860, 760), (1060, 760)], fill=40, width=16, joint="curve")
    part, notes, _ = text_region.crop_handwriting(np.asarray(page))
    assert notes == []
    dark = part < 128
    assert len(np.unique(connected_components(dark)[0])) == 1 + 3, "both strokes of the four, and the two"
    assert np.flatnonzero(dark.any(0))[0] > 0, "nothing is split"
