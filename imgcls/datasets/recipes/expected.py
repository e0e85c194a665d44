"""How long a preset takes on a dataset on which it was not measured, estimated from measurements on others."""

import math
from functools import lru_cache

from imgcls import datasets, models
from imgcls.datasets.recipes import presets
from imgcls.datasets.recipes.presets import Measured, Preset
from imgcls.errors import UserError

START_SECONDS = 5.5
"""Processor time of every training, however small: importing TensorFlow, evaluating and exporting."""


def seconds(model: str, data: str, name: str) -> float | None:
    """Estimated seconds of the preset with this name, on as many cores as the measurements had.

    The time of what was measured for the family with the most similar amount of work, in proportion to that work. None
    if nothing was measured, or the model does not fit the images.
    """
    work = _work(model, data, name)
    if not work:
        return None
    measured = [(one, other) for one, other in _measured(model, name) if other]
    if not measured:
        return None
    nearest, other = min(measured, key=lambda pair: abs(math.log(pair[1] / work)))
    return (START_SECONDS + max(0.0, nearest.processor_seconds - START_SECONDS) * work / other) / nearest.cores


def _measured(model: str, name: str) -> list[tuple[Measured, float]]:
    """What was measured for a family, each with its work. One with a backbone spends most time on it, whatever its
    head, so that only the same preset is comparable."""
    found = []
    for data, family, preset in (key.split("/") for key in presets.measured()):
        if family == model and (preset == name or not models.has_backbone(model)):
            one = _preset(model, data, preset)
            if one is not None and one.measured is not None:
                found.append((one.measured, _work(model, data, preset)))
    return found


def _work(model: str, data: str, name: str) -> float:
    """In proportion to the multiplications of a training; 0 if unknown."""
    preset = _preset(model, data, name)
    if preset is None:
        return 0.0
    facts = datasets.facts(data)
    if models.has_backbone(model):
        return float(sum(facts.counts))  # it runs once per image, whatever their size
    config = preset.config(model, data)
    settings = tuple(sorted(config.model_settings.items()))
    of_an_image = _multiplications(model, facts.shape, facts.num_classes, settings, facts.is_multilabel)
    return of_an_image * facts.counts[0] * config.epochs


@lru_cache(256)
def _multiplications(
    model: str, shape: tuple[int, int, int], num_classes: int, settings: tuple, is_multilabel: bool
) -> float:
    """About how many there are for an image; 0 if the network does not fit such images."""
    try:
        rows = models.table(model, shape, num_classes, dict(settings), is_multilabel)
    except UserError:
        return 0.0
    return float(sum(row.parameters * math.prod(row.shape[:-1]) for row in rows))


def _preset(model: str, data: str, name: str) -> Preset | None:
    try:
        return next((one for one in presets.presets(model, data) if one.name == name), None)
    except UserError:
        return None
