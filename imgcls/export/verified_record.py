"""The verification record of an exported file: what it was compared with, how it differed, and with which software."""

import importlib.metadata
import platform
import time
from types import ModuleType
from typing import Any

import numpy as np

from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.export import records
from imgcls.export.records import Record
from imgcls.export.verification import Comparison, Reference
from imgcls.runs import Run
from imgcls.runs.results import ModelCard

MOST_CHANGED = 500
"""Images with another prediction that a record lists."""
SOFTWARE = (
    "imgcls",
    "keras",
    "tensorflow-cpu",
    "tensorflow",
    "ai-edge-litert",
    "onnx",
    "onnxruntime",
    "coremltools",
    "numpy",
    "pillow",
)


def of_comparison(
    run: Run,
    name: str,
    chosen: ModuleType,
    known: Reference,
    found: Comparison,
    problem: str,
    digest: str,
    runtime: str,
) -> Record:
    """The record of a file that was run and compared with the run's test predictions."""
    card = run.card
    return Record(
        name,
        chosen.TITLE,
        now(),
        problem,
        run.id,
        run.label,
        f"{run.id}-{name}{chosen.SUFFIX}",
        0,
        "",
        digest,
        records.digest(run.folder / "model.keras"),
        card.data,
        known.fingerprint,
        found.count,
        _software(),
        runtime,
        _interval(found.accuracy),
        _interval(found.stored_accuracy),
        found.identical,
        found.largest_difference if np.isfinite(found.largest_difference) else None,
        tuple(_changed(card, known, found)),
        len(found.changed),
        found.paired.only_first,
        found.paired.only_second,
        found.paired.p_value,
        found.milliseconds,
    )


def _changed(card: ModelCard, known: Reference, found: Comparison) -> list[dict[str, Any]]:
    rows = zip(found.changed[:MOST_CHANGED].tolist(), found.before, found.after, strict=False)
    return [
        {
            "image": int(known.indices[row]),
            "true": _named(card, known.labels[row]),
            "stored": _named(card, before),
            "exported": _named(card, after),
        }
        for row, before, after in rows
    ]


def _named(card: ModelCard, decision: np.ndarray | int) -> str:
    if np.ndim(decision):
        return "; ".join(card.classes[label] for label in np.flatnonzero(decision))
    return card.classes[int(decision)]


def _interval(score: Score | None) -> dict[str, float] | None:
    return None if score is None else {"value": score.value, "low": score.low, "high": score.high}


def _software() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in SOFTWARE:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def now() -> str:
    """The time of the record, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def without_comparison(run: Run, name: str, chosen: ModuleType, digest: str) -> Record:
    """The record of a file that cannot be run on this machine."""
    return Record(
        name,
        chosen.TITLE,
        now(),
        run=run.id,
        label=run.label,
        file=f"{run.id}-{name}{chosen.SUFFIX}",
        sha256_before_metadata=digest,
        model_keras_sha256=records.digest(run.folder / "model.keras"),
        dataset=run.card.data,
        software=_software(),
    )
