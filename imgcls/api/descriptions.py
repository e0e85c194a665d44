"""Models and the metrics of runs as plain values, for every way to ask."""

from typing import Any

from imgcls.inference import served_model
from imgcls.runs import Run
from imgcls.runs.index.described import described
from imgcls.runs.metrics_log import Curves
from imgcls.runs.results import ModelCard


def model(run: Run, card: ModelCard) -> dict[str, Any]:
    """What a model reads and answers, and its scores."""
    height, width, channels = card.shape
    return {
        **described(run),
        "classes": list(card.classes),
        "input": {"height": height, "width": width, "channels": channels},
        "multilabel": card.is_multilabel,
        "thresholds": list(card.thresholds or [card.threshold] * len(card.classes)) if card.is_multilabel else None,
        "accepts_strokes": card.is_ink,
        "dataset": card.data_title,
        "sha256": card.digest,
        "answers": _answering(run, card),
    }


def _answering(run: Run, card: ModelCard) -> dict[str, Any]:
    """Which model file answers. The scores are always those of the float32 model."""
    served = served_model.of(run)
    if served is None:
        return {"weights": "float32", "sha256": card.digest, "identical_predictions": 1.0, "compared_images": None}
    return {
        "weights": "8-bit",
        "sha256": served.digest,
        "identical_predictions": served.identical,
        "compared_images": served.images,
    }


def metrics(run: Run) -> dict[str, Any]:
    """Progress, epochs and scores of a run.

    Raises:
        RunError: its result.json is damaged.
    """
    curves = Curves(run.folder / "metrics.jsonl").refresh()
    return {
        "id": run.id,
        "state": run.state,
        "phase": curves.phase or None,
        "plan": _without_kind(curves.plan),
        "epochs": [_without_kind(line) for line in curves.epochs],
        "changes": [_without_kind(line) for line in curves.changes],
        "result": run.result,
    }


def _without_kind(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "kind"}
