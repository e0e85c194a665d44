"""Damaged and hostile files of arrays, tables and annotations: an error with a reason, never a traceback."""

import gzip
import io
import json
import random

import numpy as np
import pytest

from imgcls.datasets import importing
from imgcls.errors import SourceError
from tests.support.importing.label_tables import zipped
from tests.support.uploads import csv, image, smooth

PIXELS = smooth(12, side=8)
LABELS = np.arange(12) % 3


def npz() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, x=PIXELS, y=LABELS)
    return file.getvalue()


def npy(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def idx(array) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + b"".join(length.to_bytes(4, "big") for length in array.shape)
    return head + array.astype(np.uint8).tobytes()


def mat() -> bytes:
    from scipy.io import savemat

    file = io.BytesIO()
    savemat(file, {"X": PIXELS, "y": LABELS})
    return file.getvalue()


def parquet() -> bytes:
    import pyarrow as arrow
    from pyarrow import parquet as writer

    rows = [{"image": {"bytes": image(n), "path": f"{n}.png"}, "label": n % 3} for n in range(12)]
    sink = arrow.BufferOutputStream()
    writer.write_table(arrow.Table.from_pylist(rows), sink)
    return sink.getvalue().to_pybytes()


def photos() -> dict[str, bytes]:
    return {f"{n}.png": image(n) for n in range(12)}


def annotations() -> bytes:
    entries = [{"image_id": n, "category_id": n % 3, "bbox": [1, 1, 9, 9]} for n in range(12)]
    images = [{"id": n, "file_name": f"{n}.png"} for n in range(12)]
    names = [{"id": n, "name": f"class {n}"} for n in range(3)]
    return json.dumps({"images": images, "annotations": entries, "categories": names}).encode()


ROWS = csv([["file", "label"], *([f"{n}.png", n % 3] for n in range(12))]).encode()
BOX = b"<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>"
XML = b"<annotation><object><name>a</name>" + BOX + b"</object></annotation>"
CVAT = b'<annotations><meta/><image name="0.png"><tag label="a"/></image></annotations>'
FILES = {
    "data.npz": (npz, {}),
    "x.npy": (lambda: npy(PIXELS), {"y.npy": npy(LABELS)}),
    "train-images-idx3-ubyte": (lambda: idx(PIXELS[..., 0]), {"train-labels-idx1-ubyte": idx(LABELS)}),
    "train-labels-idx1-ubyte.gz": (
        lambda: gzip.compress(idx(LABELS)),
        {"train-images-idx3-ubyte": idx(PIXELS[..., 0])},
    ),
    "data.mat": (mat, {}),
    "data.parquet": (parquet, {}),
    "coco.json": (annotations, photos()),
    "labels.csv": (lambda: ROWS, photos()),
    "0.xml": (lambda: XML, photos()),
    "annotations.xml": (lambda: CVAT, photos()),
    "0.json": (lambda: b'{"shapes": [{"label": "a", "points": [[1, 1], [9, 9]]}]}', photos()),
    "data_batch_1.bin": (lambda: bytes(3 * 3073), {}),
    "classes.txt": (lambda: b"cat\ndog\n", photos() | {f"{n}.txt": b"0 0.5 0.5 0.1 0.1\n" for n in range(12)}),
    "0.txt": (lambda: b"0 0.5 0.5 0.1 0.1\n1 .1 .1 .2 .2 .3 .1\n", photos()),
}


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The data cut, with other bytes at some places, or with a piece repeated."""
    content = bytearray(data)
    if chance.random() < 0.3:
        del content[chance.randrange(len(content)) :]
    for _ in range(chance.randrange(1, 12)):
        if content:
            content[chance.randrange(len(content))] = chance.randrange(256)
    if content and chance.random() < 0.2:
        place = chance.randrange(len(content))
        content[place:place] = content[place // 2 : place] * 3
    return bytes(content)


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_in_an_archive_is_an_error_or_is_read(name, tmp_path):
    make, beside = FILES[name]
    chance = random.Random(name)
    for _ in range(25):
        request = zipped(tmp_path, [], dict(beside) | {name: damaged(make(), chance) or b"x"})
        try:
            importing.make_preview(request, seconds=0.1)
        except SourceError as error:
            assert len(str(error)) > 20


@pytest.mark.parametrize("name", ["data.npz", "data.mat", "data.parquet", "train-images-idx3-ubyte"])
def test_a_damaged_single_file_is_an_error_or_is_read(name, tmp_path):
    chance = random.Random(name)
    for _ in range(25):
        (tmp_path / name).write_bytes(damaged(FILES[name][0](), chance) or b"x")
        try:
            importing.make_preview(importing.of_file(tmp_path / name), seconds=0.1)
        except SourceError as error:
            assert len(str(error)) > 20
