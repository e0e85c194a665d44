"""Files that an import skips: counted by reason, with the first names; all of them as a CSV file."""

import csv
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

from imgcls.datasets.importing.class_names import visible
from imgcls.system import safe_csv

MAX_NAMES = 5
MAX_REASONS = 30
MAX_LISTED = 100_000
"""Files in the CSV file: a hostile archive may skip millions."""
COLUMNS = ("file", "reason", "files")


class SkippedFiles:
    """Counts of skipped files by reason, and the names of the first few."""

    def __init__(self):
        self._groups: dict[str, tuple[int, list[str]]] = {}
        self._listed: list[tuple[str, str, int]] = []

    def add(self, reason: str, name: str, count: int = 1) -> None:
        """Counts a skipped file (or `count` of them)."""
        if reason not in self._groups and len(self._groups) >= MAX_REASONS:
            reason = "for other reasons"
        if len(self._listed) < MAX_LISTED:
            self._listed.append((name, reason, count))
        number, first = self._groups.get(reason, (0, []))
        if len(first) < MAX_NAMES:
            first.append(visible(name)[:200])
        self._groups[reason] = number + count, first

    def remove(self, reason: str, names: Collection[str]) -> None:
        """Takes back files that were skipped for this reason, because they are read after all."""
        taken = [entry for entry in self._listed if entry[0] in names and entry[1] == reason]
        if not taken:
            return
        self._listed = [entry for entry in self._listed if entry not in taken]
        number, first = self._groups.pop(reason)
        left = [visible(name)[:200] for name, why, _ in self._listed if why == reason][:MAX_NAMES]
        if number > len(taken):
            self._groups[reason] = number - len(taken), left or first

    def include(self, other: "SkippedFiles", folder: str = "") -> None:
        """Adds all files of another collection, which are in this folder of the source."""
        before = f"{folder}/" if folder else ""
        listed: Counter[str] = Counter()
        for name, reason, count in other._listed:
            self.add(reason, before + name, count)
            listed[reason] += count
        for reason, (count, first) in other._groups.items():
            if count > listed[reason]:
                self.add(reason, before + first[0], count - listed[reason])

    @property
    def count(self) -> int:
        return sum(number for number, _ in self._groups.values())

    def count_of(self, reason: str) -> int:
        """The number of files that were skipped for this reason."""
        return self._groups.get(reason, (0, []))[0]

    def count_if(self, reason: str, is_meant: Callable[[str], bool]) -> int:
        """The number of listed files that were skipped for this reason and are meant, by their names."""
        return sum(count for name, why, count in self._listed if why == reason and is_meant(name))

    def rows(self) -> list[dict[str, Any]]:
        """The largest group first, as JSON values."""
        groups = sorted(self._groups.items(), key=lambda group: -group[1][0])
        return [{"reason": reason, "count": count, "first": first} for reason, (count, first) in groups]

    def write_csv(self, path: Path, before: Iterable[Path] = ()) -> None:
        """Writes every skipped file with its reason; `before` are such files of earlier imports, which come first.

        UTF-8 with a byte order mark, which Excel needs. No cell starts a formula.
        """
        with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(COLUMNS)
            for earlier in before:
                with earlier.open(encoding="utf-8-sig", newline="") as old:
                    rows.writerows(list(csv.reader(old))[1:])
            for name, reason, count in self._listed:
                rows.writerow([safe_csv.harmless(visible(name)), safe_csv.harmless(reason), count])

    def summary(self) -> str:
        """The largest groups, in parentheses, for use in a sentence; empty if nothing was skipped."""
        some = [f"{row['count']:,} {row['reason']}, such as '{row['first'][0][:60]}'" for row in self.rows()[:2]]
        return f" ({'; '.join(some)})" if some else ""
