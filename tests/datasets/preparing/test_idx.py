"""IDX files: every type, plain and compressed, and errors for damaged ones."""

import gzip
import io
import struct
import zipfile

import numpy as np
import pytest

from imgcls.datasets.preparing import idx


def idx_bytes(array: np.ndarray, code: int) -> bytes:
    header = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.dtype(idx.TYPES[code])).tobytes()


PIXELS = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("code", idx.TYPES)
def test_every_value_type_is_read_in_native_byte_order(code, packed, tmp_path):
    array = np.array([[0, 1, 2], [3, 100, 127]])
    content = idx_bytes(array, code)
    (tmp_path / "a").write_bytes(gzip.compress(content) if packed else content)

    found = idx.read(tmp_path / "a")

    assert found.tolist() == array.tolist()
    assert found.dtype.isnative
    assert idx.is_idx(content)


def test_an_archive_member_is_read_as_a_stream():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("plain", idx_bytes(PIXELS, 8))
        file.writestr("packed", gzip.compress(idx_bytes(PIXELS, 8)))
    with zipfile.ZipFile(archive) as file:
        for name in ("plain", "packed"):
            with file.open(name) as stream:
                assert (idx.from_stream(stream) == PIXELS).all()


@pytest.mark.parametrize("packed", [False, True])
def test_an_incomplete_file_is_refused(packed, tmp_path):
    content = idx_bytes(PIXELS, 8)
    (tmp_path / "a").write_bytes(gzip.compress(content)[:-12] if packed else content[:-1])
    with pytest.raises(ValueError, match="incomplete"):
        idx.read(tmp_path / "a")


def test_more_values_than_declared_are_refused(tmp_path):
    (tmp_path / "a").write_bytes(idx_bytes(PIXELS, 8) + b"\0")
    with pytest.raises(ValueError, match="more values than its header says"):
        idx.read(tmp_path / "a")


def test_a_header_declaring_gigabytes_is_refused_before_reading_them(tmp_path):
    header = bytes([0, 0, 8, 3]) + struct.pack(">3I", 4_000_000_000, 28, 28)
    (tmp_path / "a").write_bytes(header)
    with pytest.raises(ValueError, match="MB, more than the limit"):
        idx.read(tmp_path / "a")


@pytest.mark.parametrize("content", [b"", b"\0\0", b"label,pixel0\n", b"\0\0\x08\x05" + bytes(40), b"\x1f\x8bno gzip"])
def test_other_files_are_not_mistaken_for_idx(content, tmp_path):
    (tmp_path / "a").write_bytes(content)
    assert not idx.is_idx(content)
    with pytest.raises(ValueError, match=r"not an IDX file|damaged"):
        idx.read(tmp_path / "a")
