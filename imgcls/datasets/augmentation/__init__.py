"""Random changes to training images, so that the network sees more variety: one NumPy implementation for everything.

    here          Augmentation, and `apply` and `augment`, which do everything
    geometric     shift, flip, rotation, zoom
    photometric   brightness, contrast, blur, noise, cutout
    epoch         which image comes when in an epoch, and with which random amounts
    presets       recommended values for a dataset, and why

Previews show exactly what the trainer does, because both use `epoch`. Augmentation happens outside the network, so the
saved model contains none of it.
"""

from dataclasses import dataclass

import numpy as np

from imgcls.config import Config
from imgcls.datasets.augmentation import geometric, photometric

AMOUNTS = 12
"""Random numbers per image."""
GREY_LEVELS = 255


@dataclass(frozen=True)
class Augmentation:
    """The largest amounts: degrees, pixels, fractions and pixel values; and whether half of the images are mirrored."""

    rotation: float = 0
    shift: float = 0
    zoom: float = 0
    flip: bool = False
    brightness: float = 0
    contrast: float = 0
    blur: float = 0
    noise: float = 0
    cutout: int = 0

    @classmethod
    def of(cls, config: Config) -> "Augmentation":
        return cls(**{name: getattr(config, name) for name in NAMES})

    def __bool__(self) -> bool:
        return self.is_geometric or self.is_photometric or bool(self.cutout)

    @property
    def is_geometric(self) -> bool:
        """Whether pixels are moved."""
        return bool(self.rotation or self.shift or self.zoom or self.flip)

    @property
    def is_photometric(self) -> bool:
        """Whether pixel values are changed other than by cutout."""
        return bool(self.brightness or self.contrast or self.blur or self.noise)

    def distinct_copies(self, count: int) -> int:
        """How many of `count` augmented copies of an image differ: 1 without augmentation, and 2 if it is only
        mirrored, because mirroring alternates."""
        if not self:
            return 1
        return min(count, 2) if self == Augmentation(flip=True) else count

    def describe(self) -> str:
        """The values as text, for a title: 'rotation 10°, shift 2 px', or 'off'."""
        texts = {
            "rotation": f"rotation {self.rotation:g}°",
            "shift": f"shift {self.shift:g} px",
            "zoom": f"zoom {100 * self.zoom:g}%",
            "flip": "flip",
            "brightness": f"brightness {100 * self.brightness:g}%",
            "contrast": f"contrast {100 * self.contrast:g}%",
            "blur": f"blur {self.blur:g} px",
            "noise": f"noise {self.noise:g} levels",
            "cutout": f"cutout {self.cutout:g} px",
        }
        return ", ".join(text for name, text in texts.items() if getattr(self, name)) or "off"


NAMES = tuple(Augmentation.__dataclass_fields__)


def flipped_first(count: int, seed: int) -> np.ndarray:
    """Which of `count` images are mirrored in odd epochs, bool (n,); the others are mirrored in even epochs.

    Alternating flip: within two epochs the network sees each image both ways round, whereas independent random flips
    show it the same way twice in half of the cases (Jordan 2024).
    """
    return np.random.default_rng([seed, 0]).random(count) < 0.5


def random_amounts(generator: np.random.Generator, count: int) -> np.ndarray:
    """The random numbers for `count` images, from -1 to 1: float32 (AMOUNTS, count).

    All numbers are drawn even if their change is off, so that switching one on does not affect the others.
    """
    return generator.uniform(-1, 1, (AMOUNTS, count)).astype(np.float32)


def augment(
    images: np.ndarray,
    augmentation: Augmentation,
    generator: np.random.Generator,
    mirrored: np.ndarray | None = None,
) -> np.ndarray:
    """`apply` with random amounts: the same state of the generator gives the same images."""
    return apply(images, augmentation, random_amounts(generator, len(images)), mirrored) if augmentation else images


def apply(
    images: np.ndarray,
    augmentation: Augmentation,
    amounts: np.ndarray,
    mirrored: np.ndarray | None = None,
) -> np.ndarray:
    """Rotates, scales, shifts and mirrors each image, then changes blur, brightness, contrast, noise and cutout.

    Args:
        images: uint8, (n, height, width, channels).
        augmentation: the largest amounts.
        amounts: fractions of these from -1 to 1, as from `random_amounts`.
        mirrored: bool (n,), which images to mirror if the augmentation has `flip`; random if omitted.

    Returns:
        uint8 of the same shape. Pixels from outside repeat the nearest border pixel.
    """
    if not augmentation:
        return images
    angle, down, right, scale, mirror, *others = amounts
    if augmentation.is_geometric:
        mirrored = (mirror < 0 if mirrored is None else mirrored) & augmentation.flip
        down, right = (geometric.whole_pixels(fraction, augmentation.shift) for fraction in (down, right))
        if augmentation.rotation or augmentation.zoom:
            angle = np.deg2rad(augmentation.rotation) * angle
            images = geometric.warp(images, angle, 1 / (1 + augmentation.zoom * scale), down, right, mirrored)
        else:
            images = geometric.shift(images, down, right, mirrored)
    brightness, contrast, blur, noise, noise_offset, y, x = others
    if augmentation.is_photometric:
        images = photometric.adjust(
            images,
            brightness=GREY_LEVELS * augmentation.brightness * brightness if augmentation.brightness else None,
            contrast=1 + augmentation.contrast * contrast if augmentation.contrast else None,
            blur=augmentation.blur * (blur + 1) / 2 if augmentation.blur else None,
            noise=augmentation.noise * (noise + 1) / 2 if augmentation.noise else None,
            noise_offset=(noise_offset + 1) / 2,
        )
    if augmentation.cutout:
        if not (augmentation.is_geometric or augmentation.is_photometric):
            images = images.copy()
        _, height, width, _ = images.shape
        y, x = ((y + 1) / 2 * height).astype(int), ((x + 1) / 2 * width).astype(int)
        photometric.cutout(images, int(augmentation.cutout), y, x)
    return images
