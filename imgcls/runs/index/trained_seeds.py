"""The seeds with which settings were trained already, so that repeating them trains only the others."""

from imgcls import runs, sharing
from imgcls.config import Config
from imgcls.runs.index.database import repeats_of
from imgcls.runs.index.query import Query, search


def trained(config: Config, version: str) -> dict[int, str]:
    """Seed -> the ID of the newest finished run that has it and otherwise the settings of `config`, among the runs that
    the visitor sees.

    Args:
        version: Of the dataset with its present edits, as `edits.version`.
    """
    only = tuple(run.id for run in runs.all_runs()) if sharing.is_shared() else None
    same = repeats_of(config, version)
    rows = search(Query(descending=False, archived=True, exact={"repeats": same}, only=only)).rows
    return {row["settings"]["seed"]: row["id"] for row in rows}


def numbers(seeds: list[int]) -> str:
    """Rising seeds in words: "1", "1, 3–5"."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and parts[-1][-1] == seed - 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return ", ".join(f"{one[0]}–{one[-1]}" if len(one) > 1 else str(one[0]) for one in parts)
