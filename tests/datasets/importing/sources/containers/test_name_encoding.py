"""Zip archives that do not store the encoding of their file names."""

import struct
import zipfile
import zlib

import pytest

from imgcls.datasets import importing
from imgcls.datasets.importing import ImportRequest
from imgcls.errors import SourceError
from tests.support.importing.label_tables import counts, questions
from tests.support.uploads import image, imported

PLACEHOLDERS = ("AAAAAAAAAA", "BBBBBBBBBB")


def written(folder, classes: tuple[bytes, bytes], extra: bool = False, **answers: str) -> ImportRequest:
    """An archive with two folders whose names are these bytes. `extra`: each name is also stored in UTF-8."""
    path = folder / "photos.zip"
    long = [name.ljust(10, b"_") for name in classes]
    with zipfile.ZipFile(path, "w") as archive:
        for place, name in enumerate(PLACEHOLDERS):
            for number in range(4):
                info = zipfile.ZipInfo(f"{name}/{number}.png")
                if extra:
                    stored = long[place] + info.filename[10:].encode()
                    unicode = f"\u732b{place}/{number}.png".encode()
                    content = b"\1" + struct.pack("<I", zlib.crc32(stored)) + unicode
                    info.extra = struct.pack("<2H", 0x7075, len(content)) + content
                archive.writestr(info, image(10 * place + number))
    data = path.read_bytes()
    for placeholder, name in zip(PLACEHOLDERS, long, strict=True):
        data = data.replace(placeholder.encode(), name)
    path.write_bytes(data)
    return ImportRequest("file", str(path), path.name, answers=answers)


def classes_of(request) -> list[str]:
    return [name.rstrip("_") for name in counts(importing.make_preview(request))]


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (("\u732b\u54aa", "\u72d7\u72d7"), "gb18030"),
        (("\u8868\u5b50", "\u30bd\u9023"), "cp932"),
    ],
)
def test_names_in_several_possible_encodings_raise_a_question(names, encoding, tmp_path):
    stored = tuple(name.encode(encoding) for name in names)
    question = questions(written(tmp_path, stored))["encoding"]
    assert question.answer == "" and len(question.options) > 1
    shown = next(option.detail for option in question.options if option.value == encoding)
    assert names[0] in shown
    with pytest.raises(SourceError, match="Nothing was imported"):
        imported(written(tmp_path, stored))
    assert set(classes_of(written(tmp_path, stored, encoding=encoding))) == set(names)


@pytest.mark.parametrize(
    ("names", "encoding"), [(("Größe", "für"), "cp437"), (("Größe", "für"), "cp850"), (("дуб", "клён"), "cp866")]
)
def test_names_that_only_one_encoding_makes_readable_raise_no_question(names, encoding, tmp_path):
    request = written(tmp_path, tuple(name.encode(encoding) for name in names))
    assert "encoding" not in questions(request)
    assert set(classes_of(request)) == set(names)


def test_a_name_that_is_also_stored_in_utf_8_raises_no_question(tmp_path):
    request = written(tmp_path, ("\u732b\u54aa".encode("gb18030"), "\u72d7\u72d7".encode("gb18030")), extra=True)
    assert "encoding" not in questions(request)
    assert classes_of(request) == ["\u732b0", "\u732b1"]


def test_unreadable_names_are_reported(tmp_path):
    preview = importing.make_preview(written(tmp_path, (b"\xb0\xff\xb1", b"\xb2\xff\xb0")))
    assert "File names are in an unknown encoding, so some characters are wrong." in preview.notes
