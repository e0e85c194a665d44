"""Random changes to training pictures, so that the network sees more than there is: one NumPy implementation for all.

What a preview shows is what the trainer does, because both call `augmented`. It stays outside the network: the saved
model holds no augmentation.
"""

from dataclasses import dataclass

import numpy as np

from imgcls.config import Config


@dataclass(frozen=True)
class Augmentation:
    """How far pictures may be changed: degrees, pixels, shares, and whether half of them are mirrored."""

    rotation: float = 0
    shift: float = 0
    zoom: float = 0
    flip: bool = False

    @classmethod
    def of(cls, config: Config) -> "Augmentation":
        return cls(config.rotation, config.shift, config.zoom, config.flip)

    def __bool__(self) -> bool:
        return bool(self.rotation or self.shift or self.zoom or self.flip)

    def describe(self) -> str:
        """The values in words, for a title: 'rotation 10 degrees, shift 2 px', or 'off'."""
        words = []
        if self.rotation:
            words.append(f"rotation {self.rotation:g} degrees")
        if self.shift:
            words.append(f"shift {self.shift:g} px")
        if self.zoom:
            words.append(f"zoom {self.zoom:.0%}")
        if self.flip:
            words.append("flip")
        return ", ".join(words) or "off"


def augmented(pictures: np.ndarray, augmentation: Augmentation, generator: np.random.Generator) -> np.ndarray:
    """Each picture turned, scaled, moved and mirrored by an amount of its own.

    Args:
        pictures: uint8, (n, height, width, channels).
        generator: decides the amounts; the same state gives the same pictures.

    Returns:
        uint8 of the same shape. What comes in from outside repeats the nearest border pixel.
    """
    if not augmentation:
        return pictures
    count, height, width, _ = pictures.shape
    # Every amount is drawn even where it is off, so that switching one on does not change the others.
    angle, down, right, scale, mirror = generator.uniform(-1, 1, (5, count)).astype(np.float32)
    angle = np.deg2rad(augmentation.rotation) * angle
    scale = 1 / (1 + augmentation.zoom * scale)
    mirror = np.where(mirror < 0, -1, 1).astype(np.float32) if augmentation.flip else np.ones(count, np.float32)
    cosine, sine = np.cos(angle) * scale, np.sin(angle) * scale

    # For each target pixel, where it comes from: rotation and zoom about the middle, then the shift.
    y = np.arange(height, dtype=np.float32)[None, :, None] - (height - 1) / 2
    x = np.arange(width, dtype=np.float32)[None, None, :] - (width - 1) / 2
    column = (slice(None), None, None)
    x = x * mirror[column]
    from_y = cosine[column] * y - sine[column] * x + (augmentation.shift * down)[column] + (height - 1) / 2
    from_x = sine[column] * y + cosine[column] * x + (augmentation.shift * right)[column] + (width - 1) / 2
    return _sampled(pictures, from_y, from_x)


def _sampled(pictures: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Bilinear values of `pictures` at the fractional places (y, x), each of shape (n, height, width)."""
    count, height, width, channels = pictures.shape
    np.clip(y, 0, height - 1, out=y)
    np.clip(x, 0, width - 1, out=x)
    top, left = y.astype(np.int32), x.astype(np.int32)
    np.minimum(top, max(height - 2, 0), out=top)
    np.minimum(left, max(width - 2, 0), out=left)
    y -= top
    x -= left
    flat = pictures.reshape(-1, channels)
    corner = top * width + left + (np.arange(count, dtype=np.int32) * (height * width))[:, None, None]
    below, beside = (width if height > 1 else 0), (1 if width > 1 else 0)
    x, y = x[..., None], y[..., None]
    upper = flat[corner].astype(np.float32)
    upper += (flat[corner + beside] - upper) * x
    lower = flat[corner + below].astype(np.float32)
    lower += (flat[corner + below + beside] - lower) * x
    upper += (lower - upper) * y
    return (upper + 0.5).astype(np.uint8)
