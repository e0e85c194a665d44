"""Hostile or corrupt archives: the right verdict, immediately, in little memory, with nothing written."""

import io
import json
import os
import stat
import struct
import subprocess
import sys
import unicodedata
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from imgcls import datasets
from imgcls.datasets import importing
from imgcls.datasets.importing import ImportRequest
from imgcls.errors import SourceError
from imgcls.system import paths
from tests.support.uploads import archive, image, imported, leaves, visible

ODD = (
    "<img src=x onerror=alert(1)>",
    "![](http:--evil.example-p.png)",
    "=1+1",
    "CON",
    "aux.",
    "-rf",
    "x" * 300,
    "line\nbreak",
    "\u202egnp.exe",
    "🙂",
    "$\\$".replace("\\", ""),
    "tab\there",
)


def verdict(order: ImportRequest) -> str:
    with pytest.raises(SourceError) as caught:
        importing.make_preview(order)
    return str(caught.value)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("../../oak/1.png", "points outside the archive"),
        ("oak/../../1.png", "points outside the archive"),
        ("/oak/1.png", "has an absolute path"),
        ("C:\\oak\\1.png", "has an absolute path"),
        ("C:oak/1.png", "has an absolute path"),
    ],
)
def test_a_name_with_path_traversal_refuses_the_archive(entry, why, tmp_path):
    order = archive(tmp_path / "leaves.zip", leaves() | {entry: image(1)})
    said = verdict(order)
    assert said.startswith(f"'leaves.zip' was rejected because its entry '{entry.replace(chr(92), '/')}' {why}.")
    with pytest.raises(SourceError):
        imported(order)
    assert visible() == [] and sorted(path.name for path in tmp_path.iterdir()) == ["leaves.zip", "own"]


def test_a_zero_byte_in_a_name_refuses_the_archive(tmp_path):
    order = archive(tmp_path / "leaves.zip", leaves() | {"oak/Z.png": image(1)})
    path = Path(order.path)
    path.write_bytes(path.read_bytes().replace(b"oak/Z.png", b"oak/\0.png"))
    assert "has a null byte in its name" in verdict(order)


@pytest.mark.parametrize(("mode", "why"), [(stat.S_IFLNK, "is a link"), (stat.S_IFCHR, "is not a regular file")])
def test_a_link_or_a_device_refuses_the_archive(mode, why, tmp_path):
    order = archive(tmp_path / "leaves.zip", leaves())
    with zipfile.ZipFile(order.path, "a") as packed:
        info = zipfile.ZipInfo("oak/link.png")
        info.create_system, info.external_attr = 3, (mode | 0o777) << 16
        packed.writestr(info, "/etc/passwd")
    assert f"its entry 'oak/link.png' {why}" in verdict(order)


def patched(order: ImportRequest, field: int, value: bytes, entry: bytes) -> ImportRequest:
    """The archive with a field of an entry's line in the list of files changed."""
    path = Path(order.path)
    data = bytearray(path.read_bytes())
    place = data.rfind(entry) - 46
    assert data[place : place + 4] == b"PK\x01\x02"
    data[place + field : place + field + len(value)] = value
    path.write_bytes(data)
    return order


def test_an_encrypted_archive_is_reported(tmp_path):
    order = patched(archive(tmp_path / "leaves.zip", leaves()), 8, b"\x01\0", b"oak/3.png")
    assert verdict(order) == "'leaves.zip' is encrypted ('oak/3.png'). Create it again without a password."


def test_an_unsupported_compression_method_is_reported(tmp_path):
    with zipfile.ZipFile(tmp_path / "leaves.zip", "w", zipfile.ZIP_LZMA) as packed:
        for name, data in leaves().items():
            packed.writestr(name, data)
    assert "method (14" in verdict(ImportRequest("zip", str(tmp_path / "leaves.zip"), "leaves.zip"))


def test_a_decompression_bomb_is_skipped_and_the_rest_imported(tmp_path):
    files = leaves() | {"oak/zeros.bmp": bytes(20_000_000), "oak/more.bmp": bytes(60_000_000)}
    skipped = datasets.custom_dataset(imported(archive(tmp_path / "bomb.zip", files))).skipped
    assert {first[0]: reason for reason, _, first in skipped} == {
        "oak/zeros.bmp": "not a readable image",
        "oak/more.bmp": "larger than 50 MB",
    }


