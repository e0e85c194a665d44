"""Where the pixels of a picture come from: moved and mirrored through a view, turned and scaled by arithmetic.

Moving and mirroring copies each picture once; turning and scaling computes each pixel anew and costs about five times
as much.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

AT_ONCE = 32
"""Pictures that are computed together: few enough for their temporaries to stay in the processor's cache."""


def whole_pixels(fraction: np.ndarray, most: float) -> np.ndarray:
    """From shares between -1 and 1 to whole numbers from -most to most, each as likely as the other: int32 (n,)."""
    most = int(most)
    return np.minimum(np.floor((2 * most + 1) * (fraction + 1) / 2).astype(np.int32) - most, most)


def shift(images: np.ndarray, down: np.ndarray, right: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
    """Each picture cut out of itself with a wider border: its pixel (y, x) comes from (y + down, x + right)."""
    count, height, width, channels = images.shape
    border = int(np.abs([down, right]).max(initial=0))
    wide = np.empty((count, height + 2 * border, width + 2 * border, channels), np.uint8)
    rows, columns = slice(border, border + height), slice(border, border + width)
    wide[:, rows, columns] = images
    wide[:, :border, columns] = images[:, :1]
    wide[:, border + height :, columns] = images[:, -1:]
    wide[:, :, :border] = wide[:, :, border : border + 1]
    wide[:, :, border + width :] = wide[:, :, border + width - 1 : border + width]
    # Every place that the cut may have, as a view: (n, places down, places right, height, width, channels).
    across, along, beside, colour = wide.strides
    places = (count, 2 * border + 1, 2 * border + 1, height, width, channels)
    cuts = as_strided(wide, places, (across, along, beside, along, beside, colour), writeable=False)
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
    """Turned by `angle` (radians), with `scale` source pixels for each target pixel, moved and mirrored."""
    target = np.empty_like(images)
    for start in range(0, len(images), AT_ONCE):
        some = slice(start, start + AT_ONCE)
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
    """All changes at once: where each target pixel comes from, by rotation and zoom about the middle, then shift."""
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
    """Bilinear values of `pictures` at the fractional places y and x, float32 (n, height, width), which are spent."""
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
    for channel in range(channels):  # one at a time: loops over three neighbouring values would be five times slower
        values = images[..., channel].ravel()
        upper, upper_right, lower, lower_right = (values.take(places).astype(np.float32) for places in corners)
        for value, other, fraction in ((upper, upper_right, x), (lower, lower_right, x), (upper, lower, y)):
            other -= value
            other *= fraction
            value += other
        upper += 0.5
        target[..., channel] = upper
    return target
