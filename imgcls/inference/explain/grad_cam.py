"""Grad-CAM: which positions of a late layer contribute to the score of a class.

This is the faithful variant: gradient times activation, position by position (Draelos and Carin 2020, "Use HiResCAM
instead of Grad-CAM for faithful explanations"). Selvaraju et al. (2017) average the gradient of a feature map over all
positions. The two agree for global average pooling; for other heads the average can highlight positions that the
prediction does not use.
"""

import numpy as np
from PIL import Image

from imgcls.inference.activations import ActivationModel, load_activation_model
from imgcls.inference.explain import HEAT_MAP
from imgcls.runs.run import Run

KIND = HEAT_MAP
TITLE = "Grad-CAM"
CAPTION = "Orange: what is here raises the score of {name}."
HELP = "Where the evidence for the class is. Computed as gradient times activation of the last layer with feature maps."
UNIT = ""

WIDE = 6
"""Pixels per side of one position, from which on the image is also shifted."""


def heat_maps(run: Run, pixels: np.ndarray) -> np.ndarray:
    """The Grad-CAM maps of all classes, float32 (classes, height, width), of a uint8 image (height, width, channels).

    Raises:
        RunError: the run stores no activations, the network has no feature maps, or the image has another size.
    """
    return grad_cam_maps(load_activation_model(run), pixels)


def grad_cam_maps(model: ActivationModel, image: np.ndarray, *, shifted: bool = True) -> np.ndarray:
    """The same for a loaded model: how much each pixel contributes to each class.

    A value is the gain of the class in log-odds, in nats, per relative change of the activations at that position. What
    raises the logits of all classes alike is evidence for none. Negative values, which the papers cut off, are evidence
    against the class. If the positions of the layer are coarse, such as 3×3 for 32×32 pixels, the image is also
    `shifted` by a third of a position in all directions, and the maps are shifted back and averaged.
    """
    width = max(length // places for length, places in zip(image.shape, model.map_shape, strict=False))
    step = round(width / 3) if shifted and width >= WIDE else 0
    offsets = (-step, 0, step) if step else (0,)
    total = np.zeros(1, np.float32)
    for down in offsets:
        for right in offsets:
            pairs = model.gradient_times_activation(shift(image, down, right))
            heats = np.stack([values @ to_log_odds(p) for values, p in pairs]).mean(axis=0, dtype=np.float32)
            large = np.stack([enlarged(heat, image.shape[:2]) for heat in np.moveaxis(heats, 2, 0)])
            total = total + shift(large.transpose(1, 2, 0), -down, -right).transpose(2, 0, 1)
    return total / len(offsets) ** 2


def shift(image: np.ndarray, down: int, right: int) -> np.ndarray:
    """An image (height, width, ...) moved by some pixels; its edge is repeated."""
    rows = np.clip(np.arange(image.shape[0]) - down, 0, image.shape[0] - 1)
    columns = np.clip(np.arange(image.shape[1]) - right, 0, image.shape[1] - 1)
    return image[rows][:, columns]


def to_log_odds(probabilities: np.ndarray) -> np.ndarray:
    """The matrix, float64 (k, k), that turns gradients of logits (..., k) into gradients of log-odds at these
    probabilities (k,): from each logit it subtracts the mean of the others, weighted by their probabilities."""
    p = probabilities.astype(np.float64)
    others = np.repeat(p[:, None], len(p), axis=1)  # column t: the probabilities without that of class t
    np.fill_diagonal(others, 0)
    return np.eye(len(p)) - others / np.maximum(others.sum(0), 1e-30)


def enlarged(heat: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A heat map (h, w) resized to `shape` (height, width), linearly interpolated."""
    image = Image.fromarray(np.ascontiguousarray(heat, np.float32))
    return np.asarray(image.resize((shape[1], shape[0]), Image.Resampling.BILINEAR), np.float32)
