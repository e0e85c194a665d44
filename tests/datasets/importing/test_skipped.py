"""Skipped files: all of them in a CSV file, with reasons, before and after the import."""

import csv

import pytest

from imgcls import datasets
from imgcls.datasets import importing
from imgcls.datasets.importing import skipped
from imgcls.datasets.importing.execution import execute, job
from imgcls.datasets.importing.skipped import SkippedFiles
from tests.support.uploads import archive, image, imported, leaves


def rows(path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_every_file_is_listed_however_many_there_are(tmp_path):
    files = SkippedFiles()
    for number in range(40):
        files.add("empty", f"a/{number}.png")
    files.add("in a class with too few images", "=cmd()", 7)
    files.write_csv(tmp_path / "skipped.csv")
    found = rows(tmp_path / "skipped.csv")
    assert found[0] == ["file", "reason", "files"]
    assert [row[0] for row in found[1:41]] == [f"a/{number}.png" for number in range(40)]
    assert found[41] == ["'=cmd()", "in a class with too few images", "7"]


def test_the_list_is_limited_but_not_the_count(tmp_path, monkeypatch):
    monkeypatch.setattr(skipped, "MAX_LISTED", 3)
    files = SkippedFiles()
    for number in range(10):
        files.add("empty", f"{number}.png")
    files.write_csv(tmp_path / "skipped.csv")
    assert files.count == 10 and len(rows(tmp_path / "skipped.csv")) == 4


def some_damaged(good: int, bad: int) -> dict[str, bytes]:
    return leaves(("birch", "oak"), good // 2) | {f"oak/bad{n}.png": image(n)[:90] for n in range(bad)}


@pytest.mark.parametrize(("bad", "other", "many"), [(0, 0, False), (1, 0, False), (3, 0, True), (0, 3, True)])
def test_more_than_one_percent_is_many(bad, other, many, tmp_path):
    files = some_damaged(140, bad) | {f"oak/{n}.txt": b"x" for n in range(other)}
    assert importing.make_preview(archive(tmp_path / "a.zip", files)).skips_many is many


def test_operating_system_clutter_is_not_counted(tmp_path):
    files = leaves(("birch", "oak"), 4) | {f"{label}/.DS_Store": b"x" for label in ("birch", "oak")}
    preview = importing.make_preview(archive(tmp_path / "a.zip", files))
    assert not preview.skips_many and preview.skipped[0]["count"] == 2


def test_the_csv_of_skipped_files_exists_before_the_import_and_with_the_dataset(tmp_path):
    request = archive(tmp_path / "a.zip", some_damaged(20, 7) | {"oak/notes.txt": b"x"})
    import_id = job.new_id()
    job.make_folder(import_id)
    job.atomic.write_json(job.folder_of(import_id) / "order.json", request.as_dict())
    execute.preview_folder(job.folder_of(import_id))
    listed = job.skipped_csv(import_id).decode("utf-8-sig").splitlines()
    assert len(listed) == 9 and "oak/bad6.png,damaged or incomplete,1" in listed

    name = imported(request)
    found = rows(datasets.skipped_file(name))
    assert {row[0] for row in found[1:]} == {"oak/notes.txt", *(f"oak/bad{n}.png" for n in range(7))}

    imported(archive(tmp_path / "b.zip", leaves(first=300) | {"oak/more.txt": b"x"}), into=name)
    assert [row[0] for row in rows(datasets.skipped_file(name))][-1] == "oak/more.txt"
    assert len(rows(datasets.skipped_file(name))) == 10


def test_choosing_a_source_again_clears_the_list(tmp_path):
    import_id = job.new_id()
    job.make_folder(import_id)
    (job.folder_of(import_id) / job.SKIPPED).write_text("file\n")
    job.reset(import_id)
    assert job.skipped_csv(import_id) is None
