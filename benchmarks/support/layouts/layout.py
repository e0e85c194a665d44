"""A layout of folders: its files as patterns with a number of images each, and what an import must make of them."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Counts = tuple[int, int, int]
"""Images of a class in the training set, in the test set, and without a split."""


@dataclass(frozen=True)
class Layout:
    """Images by pattern (`{}` becomes a number), and the correct classes, number of groups and answers.

    `answers` are those that the user must give, because the folders allow several readings. `texts` and `lists` are
    other files; the latter depend on the paths of the images.
    """

    images: dict[str, int]
    classes: dict[str, Counts]
    groups: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str | bytes] = field(default_factory=dict)
    lists: Callable[[list[str]], dict[str, str | bytes]] = lambda paths: {}

    def paths(self, factor: int = 1) -> Iterator[str]:
        """The paths of all images, `factor` times as many as in the patterns."""
        for pattern, count in self.images.items():
            for number in range(1, 1 + (count * factor if "{}" in pattern else 1)):
                yield pattern.format(number)

    def other_files(self, factor: int = 1) -> dict[str, str | bytes]:
        return self.texts | self.lists(list(self.paths(factor)))

    def expected(self, factor: int = 1) -> dict[str, Counts]:
        """The correct images of each class for that factor."""
        return {name: (a * factor, b * factor, c * factor) for name, (a, b, c) in self.classes.items()}

    def factor(self, images: int) -> int:
        """The factor for at least this many images."""
        return math.ceil(images / sum(count for pattern, count in self.images.items() if "{}" in pattern))


def in_folders(*folders: str, count: int = 6, ending: str = "/{}.jpg") -> dict[str, int]:
    return {folder + ending: count for folder in folders}


UNSPLIT, SPLIT = (0, 0, 6), (6, 2, 0)
PETS = {"cat": UNSPLIT, "dog": UNSPLIT}
SPLIT_PETS = {"cat": SPLIT, "dog": SPLIT}
TREES = {"birch": UNSPLIT, "oak": UNSPLIT}


def split_pets(train: str, test: str) -> dict[str, int]:
    return in_folders(f"{train}/cat", f"{train}/dog") | in_folders(f"{test}/cat", f"{test}/dog", count=2)