def test_overlapping_entries_are_refused(tmp_path):
    order = archive(tmp_path / "leaves.zip", leaves())
    path = Path(order.path)
    data = path.read_bytes()
    end = data.rfind(b"PK\x05\x06")
    start = struct.unpack_from("<L", data, end + 16)[0]
    first = data[start : data.find(b"PK\x01\x02", start + 4)]
    packed = data[:start] + first * 1000
    path.write_bytes(packed + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1000, 1000, 1000 * len(first), start, 0))
    assert "overlap" in verdict(order)


def test_an_entry_with_a_false_size_is_skipped_and_the_rest_imported(tmp_path):
    files = leaves() | {"oak/lies.png": image(5, height=64, width=64)}
    order = patched(archive(tmp_path / "leaves.zip", files), 24, struct.pack("<L", 100), b"oak/lies.png")
    name = imported(order)
    assert ("damaged in the archive", 1, ("oak/lies.png",)) in datasets.custom_dataset(name).skipped
    assert sum(datasets.custom_dataset(name).counts) == 10


def test_too_many_entries_are_refused_by_declared_and_actual_count(tmp_path, monkeypatch):
    from imgcls.datasets.importing.sources.containers import zip_archive as door

    monkeypatch.setattr(door, "MAX_ENTRIES", 9)
    order = archive(tmp_path / "leaves.zip", leaves())
    assert "has 10 files. Expected at most 9" in verdict(order)
    path = Path(order.path)
    data = bytearray(path.read_bytes())
    struct.pack_into("<2H", data, data.rfind(b"PK\x05\x06") + 8, 2, 2)
    path.write_bytes(data)
    assert "has more files than it declares" in verdict(order)
    monkeypatch.setattr(door, "MAX_DIRECTORY", 100)
    assert "a list of 0 MB" in verdict(order)


@pytest.mark.parametrize("fraction", [0.9, 0.5, 0.01])
def test_a_truncated_upload_is_reported(fraction, tmp_path):
    order = archive(tmp_path / "leaves.zip", leaves())
    path = Path(order.path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * fraction)])
    assert verdict(order) == "'leaves.zip' is incomplete: its end is missing. Upload or copy it again."


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is empty"),
        (b"\x1f\x8b\x08" + bytes(300), "is damaged or incomplete"),
        (
            b"7z\xbc\xaf\x27\x1c" + bytes(300),
            "is a 7-Zip archive. Expected a zip archive with one folder per class. Unpack it",
        ),
        (b"Rar!\x1a\x07" + bytes(300), "is a RAR archive. Expected a zip archive with one folder per class. Unpack it"),
        (
            b"\x28\xb5\x2f\xfd" + bytes(300),
            "is a Zstandard archive. Expected a zip archive with one folder per class. Unpack it",
        ),
        (
            b"\x89HDF\r\n\x1a\n" + bytes(300),
            "is an HDF5 file. Expected a zip archive with one folder per class. Save the arrays as NPZ",
        ),
        (
            b"\xff\xff\xff\xff" + bytes(300),
            "is an Arrow stream. Expected a zip archive with one folder per class. Save the dataset as Parquet",
        ),
        (image(1), "is a PNG image"),
        (b"%PDF-1.7" + bytes(300), "is a PDF document"),
        (b"hello" * 100, "is not a zip archive"),
        (b"PK\x05\x06" + bytes(18), "is an empty zip archive"),
        (b"PK\x03\x04" + bytes(300), "is incomplete"),
        (b"MZ" + bytes(300), "is a Windows executable"),
    ],
)
def test_another_file_type_is_named(data, what, tmp_path):
    (tmp_path / "leaves.zip").write_bytes(data)
    assert verdict(ImportRequest("zip", str(tmp_path / "leaves.zip"), "leaves.zip")).startswith(f"'leaves.zip' {what}")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "is an empty zip archive"),
        ({"notes.txt": b"x"}, "No images found in it (1 not an image, judging by the file extension"),
        ({"inner.zip": b"PK"}, "No images found in it (1 in an archive within the archive"),
        (leaves(("oak",)), "Found class 'oak' with images, but only one with enough of them"),
        (leaves(("oak", "fox"), 1), "none with enough of them: 'fox' has 1 image, 'oak' has 1 image. Expected"),
        (
            leaves(("oak", "fox"), 2, "test/") | leaves(("oak", "fox"), 1, "train/", 500),
            "has 1 training and 2 test images. Expected at least two classes with at least 2 training images each.",
        ),
        ({f"{number}.png": image(number) for number in range(9)}, "the 9 images are not in folders"),
    ],
)
def test_too_few_images_or_classes_are_reported(files, said, tmp_path):
    assert said in verdict(archive(tmp_path / "leaves.zip", files))


