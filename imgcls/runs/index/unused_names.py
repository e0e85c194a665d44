"""Names for runs that their user did not name: no two alike, so that the table can be read."""

from collections.abc import Sequence
from typing import Any

from imgcls import sharing
from imgcls.config import Config
from imgcls.errors import RunError
from imgcls.runs import run_name
from imgcls.runs.index import database
from imgcls.runs.store import default_label, find

LOOKED_AT = 30
"""Characters with which all names that could be the same begin; ends of long names are cut off."""


def of_new_run(config: Config) -> str:
    """The name of a run with these settings: that of model and dataset, with a number if a run has it already."""
    return based_on(default_label(config))


def based_on(name: str, endings: Sequence[str] = ("",)) -> str:
    """The name, or the name with the first number, from 2, with which no visible run has it.

    Nothing is locked: two processes that ask at once get the same name, which is only a name. The ID is the key.

    Args:
        endings: Of several runs that have the name in common, such as ", seed 1": the name is unused with each.
    """
    taken, number = _beginning_with(run_name.clean(name)[:LOOKED_AT]), 1
    while True:
        found = name if number == 1 else run_name.with_ending(name, f" {number}")
        if not any(run_name.with_ending(found, ending) in taken for ending in endings):
            return found
        number += 1


def _beginning_with(text: str) -> set[str]:
    """The names of runs that begin like this."""
    rows: list[Any] = database.ask(
        lambda connection: connection.execute(
            "SELECT id, json_extract(row, '$.name') FROM runs WHERE instr(json_extract(row, '$.name'), ?) = 1", (text,)
        ).fetchall()
    )
    return {name for run_id, name in rows if not sharing.is_shared() or _is_visible(run_id)}


def _is_visible(run_id: str) -> bool:
    try:
        find(run_id)
    except RunError:
        return False
    return True
