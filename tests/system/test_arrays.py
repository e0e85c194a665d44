"""One reader for all array files: every kind of damage raises one error."""

import io
import zipfile

import numpy as np
import pytest

from imgcls.errors import DamagedFile
from imgcls.system.arrays import Array, map_npy, read_npz

SPEC = {
    "values": Array("f", ("n", 3), np.float32),
    "labels": Array("iu", ("n",)),
    "extra": Array("f", (), is_optional=True),
}


def written(path, **changes):
    content = {"values": np.ones((4, 3)), "labels": np.arange(4)} | changes
    np.savez_compressed(path, **{name: value for name, value in content.items() if value is not None})
    return path


def member(header: dict, data: bytes = b"") -> bytes:
    """A .npy file with any header."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue() + data


def replaced(path, data: bytes, name: str = "values"):
    """An intact file except for one member."""
    written(path, **{name: None})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.npy", data)


def test_an_intact_file_is_read_and_converted(tmp_path):
    stored = read_npz(written(tmp_path / "a.npz"), SPEC)
    assert set(stored) == {"values", "labels"}
    assert stored["values"].dtype == np.float32 and stored["values"].shape == (4, 3)
    assert stored["labels"].tolist() == [0, 1, 2, 3]
    assert set(read_npz(tmp_path / "a.npz")) == {"values", "labels"}
    assert read_npz(written(tmp_path / "b.npz", extra=np.array(2.5)), SPEC)["extra"] == 2.5


def test_a_missing_file_is_not_reported_as_damaged(tmp_path):
    for read in (read_npz, map_npy):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "none.npz")


def encrypted(path):
    written(path)
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(signature, at + 4)
    path.write_bytes(data)


def compressed_in_an_unknown_way(path):
    written(path)
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = data.find(signature)
        while at >= 0:
            data[at + offset] = 97
            at = data.find(signature, at + 4)
    path.write_bytes(data)


def cut_off(path):
    written(path)
    path.write_bytes(path.read_bytes()[:-30])


def flipped_in_the_data(path):
    written(path, values=np.random.default_rng(0).random((4, 3)))
    data = bytearray(path.read_bytes())
    data[150] ^= 0xFF
    path.write_bytes(data)


HEADER = {"descr": "<f8", "fortran_order": False, "shape": (4, 3)}
DAMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("no arrays"),
    "folder": lambda path: path.mkdir(),
    "single array": lambda path: path.write_bytes(member(HEADER, bytes(96))),
    "cut off": cut_off,
    "flipped byte": flipped_in_the_data,
    "encrypted": encrypted,
    "unknown compression": compressed_in_an_unknown_way,
    "array missing": lambda path: written(path, values=None),
    "0-d array": lambda path: written(path, values=np.array(1.0)),
    "wrong dimensions": lambda path: written(path, values=np.ones((4, 3, 1))),
    "wrong length": lambda path: written(path, values=np.ones((4, 2))),
    "different lengths": lambda path: written(path, labels=np.arange(5)),
    "wrong type": lambda path: written(path, labels=np.array(list("abcd"))),
    "pickled": lambda path: np.savez(path, values=np.array([[object()] * 3] * 4), labels=np.arange(4)),
    "structured": lambda path: written(path, labels=np.zeros(4, [("a", int)])),
    "terabytes in a header": lambda path: replaced(path, member(HEADER | {"shape": (1 << 40, 3)}, bytes(96))),
    "more than 64 bits": lambda path: replaced(path, member(HEADER | {"shape": (1 << 70, 3)}, bytes(96))),
    "negative length": lambda path: replaced(path, member(HEADER | {"shape": (-4, 3)}, bytes(96))),
    "less data than declared": lambda path: replaced(path, member(HEADER, bytes(40))),
    "more data than declared": lambda path: replaced(path, member(HEADER, bytes(200))),
    "unreadable header": lambda path: replaced(path, b"\x93NUMPY\x01\x00\x05\x00{{{{{" + bytes(96)),
    "unknown version": lambda path: replaced(path, b"\x93NUMPY\x09\x00" + bytes(96)),
    "member that is not an array": lambda path: replaced(path, b"hello"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_every_damage_is_one_error(tmp_path, damage):
    path = tmp_path / "file.npz"
    damage(path)
    with pytest.raises(DamagedFile, match=r"^The file file\.npz is damaged: ") as raised:
        read_npz(path, SPEC)
    assert raised.value.reason


def test_an_impossible_compression_ratio_is_refused_before_allocating_memory(tmp_path, monkeypatch):
    path = written(tmp_path / "file.npz", values=np.zeros((1_000_000, 3)), labels=np.zeros(1_000_000, int))
    monkeypatch.setattr("imgcls.system.arrays.MOST_COMPRESSION", 10)
    monkeypatch.setattr(np.lib.format, "read_array", lambda *_, **__: pytest.fail("memory was taken"))
    with pytest.raises(DamagedFile):
        read_npz(path, SPEC)


def test_a_single_array_is_memory_mapped_or_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(6).reshape(2, 3))
    assert map_npy(tmp_path / "a.npy").tolist() == [[0, 1, 2], [3, 4, 5]]
    np.save(tmp_path / "pickled.npy", np.array([object()]))
    written(tmp_path / "several.npz")
    (tmp_path / "large.npy").write_bytes(member(HEADER | {"shape": (1 << 40, 3)}, bytes(96)))
    (tmp_path / "text.npy").write_text("no array")
    for name in ("pickled.npy", "several.npz", "large.npy", "text.npy"):
        with pytest.raises(DamagedFile):
            map_npy(tmp_path / name)
