"""Grad-CAM: where a late layer said what an answer hangs on.

Of its family the faithful form: gradient times value, place by place (Draelos and Carin 2020, "Use HiResCAM instead of
Grad-CAM for faithful explanations"). Selvaraju et al. (2017) take the mean gradient of a map for all of its places: the
same where maps are averaged; where they are not, it can point at places that the answer does not use.
"""

import numpy as np
from PIL import Image

from imgcls.inference.activations import Inside

WIDE = 6
"""Pixels a side that one place of a layer may stand for without more ado."""


def grad_cam(inside: Inside, image: np.ndarray, target: int) -> np.ndarray:
    """How much each place spoke for the class `target`, float32 (height, width), for a uint8 picture (h, w, channels).

    A value is what the log odds of the class gain, in nats, per strength of what the layer `inside.seam` said at that
    place: what raises the logits of all classes alike speaks for none. Below zero, which the papers cut off, is what
    spoke against the class.

    Raises:
        RunError: the network has no maps, or the picture has another size.
    """
    return grad_cams(inside, image)[target]


def grad_cams(inside: Inside, image: np.ndarray, *, shifted: bool = True) -> np.ndarray:
    """`grad_cam` of all classes at once, float32 (classes, height, width): the questions are the same.

    Where the places of the layer are wide, as 3 x 3 on 32 x 32 pixels, the picture is also `shifted` by a third of such
    a place to all sides, and the mean of the maps, shifted back, shows more than nine places.
    """
    if not inside.has_maps:
        inside.slopes(image)  # which says why not
    width = max(length // places for length, places in zip(image.shape, inside.map_shape, strict=False))
    step = round(width / 3) if shifted and width >= WIDE else 0
    offsets = (-step, 0, step) if step else (0,)
    total = np.zeros(1, np.float32)
    for down in offsets:
        for right in offsets:
            moved = shift(image, down, right)
            parts = [slopes @ to_log_odds(probabilities) for slopes, probabilities in inside.slopes(moved)]
            heats = np.mean(parts, axis=0, dtype=np.float32)
            wide = np.stack([enlarged(heat, image.shape[:2]) for heat in heats.transpose(2, 0, 1)])
            total = total + shift(wide.transpose(1, 2, 0), -down, -right).transpose(2, 0, 1)
    return total / len(offsets) ** 2


def shift(image: np.ndarray, down: int, right: int) -> np.ndarray:
    """A picture (height, width, ...) moved by some pixels; what comes in is its edge again."""
    rows = np.clip(np.arange(image.shape[0]) - down, 0, image.shape[0] - 1)
    columns = np.clip(np.arange(image.shape[1]) - right, 0, image.shape[1] - 1)
    return image[rows][:, columns]


def to_log_odds(probabilities: np.ndarray) -> np.ndarray:
    """What turns gradients of logits (..., k) into those of log odds, float64 (k, k), where the classes (k,) have
    these probabilities: from a class's own is taken the mean of the others', each by its share of the rest."""
    p = probabilities.astype(np.float64)
    others = np.repeat(p[:, None], len(p), axis=1)  # column t: the probabilities without that of t
    np.fill_diagonal(others, 0)
    return np.eye(len(p)) - others / np.maximum(others.sum(0), 1e-30)


def enlarged(heat: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A heat map (h, w) brought to `shape` (height, width), between its places as a straight line."""
    image = Image.fromarray(np.ascontiguousarray(heat, np.float32))
    return np.asarray(image.resize((shape[1], shape[0]), Image.Resampling.BILINEAR), np.float32)
