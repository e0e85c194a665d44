"""Archives within an archive are read as folders, with all checks of an archive; those within them are not opened."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from imgcls import datasets
from imgcls.datasets import importing
from imgcls.datasets.importing import ImportRequest
from imgcls.datasets.importing.sources import items
from imgcls.datasets.importing.sources.containers import compression, nested, zip_archive
from imgcls.errors import SourceError
from imgcls.system import paths
from tests.datasets.importing.sources.containers.test_name_encoding import written
from tests.datasets.importing.sources.containers.test_tar_archive import tarred
from tests.support.importing.label_tables import counts, skipped
from tests.support.uploads import archive, csv, image, imported, leaves

UNSPLIT, SPLIT = {"birch": (0, 0, 5), "oak": (0, 0, 5)}, {"birch": (5, 2, 0), "oak": (5, 2, 0)}
TRAIN, TEST = leaves(), leaves(count=2, first=50)


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return file.getvalue()


def inside(folder: str, files: Mapping[str, bytes] = TRAIN) -> dict[str, bytes]:
    return {f"{folder}/{name}": data for name, data in files.items()}


def only(label: str, files: Mapping[str, bytes] = TRAIN, start: int = 0, stop: int = 99) -> dict[str, bytes]:
    """The images of one class, without its folder."""
    found = [(name.rpartition("/")[2], data) for name, data in files.items() if name.startswith(f"{label}/")]
    return dict(found[start:stop])


DRIVE = "20240501T101112Z"
FILES = {f"photo_{number}.png": image(number) for number in range(12)}
TABLE = csv([["file", "label"], *([name, ("oak", "birch")[n % 2]] for n, name in enumerate(FILES))]).encode()
LAYOUTS: dict[str, tuple[dict[str, bytes], dict[str, tuple[int, int, int]]]] = {
    "a part each": ({"train.zip": zipped(TRAIN), "test.zip": zipped(TEST)}, SPLIT),
    "a part each, with its folder": (
        {"train.zip": zipped(inside("train")), "test.zip": zipped(inside("test", TEST))},
        SPLIT,
    ),
    "downloaded twice": (
        {"train (1).zip": zipped(inside("train")), "test (2).zip": zipped(inside("test", TEST))},
        SPLIT,
    ),
    "in a folder": ({"pets/train.zip": zipped(TRAIN), "pets/test.zip": zipped(TEST), "pets/readme.txt": b"x"}, SPLIT),
    "a class each": ({"oak.zip": zipped(only("oak")), "birch.zip": zipped(only("birch"))}, UNSPLIT),
    "a class each, with its folder": (
        {f"{label}.zip": zipped(inside(label, only(label))) for label in ("oak", "birch")},
        UNSPLIT,
    ),
    "a class each inside splits": (
        {f"{part}/{label}.zip": zipped(only(label, files)) for part, files in (("train", TRAIN), ("test", TEST))
         for label in ("oak", "birch")},
        SPLIT,
    ),
    "one archive": ({"leaves.zip": zipped(TRAIN)}, UNSPLIT),
    "one archive and a cover": ({"leaves.zip": zipped(TRAIN), "cover.png": image(900)}, UNSPLIT),
    "made by macOS": (
        {"oak.zip": zipped(inside("oak", only("oak")) | {"__MACOSX/oak/._1.png": b"x"}),
         "birch.zip": zipped(inside("birch", only("birch"))), "__MACOSX/._oak.zip": b"x"},
        UNSPLIT,
    ),
    "classes in parts of Google Drive": (
        {f"oak-{DRIVE}-001.zip": zipped(inside("oak", only("oak", stop=3))),
         f"oak-{DRIVE}-002.zip": zipped(inside("oak", only("oak", start=3))),
         f"birch-{DRIVE}-1-001.zip": zipped(inside("birch", only("birch")))},
        UNSPLIT,
    ),
    "parts of a download from Google Drive": (
        {f"drive-download-{DRIVE}-001.zip": zipped(inside("pets/oak", only("oak"))),
         f"drive-download-{DRIVE}-002.zip": zipped(inside("pets/birch", only("birch")))},
        UNSPLIT,
    ),
    "tar in zip": ({"train.tar.gz": tarred(TRAIN, "w:gz"), "test.tar": tarred(TEST)}, SPLIT),
    "stored": ({"train.zip": zipped(TRAIN, zipfile.ZIP_STORED), "test.ZIP": zipped(TEST)}, SPLIT),
    "classes in file names, and unlabelled images": (
        {"train.zip": zipped({f"train/{label}.{n}.jpg": data for label in ("oak", "birch")
                              for n, data in enumerate(only(label).values())}),
         "test1.zip": zipped({f"test1/{n}.jpg": image(800 + n) for n in range(4)}),
         "sampleSubmission.csv": b"id,label"},
        UNSPLIT,
    ),
    "a table next to an archive": (
        {"labels.csv": TABLE, "images.zip": zipped(FILES)},
        {"oak": (0, 0, 6), "birch": (0, 0, 6)},
    ),
    "a table in an archive": (
        {"labels.csv.zip": zipped({"labels.csv": TABLE}), "train.zip": zipped(inside("train", FILES))},
        {"oak": (0, 0, 6), "birch": (0, 0, 6)},
    ),
    "a packed table next to images": (
        {"labels.csv.zip": zipped({"labels.csv": TABLE})} | inside("images", FILES),
        {"oak": (0, 0, 6), "birch": (0, 0, 6)},
    ),
    "shards of WebDataset": (
        {f"shards/{part}-00000{shard}.tar": tarred({name: data for n in range(4) for name, data in (
            (f"{place}{shard}{n}.png", image(1000 * place + 10 * shard + n)),
            (f"{place}{shard}{n}.cls", (b"oak", b"birch")[n % 2]))})
         for place, part in enumerate(("train", "test")) for shard in range(3)},
        {"oak": (6, 6, 0), "birch": (6, 6, 0)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_archives_within_an_archive_are_read_as_folders(name, tmp_path):
    files, expected = LAYOUTS[name]
    found = importing.make_preview(archive(tmp_path / "outer.zip", files))
    assert counts(found) == expected
    assert not found.is_undecided and not found.unreadable
    assert any(note.startswith("Archives in it are read as folders: ") for note in found.notes)
    assert list(paths.own_folder().iterdir()) == []


def test_the_preview_says_how_they_were_understood(tmp_path):
    files = {"train.zip": zipped(TRAIN), "test.zip": zipped(TEST)}
    found = importing.make_preview(archive(tmp_path / "outer.zip", files))
    assert found.notes == ["Archives in it are read as folders: 'train.zip' (10 files), 'test.zip' (4 files)."]
    assert {sample["name"] for sample in found.samples} >= {"train/oak/0.png", "test/birch/1.png"}


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "folder"])
def test_archives_within_a_tar_archive_or_a_folder_are_read(kind, tmp_path):
    files = {"train.zip": zipped(TRAIN), "test.tar.xz": tarred(TEST, "w:xz")}
    if kind == "folder":
        (tmp_path / "outer").mkdir()
        for name, data in files.items():
            (tmp_path / "outer" / name).write_bytes(data)
        request = importing.of_file(tmp_path / "outer")
    else:
        (tmp_path / "outer").write_bytes(tarred(files, "w:gz" if kind == "tar.gz" else "w"))
        request = ImportRequest("file", str(tmp_path / "outer"), f"outer.{kind}")
    assert counts(importing.make_preview(request)) == SPLIT


def test_the_images_are_those_of_the_unpacked_archive(tmp_path):
    plain = imported(archive(tmp_path / "plain.zip", inside("train") | inside("test", TEST)), "Plain")
    files = {"train.zip": zipped(TRAIN), "test.tar.gz": tarred(TEST, "w:gz")}
    packed = imported(archive(tmp_path / "packed.zip", files), "Packed")
    one, other = datasets.open_dataset(plain), datasets.open_dataset(packed)
    assert (one.x_train == other.x_train).all() and (one.x_test == other.x_test).all()
    assert (one.y_train == other.y_train).all() and (one.y_test == other.y_test).all()
    assert datasets.custom_dataset(packed).notes[0].startswith("Archives in it are read as folders")
    assert not list(paths.own_folder().glob(".unpacked*"))


# ---- next to images


def test_archives_next_to_images_are_skipped_unless_the_user_wants_them(tmp_path):
    files = leaves(before="train/") | {"test.zip": zipped(TEST)}
    request = archive(tmp_path / "outer.zip", files)
    found = importing.make_preview(request)
    (question,) = found.questions
    assert (question.key, question.answer) == (nested.QUESTION, nested.SKIP) and found.skips_many
    assert [option.detail for option in question.options] == ["10 images outside of them", "'test.zip'"]
    assert skipped(request) == {items.NOT_READ: 1}
    answered = ImportRequest("file", request.path, request.name, answers={nested.QUESTION: nested.READ})
    assert counts(importing.make_preview(answered)) == SPLIT


# ---- what is refused or skipped


def test_an_archive_nested_too_deeply_is_named(tmp_path):
    deep = zipped({"more.zip": zipped(TEST), "birch/0.png": image(1)})
    request = archive(tmp_path / "outer.zip", {"train.zip": zipped(TRAIN), "test.zip": deep})
    found = importing.make_preview(request)
    assert [(row["reason"], row["first"]) for row in found.skipped] == [(items.TOO_DEEP, ["test.zip/more.zip"])]
    assert found.skips_many
    alone = archive(tmp_path / "alone.zip", {"outer.zip": zipped({"inner.zip": zipped(TRAIN)})})
    with pytest.raises(SourceError, match=r"1 in an archive nested too deeply: unpack the archive around it first"):
        importing.make_preview(alone)


def encrypted(files: Mapping[str, bytes]) -> bytes:
    data = bytearray(zipped(files))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        (encrypted(TRAIN), "In 'outer.zip': 'train.zip' is encrypted ('birch/0.png'). Create it again without"),
        (zipped(TRAIN)[:-40], "In 'outer.zip': 'train.zip' is incomplete: its end is missing"),
        (zipped(TRAIN | {"../oak/9.png": image(9)}), "its entry '../oak/9.png' points outside the archive"),
        (tarred(TRAIN, "w:gz")[:-300], "In 'outer.zip': 'train.zip' is damaged or incomplete"),
    ],
    ids=["encrypted", "incomplete", "hostile", "damaged tar"],
)
def test_an_inner_archive_that_cannot_be_read_refuses_the_whole(inner, said, tmp_path):
    with pytest.raises(SourceError) as caught:
        importing.make_preview(archive(tmp_path / "outer.zip", {"train.zip": inner, "test.zip": zipped(TEST)}))
    assert said in str(caught.value)
    assert list(paths.own_folder().iterdir()) == []


def test_a_file_that_is_only_called_an_archive_is_skipped_with_a_warning(tmp_path):
    request = archive(tmp_path / "outer.zip", {"train.zip": zipped(TRAIN), "more.zip": b"nothing"})
    found = importing.make_preview(request)
    assert counts(found) == UNSPLIT and found.skips_many
    assert skipped(request) == {"in an archive within the archive: unpack it first": 1}


@pytest.mark.parametrize(
    ("module", "limit", "value", "said"),
    [
        (compression, "MAX_UNPACKED", 1_000, "The archives in 'outer.zip' are larger than"),
        (zip_archive, "MAX_TOTAL", 12_000, "The archives in 'outer.zip' contain 0 GB"),
        (zip_archive, "MAX_ENTRIES", 14, "'outer.zip' has 18 files, with those in its archives. Expected at most 14"),
    ],
)
def test_the_limits_of_an_archive_hold_for_all_within_together(module, limit, value, said, tmp_path, monkeypatch):
    zeros = {"oak/zeros.bmp": bytes(6_000)}
    request = archive(tmp_path / "outer.zip", {"train.zip": zipped(TRAIN | zeros), "test.zip": zipped(TEST | zeros)})
    monkeypatch.setattr(module, limit, value)
    with pytest.raises(SourceError) as caught:
        importing.make_preview(request)
    assert said in str(caught.value)


def test_a_compressed_archive_may_not_fill_the_disk(tmp_path, monkeypatch):
    data = tarred(TRAIN | {"oak/zeros.bmp": bytes(50_000_000)}, "w:gz")
    request = archive(tmp_path / "outer.zip", {"train.tar.gz": data})
    monkeypatch.setattr(compression, "MAX_UNPACKED", 1_000_000)
    with pytest.raises(SourceError, match="when decompressed"):
        importing.make_preview(request)
    assert list(paths.own_folder().iterdir()) == []


def test_unpacking_counts_towards_the_time_limit(tmp_path, monkeypatch):
    monkeypatch.setenv("IMGCLS_IMPORT_MINUTES", "0.000001")
    request = archive(tmp_path / "outer.zip", {"train.zip": zipped(TRAIN), "test.zip": zipped(TEST)})
    with pytest.raises(SourceError, match=r"stopped after 1e-06 minutes, while 'train\.zip' was unpacked"):
        importing.make_preview(request)


def test_the_encoding_of_names_is_asked_once_for_all_archives(tmp_path):
    cats, dogs = "\u732b\u54aa".encode("gb18030"), "\u72d7\u72d7".encode("gb18030")
    inner = Path(written(tmp_path, (cats, dogs)).path).read_bytes()
    request = archive(tmp_path / "outer.zip", {"a.zip": inner, "b.zip": inner})
    assert [question.key for question in importing.make_preview(request).questions].count("encoding") == 1
    answered = ImportRequest("file", request.path, request.name, answers={"encoding": "gb18030"})
    assert [name.rstrip("_") for name in counts(importing.make_preview(answered))] == ["\u72d7\u72d7", "\u732b\u54aa"]
