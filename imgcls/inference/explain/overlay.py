"""A heat map laid over its picture: orange where it spoke for an answer, blue where it spoke against."""

import numpy as np

FOR = np.array([230, 97, 0], np.float32)
AGAINST = np.array([40, 110, 220], np.float32)
"""A pair that colour-blind eyes tell apart; the strength is in the cover, so a grey print shows it, too."""
MOST_COVER = 0.85
SHADE = 0.55
"""The picture is darkened below the map, so that colours stand out on white as on black."""


def overlay(image: np.ndarray, heat: np.ndarray, scale: float | None = None) -> np.ndarray:
    """The uint8 picture (height, width, channels) in grey with the heat map (height, width) on it, uint8 (h, w, 3).

    `scale` is the value of the strongest colour; the largest absolute one of the map where none is given. A map of
    zeros leaves the picture as it is.
    """
    grey = image.astype(np.float32).mean(-1, keepdims=True) * np.ones(3, np.float32)
    largest = float(np.abs(heat).max()) if scale is None else scale
    strength = np.clip(np.abs(heat) / largest, 0, 1) if largest > 0 else np.zeros_like(heat)
    cover = (MOST_COVER * strength**0.8)[..., None]
    colour = np.where((heat > 0)[..., None], FOR, AGAINST)
    light = 0.35 + 0.65 * grey / 255  # the picture's own light shines through
    mixed = (1 - cover) * grey * (1 - (1 - SHADE) * (largest > 0)) + cover * colour * light
    return mixed.round().clip(0, 255).astype(np.uint8)


def where(heat: np.ndarray) -> str:
    """In words, where a heat map (height, width) is strongest: "upper left", "middle"; nothing for a map of zeros."""
    strength = np.maximum(heat, 0).astype(np.float64)
    if not strength.sum():
        return ""
    height, width = heat.shape
    strength **= 2  # the strongest places decide
    row = (strength.sum(1) @ np.arange(height)) / strength.sum() / max(height - 1, 1)
    column = (strength.sum(0) @ np.arange(width)) / strength.sum() / max(width - 1, 1)
    words = [
        "upper" if row < 0.4 else "lower" if row > 0.6 else "",
        "left" if column < 0.4 else "right" if column > 0.6 else "",
    ]
    return " ".join(word for word in words if word) or "middle"
