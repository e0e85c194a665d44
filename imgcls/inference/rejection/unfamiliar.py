"""How far an image lies from the training images, and when it is too far to be classified.

The distance is the one to the fifth nearest stored training image, in the features of the last hidden layer (Sun, Ming,
Zhu and Li 2022, "Out-of-distribution detection with deep nearest neighbors"). It is judged by the distances of the test
images: see `imgcls.inference.explain.neighbours`.
"""

from dataclasses import dataclass

import numpy as np

from imgcls.errors import RunError
from imgcls.inference import activations
from imgcls.inference.explain import neighbours
from imgcls.runs.run import Run

OUT_OF_DISTRIBUTION_PERCENTILE = 99.5
"""An image that is farther from the training images than this percentage of the test images is rejected."""


@dataclass(frozen=True, eq=False)
class Familiarity:
    """How an image compares with the training images.

    `features` are those of the last hidden layer, float32 (d,). `percentile` is the percentage of the test images that
    are nearer to the training images, 0 to 100; `sentence` says it in words.
    """

    features: np.ndarray
    percentile: float
    sentence: str

    @property
    def is_out_of_distribution(self) -> bool:
        return self.percentile >= OUT_OF_DISTRIBUTION_PERCENTILE

    @property
    def distance_sentence(self) -> str:
        """How far it is from the training images, without the verdict."""
        return neighbours.distance_sentence(self.percentile)


def measure(run: Run, pixels: np.ndarray, features: np.ndarray | None = None) -> Familiarity | None:
    """Compares a prepared image, uint8 (height, width, channels), with the training images.

    `features`, float32 (d,), are those of the image if they are known already. None if the run stores no features.
    """
    try:
        if features is None:
            features = activations.load_activation_model(run).activations(pixels[None]).features[0]
        _, percentile, sentence = neighbours.unfamiliarity(run, features)
    except RunError:
        return None
    return Familiarity(features, percentile, sentence)
