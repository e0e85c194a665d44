"""What is asked of the index of runs: a filter, an order, and how many rows.

The filter is a line of text; all its conditions must hold:

    noisy                        in the name, the ID or the note
    model=cnn  data!=digits      a column or a setting, exactly
    learning_rate<=0.01          numbers: < <= > >=
    test>0.95                    scores are fractions
    tag=baseline  study=mine     a tag of the run; the study it belongs to
    note="loss jumps"            quotes keep words together
"""

import json
import re
import shlex
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from imgcls.errors import SettingError
from imgcls.params import shortened
from imgcls.runs.index import database
from imgcls.runs.index.database import COLUMNS

MOST_CONDITIONS = 20
LONGEST = 500
CONDITION = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)\s*(<=|>=|!=|=|<|>)(.*)", re.S)
TRUE, FALSE = ("true", "on", "yes"), ("false", "off", "no")
GROUPS = ("study", "data", "tag", "model", "version", "parent")
"""What runs can be grouped by, besides any setting."""


@dataclass(frozen=True)
class Query:
    """A request. `sort` is a column or a setting; rows without a value come last. `exact` are further conditions that a
    control has set: column or "tag" -> value, or a list of values, one of which must hold. `only` are the IDs of the
    runs that the visitor sees; None for all."""

    text: str = ""
    sort: str = "created"
    descending: bool = True
    archived: bool = False
    limit: int | None = None
    exact: dict[str, Any] = field(default_factory=dict)
    only: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False)
class Found:
    """The rows in order, at most `limit`; how many match, and how many there are; all values of some columns."""

    rows: list[dict[str, Any]]
    total: int
    everything: int
    values: dict[str, list[Any]]


def search(query: Query, *, values_of: tuple[str, ...] = ()) -> Found:
    """Asks the index.

    Args:
        values_of: Columns of which all values are wanted, the most frequent first, to offer them as filters.

    Raises:
        SettingError: the filter is invalid.
    """
    where, parameters = _where(query)
    name = _path(query.sort)
    order = f"json_extract(row, ?) IS NULL, json_extract(row, ?) {'DESC' if query.descending else 'ASC'}, id DESC"
    order_parameters: list[Any] = [name, name]
    if query.sort == "created":
        order, order_parameters = f"created {'DESC' if query.descending else 'ASC'}, id DESC", []
    limit = -1 if query.limit is None else query.limit

    def found(connection: sqlite3.Connection) -> Found:
        total = connection.execute(f"SELECT count(*) FROM runs WHERE {where}", parameters).fetchone()[0]
        seen, seen_parameters = _seen(query)
        everything = connection.execute(f"SELECT count(*) FROM runs WHERE {seen}", seen_parameters).fetchone()[0]
        rows = connection.execute(
            f"SELECT row FROM runs WHERE {where} ORDER BY {order} LIMIT ?", (*parameters, *order_parameters, limit)
        )
        if not total and everything:
            _refuse_unknown(connection, query.text)
        values = {column: _values(connection, column, query) for column in values_of}
        return Found([json.loads(row) for (row,) in rows], total, everything, values)

    return database.ask(found)


def repeated(limit: int) -> list[str]:
    """The IDs of runs with the same settings and data as another one but for the seed, of the newest `limit` groups."""
    found = database.ask(
        lambda connection: connection.execute(
            """WITH groups AS (SELECT json_extract(row, '$.repeats') AS repeats, max(created) AS newest FROM runs
                 WHERE json_extract(row, '$.repeats') IS NOT NULL GROUP BY 1 HAVING count(*) > 1
                 ORDER BY newest DESC LIMIT ?)
               SELECT id FROM runs WHERE json_extract(row, '$.repeats') IN (SELECT repeats FROM groups)
               ORDER BY created DESC""",
            (limit,),
        ).fetchall()
    )
    return [run_id for (run_id,) in found]


def _values(connection: sqlite3.Connection, column: str, query: Query) -> list[Any]:
    seen, parameters = _seen(query)
    hidden = "1" if query.archived else "json_extract(row, '$.archived') = 0"
    found = connection.execute(
        f"""SELECT json_extract(row, ?), count(*) FROM runs WHERE {hidden} AND {seen}
            GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100""",
        (_path(column), *parameters),
    )
    return [value for value, _ in found if value is not None]


def _seen(query: Query) -> tuple[str, list[Any]]:
    """The condition that keeps to the runs that the visitor sees."""
    if query.only is None:
        return "1", []
    return "id IN (SELECT value FROM json_each(?))", [json.dumps(query.only)]


