"""Collects the images that annotation files name, for layouts in which such files describe the objects in images."""

from collections.abc import Collection, Iterable

from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import Box, Item, image_files
from imgcls.datasets.importing.sources.tables import boxes
from imgcls.datasets.importing.sources.tables.assign import MISSING, UNLISTED
from imgcls.datasets.importing.sources.tables.boxes import Annotated
from imgcls.datasets.importing.sources.tables.column_names import part_in
from imgcls.datasets.importing.sources.tables.matching import FileIndex


class AnnotatedImages:
    """The images of a container that its annotation files (`documents`, paths) name. The first description counts."""

    def __init__(self, files: Files, documents: Collection[str], findings: Findings):
        self._found = image_files([entry for entry in files.entries if entry[0] not in documents], findings.skipped)
        self._index = FileIndex(self._found)
        self._findings = findings
        self.images: dict[str, Annotated] = {}

    def add(
        self,
        name: str,
        document: str,
        where: str,
        part: str = "",
        objects: Iterable[tuple[str, Box | None]] = (),
        group: str = "",
    ) -> Annotated | None:
        """Adds the image that a document names, or returns None and reports it as missing.

        Raises:
            SourceError: several files could be meant; `where` is the place that the message names.
        """
        match = self._index.find(name, document.rpartition("/")[0], where)
        if match is None:
            self._findings.skipped.add(MISSING, name)
            return None
        image = Annotated(match.path, match.key, part, list(objects), group)
        self.images.setdefault(match.path, image)
        return image

    def to_items(self, images: list[Annotated], name: str) -> list[Item]:
        """Items of these images; images that no document names are reported as skipped.

        Raises:
            SourceError: there is no box, or fewer than two classes remain.
        """
        for path, _, _ in self._found:
            if path not in self.images:
                self._findings.skipped.add(UNLISTED, path)
        return boxes.to_items(images, name, self._findings)


def parts_of(documents: Iterable[str]) -> dict[str, str]:
    """The split that each document's path names, if there are several and one is for training; else "" for all."""
    parts = {path: part_in(path) for path in documents}
    is_split = "train" in parts.values() and len(set(parts.values())) > 1
    return parts if is_split else dict.fromkeys(parts, "")
