"""Images added one by one, class by class: uploaded on the page, or taken with the webcam.

Each is decoded, downscaled and saved again right away, so that the stored files contain pixels and nothing else.

<import>/pictures/000001.png
<import>/pictures.jsonl         one line per image: file, class, and original name
"""

import json
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from imgcls.datasets.importing.class_names import visible
from imgcls.datasets.importing.sources.items import Item
from imgcls.errors import SourceError
from imgcls.images import loading
from imgcls.images.files import samples

STORED_SIDE = 512
"""Pixels of the shorter side: the largest image size of a dataset."""
MAX_IMAGES = 5000


def add(folder: Path, label: str, data: bytes, name: str) -> None:
    """Adds an image to a class. Raises ImageError or SourceError if it cannot be used."""
    label = visible(label)
    if not label:
        raise SourceError("The class has no name yet. Enter one, then add its images.")
    rows = everything(folder)
    if len(rows) >= MAX_IMAGES:
        raise SourceError(f"There are already {MAX_IMAGES:,} images. To import more, use a zip archive.")
    image = Image.fromarray(loading.open_image(data, name, at_least=STORED_SIDE).pixels)
    file = f"{1 + max((int(row['file'][:6]) for row in rows), default=0):06}.png"
    content = data if samples.is_deep(data) else _as_png(image)
    try:
        (folder / "pictures").mkdir(parents=True, exist_ok=True)
        (folder / "pictures" / file).write_bytes(content)
        with (folder / "pictures.jsonl").open("a", encoding="utf-8") as lines:
            lines.write("\n" + json.dumps({"file": file, "label": label, "name": visible(name)[:200]}) + "\n")
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceError(f"The image could not be saved: {reason}. Free some disk space and add it again.") from error


def _as_png(image: Image.Image) -> bytes:
    scale = STORED_SIDE / min(image.size)
    if scale < 1:
        image = image.resize([max(1, round(length * scale)) for length in image.size], Image.Resampling.BICUBIC)
    content = BytesIO()
    image.save(content, "PNG", compress_level=1)
    return content.getvalue()


def everything(folder: Path) -> list[dict[str, Any]]:
    """All images, in the order in which they were added."""
    try:
        text = (folder / "pictures.jsonl").read_text("utf-8")
    except OSError:
        return []
    rows = []
    for line in filter(None, text.splitlines()):  # each entry starts a new line, even after a truncated one
        try:
            row = json.loads(line)
            int(row["file"][:6])
            if not row.get("gone"):
                rows.append({key: str(row[key]) for key in ("file", "label", "name")})
            else:
                rows = [other for other in rows if other["file"] != row["file"]]
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # truncated on a full disk: that image was not added
    return rows


def counts(folder: Path) -> Counter:
    """Images per class."""
    return Counter(row["label"] for row in everything(folder))


def latest(folder: Path, label: str, most: int) -> list[tuple[Path, str]]:
    """The last images of a class, newest first, as (path, name)."""
    rows = [row for row in reversed(everything(folder)) if row["label"] == label]
    return [(folder / "pictures" / row["file"], row["name"]) for row in rows[:most]]


def remove_last(folder: Path, label: str) -> None:
    """Removes the last image of a class."""
    last = next((row for row in reversed(everything(folder)) if row["label"] == label), None)
    if last:
        with (folder / "pictures.jsonl").open("a", encoding="utf-8") as lines:
            lines.write("\n" + json.dumps({"file": last["file"], "gone": True}) + "\n")
        (folder / "pictures" / last["file"]).unlink(missing_ok=True)


def items(folder: Path) -> list[Item]:
    """The images as items to import."""
    return [Item(row["name"], row["label"], "", folder / "pictures" / row["file"]) for row in everything(folder)]
