"""A search space varies settings that exist, by values that are valid; everything else is named in a message."""

import random

import pytest

from imgcls.config import Config
from imgcls.errors import SettingError
from imgcls.studies import space
from imgcls.studies.space import Between, Listed

BASE = Config(data="digits", model="cnn")


def test_ranges_and_lists_are_read_with_dashes_and_numbers_as_text():
    found = space.read(
        {"learning-rate": {"from": "1e-4", "to": 0.1}, "filters": [16, "32"], "flip": [True, False]}, BASE
    )
    assert found == {
        "learning_rate": Between(1e-4, 0.1, None, True, False),
        "filters": Listed((16, 32)),
        "flip": Listed((True, False)),
    }


def test_a_space_in_a_file_is_the_same_when_read_again():
    found = space.read({"dropout": {"from": 0, "to": 0.5, "step": 0.1}, "batch_size": {"from": 8, "to": 64}}, BASE)
    assert space.read(space.as_json(found), BASE) == found


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "empty"),
        (None, "empty"),
        ({"resolution": [1, 2]}, "no setting 'resolution'"),
        ({"seed": [1, 2]}, "“seed” cannot be varied"),
        ({"train_images": [100, 200]}, "validation images"),
        ({"filters": []}, "1 to 100 values"),
        ({"filters": 32}, "give a list of values"),
        ({"filters": [16, 1e9]}, "must be between"),
        ({"filters": {"from": 16}}, "needs “from” and “to”"),
        ({"filters": {"from": 32, "to": 16}}, "smaller than"),
        ({"filters": {"from": 16, "to": 64, "steps": 8}}, "unknown entry 'steps'"),
        ({"filters": {"from": 16, "to": 64, "step": 0.5}}, "whole number"),
        ({"dropout": {"from": 0, "to": 0.5, "log": True}}, "above 0"),
        ({"optimizer": {"from": 1, "to": 2}}, "adam, adamw"),
        ({"optimizer": ["adam", "lion"]}, "cannot be 'lion'"),
        ({"label_smoothing": [0.1], "loss": ["sparse_categorical_crossentropy"], "model": ["vgg"]}, "vgg"),
    ],
)
def test_what_cannot_be_searched_is_named(values, words):
    with pytest.raises(SettingError, match=".*".join(words.split("*"))):
        space.read(values, BASE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("16, 32,64", ["16", "32", "64"]),
        ("0.1", ["0.1"]),
        ("1e-4..1e-2:log", {"from": "1e-4", "to": "1e-2", "log": True}),
        ("0.1 .. 0.5 linear", {"from": "0.1", "to": "0.5", "log": False}),
        (" 8 to 64 ", {"from": "8", "to": "64"}),
        ("0.0001 .. 0.1 LOG", {"from": "0.0001", "to": "0.1", "log": True}),
        ("adam,sgd", ["adam", "sgd"]),
    ],
)
def test_a_person_types_a_list_or_a_range(text, expected):
    assert space.typed(text) == expected


def test_an_empty_text_is_neither_a_list_nor_a_range():
    with pytest.raises(SettingError, match="neither a list of values, such as 16, 32, 64, nor a range"):
        space.typed(" , ")


def test_a_grid_has_every_combination_once():
    found = space.read({"filters": [16, 32], "dropout": {"from": 0.1, "to": 0.3, "step": 0.1}}, BASE)
    cells = list(space.grid(found))
    assert cells[0] == {"filters": 16, "dropout": 0.1} and cells[1] == {"filters": 16, "dropout": 0.2}
    assert len(cells) == space.grid_size(found) == 6 == len({tuple(cell.values()) for cell in cells})


def test_drawn_values_are_valid_settings():
    found = space.read({"learning_rate": {"from": 1e-5, "to": 1}, "units": {"from": 16, "to": 256}}, BASE)
    generator = random.Random(0)
    drawn = [{name: domain.drawn(generator) for name, domain in found.items()} for _ in range(300)]
    for params in drawn:
        space.config_of(BASE, params)
    small = sum(params["learning_rate"] < 10**-2.5 for params in drawn)
    assert 110 < small < 190  # half of a logarithmic scale


def test_the_model_family_can_vary_without_its_own_settings():
    found = space.read({"model": ["ann", "cnn"], "batch_size": [16, 32]}, BASE)
    assert {space.config_of(BASE, cell).model for cell in space.grid(found)} == {"ann", "cnn"}
    with pytest.raises(SettingError, match="same study"):
        space.read({"model": ["ann", "cnn"], "filters": [16]}, BASE)
