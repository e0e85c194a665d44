"""Random changes to training pictures, so that the network sees more than there is: one NumPy implementation for all.

    here          Augmentation, and `apply` and `augment`, which do everything
    moves         shift, flip, rotation, zoom: where pixels come from
    tones         brightness, contrast, blur, noise, cut-out: what pixels are
    epoch         which picture is changed by how much in which epoch
    suggestions   what suits a data set, and why

What a preview shows is what the trainer does, because both ask `epoch`. It stays outside the network: the saved model
holds no augmentation.
"""

from dataclasses import dataclass

import numpy as np

from imgcls.config import Config
from imgcls.datasets.augmentation import geometric, photometric

AMOUNTS = 12
"""Random numbers a picture."""
GREY_LEVELS = 255


@dataclass(frozen=True)
class Augmentation:
    """How far pictures may be changed: degrees, pixels, shares and grey levels; and whether half are mirrored."""

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
        return bool(self.rotation or self.shift or self.zoom or self.flip)

    @property
    def is_photometric(self) -> bool:
        return bool(self.brightness or self.contrast or self.blur or self.noise)

    def describe(self) -> str:
        """The values in words, for a title: 'rotation 10 degrees, shift 2 px', or 'off'."""
        words = {
            "rotation": f"rotation {self.rotation:g} degrees",
            "shift": f"shift {self.shift:g} px",
            "zoom": f"zoom {self.zoom:.0%}",
            "flip": "flip",
            "brightness": f"brightness {self.brightness:.0%}",
            "contrast": f"contrast {self.contrast:.0%}",
            "blur": f"blur {self.blur:g} px",
            "noise": f"noise {self.noise:g} levels",
            "cutout": f"cut-out {self.cutout:g} px",
        }
        return ", ".join(said for name, said in words.items() if getattr(self, name)) or "off"


NAMES = tuple(Augmentation.__dataclass_fields__)


def flipped_first(count: int, seed: int) -> np.ndarray:
    """Which of `count` pictures are mirrored in the odd epochs; the others are in the even ones.

    Alternating flip: in two epochs the network sees each picture both ways round, where chance would show it the same
    one twice in half of the cases (Jordan 2024).
    """
    return np.random.default_rng([seed, 0]).random(count) < 0.5


def random_amounts(generator: np.random.Generator, count: int) -> np.ndarray:
    """The random numbers of `count` pictures, from -1 to 1: float32 (AMOUNTS, count).

    Every number is drawn even where its change is off, so that switching one on does not change the others.
    """
    return generator.uniform(-1, 1, (AMOUNTS, count)).astype(np.float32)


def augment(
    images: np.ndarray,
    augmentation: Augmentation,
    generator: np.random.Generator,
    mirrored: np.ndarray | None = None,
) -> np.ndarray:
    """`apply`, by amounts that the generator draws: the same state of it gives the same pictures."""
    return apply(images, augmentation, random_amounts(generator, len(images)), mirrored) if augmentation else images


def apply(
    images: np.ndarray,
    augmentation: Augmentation,
    amounts: np.ndarray,
    mirrored: np.ndarray | None = None,
) -> np.ndarray:
    """Each picture turned, scaled, moved and mirrored, then blurred, lit, made noisy and partly hidden.

    Args:
        pictures: uint8, (n, height, width, channels).
        amounts: how much of what is allowed, as from `random_amounts`; the same amounts give the same pictures.
        mirrored: bool (n,), which ones to mirror if the augmentation has `flip`; by chance where it is left out.

    Returns:
        uint8 of the same shape. What comes in from outside repeats the nearest border pixel.
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
    lighter, contrast, blur, noise, noise_place, y, x = others
    if augmentation.is_photometric:
        images = photometric.adjust(
            images,
            lighter=GREY_LEVELS * augmentation.brightness * lighter if augmentation.brightness else None,
            contrast=1 + augmentation.contrast * contrast if augmentation.contrast else None,
            blur=augmentation.blur * (blur + 1) / 2 if augmentation.blur else None,
            noise=augmentation.noise * (noise + 1) / 2 if augmentation.noise else None,
            noise_place=(noise_place + 1) / 2,
        )
    if augmentation.cutout:
        if not (augmentation.is_geometric or augmentation.is_photometric):
            images = images.copy()
        _, height, width, _ = images.shape
        y, x = ((y + 1) / 2 * height).astype(int), ((x + 1) / 2 * width).astype(int)
        photometric.cutout(images, int(augmentation.cutout), y, x)
    return images
