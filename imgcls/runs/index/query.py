"""What is asked of the index of runs: a filter, an order, and how many rows.

`conditions` describes the filter.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from imgcls.params import shortened
from imgcls.runs.index import conditions, database, names
from imgcls.runs.index.conditions import Condition
from imgcls.runs.index.database import COLUMNS
from imgcls.runs.run import Run

TRUE, FALSE = ("true", "on", "yes"), ("false", "off", "no")
GROUPS = ("study", "data", "tag", "model", "version", "parent", "repeats")
"""What runs can be grouped by, besides any setting."""
STUDY = "json_extract(row, '$.study')"
PLACE = (
    f"row_number() OVER (PARTITION BY {STUDY} "
    "ORDER BY json_extract(row, '$.test') IS NULL, json_extract(row, '$.best') IS NULL, "
    "json_extract(row, '$.best') DESC, id)"
)
"""Of a run among the trials of its study: the winner, which alone is tested, or else the best so far, is the first."""


@dataclass(frozen=True)
class Query:
    """A request. `sort` is a column or a setting; rows without a value come last. `exact` are further conditions that a
    control has set: column or "tag" -> value, or a list of values, one of which must hold; None stands for runs without
    a value. `only` are the IDs of the runs that the visitor sees; None for all. Without `trials`, a study is one row:
    the best of its trials that match.
    """

    text: str = ""
    sort: str = "created"
    descending: bool = True
    archived: bool = False
    limit: int | None = None
    exact: dict[str, Any] = field(default_factory=dict)
    only: tuple[str, ...] | None = None
    trials: bool = True


@dataclass(frozen=True, eq=False)
class Found:
    """The rows in order, at most `limit`; how many match, and how many there are; all values of some columns.

    `studies`: without trials, how many trials of each study match. `refused`: the filter is invalid, so nothing was
    looked for. `archived`: how many more match that are archived; only `archived_left_out` counts them.
    """

    rows: list[dict[str, Any]]
    total: int
    everything: int
    values: dict[str, list[Any]]
    studies: dict[str, int] = field(default_factory=dict)
    refused: bool = False
    archived: int = 0


def search(query: Query, *, values_of: tuple[str, ...] = ()) -> Found:
    """Asks the index.

    Args:
        values_of: Columns of which all values are wanted, the most frequent first, to offer them as filters.

    Raises:
        SettingError: the filter is invalid.
    """
    where, parameters = where_of(query)
    sort = names.resolve(query.sort) or names.plain(query.sort)
    name = path_of(sort)
    order = f"json_extract(row, ?) IS NULL, json_extract(row, ?) {'DESC' if query.descending else 'ASC'}, id DESC"
    order_parameters: list[Any] = [name, name]
    if sort == "created":
        order, order_parameters = f"created {'DESC' if query.descending else 'ASC'}, id DESC", []
    limit = -1 if query.limit is None else query.limit

    def found(connection: sqlite3.Connection) -> Found:
        total, studies = _counted(connection, query, where, parameters)
        seen, seen_parameters = _seen(query)
        everything = total if where == seen else _counted(connection, query, seen, seen_parameters)[0]
        shown, shown_parameters = where, parameters
        if studies:
            trials = f"SELECT id, {PLACE} AS place FROM runs WHERE {where} AND {STUDY} IS NOT NULL"
            shown = f"{where} AND ({STUDY} IS NULL OR id IN (SELECT id FROM ({trials}) WHERE place = 1))"
            shown_parameters = [*parameters, *parameters]
        rows = connection.execute(
            f"SELECT row FROM runs WHERE {shown} ORDER BY {order} LIMIT ?",
            (*shown_parameters, *order_parameters, limit),
        )
        if not total and everything:
            _refuse_unknown(connection, query.text)
        values = {column: _values(connection, column, query) for column in values_of}
        return Found([json.loads(row) for (row,) in rows], total, everything, values, studies)

    return database.ask(found)


def archived_left_out(query: Query, found: Found) -> Found:
    """What was found, without archived runs in its numbers, and how many of these match."""
    if query.archived:
        return found
    of_all = search(Query(only=query.only, trials=query.trials, limit=0)).total
    archived = replace(query, archived=True, trials=True, limit=0, exact=query.exact | {"archived": 1})
    return replace(found, everything=of_all, archived=search(archived).total)


def _counted(
    connection: sqlite3.Connection, query: Query, where: str, parameters: list[Any]
) -> tuple[int, dict[str, int]]:
    """How many rows a condition gives; without trials, also how many trials each study has among them."""
    if query.trials:
        return connection.execute(f"SELECT count(*) FROM runs WHERE {where}", parameters).fetchone()[0], {}
    counts = dict(connection.execute(f"SELECT {STUDY}, count(*) FROM runs WHERE {where} GROUP BY 1", parameters))
    others = counts.pop(None, 0)
    return others + len(counts), counts


def matching(text: str, found: Sequence[Run]) -> list[Run]:
    """Those of these runs that match a filter; all of them, in their order, without one.

    Raises:
        SettingError: the filter is invalid.
    """
    if not text.strip():
        return list(found)
    known = {run.id: run for run in found}
    rows = search(Query(text=text, archived=True, only=tuple(known))).rows
    return [known[row["id"]] for row in rows]


def repeated(limit: int, only: Iterable[str] | None = None) -> list[str]:
    """The IDs of runs with the same settings and data as another one but for the seed, of the newest `limit` groups.

    `only`: among the runs with these IDs, both; None for all.
    """
    these, parameters = _seen(Query(only=None if only is None else tuple(only)))
    found = database.ask(
        lambda connection: connection.execute(
            f"""WITH these AS (SELECT id, created, json_extract(row, '$.repeats') AS repeats FROM runs WHERE {these}),
                 groups AS (SELECT repeats, max(created) AS newest FROM these
                 WHERE repeats IS NOT NULL GROUP BY 1 HAVING count(*) > 1 ORDER BY newest DESC LIMIT ?)
               SELECT id FROM these WHERE repeats IN (SELECT repeats FROM groups) ORDER BY created DESC""",
            (*parameters, limit),
        ).fetchall()
    )
    return [run_id for (run_id,) in found]


def _values(connection: sqlite3.Connection, column: str, query: Query) -> list[Any]:
    seen, parameters = _seen(query)
    hidden = "1" if query.archived else "json_extract(row, '$.archived') = 0"
    found = connection.execute(
        f"""SELECT json_extract(row, ?), count(*) FROM runs WHERE {hidden} AND {seen}
            GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100""",
        (path_of(column), *parameters),
    )
    return [value for value, _ in found if value is not None]


def _seen(query: Query) -> tuple[str, list[Any]]:
    """The condition that keeps to the runs that the visitor sees."""
    if query.only is None:
        return "1", []
    return "id IN (SELECT value FROM json_each(?))", [json.dumps(query.only)]


def where_of(query: Query) -> tuple[str, list[Any]]:
    """A condition in SQL and its parameters; whatever the user wrote is a parameter."""
    seen, parameters = _seen(query)
    parts = [seen]
    if not query.archived:
        parts.append("json_extract(row, '$.archived') = 0")
    for column, value in query.exact.items():
        sql, more = _of_values(column, list(value) if isinstance(value, list | tuple) else [value])
        parts.append(sql)
        parameters += more
    for condition in conditions.read(query.text):
        sql, more = _of_word(condition) if isinstance(condition, str) else _of_condition(condition)
        parts.append(sql)
        parameters += more
    return " AND ".join(parts), parameters


def _of_values(column: str, values: list[Any]) -> tuple[str, list[Any]]:
    """A column has one of these values, or with None none at all."""
    known = [str(one) for one in values if one is not None]
    marks = ", ".join("?" * len(known))
    if column == "tag":
        parts, parameters = [f"EXISTS (SELECT 1 FROM json_each(row, '$.tags') WHERE value IN ({marks}))"], list(known)
        nothing: tuple[str, list[Any]] = "NOT EXISTS (SELECT 1 FROM json_each(row, '$.tags'))", []
    else:
        parts = [f"CAST(json_extract(row, ?) AS TEXT) IN ({marks})"]  # as `grouped` gives them
        parameters, nothing = [path_of(column), *known], ("json_extract(row, ?) IS NULL", [path_of(column)])
    if None in values:
        parts.append(nothing[0])
        parameters += nothing[1]
    return f"({' OR '.join(parts)})", parameters


def _of_word(word: str) -> tuple[str, list[Any]]:
    sql = (
        "(instr(lower(json_extract(row, '$.name')), ?) OR instr(id, ?) OR "
        "instr(lower(coalesce(json_extract(row, '$.note'), '')), ?))"
    )
    return sql, [word.lower()] * 3


def _of_condition(condition: Condition) -> tuple[str, list[Any]]:
    name, operator, value = condition.name, condition.operator, condition.value
    if name == names.TAG:
        _only(condition, ("=", "!="))
        negated = "NOT " if operator == "!=" else ""
        if value.lower() == conditions.NONE:
            return f"{negated}coalesce(json_array_length(row, '$.tags'), 0) = 0", []
        return f"{negated}EXISTS (SELECT 1 FROM json_each(row, '$.tags') WHERE lower(value) = ?)", [value.lower()]
    if name == "note":
        _only(condition, ("=",))
        return "instr(lower(coalesce(json_extract(row, '$.note'), '')), ?)", [value.lower()]
    return _comparison(condition)


def _refuse_unknown(connection: sqlite3.Connection, text: str) -> None:
    """A misspelt name must not look as if no run matched."""
    for condition in conditions.read(text):
        if isinstance(condition, str) or condition.name in (names.TAG, *COLUMNS):
            continue
        having = "SELECT 1 FROM runs WHERE json_type(row, ?) IS NOT NULL LIMIT 1"
        if connection.execute(having, (path_of(condition.name),)).fetchone() is None:
            said = f"No run has a column or a setting called {shortened(condition.name)}."
            closest = names.closest(condition.name)
            if closest and closest != condition.name:
                raise conditions.refused(f"{said} Did you mean {closest}?")
            columns = ", ".join([*COLUMNS, names.TAG])
            raise conditions.refused(f"{said} Columns: {columns}. Settings are those on Train, as “Learning rate”.")


def _only(condition: Condition, allowed: tuple[str, ...]) -> None:
    if condition.operator not in allowed:
        name = condition.name
        raise conditions.refused(f"Write {name}{allowed[0]}…, not {name}{condition.operator}….")


def _comparison(condition: Condition) -> tuple[str, list[Any]]:
    number, name, operator = conditions.check(condition), condition.name, condition.operator
    path, value = path_of(name), names.value(name, condition.value)
    if operator in ("<", "<=", ">", ">="):
        return f"json_type(row, ?) IN ('integer', 'real') AND json_extract(row, ?) {operator} ?", [path, path, number]
    negated = "NOT " if operator == "!=" else ""
    if value.lower() == conditions.NONE and name in COLUMNS:
        return f"{negated}json_extract(row, ?) IS NULL", [path]
    if number is not None:
        same = "(json_extract(row, ?) = ? OR json_extract(row, ?) = ?)"
        return f"{negated}coalesce({same}, 0)", [path, number, path, value]
    if value.lower() in TRUE + FALSE and name not in COLUMNS:
        truth = int(value.lower() in TRUE)
        return f"{negated}coalesce(json_extract(row, ?) = ?, 0)", [path, truth]
    return f"{negated}coalesce(lower(json_extract(row, ?)) = ?, 0)", [path, value.lower()]


def path_of(name: str) -> str:
    """Where a column or a setting is in a row."""
    return f"$.{name}" if name in COLUMNS else f"$.settings.{name}"
