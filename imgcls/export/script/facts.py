"""What the templates of a script need to know about a run."""

import base64
import textwrap
import zlib
from typing import Any

import numpy as np

from imgcls import datasets, models
from imgcls.config import Config, schedules
from imgcls.datasets.augmentation import Augmentation
from imgcls.datasets.splitting import training_split
from imgcls.errors import DatasetError, RunError, UserError
from imgcls.evaluation import comparison
from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.evaluation.metrics.percent import interval, percent
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.export.script import model, sources
from imgcls.export.script.sources import Copied
from imgcls.runs import Run, backbone_facts
from imgcls.runs.metrics_log import Curves
from imgcls.runs.results import ModelCard

KERAS_LOADERS = ("mnist", "fashion_mnist", "cifar10", "cifar100")
"""Datasets that `keras.datasets` loads, with the same images in the same order."""
WIDTH = 100
UNUSED, TRAINING, VALIDATION = 0, 1, 2
"""What an image of the training set is used for, in `parts`."""
GEOMETRIC, PHOTOMETRIC = ("shift", "flip", "rotation", "zoom"), ("brightness", "contrast", "blur", "noise")


def of_run(run: Run) -> dict[str, Any]:
    """The variables of the templates.

    Raises:
        RunError: the run cannot be expressed as a script.
        UserError: one of its files is damaged.
    """
    config, card = run.config, run.card
    network = model.of_run(run, config, card)
    parts = _parts(run, config, card)
    curves = Curves(run.folder / "metrics.jsonl").refresh()
    copies = [network.source, *_augmentation(config), *_optimiser(config), *network.solver]
    copies += [network.unfreeze] if network.unfreeze else []
    imports = sorted(
        {line for one in copies for line in one.imports}
        - {"import numpy as np", "import keras", "import tensorflow as tf"}
    )
    return {
        "config": config,
        "settings": config.model_settings,
        "classes": list(card.classes),
        "shape": tuple(card.shape),
        "multilabel": card.is_multilabel,
        "thresholds": list(card.thresholds or [card.threshold] * len(card.classes)) if card.is_multilabel else [],
        "header": _header(run, config, card),
        "notes": _notes(run, config, network.notes),
        "network": network,
        "imports": imports,
        "uses_tensorflow": any("import tensorflow as tf" in one.imports for one in copies) or config.deterministic,
        "monitored": "val_accuracy" if config.monitor == "accuracy" else "val_cross_entropy",
        "mode": "max" if config.monitor == "accuracy" else "min",
        "lowest": schedules.LOWEST,
        "rising": 1 - schedules.LOWEST,
        **_transfer(config),
        "copied": {
            "unfreeze": network.unfreeze.code if network.unfreeze else "",
            "classify": network.source.code,
            "augmentation": "\n\n".join(one.code for one in _augmentation(config)),
            "optimiser": "\n\n".join(one.code for one in _optimiser(config)),
            "solver": "\n\n".join(one.code for one in network.solver),
        },
        "geometric": any(getattr(config, name) for name in GEOMETRIC),
        "photometric": any(getattr(config, name) for name in PHOTOMETRIC),
        "augmented": any(getattr(config, name) for name in (*GEOMETRIC, *PHOTOMETRIC, "cutout")),
        "keras_loader": config.data if config.data in KERAS_LOADERS else "",
        "precision": "bfloat16" if curves.plan.get("precision") == "bfloat16" else "float32",
        **parts,
        "stored": _stored(run),
    }


def _transfer(config: Config) -> dict[str, Any]:
    """How the features of a backbone are computed."""
    if not models.has_backbone(config.model):
        return {}
    count = int(config.model_settings["augmented_copies"])
    return {
        "copies": Augmentation.of(config).distinct_copies(count),
        "extraction_batch": backbone_facts.batch_size(config.model_settings),
    }


# ---- the split


