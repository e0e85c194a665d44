"""How long does a saliency map take?

    python -m benchmarks.explain_latency [IMAGES]

Grad-CAM and occlusion for all classes, as on the Evaluate page, for 20 gallery images of each shipped run. In this
process, on one core, without a page: `value` is the largest median over methods and runs, in milliseconds.
`nearest_ms` is the search for similar training images, `look_ms` all activations. The reference is one prediction of
the bare interpreter.
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks.support import reference
from benchmarks.support.report_line import Missing, line, run
from imgcls.errors import RunError
from imgcls.inference.activations import ActivationModel
from imgcls.inference.explain import grad_cam, neighbours, occlusion
from imgcls.inference.predictor import Predictor
from imgcls.runs import Run
from imgcls.system.paths import repository_folder

IMAGES = 20
SHIPPED = ("digits", "fashion", "cifar10")


def timed(question: Callable[[np.ndarray], object], images: np.ndarray) -> float:
    """The median of milliseconds that a question takes, after a first one that does not count."""
    question(images[0])
    seconds = []
    for image in images:
        began = time.perf_counter()
        question(image)
        seconds.append(time.perf_counter() - began)
    return round(1000 * statistics.median(seconds), 1)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    seen: dict[str, dict[str, float]] = {}
    for name in SHIPPED:
        shipped = Run(repository_folder() / "saved_models" / name)
        try:
            inside = ActivationModel(shipped.folder / "inside.tflite")
            predictor = Predictor(shipped.folder / "model.tflite")
            neighbours.training_features(shipped)
        except RunError as error:
            raise Missing(f"The run '{name}' cannot be explained here: {error}") from error
        with np.load(shipped.folder / "gallery.npz") as gallery:
            stored = gallery["pictures"]
        images = stored[np.linspace(0, len(stored) - 1, count).astype(int)]
        features = inside.activations(images[:1]).features[0]
        seen[name] = {
            "grad_cam_ms": timed(lambda image, inside=inside: grad_cam.grad_cam_maps(inside, image), images),
            "occlusion_ms": timed(lambda image, ask=predictor: occlusion.occlusion_maps(ask, image), images),
            "look_ms": timed(lambda image, inside=inside: inside.activations(image[None]), images),
            "nearest_ms": timed(
                lambda image, shipped=shipped, features=features: neighbours.examples(shipped, features), images
            ),
        }
    worst = max(max(found["grad_cam_ms"], found["occlusion_ms"]) for found in seen.values())
    bare = reference.bare_interpreter(shipped.folder / "model.tflite", images)
    print(line("explain_latency", worst, "ms", 500, "lower", reference=bare, images=count, runs=seen))


if __name__ == "__main__":
    sys.exit(run(main))
