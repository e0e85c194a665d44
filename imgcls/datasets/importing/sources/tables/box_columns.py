"""Columns of a table that hold boxes around objects, in the ways in which tools write them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from imgcls.datasets.importing.sources.items import Box
from imgcls.datasets.importing.sources.tables.boxes import from_centre
from imgcls.datasets.importing.sources.tables.reading import Table
from imgcls.errors import SourceError

_CORNERS = (
    ("xmin", "ymin", "xmax", "ymax"),
    ("x1", "y1", "x2", "y2"),
    ("left", "top", "right", "bottom"),
    ("roix1", "roiy1", "roix2", "roiy2"),
)
_SIZES = (
    ("x", "y", "w", "h"),
    ("x", "y", "width", "height"),
    ("xmin", "ymin", "width", "height"),
    ("left", "top", "width", "height"),
    ("bboxx", "bboxy", "bboxwidth", "bboxheight"),
    ("bboxx", "bboxy", "bboxw", "bboxh"),
)
_CENTRES = (("xcenter", "ycenter", "width", "height"), ("xcentre", "ycentre", "width", "height"))
_LISTS = ("bbox", "box", "boundingbox")
_IMAGE_SIZE = ("width", "height", "imagewidth", "imageheight", "imgwidth", "imgheight", "imagesize", "filesize")


@dataclass(frozen=True)
class BoxColumns:
    """The places of the columns of a box, and how to read them: "corners", "size", "centre" or "list"."""

    places: tuple[int, ...]
    kind: str

    def corners(self, table: Table, number: int, row: Sequence[str]) -> Box | None:
        """The box of a row, or None if its fields are empty. Raises SourceError if they are no numbers."""
        fields = [row[place] for place in self.places]
        if not any(fields):
            return None
        try:
            values = json.loads(fields[0].replace("(", "[").replace(")", "]")) if self.kind == "list" else fields
            first, second, third, fourth = map(float, values)
        except (ValueError, TypeError):
            raise SourceError(
                f"{table.row_name(number)} has no box in {', '.join(table.header[place] for place in self.places)}. "
                "Expected four numbers. Fix or remove the row."
            ) from None
        if self.kind == "corners":
            return first, second, third, fourth
        if self.kind == "centre":
            return from_centre(first, second, third, fourth)
        return first, second, first + third, second + fourth


def find(names: Sequence[str]) -> BoxColumns | None:
    """The columns of a box among these normal names, or None."""
    for kind, ways in (("centre", _CENTRES), ("corners", _CORNERS), ("size", _SIZES)):
        for way in ways:
            if all(name in names for name in way):
                return BoxColumns(tuple(names.index(name) for name in way), kind)
    return next((BoxColumns((names.index(name),), "list") for name in _LISTS if name in names), None)


def image_sizes(names: Sequence[str]) -> list[int]:
    """The columns with the size of the images or their files, which is no label."""
    return [place for place, name in enumerate(names) if name in _IMAGE_SIZE]