def test_a_class_with_one_image_is_skipped_and_reported(tmp_path):
    name = imported(archive(tmp_path / "leaves.zip", leaves() | {"fox/1.png": image(99)}))
    assert datasets.facts(name).classes == ("birch", "oak")
    (reason, count, first), *_ = datasets.custom_dataset(name).skipped
    assert "too few images" in reason and (count, first) == (1, ("fox",))


def test_more_classes_than_allowed_are_refused(tmp_path):
    files = {f"{number}/1.png": b"x" for number in range(1001)}
    assert verdict(archive(tmp_path / "leaves.zip", files)).startswith(
        "There are 1,001 classes. Expected at most 1,000"
    )


def test_nine_damaged_images_in_ten_refuse_the_archive_before_and_during_the_import(tmp_path):
    files = {f"{label}/b{number}.png": b"\x89PNG broken" for label in ("oak", "birch") for number in range(45)}
    order = archive(tmp_path / "leaves.zip", leaves() | files)
    assert "90 of the 100 inspected images cannot be read" in verdict(order)
    with pytest.raises(SourceError, match=r"90 of 100 images cannot be read.*That is more than half"):
        imported(order)
    assert visible() == []


@pytest.mark.parametrize("broken", [40, 60])
def test_an_archive_is_refused_once_half_of_its_images_are_damaged(broken, tmp_path):
    files = {f"oak/b{number}.png": b"broken" for number in range(broken)}
    order = archive(tmp_path / "leaves.zip", leaves(count=25) | files)
    if broken < 50:
        assert sum(datasets.custom_dataset(imported(order)).counts) == 50
    else:
        verdict(order)


def test_two_spellings_of_a_name_are_one_class(tmp_path):
    composed, apart = unicodedata.normalize("NFC", "été"), unicodedata.normalize("NFD", "été")
    files = leaves(("Cat", composed), 4) | leaves(("cat", apart), 5, first=50)
    name = imported(archive(tmp_path / "leaves.zip", files))
    assert datasets.facts(name).classes == ("cat", composed)
    assert sum(datasets.custom_dataset(name).counts) == 18
    assert "'Cat' and 'cat' are treated as one class." in datasets.custom_dataset(name).notes


def test_a_utf_8_name_without_the_utf_8_flag_is_read_correctly(tmp_path):
    order = archive(tmp_path / "leaves.zip", leaves(("Ähre", "oak")))
    path = Path(order.path)
    data = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(signature)
        while place >= 0:
            data[place + flags + 1] &= ~0x08
            place = data.find(signature, place + 4)
    path.write_bytes(data)
    assert datasets.facts(imported(order)).classes == ("oak", "Ähre")


def test_unusual_class_names_are_kept_literally_and_never_become_paths(tmp_path):
    name = imported(archive(tmp_path / "odd.zip", leaves(ODD, 3)))
    kept = set(datasets.facts(name).classes)
    signs = {"line\nbreak": "line␊break", "\u202egnp.exe": "\\u202egnp.exe", "tab\there": "tab␉here"}
    assert kept == {signs.get(label, label) for label in ODD}
    below = [path.relative_to(paths.own_folder()).as_posix() for path in paths.own_folder().rglob("*")]
    assert all(set(path) <= set("abcdefghijklmnopqrstuvwxyz0123456789-._/") for path in below)
    assert len(name) < 20


