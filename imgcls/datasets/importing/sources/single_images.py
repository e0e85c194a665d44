"""Pictures that a person hands over one by one, class by class: dropped on the page, or from the webcam.

Each is opened at once, made smaller and written anew, so that what lies here holds pixels and nothing else.

<import>/pictures/000001.png
<import>/pictures.jsonl         a line for each: file, class, and the name under which it came
"""

import json
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from imgcls.datasets.importing.class_names import visible
from imgcls.datasets.importing.sources.folder_layout import Item
from imgcls.errors import SourceError
from imgcls.images import loading

KEPT_SIDE = 448
"""Pixels of the shorter side that are kept: twice the largest picture of a data set."""
MOST_IMAGES = 5000


def add(folder: Path, label: str, data: bytes, name: str) -> None:
    """Adds a picture to a class. Raises PictureError or SourceError where it cannot be taken."""
    label = visible(label)
    if not label:
        raise SourceError("The class has no name yet. Type one, then add its pictures.")
    rows = everything(folder)
    if len(rows) >= MOST_IMAGES:
        raise SourceError(f"There are {MOST_IMAGES:,} pictures already. For more, pack folders into a zip archive.")
    image = loading.open_image(data, name, at_least=KEPT_SIDE)
    image = Image.fromarray(image.pixels)
    scale = KEPT_SIDE / min(image.size)
    if scale < 1:
        image = image.resize([max(1, round(length * scale)) for length in image.size], Image.Resampling.BICUBIC)
    file = f"{1 + max((int(row['file'][:6]) for row in rows), default=0):06}.png"
    content = BytesIO()
    image.save(content, "PNG", compress_level=1)
    try:
        (folder / "pictures").mkdir(parents=True, exist_ok=True)
        (folder / "pictures" / file).write_bytes(content.getvalue())
        with (folder / "pictures.jsonl").open("a", encoding="utf-8") as lines:
            lines.write("\n" + json.dumps({"file": file, "label": label, "name": visible(name)[:200]}) + "\n")
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceError(f"The picture could not be kept: {reason}. Make room and add it again.") from error


def everything(folder: Path) -> list[dict[str, Any]]:
    """All pictures that are there, in the order in which they came."""
    try:
        text = (folder / "pictures.jsonl").read_text("utf-8")
    except OSError:
        return []
    rows = []
    for line in filter(None, text.splitlines()):  # a line begins anew even where the one before was torn
        try:
            row = json.loads(line)
            int(row["file"][:6])
            if not row.get("gone"):
                rows.append({key: str(row[key]) for key in ("file", "label", "name")})
            else:
                rows = [other for other in rows if other["file"] != row["file"]]
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # torn by a full disk: that picture was not taken
    return rows


def counts(folder: Path) -> Counter:
    """Pictures by class."""
    return Counter(row["label"] for row in everything(folder))


def latest(folder: Path, label: str, most: int) -> list[tuple[Path, str]]:
    """The last pictures of a class, newest first, as (place, name)."""
    rows = [row for row in reversed(everything(folder)) if row["label"] == label]
    return [(folder / "pictures" / row["file"], row["name"]) for row in rows[:most]]


def remove_last(folder: Path, label: str) -> None:
    """Takes the last picture of a class out again."""
    last = next((row for row in reversed(everything(folder)) if row["label"] == label), None)
    if last:
        with (folder / "pictures.jsonl").open("a", encoding="utf-8") as lines:
            lines.write("\n" + json.dumps({"file": last["file"], "gone": True}) + "\n")
        (folder / "pictures" / last["file"]).unlink(missing_ok=True)


def items(folder: Path) -> list[Item]:
    """The pictures as an import takes them."""
    return [Item(row["name"], row["label"], "", folder / "pictures" / row["file"]) for row in everything(folder)]
