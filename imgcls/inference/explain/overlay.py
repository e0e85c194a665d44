"""A heat map drawn over its image: orange is evidence for a class, blue against it."""

import numpy as np

FOR = np.array([230, 97, 0], np.float32)
AGAINST = np.array([40, 110, 220], np.float32)
"""A colour-blind-safe pair. The strength is in the opacity, so it also shows in a greyscale print."""
MOST_OPACITY = 0.85
SHADE = 0.55
"""The image is darkened below the map, so that the colours stand out on white as well as on black."""


def overlay(image: np.ndarray, heat: np.ndarray, scale: float | None = None) -> np.ndarray:
    """A uint8 image (height, width, channels) in grey with a heat map (height, width) over it, uint8 (h, w, 3).

    `scale` is the value of the strongest colour; by default the largest absolute value of the map. A map of zeros
    leaves the image unchanged.
    """
    grey = image.astype(np.float32).mean(-1, keepdims=True) * np.ones(3, np.float32)
    largest = float(np.abs(heat).max()) if scale is None else scale
    strength = np.clip(np.abs(heat) / largest, 0, 1) if largest > 0 else np.zeros_like(heat)
    opacity = (MOST_OPACITY * strength**0.8)[..., None]
    colour = np.where((heat > 0)[..., None], FOR, AGAINST)
    light = 0.35 + 0.65 * grey / 255  # the brightness of the image stays visible
    mixed = (1 - opacity) * grey * (1 - (1 - SHADE) * (largest > 0)) + opacity * colour * light
    return mixed.round().clip(0, 255).astype(np.uint8)


def strongest_region(heat: np.ndarray) -> str:
    """Where a heat map (height, width) is strongest, in words: "upper left", "middle"; empty for a map of zeros."""
    strength = np.maximum(heat, 0).astype(np.float64)
    if not strength.sum():
        return ""
    height, width = heat.shape
    strength **= 2  # the strongest pixels decide
    row = (strength.sum(1) @ np.arange(height)) / strength.sum() / max(height - 1, 1)
    column = (strength.sum(0) @ np.arange(width)) / strength.sum() / max(width - 1, 1)
    words = [
        "upper" if row < 0.4 else "lower" if row > 0.6 else "",
        "left" if column < 0.4 else "right" if column > 0.6 else "",
    ]
    return " ".join(word for word in words if word) or "middle"
