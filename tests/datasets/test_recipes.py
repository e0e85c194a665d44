"""Recipes: only existing settings, and no mirroring where a mirrored image is invalid."""

import pytest

from imgcls import datasets, models
from imgcls.config import PARAMS, Config
from imgcls.datasets import recipes

WITH_RECIPE = [name for name in models.names() if hasattr(models.family(name), "RECIPE")]


def test_the_fast_network_has_a_recipe():
    assert "deep_cnn" in WITH_RECIPE


@pytest.mark.parametrize("data", datasets.names())
@pytest.mark.parametrize("name", models.names())
def test_a_recipe_is_valid_run_settings(name, data):
    values = recipes.recipe(name, data)
    assert set(values) <= {param.name for param in PARAMS} - {"data", "model", "train_images", "seed"}
    config = recipes.with_recipe(Config(model=name, data=data, seed=3))
    assert config == Config(model=name, data=data, seed=3, **values)


@pytest.mark.parametrize("name", WITH_RECIPE)
def test_digits_are_not_mirrored(name):
    for data in ("mnist", "digits"):
        values = recipes.recipe(name, data)
        assert not values["flip"]
        assert not values["test_time_augmentation"]
    assert recipes.recipe(name, "cifar10") == models.family(name).RECIPE
