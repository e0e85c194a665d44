"""Augmentations: exact for known amounts, and within bounds for random ones."""

import numpy as np
import pytest

from imgcls.config import Config
from imgcls.datasets import augmentation as augmentations
from imgcls.datasets.augmentation import AMOUNTS, Augmentation
from imgcls.datasets.augmentation.epoch import Epoch
from imgcls.training.loop.batches import Subset, batches

DRAWN = (
    "angle",
    "down",
    "right",
    "scale",
    "mirror",
    "brightness",
    "contrast",
    "blur",
    "noise",
    "noise_offset",
    "y",
    "x",
)


class Amounts:
    """Known fractions from -1 to 1 of the allowed range, the same for every image."""

    def __init__(self, **fractions):
        assert len(DRAWN) == AMOUNTS and set(fractions) <= set(DRAWN)
        self.fractions = [fractions.get(name, 1.0 if name == "mirror" else 0.0) for name in DRAWN]


def augment(images, augmentation, amounts, mirrored=None) -> np.ndarray:
    """The real function, with known amounts or those drawn by a generator."""
    if not isinstance(amounts, Amounts):
        return augmentations.augment(images, augmentation, amounts, mirrored)
    fractions = np.repeat(np.array(amounts.fractions, np.float32)[:, None], len(images), 1)
    return augmentations.apply(images, augmentation, fractions, mirrored)


