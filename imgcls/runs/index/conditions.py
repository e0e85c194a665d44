"""Reads a filter: a line of words and conditions, all of which must hold. The pages, the shell, REST and MCP use it.

noisy                          in the name, the ID or the note
model=cnn  data!=digits        a column or a setting, exactly
learning_rate<=0.01            numbers: < <= > >=
Learning rate <= 0.01          the same, with the words on the screen
test>0.95  test>95%            scores are fractions or percentages
night/f1>0.9                   own metrics: the last value
tag=baseline  study=mine       a tag of the run; the study it belongs to
tag=none  study=none           runs without one
note="loss jumps"              quotes keep words together
"""

import re
import shlex
from dataclasses import dataclass

from imgcls.errors import SettingError
from imgcls.params import shortened
from imgcls.runs.index import names

NONE = "none"
"""As a value: the runs without one, as in study=none."""
MOST_CONDITIONS = 20
LONGEST = 500
EXAMPLE = "For example: model=cnn test>0.9 learning_rate<=0.01"
OPERATORS = ("<=", ">=", "!=", "=", "<", ">")
MOST_WORDS = 3
"""Of a name, besides the last one."""
_CONDITION = re.compile(r"([A-Za-z_(][A-Za-z0-9 _()%./-]*?)\s*(<=|>=|!=|=|<|>)(.*)", re.S)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_PERCENTAGE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*%")


@dataclass(frozen=True)
class Condition:
    """A condition on a column, on "tag", or on a setting, which need not exist."""

    name: str
    operator: str
    value: str


def read(text: str) -> list[str | Condition]:
    """The words and conditions of a filter.

    Raises:
        SettingError: it is too long, or a quotation mark is not closed.
    """
    if len(text) > LONGEST:
        raise refused(f"The filter is too long: at most {LONGEST} characters.")
    try:
        words = _with_operators(shlex.split(text))
    except ValueError as error:
        raise refused("A quotation mark in the filter is not closed.") from error
    if len(words) > MOST_CONDITIONS:
        raise refused(f"The filter has {len(words)} conditions; at most {MOST_CONDITIONS} are possible.")
    found: list[str | Condition] = []
    for word in words:
        match = _CONDITION.fullmatch(word)
        if match is None:
            found.append(word)
            continue
        said, known = match[1], names.resolve(match[1])
        for count in range(MOST_WORDS, 0, -1):  # a name of several words: Learning rate<=0.01
            before = [one for one in found[-count:] if isinstance(one, str)]
            if len(before) == count and (longer := names.resolve(" ".join([*before, match[1]]))):
                said, known = " ".join([*before, match[1]]), longer
                del found[-count:]
                break
        if known is None and not (_NAME.fullmatch(said) and names.plain(said)):
            found.append(word)  # words in quotes, which may have an equals sign
        else:
            found.append(Condition(known or names.plain(said), match[2], _value(said, match[3].strip())))
    return found


def refused(problem: str) -> SettingError:
    """What is wrong with a filter, and one that is right."""
    return SettingError(f"{problem} {EXAMPLE}")


def check(condition: Condition) -> float | None:
    """The value of a condition as a number, None if it is none.

    Raises:
        SettingError: the condition makes no sense.
    """
    name, operator, value = condition.name, condition.operator, condition.value
    if not value:
        raise refused(
            f"The condition on {shortened(name)} has no value. {name}{operator}{NONE} finds runs without one."
        )
    try:
        number = float(value)
    except ValueError:
        number = None
    if number is None and operator in ("<", "<=", ">", ">="):
        raise refused(f"{name}{operator} needs a number, not {shortened(value)}.")
    if number is not None and number > 1 and name in names.SCORES:
        raise refused(f"A score is at most 1: write {name}{operator}{number / 100:g} or {name}{operator}{number:g}%.")
    return number


def _with_operators(words: list[str]) -> list[str]:
    """Joins what spaces around an operator have separated: `test > 0.9`."""
    found: list[str] = []
    for word in words:
        is_open = bool(found) and found[-1].endswith(OPERATORS) and not any(one in word for one in OPERATORS)
        if found and (word.startswith(OPERATORS) or is_open):
            found[-1] += word
        else:
            found.append(word)
    return found


def _value(said: str, value: str) -> str:
    """The value with percentages as fractions: `95%`, and numbers under the title of a column of percentages."""
    match = _PERCENTAGE.fullmatch(value if "(%)" not in said else f"{value.rstrip('%')}%")
    return f"{float(match[1]) / 100:.12g}" if match else value
