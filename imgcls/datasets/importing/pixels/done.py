"""What was done to the images of an import, counted by kind: one line for each."""

from collections import Counter
from collections.abc import Iterable

from imgcls.images.files.notes import kind_of


class Done:
    """Counts the notes of images by their kind."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, notes: Iterable[str]) -> None:
        """Counts the notes about one image."""
        self._counts.update({kind_of(note) for note in notes})

    def lines(self, of: int = 0) -> list[str]:
        """The most frequent kind first, such as "Rotated upright: 12 images."; `of` is the number that were opened."""
        kinds = sorted(self._counts.items(), key=lambda entry: (-entry[1], entry[0]))
        if of:
            return [f"{kind}: {count:,} of the {of:,} images opened so far." for kind, count in kinds]
        return [f"{kind}: {count:,} {'image' if count == 1 else 'images'}." for kind, count in kinds]
