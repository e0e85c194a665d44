"""Which pictures are held back for the test, where nobody has said so.

A fifth of each class, chosen by the pixels alone: the same pictures are divided the same way in whatever order they
come, and exact copies of a picture stay on one side, so that the test holds nothing that was learnt.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

FRACTION = 0.2


def held_back(labels: Sequence[int], digests: Sequence[bytes], known: Mapping[bytes, bool] | None = None) -> np.ndarray:
    """Whether each picture is for the test. `digests` name the pixels; `known` says on which side older copies are.

    A class keeps two pictures or more to learn from. Copies in several classes are for training: one of them would be
    a mistake in the test.
    """
    known = known or {}
    of_class: dict[int, Counter] = defaultdict(Counter)
    classes_of: dict[bytes, set[int]] = defaultdict(set)
    for label, digest in zip(labels, digests, strict=True):
        of_class[label][digest] += 1
        classes_of[digest].add(label)
    side = dict(known)
    for label in sorted(of_class):
        copies = of_class[label]
        total = sum(copies.values())
        wanted = min(max(1, round(FRACTION * total)), total - 2)
        taken = sum(count for digest, count in copies.items() if side.get(digest))
        for digest in sorted(copies):
            if digest in side:
                continue
            side[digest] = len(classes_of[digest]) == 1 and taken + copies[digest] <= wanted
            taken += copies[digest] if side[digest] else 0
    return np.array([side[digest] for digest in digests], bool)


def copies(labels: Sequence[int], digests: Sequence[bytes], test: np.ndarray) -> tuple[int, int, int]:
    """Exact copies: pictures that were there before, pictures that stand in several classes, and test pictures that
    are also learnt from.
    """
    seen: dict[bytes, set[int]] = defaultdict(set)
    for label, digest in zip(labels, digests, strict=True):
        seen[digest].add(label)
    learnt = {digest for digest, is_test in zip(digests, test, strict=True) if not is_test}
    leaked = sum(1 for digest, is_test in zip(digests, test, strict=True) if is_test and digest in learnt)
    torn = sum(1 for digest in digests if len(seen[digest]) > 1)
    return len(digests) - len(seen), torn, leaked
