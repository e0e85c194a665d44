"""Typical uploads: small images, archives of them, tables."""

import re
import zipfile
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from imgcls.datasets import importing
from imgcls.datasets.importing import ImportRequest, ImportSettings
from imgcls.system import paths


def pixels(seed: int, height: int = 12, width: int = 12) -> np.ndarray:
    """A colourful image, different for each seed."""
    small = np.random.default_rng(seed).integers(0, 256, (3, 3, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BILINEAR))


def smooth(count: int, side: int = 32, channels: int = 3, seed: int = 0) -> np.ndarray:
    """Images of soft spots, which survive downscaling like photos do."""
    spots = np.random.default_rng(seed).uniform(0, 255, (count, 5, 5, channels))
    places = np.linspace(0, 4, side)
    low = np.minimum(places.astype(int), 3)
    fraction = places - low
    rows = spots[:, low] * (1 - fraction)[None, :, None, None] + spots[:, low + 1] * fraction[None, :, None, None]
    pixels = rows[:, :, low] * (1 - fraction)[:, None] + rows[:, :, low + 1] * fraction[:, None]
    return pixels.round().astype(np.uint8)


def image(seed: int, form: str = "PNG", height: int = 12, width: int = 12, **options) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels(seed, height, width)).save(file, form, **options)
    return file.getvalue()


def leaves(
    classes: Iterable[str] = ("birch", "oak"), count: int = 5, before: str = "", first: int = 0
) -> dict[str, bytes]:
    """path -> bytes: `count` different images in each folder."""
    return {
        f"{before}{label}/{number}.png": image(first + 1000 * place + number)
        for place, label in enumerate(classes)
        for number in range(count)
    }


def archive(path: Path, files: Mapping[str, bytes] | Iterable[tuple[str, bytes]]) -> ImportRequest:
    """A zip archive, as a request to import it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items() if isinstance(files, Mapping) else files:
            packed.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return ImportRequest("file", str(path), path.name)


def table(path: Path, content: str | bytes) -> ImportRequest:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return ImportRequest("file", str(path), path.name)


def digits(rows: int = 12, side: int = 4, classes: int = 2, channels: int = 1) -> list[list]:
    """Rows of a label and its pixels."""
    random = np.random.default_rng(0)
    return [[row % classes, *random.integers(0, 256, side * side * channels).tolist()] for row in range(rows)]


def csv(rows: Iterable[Iterable], delimiter: str = ",", end: str = "\n") -> str:
    return "".join(delimiter.join(map(str, row)) + end for row in rows)


def imported(order: ImportRequest, title: str = "Leaves", **wish) -> str:
    """Imports in this process; returns the name of the dataset."""
    work = paths.own_folder() / ".imports" / f"{len(list(paths.own_folder().glob('own-*'))):016x}" / "work"
    work.mkdir(parents=True, exist_ok=True)
    said = {"side": 28, "channels": 3} | wish
    return importing.import_files(order, ImportSettings(title, **said), work, lambda fraction, text: None)


def visible() -> list[str]:
    """The visible content of the folder of imported datasets."""
    folder = paths.own_folder()
    return sorted(item.name for item in folder.iterdir() if not item.name.startswith(".")) if folder.exists() else []


def peak_megabytes() -> float:
    """The peak memory of this process. `getrusage` would include that of its parent, too."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text("ascii"))[1]) / 1024
    return psutil.Process().memory_info().rss / 2**20


def grouped(path: Path, monkeypatch, classes: int = 3, groups: int = 10, each: int = 4) -> ImportRequest:
    """An archive whose file names contain the group: `oak/p3-17.png` belongs to p3. Each group has all classes."""
    from dataclasses import replace

    from imgcls.datasets.importing.sources import layouts

    read = layouts.to_items

    def with_groups(files, findings):
        return [replace(item, group=item.name.rsplit("/", 1)[-1].partition("-")[0]) for item in read(files, findings)]

    monkeypatch.setattr(layouts, "to_items", with_groups)
    names = ["ash", "birch", "oak", "yew"][:classes]
    return archive(
        path,
        {
            f"{label}/p{group}-{number}.png": image(10_000 * place + 100 * group + number)
            for place, label in enumerate(names)
            for group in range(groups)
            for number in range(each)
        },
    )
