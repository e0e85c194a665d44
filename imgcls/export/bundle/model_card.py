"""The model card of an exported run: what it was trained on, how good it is, and what it must not be used for.

Source of the form: Mitchell, M. et al. (2019), "Model Cards for Model Reporting", FAT*.
"""

from typing import TYPE_CHECKING, Any

from imgcls import datasets
from imgcls.errors import UserError
from imgcls.evaluation import predictions
from imgcls.evaluation.metrics import calibration
from imgcls.evaluation.metrics.percent import percent
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.evaluation.report import values
from imgcls.export.metadata import preprocessing
from imgcls.export.records import Record
from imgcls.models import backbones
from imgcls.runs import Run
from imgcls.runs.predictions import validation_predictions
from imgcls.runs.results import ModelCard
from imgcls.system.addresses import unlinked

if TYPE_CHECKING:
    import jinja2

OWN_DATA = "The dataset is your own: you know which licence and whose consent its images have."
CODE = "preprocessing/ is part of imgcls, MIT License, Copyright (c) 2026 The imgcls contributors."
SPECIAL = frozenset("\\`*_{}[]<>#|~$!")


def text(run: Run, record: Record, template: "jinja2.Template") -> str:
    """The card in Markdown.

    Raises:
        RunError: the run has no model or no test predictions.
    """
    card = run.card
    stored = predictions.read(run)
    found = values.collect(run, Decisions(stored, card.thresholds or card.threshold) if card.is_multilabel else stored)
    result = found["result"] or {}
    counts = result.get("counts", {})
    return template.render(
        name=escaped(run.label),
        run=run.id,
        classes=[escaped(name) for name in card.classes],
        shape=card.shape,
        multilabel=card.is_multilabel,
        thresholds=card.thresholds or (card.threshold,),
        preprocessing=preprocessing(card),
        suffix=record.file.rpartition(".")[2].join((".", "")),
        record=record,
        data_text=_data_text(run, card),
        data_version=escaped(str(result.get("data", {}).get("state", "unknown"))),
        counts=_counts(counts),
        settings=[(escaped(key), escaped(str(value))) for key, value in _settings(found["settings"] or {})],
        scores=_scores(found["test"], _temperature(run, card)),
        by_class=_by_class(found["test"]),
        verification=_verification(record),
        licences=_licences(run, card),
    )


def escaped(text: str) -> str:
    """Text for Markdown: a name may contain anything. Addresses stay text."""
    flat = unlinked(" ".join(text.split()))
    return "".join("\\" + letter if letter in SPECIAL else letter for letter in flat)


def _data_text(run: Run, card: ModelCard) -> str:
    try:
        about = datasets.facts(card.data)
        return f"**{escaped(about.title)}.** {' '.join(about.text.split()) if about.source != 'own' else ''}".strip()
    except UserError:
        return f"**{escaped(values.data_title(run))}.** Its description is no longer available."


def _counts(counts: dict[str, Any]) -> str:
    if not counts:
        return ""
    train, validation, test = (int(counts.get(part, 0)) for part in ("train", "validation", "test"))
    return f"Split: {train:,} training, {validation:,} validation and {test:,} test images."


def _settings(settings: dict[str, Any]) -> list[tuple[str, Any]]:
    flat = {**settings, **settings.get("model_settings", {})}
    return [(key, value) for key, value in flat.items() if key not in ("model_settings", "version")]


def _scores(test: dict[str, Any], temperature: str) -> list[str]:
    titles = {
        "accuracy": "Accuracy",
        "exact_match": "All labels correct",
        "label_accuracy": "Label accuracy",
        "macro_f1": "Macro F1",
        "mean_average_precision": "Mean average precision",
        "cross_entropy": "Cross-entropy (nats)",
    }
    lines = [f"{title}: {_interval(test[key])}" for key, title in titles.items() if key in test]
    error = test["calibration"]["expected_calibration_error"]
    lines.append(f"Expected calibration error: {_interval(error)}")
    if temperature:
        lines.append(temperature)
    return [f"{line}" for line in (*lines, f"Measured on {test['images']:,} images; intervals are 95%.")]


def _interval(score: dict[str, float]) -> str:
    if any(score[part] is None for part in ("value", "low", "high")):
        return "unknown"
    return f"{score['value']:.4f} ({score['low']:.4f} to {score['high']:.4f})"


def _temperature(run: Run, card: ModelCard) -> str:
    """The temperature that calibrates the probabilities, fitted on validation images; empty if there are none."""
    if card.is_multilabel:
        return ""
    try:
        known = validation_predictions.read(run)
    except UserError:
        return ""
    if known is None:
        return ""
    chosen = validation_predictions.positions(len(known.labels))
    fitted = calibration.temperature(known.probabilities[chosen], known.labels[chosen])
    return (
        f"Temperature: {fitted.value:.3f} ({fitted.low:.3f} to {fitted.high:.3f}), fitted on the validation images. "
        "Dividing the logits by it calibrates the probabilities; it is not applied in this file."
    )


def _by_class(test: dict[str, Any]) -> list[dict[str, str]]:
    rows = test.get("classes") or test.get("labels") or []
    return [
        {
            "name": escaped(row["name"]),
            "images": f"{row['images']:,}",
            **{score: _number(row[score]["value"]) for score in ("precision", "recall", "f1")},
        }
        for row in rows
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _verification(record: Record) -> list[str]:
    lines = [f"Run in {record.runtime} and compared with the run's stored predictions for {record.images:,} images."]
    if record.accuracy and record.stored_accuracy:
        lines.append(
            f"Accuracy of this file: {_interval(dict(record.accuracy))}; of the run's own model: "
            f"{_interval(dict(record.stored_accuracy))}."
        )
    else:
        lines.append("The dataset was not on this machine, so the accuracy of the file was not measured.")
    lines.append(
        f"Identical predictions: {percent(record.identical or 0, 2)}. Largest difference of a probability: "
        f"{record.largest_difference or 0:.2g}."
    )
    lines.append(
        f"{record.changed_count:,} predictions change: {record.only_stored_right:,} from correct to incorrect, "
        f"{record.only_exported_right:,} from incorrect to correct "
        f"(McNemar's exact test: p = {1 if record.p_value is None else record.p_value:.2g})."
    )
    lines.append(f"{record.milliseconds or 0:.2f} ms per image on one thread of the machine that exported it.")
    return lines


def _licences(run: Run, card: ModelCard) -> list[str]:
    lines = []
    try:
        about = datasets.facts(card.data)
        lines.append(OWN_DATA if about.source == "own" else f"Dataset: see “Data” above ({escaped(about.title)}).")
    except UserError:
        lines.append(OWN_DATA)
    try:
        title = run.config.model_settings.get("backbone")
    except UserError:
        title = None
    if isinstance(title, str) and title:
        lines.append(f"Backbone: {escaped(title)}. {_backbone_licence(title)}")
    return [*lines, CODE]


def _backbone_licence(title: str) -> str:
    if title in backbones.NETWORKS:
        return "Weights trained on ImageNet, from Keras Applications, whose page names the licence of each network."
    return "A run of your own, with the licence of its dataset."
