"""Tar archives are read like zip archives, with the same checks and limits."""

import gzip
import io
import tarfile

import pytest

from imgcls import datasets
from imgcls.datasets import importing
from imgcls.datasets.importing import ImportRequest
from imgcls.datasets.importing.sources.containers import compression, tar_archive
from imgcls.errors import SourceError
from imgcls.system import paths
from tests.support.uploads import image, imported, leaves, visible


def tarred(files: dict[str, bytes], mode: str = "w", form: int = tarfile.PAX_FORMAT, **extra: tarfile.TarInfo) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode, format=form) as packed:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            packed.addfile(info, io.BytesIO(data))
        for info in extra.values():
            packed.addfile(info)
    return file.getvalue()


def order(tmp_path, data: bytes, name: str = "leaves.tar") -> ImportRequest:
    (tmp_path / name).write_bytes(data)
    return ImportRequest("file", str(tmp_path / name), name)


def special(name: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return info


@pytest.mark.parametrize(
    ("mode", "form", "name"),
    [
        ("w", tarfile.PAX_FORMAT, "leaves.tar"),
        ("w", tarfile.GNU_FORMAT, "leaves"),
        ("w", tarfile.USTAR_FORMAT, "leaves.tar"),
        ("w:gz", tarfile.GNU_FORMAT, "leaves.tar.gz"),
        ("w:gz", tarfile.PAX_FORMAT, "leaves.tgz"),
        ("w:bz2", tarfile.PAX_FORMAT, "leaves.tar.bz2"),
        ("w:xz", tarfile.PAX_FORMAT, "leaves.tar.xz"),
    ],
)
def test_a_tar_archive_becomes_a_dataset(mode, form, name, tmp_path):
    files = leaves(before="training/") | leaves(count=2, before="testing/", first=50)
    name = imported(order(tmp_path, tarred(files, mode, form), name))
    assert datasets.facts(name).classes == ("birch", "oak")
    assert datasets.custom_dataset(name).counts == (10, 4)
    assert visible() == [name]


def test_long_names_and_backslashes_are_read(tmp_path):
    files = {name.replace("/", "\\"): data for name, data in leaves(("birch" * 30, "oak")).items()}
    seen = importing.make_preview(order(tmp_path, tarred(files)))
    assert [row[0] for row in seen.counts] == ["birch" * 30, "oak"]


@pytest.mark.parametrize(
    ("name", "kind", "why"),
    [
        ("oak/link.png", tarfile.SYMTYPE, "is a link"),
        ("oak/link.png", tarfile.LNKTYPE, "is a link"),
        ("oak/device.png", tarfile.CHRTYPE, "is not a regular file"),
        ("oak/pipe.png", tarfile.FIFOTYPE, "is not a regular file"),
        ("../oak/1.png", tarfile.REGTYPE, "points outside the archive"),
        ("oak\\..\\..\\1.png", tarfile.REGTYPE, "points outside the archive"),
        ("/oak/1.png", tarfile.REGTYPE, "has an absolute path"),
        ("C:\\oak\\1.png", tarfile.REGTYPE, "has an absolute path"),
    ],
)
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_an_unsafe_entry_refuses_the_archive(mode, name, kind, why, tmp_path):
    data = tarred(leaves(), mode, extra=special(name, kind))
    with pytest.raises(SourceError) as caught:
        importing.make_preview(order(tmp_path, data))
    assert str(caught.value).startswith("'leaves.tar' was rejected because its entry ")
    assert why in str(caught.value)


@pytest.mark.parametrize("fraction", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_truncated_archive_is_reported(mode, fraction, tmp_path):
    data = tarred(
        {f"{label}/{n}.png": image(n, height=40, width=40) for label in ("oak", "birch") for n in range(9)}, mode
    )
    end = len(data) if mode == "w:gz" else len(data.rstrip(b"\0"))
    with pytest.raises(SourceError, match=r"'leaves\.tar' is damaged or incomplete"):
        importing.make_preview(order(tmp_path, data[: int(end * fraction)]))


def test_a_decompressed_size_beyond_the_limit_is_refused_before_it_fills_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(compression, "MAX_UNPACKED", 100_000)
    data = gzip.compress(tarred(leaves() | {"oak/zeros.bmp": bytes(50_000_000)}))
    with pytest.raises(SourceError, match="when decompressed"):
        importing.make_preview(order(tmp_path, data))
    assert list(paths.own_folder().iterdir()) == []


def test_a_name_that_would_exhaust_memory_is_refused(tmp_path):
    long = tarfile.TarInfo("././@LongLink")
    long.type, long.size = tarfile.GNUTYPE_LONGNAME, 2_000_000
    header = long.tobuf(tarfile.GNU_FORMAT)
    data = tarred(leaves()).rstrip(b"\0")
    data += bytes(-len(data) % 512) + header + b"x" * 2_000_000
    with pytest.raises(SourceError, match="damaged or incomplete"):
        importing.make_preview(order(tmp_path, data))


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tar_archive, "MAX_ENTRIES", 9)
    with pytest.raises(SourceError, match="has more than 9 files"):
        importing.make_preview(order(tmp_path, tarred(leaves())))


def test_only_the_empty_and_oversized_files_are_skipped(tmp_path, monkeypatch):
    monkeypatch.setattr(tar_archive, "MAX_IMAGE_BYTES", 5_000)
    name = imported(order(tmp_path, tarred(leaves() | {"oak/none.png": b"", "oak/large.png": bytes(6_000)})))
    skipped = {reason: first for reason, _, first in datasets.custom_dataset(name).skipped}
    assert skipped == {"empty": ("oak/none.png",), "larger than 0 MB": ("oak/large.png",)}


def test_a_compressed_file_of_something_else_is_refused(tmp_path):
    with pytest.raises(SourceError, match="too few for a label and pixels"):
        importing.make_preview(order(tmp_path, gzip.compress(b"hello" * 200), "leaves.gz"))
