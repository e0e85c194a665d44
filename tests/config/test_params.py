"""Controls derived from a signature: their properties, and the error for each invalid value."""

from dataclasses import dataclass
from typing import Annotated

import pytest

from imgcls.errors import SettingError
from imgcls.params import Choice, Param, Range, completed, params_of


def sample(
    layers,
    *,
    filters: Annotated[int, Range(8, 128, step=8), "Patterns to look for."] = 32,
    learning_rate: Annotated[float, Range(1e-6, 1, unit="a step", logarithmic=True), "Size of a step."] = 1e-3,
    flip: Annotated[bool, "Mirror half of them."] = False,
    colour: Annotated[str, Choice("red", "green"), "The colour."] = "red",
    name: Annotated[str, "Any text."] = "",
    plain: int = 3,
):
    pass


PARAMS = {param.name: param for param in params_of(sample)}


def error_for(param: Param, value) -> str:
    with pytest.raises(SettingError) as error:
        param.checked(value)
    return str(error.value)


def test_a_signature_becomes_params_in_order():
    assert list(PARAMS) == ["filters", "learning_rate", "flip", "colour", "name"]
    assert PARAMS["filters"] == Param("filters", int, 32, Range(8, 128, step=8), "Patterns to look for.")
    assert PARAMS["colour"].limits.options == ("red", "green")
    assert PARAMS["flip"].limits is None


def test_only_annotated_keyword_only_arguments_are_params():
    def other(a: Annotated[int, Range(1, 2)], *, b: int = 1, c: Annotated[int, Range(1, 2)] = 1):
        pass

    assert [param.name for param in params_of(other)] == ["c"]


def test_the_fields_of_a_keyword_only_dataclass_are_params():
    @dataclass(frozen=True, kw_only=True)
    class Settings:
        size: Annotated[int, Range(1, 9), "How large."] = 2

    assert params_of(Settings) == (Param("size", int, 2, Range(1, 9), "How large."),)


def test_a_param_has_a_ui_label_and_a_command_line_flag():
    assert PARAMS["learning_rate"].label == "Learning rate"
    assert PARAMS["learning_rate"].flag == "--learning-rate"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("filters", 8, 8),
        ("filters", 128, 128),
        ("filters", 16.0, 16),
        ("learning_rate", 1, 1.0),
        ("learning_rate", 1e-6, 1e-6),
        ("flip", True, True),
        ("colour", "green", "green"),
        ("name", "", ""),
    ],
)
def test_a_valid_value_is_converted_to_the_params_type(name, value, expected):
    checked = PARAMS[name].checked(value)
    assert checked == expected
    assert type(checked) is PARAMS[name].kind


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("filters", 7, "Filters must be between 8 and 128, not 7."),
        ("filters", 129, "Filters must be between 8 and 128, not 129."),
        ("filters", 8.5, "Filters must be an integer, not 8.5."),
        ("filters", "8", "Filters must be a number, not '8'."),
        ("filters", True, "Filters must be a number, not True."),
        ("filters", None, "Filters must be a finite number."),
        ("filters", float("nan"), "Filters must be a number, not nan."),
        ("filters", float("inf"), "Filters must be a number, not inf."),
        ("filters", [8], "Filters must be a number, not [8]."),
        ("learning_rate", 2, "Learning rate must be between 1e-06 and 1 a step, not 2."),
        ("flip", 1, "Flip must be true or false, not 1."),
        ("flip", "on", "Flip must be true or false, not 'on'."),
        ("colour", "blue", "Colour cannot be 'blue'. Choose one of: red, green."),
        ("colour", 3, "Colour must be text, not 3."),
        ("name", 3, "Name must be text, not 3."),
    ],
)
def test_an_invalid_value_gets_a_clear_error(name, value, said):
    assert error_for(PARAMS[name], value) == said


def test_a_400_digit_number_is_refused_like_any_other():
    assert error_for(PARAMS["filters"], 10**400) == "Filters must be a number, not inf."
    assert error_for(PARAMS["filters"], -(10**5000)) == "Filters must be a number, not -inf."
    assert error_for(PARAMS["filters"], 10**15) == "Filters must be between 8 and 128, not 1e+15."


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("filters", "16", 16),
        ("learning_rate", "1e-2", 0.01),
        ("flip", "on", True),
        ("flip", "TRUE", True),
        ("flip", "off", False),
        ("colour", "green", "green"),
    ],
)
def test_command_line_values_are_parsed_from_text(name, text, expected):
    assert PARAMS[name].parsed(text) == expected


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("filters", "many", "Filters must be a number, not 'many'."),
        ("filters", "", "Filters must be a number, not ''."),
        ("filters", "nan", "Filters must be a number, not nan."),
        ("filters", "1e999", "Filters must be a number, not inf."),
        ("flip", "yes", "Flip must be true or false, not 'yes'."),
    ],
)
def test_invalid_text_gets_a_clear_error(name, text, said):
    with pytest.raises(SettingError) as error:
        PARAMS[name].parsed(text)
    assert str(error.value) == said


def test_omitted_params_take_their_defaults():
    values = completed(params_of(sample), {"filters": 16}, "The sample")
    assert values == {"filters": 16, "learning_rate": 1e-3, "flip": False, "colour": "red", "name": ""}


@pytest.mark.parametrize("unknown", [{"depth": 3}, {"depth": 1, 5: 2, None: 3}])
def test_an_unknown_setting_is_refused_with_the_choices(unknown):
    with pytest.raises(SettingError, match=r"Available settings: filters, learning_rate, flip, colour, name\.$"):
        completed(params_of(sample), unknown, "The sample")
