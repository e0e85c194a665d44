"""Run folders with synthetic predictions for many test images, as a trainer would write them. No model, no dataset."""

from pathlib import Path

import numpy as np

from imgcls.config import Config
from imgcls.evaluation.metrics import class_order
from imgcls.system import atomic
from imgcls.ui.evaluate.parts.confusion_matrix import SORTED_FROM

IMAGES = 10_000
GALLERY = 1_900
SHAPE = (32, 32, 3)


def made_run(runs: str | Path, run_id: str, classes: int, seed: int = 0) -> Path:
    """A tested run: 10,000 images, some 85% right, each class taken most often for its neighbours."""
    folder = Path(runs, run_id)
    folder.mkdir()
    random = np.random.default_rng(seed)
    labels = np.arange(IMAGES) % classes
    logits = random.normal(size=(IMAGES, classes)).astype(np.float32)
    logits[np.arange(IMAGES), labels] += 3.4 if classes <= 10 else 4.2
    logits[np.arange(IMAGES), (labels + random.integers(1, 4, IMAGES)) % classes] += 1.5
    probabilities = np.exp(logits)
    probabilities /= probabilities.sum(1, keepdims=True)
    predicted = probabilities.argmax(1)
    wrong = np.flatnonzero(predicted != labels)
    right = np.flatnonzero(predicted == labels)
    indices = np.sort(np.concatenate([wrong[: GALLERY * 2 // 3], right[: GALLERY // 3]]))
    coarse = random.integers(0, 255, (len(indices), 8, 8, 3), np.uint8)
    images = coarse.repeat(4, 1).repeat(4, 2)
    np.savez_compressed(folder / "predictions.npz", probabilities=probabilities, labels=labels.astype(np.int32))
    np.savez_compressed(folder / "gallery.npz", indices=indices.astype(np.int32), pictures=images)
    names = [f"class {number}" for number in range(classes)]
    facts = {"version": 1, "data": "made", "data_title": "Made", "classes": names, "shape": list(SHAPE)}
    atomic.write_json(folder / "model.json", facts | {"ink": False, "parameters": 1, "layers": []})
    atomic.write_json(folder / "config.json", Config().as_dict())
    accuracy = float((predicted == labels).mean())
    atomic.write_json(folder / "result.json", {"version": 1, "outcome": "finished", "test_accuracy": accuracy})
    return folder


def order(folder: Path) -> list[int]:
    """Its classes in the order in which the matrix shows them."""
    with np.load(folder / "predictions.npz", allow_pickle=False) as file:
        probabilities, labels = file["probabilities"], file["labels"]
    classes = probabilities.shape[1]
    sorts = classes >= SORTED_FROM
    return class_order.order(class_order.soft_confusion(probabilities, labels)).tolist() if sorts else [*range(classes)]


def cells(folder: Path) -> list[tuple[int, int]]:
    """The cells of its confusion matrix that hold mistakes, most images first."""
    with np.load(folder / "predictions.npz", allow_pickle=False) as file:
        predicted, labels = file["probabilities"].argmax(1), file["labels"]
    wrong = predicted != labels
    pairs, counts = np.unique(np.column_stack([labels[wrong], predicted[wrong]]), axis=0, return_counts=True)
    return [tuple(pair) for pair in pairs[np.argsort(-counts, kind="stable")].tolist()]
