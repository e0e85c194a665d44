"""The network of a run for a script: the source of its family, its normalisation and its backbone."""

import json
import zipfile
from dataclasses import dataclass
from typing import Any

from imgcls import models
from imgcls.config import Config
from imgcls.errors import RunError
from imgcls.export.script import sources
from imgcls.export.script.sources import Copied
from imgcls.models import backbones, shipped
from imgcls.models.shipped import networks
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.system import json_files

MOST_CONFIG_BYTES = 50_000_000
"""Of the description of a network in a .keras file."""
OTHER_DROPOUT = "Dropout hides other features than in the run: those follow from other random numbers."


@dataclass(frozen=True)
class Network:
    """What a script's model cell needs.

    `scale` and `offset` are those of the layer "normalise". `backbone` is the pretrained network's title, empty without
    one; `plan` describes a shipped one; `file` and `url` are those of its weights, and `url` is empty if the file is
    part of imgcls. `solver` finds the start of a linear head, and `unfreeze` the layers to fine-tune.
    """

    source: Copied
    scale: Any = None
    offset: Any = 0.0
    initialises: bool = False
    backbone: str = ""
    plan: shipped.Plan | None = None
    epsilon: float = networks.EPSILON
    file: str = ""
    url: str = ""
    solver: tuple[Copied, ...] = ()
    unfreeze: Copied | None = None
    notes: tuple[str, ...] = ()


def of_run(run: Run, config: Config, card: ModelCard) -> Network:
    """The network of a run.

    Raises:
        RunError: it cannot be written as a script.
    """
    family = models.family(config.model)
    roots = ["classify", *(["initialise"] if hasattr(family, "initialise") else [])]
    source = sources.copied(f"models/families/{config.model}.py", roots, defaults=dict(config.model_settings))
    if models.has_backbone(config.model):
        return _with_backbone(config, card, source)
    layer = _layer(run, "normalise")
    return Network(source, _numbers(layer.get("scale")), _numbers(layer.get("offset")), "initialise" in roots)


def _with_backbone(config: Config, card: ModelCard, source: Copied) -> Network:
    title = str(config.model_settings["backbone"])
    if title == backbones.RUN:
        raise RunError(
            "The backbone of this run is another run of yours, which a script without imgcls cannot load. Export the "
            "model as Keras instead."
        )
    network = backbones.NETWORKS[title]
    is_linear = not config.model_settings["head_units"]
    loss = "binary" if card.is_multilabel else "multinomial"
    solver = sources.copied("training/transfer/head_solver.py", ["solve", loss])
    unfreeze = sources.copied("training/model_builder/backbone.py", ["unfreeze"])
    return Network(
        source,
        initialises=True,
        backbone=title,
        plan=shipped.PLANS[title] if network.is_shipped else None,
        file=network.file,
        url="" if network.is_shipped else network.url,
        solver=(solver,) if is_linear else (),
        unfreeze=unfreeze if config.model_settings["fine_tuning_epochs"] else None,
        notes=(OTHER_DROPOUT,) if is_linear and config.model_settings["dropout"] else (),
    )


def _layer(run: Run, name: str) -> dict[str, Any]:
    """The settings of a layer in model.keras.

    Raises:
        RunError: the file is damaged, or there is no such layer.
    """
    try:
        with zipfile.ZipFile(run.folder / "model.keras") as archive:
            if archive.getinfo("config.json").file_size > MOST_CONFIG_BYTES:
                raise ValueError("too large")
            found = _search(json.loads(archive.read("config.json")), name)
    except (OSError, ValueError, KeyError, RecursionError, zipfile.BadZipFile) as error:
        raise RunError("The file model.keras of this run is damaged. Train the model again.") from error
    if found is None:
        raise RunError(f"The model of this run has no layer “{name}”, so it cannot be written as a script.")
    return found


def _numbers(value: Any) -> float | list[float]:
    """A number, or one for each channel: what a foreign file says becomes code.

    Raises:
        RunError: it is something else.
    """
    if json_files.is_number(value):
        return float(value)
    if isinstance(value, list) and all(map(json_files.is_number, value)):
        return [float(number) for number in value]
    raise RunError("The file model.keras of this run is damaged: its normalisation is not a number.")


def _search(content: Any, name: str) -> dict[str, Any] | None:
    """The config of the layer with this name, at any depth."""
    if isinstance(content, dict):
        config = content.get("config")
        if isinstance(config, dict) and config.get("name") == name and "scale" in config:
            return config
        content = list(content.values())
    if isinstance(content, list):
        for part in content:
            if (found := _search(part, name)) is not None:
                return found
    return None