def noise(*shape, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def rng(seed=0):
    return np.random.default_rng(seed)


ALL = Augmentation(rotation=30, shift=3, zoom=0.3, flip=True)
TONES = Augmentation(brightness=0.3, contrast=0.5, blur=1.5, noise=20, cutout=4)


def test_the_same_generator_gives_the_same_images():
    images = noise(20, 12, 12, 3)
    first = augment(images, ALL, rng(5))
    assert np.array_equal(first, augment(images, ALL, rng(5)))
    assert not np.array_equal(first, augment(images, ALL, rng(6)))


def test_each_image_gets_its_own_random_amount():
    images = np.repeat(noise(1, 12, 12, 1), 8, 0)
    changed = augment(images, ALL, rng())
    assert len({image.tobytes() for image in changed}) == 8


def test_without_augmentation_nothing_changes():
    images = noise(3, 7, 9, 3)
    assert augment(images, Augmentation(), rng()) is images
    assert not Augmentation()
    assert Augmentation.of(Config()) == Augmentation()


def test_the_input_images_are_not_modified():
    images = noise(3, 8, 8, 1)
    before = images.copy()
    images.setflags(write=False)
    augment(images, ALL, rng())
    assert np.array_equal(images, before)


@pytest.mark.parametrize("size", [(8, 8), (5, 9), (9, 4), (28, 28)])
def test_zero_amounts_leave_the_image_unchanged(size):
    images = noise(2, *size, 3)
    assert np.array_equal(augment(images, Augmentation(30, 3, 0.3), Amounts()), images)


@pytest.mark.parametrize("size", [(8, 8), (5, 9), (9, 4), (1, 6), (6, 1)])
def test_mirroring_is_exact(size):
    images = noise(4, *size, 3)
    assert np.array_equal(augment(images, Augmentation(flip=True), Amounts(mirror=-1)), images[:, :, ::-1])
    assert np.array_equal(augment(images, Augmentation(flip=True), Amounts(mirror=1)), images)


def test_half_of_the_images_are_mirrored():
    images = np.repeat(noise(1, 6, 6, 1), 1000, 0)
    changed = augment(images, Augmentation(flip=True), rng())
    mirrored = (changed == images[:, :, ::-1]).all((1, 2, 3))
    same = (changed == images).all((1, 2, 3))
    assert (mirrored ^ same).all()
    assert 440 < mirrored.sum() < 560


@pytest.mark.parametrize(("down", "right"), [(1, 0), (-1, 0), (0, 1), (0, -1), (0.5, -1)])
def test_a_shift_by_whole_pixels_is_exact_and_repeats_the_border(down, right):
    images = noise(3, 9, 7, 2)
    moved = augment(images, Augmentation(shift=2), Amounts(down=down, right=right))
    rows = np.clip(np.arange(9) + int(2 * down), 0, 8)
    columns = np.clip(np.arange(7) + int(2 * right), 0, 6)
    assert np.array_equal(moved, images[:, rows][:, :, columns])


def test_shifts_are_whole_pixels_with_equal_probability():
    images = np.arange(0, 140, 20, dtype=np.uint8).reshape(1, 1, 7, 1).repeat(5000, 0)
    middle = augment(images, Augmentation(shift=2), rng())[:, 0, 3, 0]
    values, counts = np.unique(middle, return_counts=True)
    assert values.tolist() == [20, 40, 60, 80, 100]
    assert counts.min() > 900


@pytest.mark.parametrize("mirrored", [False, True])
def test_shifting_by_slices_matches_index_arithmetic(mirrored):
    images = noise(40, 9, 12, 3)
    which = np.full(40, mirrored)
    moved = augment(images, Augmentation(shift=3, flip=True), rng(2), which)
    with_tiny_zoom = augment(images, Augmentation(shift=3, flip=True, zoom=1e-7), rng(2), which)
    assert np.abs(moved.astype(int) - with_tiny_zoom).max() <= 1


def test_images_are_mirrored_as_requested():
    images = noise(6, 5, 7, 3)
    which = np.array([True, False, False, True, True, False])
    changed = augment(images, Augmentation(flip=True), rng(), which)
    assert np.array_equal(changed[which], images[which][:, :, ::-1])
    assert np.array_equal(changed[~which], images[~which])
    still = augment(images, Augmentation(shift=1), rng(), which)
    assert np.array_equal(still, augment(images, Augmentation(shift=1), rng()))


def test_a_large_batch_is_augmented_like_a_small_one():
    images = noise(100, 9, 8, 3)
    amounts = Amounts(angle=0.4, down=0.5, scale=-0.3, mirror=-1)
    whole = augment(images, ALL, amounts)
    assert np.array_equal(whole[70:75], augment(images[70:75], ALL, amounts))


# ---- alternating flips, as the trainer requests them


def flipped(epoch: int, *, seed: int = 3, size: int = 16, first: int = 0) -> dict[int, bool]:
    """Label of an image -> whether the batches of an epoch show it mirrored."""
    images = noise(50, 4, 6, 1)
    part = Subset.of(images, np.arange(50))
    seen = {}
    for shown, labels in batches(part, epoch, size, seed, Augmentation(flip=True), first):
        for image, label in zip(shown, labels.tolist(), strict=True):
            seen[label] = np.array_equal(image, images[label][:, ::-1])
            assert seen[label] or np.array_equal(image, images[label])
    return seen


def test_each_half_of_the_images_is_mirrored_in_alternate_epochs():
    first, second, third = flipped(1), flipped(2), flipped(3)
    assert 15 < sum(first.values()) < 35
    assert second == {label: not mirrored for label, mirrored in first.items()}
    assert third == first
    assert flipped(1, seed=4) != first


def test_mirroring_does_not_depend_on_batch_size_or_position():
    whole = flipped(2)
    assert flipped(2, size=7) == whole
    rest = flipped(2, first=2)
    assert len(rest) == 18
    assert rest == {label: whole[label] for label in rest}


def test_a_positive_angle_turns_clockwise():
    images = noise(2, 8, 8, 3)
    turned = augment(images, Augmentation(rotation=90), Amounts(angle=1))
    assert np.abs(turned.astype(int) - np.rot90(images, -1, (1, 2))).max() <= 1
    back = augment(images, Augmentation(rotation=90), Amounts(angle=-1))
    assert np.abs(back.astype(int) - np.rot90(images, 1, (1, 2))).max() <= 1


def test_a_zoom_scales_about_the_centre():
    images = np.zeros((1, 21, 21, 1), np.uint8)
    images[:, 8:13, 8:13] = 255
    larger = augment(images, Augmentation(zoom=0.5), Amounts(scale=1)).astype(float)
    smaller = augment(images, Augmentation(zoom=0.5), Amounts(scale=-1)).astype(float)
    assert smaller.sum() < images.sum() < larger.sum()
    for image in (larger, smaller):
        assert np.array_equal(image, image[:, ::-1])
        assert np.array_equal(image, image[:, :, ::-1])


def test_central_ink_is_preserved():
    images = np.zeros((200, 28, 28, 1), np.uint8)
    images[:, 9:19, 11:17] = 200
    changed = augment(images, Augmentation(rotation=20, shift=3), rng())
    ratio = changed.astype(float).sum((1, 2, 3)) / images.astype(float).sum((1, 2, 3))
    assert np.abs(ratio - 1).max() < 0.03


@pytest.mark.parametrize("size", [(8, 8), (5, 9), (30, 12), (1, 6), (6, 1), (1, 1), (2, 2)])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_size_keeps_shape_type_and_value_range(size, channels):
    images = noise(16, *size, channels) // 4 + 60
    changed = augment(images, Augmentation(45, 32, 0.5, True), rng(1))
    assert changed.dtype == np.uint8
    assert changed.shape == images.shape
    assert (changed >= images.min((1, 2))[:, None, None]).all()
    assert (changed <= images.max((1, 2))[:, None, None]).all()


@pytest.mark.parametrize("value", [0, 1, 254, 255])
def test_a_uniform_image_stays_uniform(value):
    images = np.full((8, 11, 11, 3), value, np.uint8)
    assert np.array_equal(augment(images, ALL, rng()), images)


def test_enabling_one_augmentation_does_not_change_the_amounts_of_others():
    images = noise(40, 11, 11, 1)
    shifted = augment(images, Augmentation(shift=3), rng(3))
    with_flip = augment(images, Augmentation(shift=3, flip=True), rng(3))
    kept = (shifted == with_flip).all((1, 2, 3))
    assert 8 < kept.sum() < 32  # the half that is not mirrored is shifted as before
    with_tiny_zoom = augment(images, Augmentation(shift=3, zoom=1e-6), rng(3))
    assert np.abs(with_tiny_zoom.astype(int) - shifted).max() <= 1


def test_an_empty_batch_stays_empty():
    assert augment(noise(0, 8, 8, 1), ALL, rng()).shape == (0, 8, 8, 1)


def test_the_title_lists_active_augmentations():
    assert Augmentation().describe() == "off"
    assert Augmentation(10, 2, 0.1, True).describe() == "rotation 10°, shift 2 px, zoom 10%, flip"
    assert Augmentation.of(Config(rotation=10, shift=2, zoom=0.1, flip=True)) == Augmentation(10, 2, 0.1, True)
    assert TONES.describe() == "brightness 30%, contrast 50%, blur 1.5 px, noise 20 levels, cutout 4 px"


# ---- colour augmentations


def toned(images, fractions=None, **augmentation):
    """Images changed by these fractions of the allowed range, as signed integers."""
    return augment(images, Augmentation(**augmentation), Amounts(**(fractions or {}))).astype(int)


@pytest.mark.parametrize(("fraction", "levels"), [(1, 51), (-1, -51), (0.5, 25.5), (0, 0)])
def test_brightness_shifts_every_pixel_and_clips_at_black_and_white(fraction, levels):
    images = noise(3, 6, 7, 3)
    expected = np.clip(np.floor(images.astype(float) + levels + 0.5), 0, 255)
    assert np.array_equal(toned(images, {"brightness": fraction}, brightness=0.2), expected)


@pytest.mark.parametrize(("fraction", "factor"), [(1, 1.5), (-1, 0.5), (0, 1)])
def test_contrast_scales_the_distance_to_the_mean(fraction, factor):
    images = np.array([[[[60], [100]], [[140], [100]]], [[[10], [10]], [[30], [30]]]], np.uint8)
    means = np.array([100, 20])[:, None, None, None]
    assert np.array_equal(toned(images, {"contrast": fraction}, contrast=0.5), means + factor * (images - means))


def test_blur_is_a_gaussian_that_preserves_the_sum():
    images = np.zeros((1, 15, 15, 1), np.uint8)
    images[0, 7, 7] = 255
    blurred = toned(images, {"blur": 1}, blur=1)[0, ..., 0]
    bell = np.exp(-0.5 * np.arange(-3, 4) ** 2)
    bell /= bell.sum()
    assert np.abs(blurred[4:11, 4:11] - 255 * np.outer(bell, bell)).max() <= 0.5 + 1e-3
    assert blurred[:4].sum() == blurred[:, :4].sum() == 0
    assert abs(blurred.sum() - 255) < 10


def test_blur_varies_per_image_and_repeats_the_border():
    images = np.repeat(noise(1, 9, 8, 3), 2, 0)
    images[:, :, :4], images[:, :, 4:] = 40, 200
    fractions = np.zeros((AMOUNTS, 2), np.float32)
    fractions[DRAWN.index("blur")] = -1, 1  # zero and the maximum
    sharp, blurred = augmentations.apply(images, Augmentation(blur=2), fractions)
    assert np.array_equal(sharp, images[0])
    assert (np.diff(blurred[0, :, 0].astype(int)) >= 0).all() and 40 < blurred[0, 3, 0] < 120 < blurred[0, 4, 0] < 200
    assert (blurred == blurred[:1]).all(), "rows are equal, so nothing may change along the other axis"


def test_noise_has_the_requested_standard_deviation_and_zero_mean():
    images = np.full((300, 16, 16, 3), 128, np.uint8)
    changed = augment(images, Augmentation(noise=20), rng(1)).astype(float) - 128
    deviations = changed.std((1, 2, 3))
    assert abs(changed.mean()) < 0.5
    assert deviations.max() < 24 and deviations.min() < 2 and abs(deviations.mean() - 10) < 1
    strongest = toned(images, {"noise": 1}, noise=20) - 128
    assert np.abs(strongest.std((1, 2, 3)) - 20).max() < 3


def test_noise_differs_between_images():
    images = np.full((50, 8, 8, 1), 100, np.uint8)
    changed = augment(images, Augmentation(noise=30), rng(2))
    assert len({image.tobytes() for image in changed}) == 50


def test_cutout_fills_a_square_with_the_mean():
    images = noise(2, 10, 12, 3)
    hidden = toned(images, {"y": 0.0, "x": 0.5}, cutout=4)  # around row 5 and column 9
    expected = images.astype(int)
    for image, before in zip(expected, images, strict=True):
        image[3:7, 7:11] = int(before.mean())
    assert np.array_equal(hidden, expected)


@pytest.mark.parametrize(("y", "x", "rows", "columns"), [(-1, -1, 2, 2), (0.999, 0.999, 3, 3), (-1, 0.999, 2, 3)])
def test_a_cutout_square_may_extend_past_the_border(y, x, rows, columns):
    images = np.zeros((1, 9, 9, 1), np.uint8)
    images[0, ::2] = 90
    changed = toned(images, {"y": y, "x": x}, cutout=4)[0, ..., 0] != images[0, ..., 0]
    assert (changed.any(1).sum(), changed.any(0).sum()) == (rows, columns)


def test_enabling_a_colour_augmentation_changes_no_geometry():
    images = noise(12, 9, 9, 1)
    moved = augment(images, ALL, rng(3))
    both = augment(images, Augmentation(30, 3, 0.3, True, cutout=2), rng(3))
    assert (moved != both).any((1, 2, 3)).sum() > 0
    assert (moved != both).sum((1, 2, 3)).max() <= 4


def test_colour_augmentations_keep_input_shape_and_type():
    images = noise(40, 7, 5, 3)
    before = images.copy()
    images.setflags(write=False)
    for augmentation in (TONES, Augmentation(cutout=3), Augmentation(shift=1, cutout=3)):
        changed = augment(images, augmentation, rng())
        assert changed.dtype == np.uint8 and changed.shape == images.shape
        assert not np.array_equal(changed, images)
    assert np.array_equal(images, before)
    assert augment(images[:0], TONES, rng()).shape == (0, 7, 5, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 6), (2, 3), (40, 3)])
