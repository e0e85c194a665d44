"""Letters and digits by seven writers with a pen, as strokes: for the question whether a drawing is a digit at all.

Source: UJI Pen Characters (Llorens et al. 2008, UCI), CC BY 4.0, in the folder set by IMGCLS_DATA.
"""

import gzip
import json
import zlib
from dataclasses import dataclass
from pathlib import Path

from imgcls.errors import DatasetError
from imgcls.images.strokes import Strokes, from_points
from imgcls.system import paths

FILE = "pen_characters_train.json.gz"
LOOK_ALIKES = frozenset("oOlIzZsSqgGbBiDQ")
"""Letters that a person cannot tell from a digit out of context."""


@dataclass(frozen=True, eq=False)
class Character:
    """A letter or digit, its writer (1 to 7), and its strokes, y downwards."""

    character: str
    writer: int
    strokes: Strokes


def pen_characters(path: Path | None = None) -> list[Character]:
    """All characters, of another file of the same format if a path is given.

    Raises:
        DatasetError: the file is missing or damaged.
    """
    folder = paths.data_folder()
    path = path or (folder / FILE if folder else None)
    if path is None or not path.is_file():
        raise DatasetError(f"{FILE} is missing. Put it into the folder set by IMGCLS_DATA.")
    try:
        with gzip.open(path) as file:
            rows = json.load(file)
        return [Character(str(row["character"]), int(row["writer"]), from_points(row["strokes"])) for row in rows]
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DatasetError(f"{path.name} is damaged: {error}. Replace it with a complete copy.") from error
