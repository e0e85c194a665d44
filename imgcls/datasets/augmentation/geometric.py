"""Geometric augmentation: shift, flip, rotation and zoom.

Shifting and mirroring copies each image once through a strided view; rotation and zoom interpolate every pixel, which
costs about five times as much.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

BLOCK = 32
"""Images processed together: few enough that their temporaries stay in the CPU cache."""


def whole_pixels(fraction: np.ndarray, most: float) -> np.ndarray:
    """Maps fractions from -1 to 1 to integers from -most to most, all equally likely: int32 (n,)."""
    most = int(most)
    return np.minimum(np.floor((2 * most + 1) * (fraction + 1) / 2).astype(np.int32) - most, most)


def shift(images: np.ndarray, down: np.ndarray, right: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
    """Shifts, then mirrors: pixel (y, x) comes from (y + down, x + right); the border is repeated."""
    count, height, width, channels = images.shape
    border = int(np.abs([down, right]).max(initial=0))
    wide = np.empty((count, height + 2 * border, width + 2 * border, channels), np.uint8)
    rows, columns = slice(border, border + height), slice(border, border + width)
    wide[:, rows, columns] = images
    wide[:, :border, columns] = images[:, :1]
    wide[:, border + height :, columns] = images[:, -1:]
    wide[:, :, :border] = wide[:, :, border : border + 1]
    wide[:, :, border + width :] = wide[:, :, border + width - 1 : border + width]
    # All possible crops as a view: (n, offsets down, offsets right, height, width, channels).
    image_step, row_step, column_step, channel_step = wide.strides
    crops = (count, 2 * border + 1, 2 * border + 1, height, width, channels)
    cuts = as_strided(
        wide, crops, (image_step, row_step, column_step, row_step, column_step, channel_step), writeable=False
    )
    target = cuts[np.arange(count), down + border, right + border]
    target[mirrored] = target[mirrored, :, ::-1]
    return target


def warp(
    images: np.ndarray,
    angle: np.ndarray,
    scale: np.ndarray,
    down: np.ndarray,
    right: np.ndarray,
    mirrored: np.ndarray,
) -> np.ndarray:
    """Rotates by `angle` (radians), scales by `scale` source pixels per target pixel, shifts and mirrors."""
    target = np.empty_like(images)
    for start in range(0, len(images), BLOCK):
        some = slice(start, start + BLOCK)
        target[some] = _warp_batch(images[some], angle[some], scale[some], down[some], right[some], mirrored[some])
    return target


def _warp_batch(
    images: np.ndarray,
    angle: np.ndarray,
    scale: np.ndarray,
    down: np.ndarray,
    right: np.ndarray,
    mirrored: np.ndarray,
) -> np.ndarray:
    """All in one step: the source position of each target pixel, by rotation and zoom about the centre, then shift."""
    _, height, width, _ = images.shape
    column = (slice(None), None, None)
    cosine, sine = np.cos(angle) * scale, np.sin(angle) * scale
    y = np.arange(height, dtype=np.float32)[None, :, None] - (height - 1) / 2
    x = np.arange(width, dtype=np.float32)[None, None, :] - (width - 1) / 2
    x = x * np.where(mirrored, np.float32(-1), np.float32(1))[column]
    from_y = cosine[column] * y - sine[column] * x + (down + np.float32((height - 1) / 2))[column]
    from_x = sine[column] * y + cosine[column] * x + (right + np.float32((width - 1) / 2))[column]
    return _sample_bilinear(images, from_y, from_x)


def _sample_bilinear(images: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Bilinear samples of `images` at y and x, float32 (n, height, width), which are overwritten."""
    count, height, width, channels = images.shape
    np.clip(y, 0, height - 1, out=y)
    np.clip(x, 0, width - 1, out=x)
    top, left = y.astype(np.intp), x.astype(np.intp)
    np.minimum(top, max(height - 2, 0), out=top)
    np.minimum(left, max(width - 2, 0), out=left)
    y -= top
    x -= left
    top *= width
    top += left
    top += (np.arange(count) * (height * width))[:, None, None]
    below, beside = (width if height > 1 else 0), (1 if width > 1 else 0)
    corners = (top, top + beside, top + below, top + below + beside)
    target = np.empty_like(images)
    for channel in range(channels):  # one at a time: interleaved channels would be five times slower
        values = images[..., channel].ravel()
        upper, upper_right, lower, lower_right = (values.take(places).astype(np.float32) for places in corners)
        for value, other, fraction in ((upper, upper_right, x), (lower, lower_right, x), (upper, lower, y)):
            other -= value
            other *= fraction
            value += other
        upper += 0.5
        target[..., channel] = upper
    return target