def test_a_class_name_longer_than_300_characters_is_skipped(tmp_path):
    name = imported(archive(tmp_path / "odd.zip", leaves(("oak", "birch", "y" * 301), 3)))
    assert datasets.facts(name).classes == ("birch", "oak")
    assert datasets.custom_dataset(name).skipped[0][0] == "in a class whose name is longer than 300 characters"


# ---- time and memory, in a separate process

MEASURED = """
import json, sys
from tests.support.cost import relative_cost
from tests.support.uploads import peak_megabytes
from imgcls.datasets import importing as imports
from imgcls.errors import SourceError
import PIL.PngImagePlugin, PIL.JpegImagePlugin, PIL.BmpImagePlugin
def preview():
    try:
        return imports.make_preview(imports.ImportRequest(sys.argv[1], sys.argv[2], "brought")).total
    except SourceError as error:
        return str(error)
relative_cost(lambda: None)  # the reference's own memory is not counted
before = peak_megabytes()
said, cost = relative_cost(preview)
print(json.dumps([said, cost, peak_megabytes() - before]))
"""


def with_tests() -> dict[str, str]:
    """An environment in which a process can import the test modules, too."""
    root = paths.repository_folder()
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(root / "tests"), str(root)])}


IMPORTED = """
import sys
from tests.support.uploads import imported, peak_megabytes
from imgcls import datasets; from imgcls.datasets import importing as imports
name = imported(imports.ImportRequest("zip", sys.argv[1], "brought"), side=224)
print(sum(datasets.custom_dataset(name).counts), peak_megabytes())
"""


def test_many_tiny_files_with_24_megapixels_are_decoded_one_at_a_time(tmp_path):
    with zipfile.ZipFile(tmp_path / "brought", "w") as packed:
        for name, data in leaves().items():
            packed.writestr(name, data)
        for number in range(6):
            packed.writestr(f"oak/large{number}.png", white(4_890 + number))
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, str(tmp_path / "brought")],
        cwd=paths.repository_folder(),
        env=with_tests(),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    images, megabytes = done.stdout.split()
    assert int(images) == 16
    assert float(megabytes) < 400


def white(side: int) -> bytes:
    """A white 1-bit image with this side length: a few kilobytes."""
    file = io.BytesIO()
    Image.new("1", (side, side), 1).save(file, "PNG")
    return file.getvalue()


def many_entries(path: Path) -> None:
    archive(path, ((f"{number % 10}/{number}.png", b"") for number in range(100_000)))


def bombs_of_pixels(path: Path) -> None:
    archive(path, leaves() | {f"oak/bomb{side}.png": white(side) for side in (13_000, 20_000, 4_900)})


def lies_about_its_size(path: Path) -> None:
    archive(path, leaves() | {"oak/lies.png": bytes(200_000_000)})
    data = bytearray(path.read_bytes())
    struct.pack_into("<L", data, data.rfind(b"oak/lies.png") - 46 + 24, 100)
    path.write_bytes(data)


def commas(path: Path) -> None:
    path.write_bytes(b"," * 2_000_000)


def long_line(path: Path) -> None:
    path.write_bytes(b"1" * 50_000_000)


def many_rows(path: Path) -> None:
    columns = ",".join(f"p{number}" for number in range(784))
    path.write_text(f"label,{columns}\n" + ("3" + ",0" * 784 + "\n") * 60_000)


@pytest.mark.parametrize(
    ("kind", "make", "said"),
    [
        ("zip", many_entries, "No images found in it (100,000 empty"),
        ("zip", bombs_of_pixels, "13"),
        ("zip", lies_about_its_size, "11"),
        ("table", commas, "row 1 is longer than 0.8 MB"),
        ("table", long_line, "row 1 is longer than 0.8 MB"),
        ("table", many_rows, ""),
    ],
)
def test_the_worst_case_takes_few_seconds_and_200_megabytes(kind, make, said, tmp_path):
    make(tmp_path / "brought")
    command = [sys.executable, "-c", MEASURED, kind, str(tmp_path / "brought")]
    done = subprocess.run(
        command,
        cwd=paths.repository_folder(),
        env=with_tests(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    verdict, cost, megabytes = json.loads(done.stdout)
    assert said in str(verdict)
    print("COST", kind, cost, megabytes)
    assert cost < 60  # about three seconds
    assert megabytes < 200