def _parts(run: Run, config: Config, card: ModelCard) -> dict[str, Any]:
    """How the script splits the training images: by a rule, or by a list of what each image is used for."""
    try:
        about = datasets.facts(config.data)
        path = run.folder / "data.json"
        edits = datasets.read_edits(path) if path.exists() else None
        if edits is not None and not edits.labels and about.source != "own" and not card.is_multilabel:
            used = min(config.train_images, about.counts[0]) if config.train_images else about.counts[0]
            return {
                "counts": about.counts,
                "validation_images": training_split.validation_size(used, config),
                "parts": [],
                "relabelled": {},
            }
        dataset = datasets.open_for_training(config.data, edits)
        training, validation = datasets.training_split(dataset, config)
    except DatasetError as error:
        raise RunError(
            f"The script needs the dataset, because its split cannot be computed without it. {error}"
        ) from error
    use = np.full(len(dataset.y_train), UNUSED, np.uint8)
    use[training], use[validation] = TRAINING, VALIDATION
    return {
        "counts": (len(dataset.y_train), len(dataset.y_test)),
        "validation_images": len(validation),
        "parts": _packed(use),
        "relabelled": {row: dataset.edits.labels[row] for row in dataset.edits.relabelled},
    }


def _stored(run: Run) -> dict[str, Any]:
    """The run's decisions for the test set, packed, and how many are correct."""
    found = comparison.decided(run)
    if isinstance(found, Decisions):
        return {"packed": _packed(np.packbits(found.predicted > 0)), "type": "uint8", "count": len(found.labels)}
    kind = "uint8" if len(found.names) <= 256 else "uint16"
    return {"packed": _packed(found.predicted.astype(kind)), "type": kind, "count": len(found.labels)}


def _packed(values: np.ndarray) -> list[str]:
    """An array as lines of text: compressed, base64."""
    return textwrap.wrap(base64.b64encode(zlib.compress(values.tobytes(), 9)).decode("ascii"), WIDTH)


# ---- copied functions


def _augmentation(config: Config) -> list[Copied]:
    folder, found = "datasets/augmentation", []
    geometric = []
    if config.rotation or config.zoom:
        geometric += ["whole_pixels", "warp"]
    elif config.shift or config.flip:
        geometric += ["whole_pixels", "shift"]
    if geometric:
        found.append(sources.copied(f"{folder}/geometric.py", geometric, renamed={"BLOCK": "WARPED_TOGETHER"}))
    photometric = ["adjust"] if any(getattr(config, name) for name in PHOTOMETRIC) else []
    if config.cutout:
        photometric.append("cutout")
    if photometric:
        found.append(sources.copied(f"{folder}/photometric.py", photometric, renamed={"BLOCK": "ADJUSTED_TOGETHER"}))
    return found


def _optimiser(config: Config) -> list[Copied]:
    return [sources.copied("training/loop/muon.py", ["Muon"])] if config.optimizer == "muon" else []


# ---- texts


def _header(run: Run, config: Config, card: ModelCard) -> list[str]:
    found = comparison.decided(run)
    score = wilson(int(found.is_right.sum()), len(found.labels))
    name = "All labels correct" if card.is_multilabel else "Accuracy"
    lines = [
        f"Run {run.id}: “{_one_line(run.label)}”, {models.family(config.model).TITLE} on "
        f"{_one_line(card.data_title or config.data)}.",
        f"{name} of the run on {len(found.labels):,} test images: {percent(score.value, 2)} "
        f"(95% CI {interval(score.low, score.high, 2)}).",
    ]
    return [line for text in lines for line in textwrap.wrap(text, WIDTH)]


def _notes(run: Run, config: Config, more: tuple[str, ...]) -> list[list[str]]:
    """What differs from the run, each as lines."""
    notes = [
        "The training starts from the same weights and sees the same batches, but rounds differently, so its score "
        "differs a little, as between two seeds. The last cell tests whether it differs by more.",
        *more,
    ]
    if config.monitor == "accuracy":
        notes.append(
            "Of two epochs with the same validation accuracy the run kept the one with the lower loss; Keras's "
            "EarlyStopping keeps the first."
        )
    for change in Curves(run.folder / "metrics.jsonl").refresh().changes:
        notes.append(
            f"During the run, at epoch {change['epoch']:.2f}, the setting {change['what']} was changed to "
            f"{change['value']}. The script keeps the setting of the start."
        )
    result = run.result or {}
    if result.get("outcome") == "stopped":
        notes.append("The run was stopped before its last epoch. The script trains all epochs.")
    if config.folds:
        notes.append("The cross-validation of the run is not repeated.")
    try:
        if config.data == "drawn_digits" or datasets.facts(config.data).source == "own":
            notes.append("The script reads prepared images. How image files become these images is not part of it.")
    except UserError:
        pass
    return [textwrap.wrap(_one_line(note), WIDTH - 2) for note in notes]


def _one_line(text: str) -> str:
    return " ".join(text.split())
