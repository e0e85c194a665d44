"""A run becomes a zip file and comes back; a hostile or damaged archive leaves nothing behind."""

import json
import stat
import zipfile

import numpy as np
import pytest

from imgcls import inference, runs
from imgcls.errors import RunError, UserError
from imgcls.evaluation import predictions
from imgcls.export import run_archive as archive
from imgcls.runs import Run
from imgcls.system import paths


@pytest.fixture
def packed(finished_run, tmp_path):
    path = tmp_path / "run.zip"
    archive.pack(finished_run, path)
    return path


def rewritten(path, changes, *, extra=()):
    """The archive with other contents for some names, None to leave one out, and further entries."""
    with zipfile.ZipFile(path) as old:
        contents = {info.filename: old.read(info) for info in old.infolist()}
    for name, content in changes.items():
        (key,) = [one for one in contents if one.endswith(f"/{name}")]
        contents.pop(key) if content is None else contents.__setitem__(key, content)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for entry, content in [*contents.items(), *extra]:
            new.writestr(entry, content)
    return path


def left() -> list[str]:
    return sorted(path.name for path in paths.runs_folder().iterdir())


def test_a_trusted_run_is_restored_under_its_id_and_predicts_the_same(finished_run, packed):
    image = predictions.read(finished_run).images[0]
    expected = inference.answer(finished_run, image).probabilities
    finished_run.delete()
    found = archive.unpack(packed, trusted=True)
    assert (found.run.id, found.left_out, found.run.state) == (finished_run.id, (), "finished")
    assert np.array_equal(inference.answer(found.run, image).probabilities, expected)
    assert not (found.run.folder / "log.txt").exists() and not (found.run.folder / "checkpoint.npz").exists()


def test_an_archive_names_no_machine(finished_run, tmp_path):
    facts = {
        "started": 5.0,
        "first": 4.0,
        "ticket": "t",
        "job": {"node": "alices-laptop", "backend": "slurm", "id": "7"},
    }
    (finished_run.folder / "trainer.json").write_text(json.dumps(facts))
    archive.pack(finished_run, tmp_path / "run.zip")
    with zipfile.ZipFile(tmp_path / "run.zip") as found:
        assert json.loads(found.read(f"{finished_run.id}/trainer.json")) == {"first": 4.0, "started": 5.0}
        assert not any(b"alices-laptop" in found.read(name) for name in found.namelist())
    finished_run.delete()
    assert archive.unpack(tmp_path / "run.zip").run.created == 4.0


def test_models_in_a_foreign_archive_are_skipped(finished_run, packed):
    before = predictions.read(finished_run).probabilities
    found = archive.unpack(packed)
    assert found.left_out == ("model.keras", "model.tflite", "inside.tflite")
    assert not any((found.run.folder / name).exists() for name in archive.MODELS)
    assert np.array_equal(predictions.read(found.run).probabilities, before)
    assert found.run.is_tested and not found.run.is_ready


def test_an_id_in_use_is_replaced_by_a_new_one(finished_run, packed):
    found = archive.unpack(packed)
    assert found.run.id != finished_run.id and runs.ID.fullmatch(found.run.id)
    assert found.run.label == finished_run.label and len(runs.all_runs()) == 2


def test_a_running_training_is_not_packed(make_run, tmp_path):
    with pytest.raises(RunError, match="its training has not ended"):
        archive.pack(make_run(), tmp_path / "x.zip")


def link(folder):
    info = zipfile.ZipInfo(f"{folder}/label.txt")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("changes", "extra", "message"),
    [
        ({}, [("ID/evil.py", b"1")], "does not belong to one"),
        ({}, [("evil.json", b"1")], "does not belong to one"),
        ({}, [("ID/exports/x.tflite", b"1")], "does not belong to one"),
        ({}, [("ID/../config.json", b"1")], "points outside the archive"),
        ({}, [("/etc/config.json", b"1")], "absolute path"),
        ({}, [("other/config.json", b"1")], "does not belong to one"),
        ({}, [("other/judged.json", b"{}")], "needs one folder"),
        ({"config.json": None}, [], "needs one folder with config.json and result.json"),
        ({"result.json": None}, [], "needs one folder"),
        ({"config.json": b"["}, [], "is damaged"),
        ({"result.json": b"{}"}, [], "is damaged"),
        ({"config.json": b'{"model": "nothing"}'}, [], "There is no model 'nothing'"),
        ({"label.txt": None}, ["LINK"], "is a link"),
    ],
)
def test_files_that_are_not_runs_are_rejected_with_one_error(finished_run, packed, changes, extra, message):
    run_id = finished_run.id
    extra = [
        (link(run_id), b"/etc/passwd") if one == "LINK" else (one[0].replace("ID/", f"{run_id}/"), one[1])
        for one in extra
    ]
    rewritten(packed, changes, extra=extra)
    with pytest.raises(UserError, match=message):
        archive.unpack(packed, trusted=True)
    assert left() == [run_id]


def test_an_archive_with_an_excessive_size_is_rejected(finished_run, packed, monkeypatch):
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    with pytest.raises(RunError, match="is too large"):
        archive.unpack(packed)
    monkeypatch.setattr(archive, "MOST_TOTAL", 1000)
    with pytest.raises(RunError, match="unpacks to more than"):
        archive.unpack(packed)
    assert left() == [finished_run.id]


def test_truncated_and_foreign_files_are_rejected(finished_run, packed, tmp_path):
    content = packed.read_bytes()
    for damaged in (
        content[:-40],
        content[: len(content) // 2],
        b"PK",
        b"",
        content[:200] + b"\0" * 400 + content[600:],
    ):
        (tmp_path / "cut.zip").write_bytes(damaged)
        with pytest.raises(UserError):
            archive.unpack(tmp_path / "cut.zip")
    assert left() == [finished_run.id]


def test_a_full_disk_leaves_nothing_behind(finished_run, packed, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.Path, "write_bytes", full)
    with pytest.raises(RunError, match="No space left on device"):
        archive.unpack(packed)
    assert left() == [finished_run.id]
    assert Run(finished_run.folder).state == "finished"
