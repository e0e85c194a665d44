"""Runs in groups that have a value in common, such as a tag, and the scores of each group."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imgcls.runs.index import database, names
from imgcls.runs.index.query import Query, path_of, where_of

TAGGED = """(SELECT runs.id, runs.created, runs.row, tag.value AS tag
  FROM runs, json_each(runs.row, '$.tags') AS tag) AS runs"""
"""The runs once for each of their tags. A query of its own, because `json_each` has a column called "id", too."""

BY_SEED = """(SELECT id, created, row, row_number() OVER (
    PARTITION BY json_extract(row, '$.repeats'), json_extract(row, '$.settings.seed') ORDER BY created DESC) AS place
  FROM runs WHERE {where}) AS runs"""
"""The runs, those with the same settings and seed from the newest to the oldest: training a run again with its seed
tells nothing of the variation between seeds."""


@dataclass(frozen=True)
class Group:
    """Runs that have a value in common, of so many datasets.

    Scores are fractions, None if no run has one, and if there are several datasets: scores of different tasks have no
    mean, and the best of them is the easiest task.
    """

    value: str
    runs: int
    datasets: tuple[str, ...]
    best_test: float | None
    mean_test: float | None
    best: float | None
    validated: tuple[float, ...]
    """All validation accuracies; of runs that differ only in the seed, that of the newest with each seed, as for all
    scores."""
    newest: float
    example: str
    """The ID of one of the runs."""
    own: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Metrics of the user's own code, by name: the last values of the runs that have them."""


def grouped(query: Query, by: str) -> list[Group]:
    """The runs that match, grouped by one of `GROUPS` or a setting, at most a hundred groups. They have the order of
    their best runs in the column by which the query sorts; groups without a value come last.

    Raises:
        SettingError: the filter is invalid.
    """
    where, parameters = where_of(query)
    source, value = "runs", "CAST(json_extract(row, ?) AS TEXT)"
    leading: list[Any] = [path_of(by)]
    direction, best = ("DESC", "max") if query.descending else ("ASC", "min")
    sort = names.resolve(query.sort) or names.plain(query.sort)
    extreme, extreme_of = f"{best}(json_extract(runs.row, ?))", [path_of(sort)]
    if sort == "created":
        extreme, extreme_of = f"{best}(created)", []
    if by == "tag":
        source, value, leading = TAGGED, "tag", []
    counted = "TRUE"
    if by == "repeats":
        source, counted = BY_SEED.format(where=where), "place = 1"
        parameters = [*parameters, *parameters]
    found, own = database.ask(
        lambda connection: (
            connection.execute(
                f"""SELECT {value} AS value, count(*), json_group_array(DISTINCT json_extract(row, '$.data')),
                  max(json_extract(row, '$.test')) FILTER (WHERE {counted}),
                  avg(json_extract(row, '$.test')) FILTER (WHERE {counted}),
                  max(json_extract(row, '$.best')) FILTER (WHERE {counted}),
                  json_group_array(json_extract(row, '$.best')) FILTER (WHERE {counted}),
                  max(created), {extreme} AS extreme, min(runs.id)
                FROM {source} WHERE {where} GROUP BY 1 HAVING value IS NOT NULL
                ORDER BY extreme IS NULL, extreme {direction}, 2 DESC, 1 LIMIT 100""",
                (*leading, *extreme_of, *parameters),
            ).fetchall(),
            connection.execute(
                f"""SELECT mine.value, own.value, json_group_array(json_extract(mine.row, '$.settings.' || own.key))
                    FROM (SELECT {value} AS value, runs.row AS row FROM {source} WHERE {where} AND {counted}) AS mine,
                      json_each(mine.row, '$.own') AS own
                    WHERE mine.value IS NOT NULL GROUP BY 1, 2 ORDER BY min(own.id), 2""",
                (*leading, *parameters),
            ).fetchall(),
        )
    )
    metrics: dict[str, dict[str, tuple[float, ...]]] = {}
    for group, name, values in own:
        known = tuple(one for one in json.loads(values) if isinstance(one, int | float))
        metrics.setdefault(str(group), {})[str(name)] = known
    return [_group(metrics.get(str(row[0]), {}), *row) for row in found]


def _group(own: Mapping[str, tuple[float, ...]], value: Any, runs: int, data: str, *scores: Any) -> Group:
    names_of_data = tuple(sorted(one for one in json.loads(data) if one is not None))
    best_test, mean_test, best, all_validated, newest, _, example = scores
    validated = tuple(one for one in json.loads(all_validated) if one is not None)
    if len(names_of_data) > 1:
        best_test, mean_test, best, validated, own = None, None, None, (), {}
    return Group(str(value), runs, names_of_data, best_test, mean_test, best, validated, newest, example, own)
