"""What is left out of an import: grouped by reason, counted, with the first names."""

from typing import Any

from imgcls.datasets.importing.class_names import visible

MOST_NAMES = 5
MOST_REASONS = 30


class SkippedFiles:
    """Reasons -> how many, and the first few of them."""

    def __init__(self):
        self._groups: dict[str, tuple[int, list[str]]] = {}

    def add(self, reason: str, name: str, count: int = 1) -> None:
        """Counts what is left out for a reason; the first names are kept."""
        if reason not in self._groups and len(self._groups) >= MOST_REASONS:
            reason = "for other reasons"
        number, first = self._groups.get(reason, (0, []))
        if len(first) < MOST_NAMES:
            first.append(visible(name)[:200])
        self._groups[reason] = number + count, first

    @property
    def count(self) -> int:
        return sum(number for number, _ in self._groups.values())

    def rows(self) -> list[dict[str, Any]]:
        """The largest group first, ready for JSON."""
        groups = sorted(self._groups.items(), key=lambda group: -group[1][0])
        return [{"reason": reason, "count": count, "first": first} for reason, (count, first) in groups]

    def said(self) -> str:
        """The largest groups within a sentence; empty where nothing was left out."""
        some = [f"{row['count']:,} {row['reason']}, such as '{row['first'][0][:60]}'" for row in self.rows()[:2]]
        return f" ({'; '.join(some)})" if some else ""
