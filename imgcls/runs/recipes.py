"""Settings that suit a model family on a data set, to begin with: what the family's file calls RECIPE."""

from imgcls import datasets, models
from imgcls.config import Config
from imgcls.params import Value

MIRRORED = ("flip", "test_time_augmentation")


def recipe(model: str, data: str) -> dict[str, Value]:
    """Names and values of settings; empty for a family that has none.

    Where a mirrored picture is no picture of its class, as with digits, nothing is mirrored.

    Raises:
        SettingError: there is no such family.
        DatasetError: there is no such data set.
    """
    values = dict(getattr(models.family(model), "RECIPE", {}))
    if "flip" in datasets.facts(data).avoid:
        values.update({name: False for name in MIRRORED if name in values})
    return values


def followed(config: Config) -> Config:
    """The same run by the recipe of its family."""
    return config.changed(**recipe(config.model, config.data))
