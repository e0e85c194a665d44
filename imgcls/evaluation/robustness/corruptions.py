"""Eight image corruptions, each at five strengths."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from imgcls.datasets.augmentation import geometric, photometric

STRENGTHS = (1, 2, 3, 4, 5)
DIRECTIONS = ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1))


@dataclass(frozen=True)
class Corruption:
    """A corruption: its name, its amount at each strength, a format string for that amount, and the function.

    `apply(images, amount, numbers)` takes uint8 images (n, height, width, channels) and three random numbers from 0 to
    1 per image, (3, n), the same at every strength; it returns uint8 of the same shape.
    """

    name: str
    amounts: tuple[float, ...]
    words: str
    apply: Callable[[np.ndarray, float, np.ndarray], np.ndarray]

    @property
    def title(self) -> str:
        return self.name.capitalize() if self.name.islower() else self.name

    def amount(self, strength: int) -> str:
        """The amount at a strength from 1 to 5, in words."""
        return self.words.format(self.amounts[strength - 1])

    def __call__(self, images: np.ndarray, strength: int, numbers: np.ndarray) -> np.ndarray:
        """The images with this corruption at a strength from 1 to 5."""
        return self.apply(images, self.amounts[strength - 1], numbers)


def random_numbers(count: int, seed: int = 0) -> np.ndarray:
    """The random numbers of `count` images, float32 (3, count): the same for each corruption and strength."""
    return np.random.default_rng(seed).random((3, count), dtype=np.float32)


def _noise(images: np.ndarray, amount: float, numbers: np.ndarray) -> np.ndarray:
    levels = np.full(len(images), amount, np.float32)
    return photometric.adjust(images, noise=levels, noise_offset=numbers[0])


def _blur(images: np.ndarray, amount: float, numbers: np.ndarray) -> np.ndarray:
    return photometric.adjust(images, blur=np.full(len(images), amount / 100 * _side(images), np.float32))


def _brightness(images: np.ndarray, amount: float, numbers: np.ndarray) -> np.ndarray:
    """Half of the images become lighter, half darker."""
    sign = np.where(numbers[0] < 0.5, -1, 1)
    return photometric.adjust(images, brightness=(255 * amount / 100 * sign).astype(np.float32))


def _contrast(images: np.ndarray, amount: float, numbers: np.ndarray) -> np.ndarray:
    return photometric.adjust(images, contrast=np.full(len(images), 1 - amount / 100, np.float32))


def _shift(images: np.ndarray, amount: float, numbers: np.ndarray) -> np.ndarray:
    """In one of eight directions; the border pixels are repeated."""
    pixels = max(1, round(amount / 100 * _side(images)))
    down, right = pixels * np.array(DIRECTIONS)[(numbers[0] * 8).astype(int)].T
    return geometric.shift(images, down, right, np.zeros(len(images), bool))


def _rotation(images: np.ndarray, amount: float, numbers: np.ndarray) -> np.ndarray:
    """Half of the images to the left, half to the right."""
    count = len(images)
    angle = np.deg2rad(amount) * np.where(numbers[0] < 0.5, -1, 1)
    still, no = np.zeros(count), np.zeros(count, bool)
    return geometric.warp(images, angle.astype(np.float32), np.ones(count, np.float32), still, still, no)


def _occlusion(images: np.ndarray, amount: float, numbers: np.ndarray) -> np.ndarray:
    """A square fully inside the image, filled with the image's mean."""
    _, height, width, _ = images.shape
    side = max(1, round(amount / 100 * _side(images)))
    y, x = ((length - side) * number for length, number in ((height, numbers[1]), (width, numbers[2])))
    corrupted = images.copy()
    photometric.cutout(corrupted, side, np.round(y).astype(int) + side // 2, np.round(x).astype(int) + side // 2)
    return corrupted


def _jpeg(images: np.ndarray, amount: float, numbers: np.ndarray) -> np.ndarray:
    corrupted = np.empty_like(images)
    for position, image in enumerate(images):
        file = BytesIO()
        Image.fromarray(image if image.shape[2] == 3 else image[..., 0]).save(file, "JPEG", quality=int(amount))
        with Image.open(file, formats=("JPEG",)) as decoded:
            corrupted[position] = np.asarray(decoded).reshape(image.shape)
    return corrupted


def _side(images: np.ndarray) -> int:
    return min(images.shape[1:3])


CORRUPTIONS = {
    corruption.name: corruption
    for corruption in (
        Corruption("noise", (10, 20, 35, 50, 70), "std {:g} of 255 levels", _noise),
        Corruption("blur", (1.5, 3, 4.5, 6, 8), "std {:g}% of the side", _blur),
        Corruption("brightness", (10, 20, 30, 40, 50), "{:g}% lighter or darker", _brightness),
        Corruption("contrast", (30, 50, 65, 80, 90), "{:g}% less", _contrast),
        Corruption("shift", (4, 8, 12, 16, 20), "{:g}% of the side", _shift),
        Corruption("rotation", (8, 15, 25, 35, 45), "{:g} degrees", _rotation),
        Corruption("occlusion", (15, 25, 35, 45, 55), "a square of {:g}% of the side", _occlusion),
        Corruption("JPEG", (60, 30, 15, 8, 4), "quality {:g}", _jpeg),
    )
}
"""In the order shown. Amounts are pixel values, percent, degrees and JPEG quality."""
