"""Tables in the encodings that spreadsheets write, and compressed ones, are read like UTF-8 text."""

import bz2
import gzip
import lzma

import pytest

from imgcls import datasets
from imgcls.datasets.importing import ImportRequest, make_preview
from imgcls.datasets.importing.sources.containers import compression, text_encoding
from imgcls.errors import SourceError
from imgcls.system import paths
from tests.support.uploads import archive, csv, digits, image, imported, table

PHOTOS = {f"images/{number}.png": image(number) for number in range(12)}
COMPRESS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


def labels(first: str, second: str, delimiter: str = ";") -> str:
    rows = [["Datei", "Klasse"], *([f"{number}.png", first if number % 2 else second] for number in range(12))]
    return csv(rows, delimiter, "\r\n")


def pixels(first: str = "Bär", second: str = "Kühe", delimiter: str = ";") -> str:
    header = ["label", *(f"pixel{number}" for number in range(16))]
    return csv([header, *([first if row[0] else second, *row[1:]] for row in digits())], delimiter)


def beside(tmp_path, content: bytes, name: str = "labels.csv") -> ImportRequest:
    """An archive with a table next to it."""
    packed, listed = archive(tmp_path / "photos.zip", PHOTOS), table(tmp_path / name, content)
    return ImportRequest("listing", packed.path, packed.name, listed.path, listed.name)


def inside(tmp_path, content: bytes, name: str = "labels.csv") -> ImportRequest:
    return archive(tmp_path / "photos.zip", PHOTOS | {name: content})


def alone(tmp_path, content: bytes, name: str = "pixels.csv") -> ImportRequest:
    return table(tmp_path / name, content)


def packed(tmp_path, content: bytes, name: str = "pixels.csv") -> ImportRequest:
    return archive(tmp_path / "pixels.zip", {name: content})


def names(request: ImportRequest) -> list[str]:
    return [name for name, *_ in make_preview(request).counts]


def answered(request: ImportRequest, **answers: str) -> ImportRequest:
    return ImportRequest(request.kind, request.path, request.name, request.table, request.table_name, answers)


@pytest.mark.parametrize("place", [beside, inside])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_a_label_table_as_excel_writes_it(place, encoding, tmp_path):
    delimiter = "\t" if "16" in encoding else ";"
    request = place(tmp_path, labels("Bär", "Kühe", delimiter).encode(encoding))
    found = make_preview(request)
    assert [name for name, *_ in found.counts] == ["Bär", "Kühe"] and not found.questions


@pytest.mark.parametrize("place", [alone, packed])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_a_table_of_pixels_as_excel_writes_it(place, encoding, tmp_path):
    delimiter = "\t" if "16" in encoding else ";"
    request = place(tmp_path, pixels(delimiter=delimiter).encode(encoding))
    assert names(request) == ["Bär", "Kühe"]
    assert datasets.facts(imported(request, channels=1)).classes == ("Bär", "Kühe")
    assert not list(paths.own_folder().glob(".unpacked-*"))


@pytest.mark.parametrize("place", [beside, inside, alone, packed])
def test_words_that_are_readable_in_several_encodings_are_left_to_the_user(place, tmp_path):
    words = ("медведь", "корова")
    content = (labels(*words) if place in (beside, inside) else pixels(*words)).encode("cp1251")
    request = place(tmp_path, content)
    found = make_preview(request)
    (question,) = [one for one in found.questions if one.key == text_encoding.QUESTION]
    assert found.is_undecided and not question.answer
    assert {"cp1251", "cp1252"} <= {option.value for option in question.options}
    russian = make_preview(answered(request, table_encoding="cp1251"))
    assert sorted(name for name, *_ in russian.counts) == ["корова", "медведь"] and not russian.is_undecided


def test_a_table_that_gives_no_name_raises_no_question(tmp_path):
    files = {
        f"{label}/{number}.png": image(number, height=20 + len(label))
        for label in ("oak", "ash")
        for number in range(4)
    }
    request = archive(tmp_path / "trees.zip", files | {"thanks.txt": "спасибо всем".encode("cp1251")})
    assert not make_preview(request).questions


def test_file_names_in_the_archive_settle_the_encoding(tmp_path):
    files = {f"images/медведь {number}.png": image(number) for number in range(12)}
    rows = [["file", "label"], *([f"медведь {number}.png", "ab"[number % 2]] for number in range(12))]
    request = archive(tmp_path / "bears.zip", files | {"labels.csv": csv(rows).encode("cp1251")})
    found = make_preview(request)
    assert found.counts == [("a", 0, 0, 6), ("b", 0, 0, 6)] and not found.questions


@pytest.mark.parametrize("ending", COMPRESS)
@pytest.mark.parametrize("place", [beside, inside, alone, packed])
def test_a_compressed_table(place, ending, tmp_path):
    content = labels("oak", "ash") if place in (beside, inside) else pixels("oak", "ash")
    assert names(place(tmp_path, COMPRESS[ending](content.encode()), f"table.csv.{ending}")) == ["ash", "oak"]
    assert not list(paths.own_folder().glob(".unpacked-*"))


@pytest.mark.parametrize("name", ["table.tsv", "table.tsv.gz"])
def test_tab_separated_pixels(name, tmp_path):
    content = pixels("oak", "ash", "\t").encode()
    request = table(tmp_path / name, gzip.compress(content) if name.endswith("gz") else content)
    assert names(request) == ["ash", "oak"]


def test_a_table_that_is_there_in_both_forms_is_read_once(tmp_path):
    content = labels("oak", "ash").encode()
    request = archive(tmp_path / "photos.zip", PHOTOS | {"t.csv": content, "t.csv.gz": gzip.compress(content)})
    assert not [question for question in make_preview(request).questions if question.key == "table"]


@pytest.mark.parametrize("ending", COMPRESS)
def test_a_truncated_table_is_refused(ending, tmp_path):
    data = COMPRESS[ending](pixels().encode())
    with pytest.raises(SourceError, match=r"'table\.csv\.\w+' is damaged or incomplete"):
        make_preview(table(tmp_path / f"table.csv.{ending}", data[: len(data) // 2]))
    assert not list(paths.own_folder().glob(".unpacked-*"))


@pytest.mark.parametrize("place", [alone, packed])
def test_a_table_that_would_fill_the_disk_or_memory_is_refused(place, tmp_path, monkeypatch):
    from imgcls.datasets.importing.sources.arrays import pixel_csv

    monkeypatch.setattr(compression, "MAX_UNPACKED", 1_000_000)
    monkeypatch.setattr(pixel_csv, "MAX_BYTES", 1_000_000)
    data = gzip.compress(pixels().encode() + b"," * 9_000_000)
    with pytest.raises(SourceError):
        make_preview(place(tmp_path, data, "table.csv.gz"))


def test_bytes_that_are_no_text_are_refused_with_their_row(tmp_path):
    content = pixels("oak", "ash").encode() + b"\xb1\xff;0\n"
    with pytest.raises(SourceError, match="row 14 is not UTF-8 text"):
        make_preview(table(tmp_path / "pixels.csv", content))
