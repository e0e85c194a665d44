"""Grad-CAM: where the maps of a late layer lie that an answer hangs on. (Selvaraju et al. 2017.)"""

import numpy as np
from PIL import Image

from imgcls.serving.inside import Inside


def grad_cam(inside: Inside, picture: np.ndarray, target: int) -> np.ndarray:
    """How much each place spoke for the class `target`, float32 (height, width), for a uint8 picture (h, w, channels).

    Each map of the layer `inside.seam` counts by the mean gradient over it of the class's log odds: what raises the
    logits of all classes alike speaks for none. What is above zero is the paper's Grad-CAM; what is below, which the
    paper cuts off, spoke against the class.

    Raises:
        RunError: the network has no maps, or the picture has another size.
    """
    return grad_cams(inside, picture)[target]


def grad_cams(inside: Inside, picture: np.ndarray) -> np.ndarray:
    """`grad_cam` of all classes at once, float32 (classes, height, width): the questions are the same."""
    parts = []
    for maps, slopes, probabilities in inside.slopes(picture):
        parts.append(np.einsum("hwm,mk->khw", maps, slopes @ to_log_odds(probabilities)))
    heats = np.mean(parts, axis=0, dtype=np.float32)
    return np.stack([enlarged(heat, picture.shape[:2]) for heat in heats])


def to_log_odds(probabilities: np.ndarray) -> np.ndarray:
    """What turns gradients of logits (m, k) into those of log odds (m, k), float64 (k, k), where the classes (k,) have
    these probabilities: from a class's own is taken the mean of the others', each by its share of the rest."""
    p = probabilities.astype(np.float64)
    others = np.repeat(p[:, None], len(p), axis=1)  # column t: the probabilities without that of t
    np.fill_diagonal(others, 0)
    return np.eye(len(p)) - others / np.maximum(others.sum(0), 1e-30)


def enlarged(heat: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A heat map (h, w) brought to `shape` (height, width), between its places as a straight line."""
    image = Image.fromarray(np.ascontiguousarray(heat, np.float32))
    return np.asarray(image.resize((shape[1], shape[0]), Image.Resampling.BILINEAR), np.float32)
