"""The small confusion matrix of a run that is being trained."""

import base64
import io
import re

import numpy as np
from PIL import Image

from imgcls.runs.predictions.live_predictions import LivePredictions
from imgcls.ui.train.run_parts import live_images


def test_a_single_error_among_many_images_is_visible():
    labels = np.zeros(1000, np.int64)
    probabilities = np.zeros((1000, 3), np.float32)
    probabilities[:, 0] = 1
    probabilities[0] = 0, 1, 0
    found = LivePredictions(labels, 3, np.zeros(0, np.int64), np.zeros((0, 8, 8, 1), np.uint8), 1, probabilities)
    markup = live_images._matrix(found, ["a", "b", "c"], is_saved=False)
    png = base64.b64decode(re.search(r"base64,([^\"]+)", markup)[1])
    opacity = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))[..., 3]
    assert opacity[0, 1] >= 128, "one error in 1,000 images, on a dark page, too"
    assert opacity[0, 2] == 0 and opacity[0, 0] > 250
