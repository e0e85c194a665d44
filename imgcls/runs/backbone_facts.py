"""Facts about the backbone in the settings of a model, a pretrained network or a finished run, without loading it."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from imgcls import models
from imgcls.config import Config
from imgcls.datasets import DatasetInfo
from imgcls.errors import SettingError, UserError
from imgcls.models import backbones, weights
from imgcls.models.backbones import Block
from imgcls.models.shape_layers import Row
from imgcls.params import Value
from imgcls.runs import store
from imgcls.runs.run import Run


def run_of(settings: Mapping[str, Any]) -> Run:
    """The run that is the backbone.

    Raises:
        SettingError: none is selected, or it has no usable model.
    """
    if not settings["backbone_run"]:
        raise SettingError("No run is selected as the backbone. Train a model first, or select a pretrained network.")
    try:
        run = store.find(settings["backbone_run"])
        backbones.trunk(run.card.layers)
    except UserError as error:
        raise SettingError(f"The backbone of this model cannot be used. {error}") from error
    if not (run.folder / "model.keras").exists():
        raise SettingError(
            f"The run “{run.label}” has no file model.keras, so it cannot be a backbone. Choose another run."
        )
    return run


def block(settings: Mapping[str, Any]) -> Block:
    """The backbone that the settings of the family `transfer` name: a pretrained network or a run.

    Raises:
        SettingError: the run is missing, unfinished or has no usable model.
    """
    if settings["backbone"] != backbones.RUN:
        return backbones.block(settings)
    run = run_of(settings)
    features, parameters = backbones.trunk(run.card.layers)
    height, width, _ = run.card.shape
    return Block(features, parameters, f"{run.label} at {height}×{width}, frozen")


def layer_table(
    model: str,
    shape: tuple[int, int, int],
    num_classes: int,
    settings: Mapping[str, Value],
    is_multilabel: bool = False,
) -> tuple[Row, ...]:
    """`models.table`, also for models whose backbone is a run. Raises SettingError as that does."""
    frozen = block(settings) if models.has_backbone(model) else None
    return models.table(model, shape, num_classes, settings, is_multilabel, frozen)


def parameters(config: Config, facts: DatasetInfo) -> int:
    """The number of parameters of a network with these settings for this dataset."""
    rows = layer_table(config.model, facts.shape, len(facts.classes), config.model_settings, facts.is_multilabel)
    return sum(row.parameters for row in rows)


def digest(settings: Mapping[str, Any]) -> str:
    """A digest that identifies the backbone: that of the file with its weights.

    Raises:
        WeightsError, SettingError: the weights or the run are missing.
    """
    if settings["backbone"] == backbones.RUN:
        path = run_of(settings).folder / "model.keras"
    else:
        path = weights.needed(backbones.NETWORKS[settings["backbone"]])
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def batch_size(settings: Mapping[str, Any]) -> int:
    """Batch size for inference with the backbone: smaller for large images and networks, to limit memory."""
    if settings["backbone"] == backbones.RUN:
        return 128
    work = backbones.NETWORKS[settings["backbone"]].multiply_adds * (settings["input_size"] / 224) ** 2
    return int(2 ** np.clip(np.round(np.log2(40_000 / max(work, 1))), 4, 7))
