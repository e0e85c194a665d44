"""The longest time that an import may take. A few bytes may hold millions of pixels, so only time limits the cost."""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from imgcls.errors import SourceError
from imgcls.system import paths

T = TypeVar("T")


class TimeLimit:
    """Starts now, and ends after IMGCLS_IMPORT_MINUTES."""

    def __init__(self) -> None:
        self._minutes = paths.max_import_minutes()
        self._end = time.monotonic() + 60 * self._minutes

    def watch(self, stream: Iterable[T]) -> Iterator[T]:
        """The same images. Raises SourceError when the time is over."""
        for count, item in enumerate(stream, 1):
            self.check(f"at image {count:,}")
            yield item

    def check(self, where: str) -> None:
        """Raises SourceError when the time is over; the message says where."""
        if time.monotonic() > self._end:
            raise SourceError(
                f"The import was stopped after {self._minutes:g} minutes, {where}. "
                "Nothing was imported. Import a part of the images and add the others to that dataset, or set "
                "IMGCLS_IMPORT_MINUTES to a larger number."
            )
