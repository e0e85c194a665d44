"""Recommended settings of a model family for a dataset: RECIPE in the family's file."""

from imgcls import datasets, models
from imgcls.config import Config
from imgcls.params import Value

MIRRORED = ("flip", "test_time_augmentation")


def recipe(model: str, data: str) -> dict[str, Value]:
    """Names and values of settings; empty if the family recommends none.

    Flips are left out if mirrored images are not valid for the dataset, as with digits.

    Raises:
        SettingError: there is no such family.
        DatasetError: there is no such dataset.
    """
    values = dict(getattr(models.family(model), "RECIPE", {}))
    if "flip" in datasets.facts(data).avoid:
        values.update({name: False for name in MIRRORED if name in values})
    return values


def with_recipe(config: Config) -> Config:
    """The same settings with the recommended values of its model family."""
    return config.changed(**recipe(config.model, config.data))