def _where(query: Query) -> tuple[str, list[Any]]:
    """A condition in SQL and its parameters; whatever the user wrote is a parameter."""
    seen, parameters = _seen(query)
    parts = [seen]
    if not query.archived:
        parts.append("json_extract(row, '$.archived') = 0")
    for column, value in query.exact.items():
        values = list(value) if isinstance(value, list | tuple) else [value]
        marks = ", ".join("?" * len(values))
        if column == "tag":
            parts.append(f"EXISTS (SELECT 1 FROM json_each(row, '$.tags') WHERE value IN ({marks}))")
            parameters += values
            continue
        parts.append(f"CAST(json_extract(row, ?) AS TEXT) IN ({marks})")  # as `grouped` gives them
        parameters += [_path(column), *map(str, values)]
    for word in _words(query.text):
        if (condition := CONDITION.fullmatch(word)) is None:
            parts.append(
                "(instr(lower(json_extract(row, '$.name')), ?) OR instr(id, ?) OR "
                "instr(lower(coalesce(json_extract(row, '$.note'), '')), ?))"
            )
            parameters += [word.lower()] * 3
            continue
        name, operator, value = condition[1].lower().replace("-", "_"), condition[2], condition[3].strip()
        if name in ("tag", "tags"):
            _only("tag", operator, ("=", "!="))
            negated = "NOT " if operator == "!=" else ""
            parts.append(f"{negated}EXISTS (SELECT 1 FROM json_each(row, '$.tags') WHERE lower(value) = ?)")
            parameters.append(value.lower())
        elif name == "note":
            _only(name, operator, ("=",))
            parts.append("instr(lower(coalesce(json_extract(row, '$.note'), '')), ?)")
            parameters.append(value.lower())
        else:
            sql, more = _comparison(name, operator, value)
            parts.append(sql)
            parameters += more
    return " AND ".join(parts), parameters


def _words(text: str) -> list[str]:
    if len(text) > LONGEST:
        raise SettingError(f"The filter is too long: at most {LONGEST} characters.")
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SettingError("A quotation mark in the filter is not closed.") from error
    if len(words) > MOST_CONDITIONS:
        raise SettingError(f"The filter has {len(words)} conditions; at most {MOST_CONDITIONS} are possible.")
    return words


def _refuse_unknown(connection: sqlite3.Connection, text: str) -> None:
    """A misspelt name must not look as if no run matched."""
    for word in _words(text):
        condition = CONDITION.fullmatch(word)
        name = condition[1].lower().replace("-", "_") if condition else ""
        if not name or name in ("tag", "tags", *COLUMNS):
            continue
        having = "SELECT 1 FROM runs WHERE json_type(row, ?) IS NOT NULL LIMIT 1"
        if connection.execute(having, (_path(name),)).fetchone() is None:
            raise SettingError(
                f"No run has a column or a setting called {shortened(name)}. Columns: {', '.join(COLUMNS)}, tag. "
                "Settings are those of “imgcls train”, such as learning_rate."
            )


def _only(name: str, operator: str, allowed: tuple[str, ...]) -> None:
    if operator not in allowed:
        raise SettingError(f"Write {name}{allowed[0]}…, not {name}{operator}….")


def _comparison(name: str, operator: str, value: str) -> tuple[str, list[Any]]:
    if not value:
        raise SettingError(f"The condition on {shortened(name)} has no value: write, for example, {name}{operator}1.")
    path = _path(name)
    try:
        number = float(value)
    except ValueError:
        number = None
    if operator in ("<", "<=", ">", ">="):
        if number is None:
            raise SettingError(f"{name}{operator} needs a number, not {shortened(value)}.")
        return f"json_type(row, ?) IN ('integer', 'real') AND json_extract(row, ?) {operator} ?", [path, path, number]
    negated = "NOT " if operator == "!=" else ""
    if number is not None:
        same = "(json_extract(row, ?) = ? OR json_extract(row, ?) = ?)"
        return f"{negated}coalesce({same}, 0)", [path, number, path, value]
    if value.lower() in TRUE + FALSE and name not in COLUMNS:
        truth = int(value.lower() in TRUE)
        return f"{negated}coalesce(json_extract(row, ?) = ?, 0)", [path, truth]
    return f"{negated}coalesce(lower(json_extract(row, ?)) = ?, 0)", [path, value.lower()]


def _path(name: str) -> str:
    """Where a column or a setting is in a row."""
    return f"$.{name}" if name in COLUMNS else f"$.settings.{name}"


@dataclass(frozen=True)
class Group:
    """Runs that have a value in common. Scores are fractions, None if no run has one."""

    value: str
    runs: int
    best_test: float | None
    mean_test: float | None
    best: float | None
    newest: float


def grouped(query: Query, by: str) -> list[Group]:
    """The runs that match, grouped by one of `GROUPS` or a setting; the largest groups first, at most a hundred.

    Raises:
        SettingError: the filter is invalid.
    """
    where, parameters = _where(query)
    source, value = "runs", "CAST(json_extract(row, ?) AS TEXT)"
    leading: list[Any] = [_path(by)]
    if by == "tag":
        source, value, leading = "runs, json_each(runs.row, '$.tags') AS tag", "tag.value", []
    found = database.ask(
        lambda connection: connection.execute(
            f"""SELECT {value} AS value, count(*), max(json_extract(row, '$.test')), avg(json_extract(row, '$.test')),
                  max(json_extract(row, '$.best')), max(created)
                FROM {source} WHERE {where} GROUP BY 1 HAVING value IS NOT NULL ORDER BY 2 DESC, 1 LIMIT 100""",
            (*leading, *parameters),
        ).fetchall()
    )
    return [Group(str(row[0]), *row[1:]) for row in found]
