"""Files that an import skips: counted by reason, with the first names."""

from typing import Any

from imgcls.datasets.importing.class_names import visible

MAX_NAMES = 5
MAX_REASONS = 30


class SkippedFiles:
    """Counts of skipped files by reason, and the names of the first few."""

    def __init__(self):
        self._groups: dict[str, tuple[int, list[str]]] = {}

    def add(self, reason: str, name: str, count: int = 1) -> None:
        """Counts a skipped file (or `count` of them)."""
        if reason not in self._groups and len(self._groups) >= MAX_REASONS:
            reason = "for other reasons"
        number, first = self._groups.get(reason, (0, []))
        if len(first) < MAX_NAMES:
            first.append(visible(name)[:200])
        self._groups[reason] = number + count, first

    @property
    def count(self) -> int:
        return sum(number for number, _ in self._groups.values())

    def rows(self) -> list[dict[str, Any]]:
        """The largest group first, as JSON values."""
        groups = sorted(self._groups.items(), key=lambda group: -group[1][0])
        return [{"reason": reason, "count": count, "first": first} for reason, (count, first) in groups]

    def summary(self) -> str:
        """The largest groups, in parentheses, for use in a sentence; empty if nothing was skipped."""
        some = [f"{row['count']:,} {row['reason']}, such as '{row['first'][0][:60]}'" for row in self.rows()[:2]]
        return f" ({'; '.join(some)})" if some else ""
