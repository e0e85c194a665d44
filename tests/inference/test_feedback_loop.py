"""From labelled drawings to a model that recognises them, using the code path of the Predict page."""

import numpy as np

from imgcls import runs
from imgcls.config import Config
from imgcls.datasets.importing import drawings
from imgcls.images import loading
from imgcls.images.canvas_strokes import SIDE, Handwriting
from imgcls.inference.predictor import Predictor

PER_CLASS = 15


def drawn(kind: str, random: np.random.Generator) -> np.ndarray:
    """A ring or a stroke with random variation."""
    middle, size = random.uniform(0.35, 0.65, 2) * SIDE, random.uniform(0.15, 0.3) * SIDE
    turn = np.linspace(0, 2 * np.pi, 30)
    if kind == "ring":
        places = np.column_stack([np.cos(turn), random.uniform(0.7, 1.3) * np.sin(turn)])
    else:
        slant = random.uniform(-0.4, 0.4)
        places = np.column_stack([slant * np.linspace(-1, 1, 30), np.linspace(-1, 1, 30)])
    places = middle + size * places + random.normal(0, 2, places.shape)
    stroke = np.column_stack([places, np.full(len(places), random.uniform(10, 24))])
    return loading.prepare_ink(Handwriting((stroke,)).ink(), drawings.SHAPE).pixels


def test_a_model_trained_on_saved_drawings_reads_new_ones(warm_trainer):
    random = np.random.default_rng(0)
    for _ in range(PER_CLASS):
        for kind in ("ring", "stroke"):
            kept = drawings.add(drawn(kind, random), kind)
    assert kept.is_ready

    config = Config(data=drawings.NAME, model="ann", epochs=12, batch_size=8, learning_rate=0.003, early_stopping=False)
    run = runs.create(config)
    warm_trainer(run).wait(120)

    assert run.state == "finished", (run.result, (run.folder / "log.txt").read_text())
    assert run.card.classes == ("ring", "stroke")
    assert run.card.is_ink
    new = np.stack([drawn(kind, random) for kind in ("ring", "stroke") for _ in range(10)])
    predictions = Predictor(run.folder / "model.tflite").probabilities(new).argmax(1)
    assert (predictions == np.repeat([0, 1], 10)).mean() >= 0.9