def test_colour_augmentations_accept_any_image_size(size):
    assert (
        augment(noise(20, *size, 1), Augmentation(blur=3, noise=64, cutout=32, contrast=0.8), rng()).shape[1:3] == size
    )


# ---- the preview matches the training


@pytest.mark.parametrize("augmentation", [ALL, TONES, Augmentation(10, 2, 0.1, True, 0.2, 0.2, 1, 10, 3)])
def test_an_augmented_preview_image_matches_the_trainers_batch(augmentation):
    images = noise(37, 9, 8, 3)
    part = Subset.of(images, np.arange(37), np.random.default_rng(0).permutation(37)[:30])
    for number in (1, 2):
        seen = {}
        for shown, labels in batches(part, number, 8, 5, augmentation):
            seen.update(zip(labels.tolist(), shown, strict=True))
        epoch = Epoch(number, len(part), 8, 5, augmentation)
        for place in (0, 7, 29):
            row = part.rows[place]
            assert np.array_equal(epoch.one(images[row], place), seen[row])
            assert not np.array_equal(epoch.one(images[row], place), images[row])


def test_mirroring_alone_gives_only_two_variants():
    assert Augmentation().distinct_copies(4) == 1
    assert [Augmentation(flip=True).distinct_copies(count) for count in (1, 2, 5)] == [1, 2, 2]
    assert Augmentation(flip=True, shift=1).distinct_copies(5) == 5
