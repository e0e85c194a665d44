"""Runs in object storage: complete, growing, interrupted, untrusted."""

import json
import shutil

import fsspec
import pytest

from imgcls import datasets, runs
from imgcls.cli.main import main
from imgcls.config import Config
from imgcls.errors import RunError, SettingError
from imgcls.jobs import claims
from imgcls.jobs.mirror import Pull, Push, Storage, dataset_copies
from imgcls.runs import Run
from imgcls.system import paths


@pytest.fixture(params=["memory", "file"])
def storage(request, tmp_path):
    url = "memory://bucket/imgcls" if request.param == "memory" else f"file://{tmp_path}/bucket"
    yield Storage(url)
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]


@pytest.fixture
def finished(digits):
    """A shipped run, as if it had been trained on the dataset 'digits'."""
    folder = paths.runs_folder() / "a-small-run"
    shutil.copytree(paths.repository_folder() / "saved_models" / "digits", folder)
    config = json.loads((folder / "config.json").read_bytes())
    (folder / "config.json").write_text(json.dumps({**config, "data": digits}))
    return Run(folder)


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """`elsewhere()`: from now on this is another machine, without runs and datasets."""

    def go() -> None:
        for name in ("runs", "cache", "own"):
            monkeypatch.setenv(f"IMGCLS_{name.upper().replace('OWN', 'OWN_DATA')}", str(tmp_path / "other" / name))
        paths.runs_folder().mkdir(parents=True)

    return go


def growing(run_id: str = "growing") -> Run:
    run = runs.create(Config(data="digits", model="ann", epochs=9), run_id=run_id)
    claims.claim(run)
    (run.folder / "heartbeat").write_text("running ", "ascii")
    return run


def line(run: Run, epoch: int, end: str = "\n") -> None:
    with (run.folder / "metrics.jsonl").open("a") as file:
        file.write(json.dumps({"kind": "epoch", "epoch": epoch}) + end)


def test_a_finished_and_its_dataset_arrive_as_they_were(finished, storage, elsewhere):
    assert Push(finished, storage, with_data=True).step()
    mark = datasets.open_dataset("digits").fingerprint
    files = {name: (finished.folder / name).read_bytes() for name in ("model.keras", "predictions.npz", "result.json")}
    curve = (finished.folder / "metrics.jsonl").read_bytes()
    elsewhere()
    pull = Pull(storage, finished.id, trusted=True, with_data=True)
    assert pull.step()
    assert pull.run.state == "finished"
    assert {name: (pull.run.folder / name).read_bytes() for name in files} == files
    assert (pull.run.folder / "metrics.jsonl").read_bytes() == curve
    assert datasets.open_dataset("digits").fingerprint == mark


def test_models_come_only_if_trusted(finished, storage, elsewhere):
    Push(finished, storage).step()
    elsewhere()
    pull = Pull(storage, finished.id)
    assert pull.step()
    assert not list(pull.run.folder.glob("*.keras")) + list(pull.run.folder.glob("*.tflite"))
    assert not (pull.run.folder / "checkpoint.npz").exists()


def test_a_dataset_is_transferred_once(finished, storage, digits):
    assert dataset_copies.push("digits", storage)
    assert not dataset_copies.push("digits", storage)
    assert not dataset_copies.pull("digits", datasets.open_dataset("digits").fingerprint, storage)


def test_a_growing_run_is_followed_in_parts(storage, digits, hold_trainer_lock, monkeypatch):
    run = growing()
    hold_trainer_lock(run)
    push = Push(run, storage)
    line(run, 1)
    line(run, 2, end="")
    assert not push.step()
    (run.folder / "metrics.jsonl").write_text((run.folder / "metrics.jsonl").read_text() + "\n")
    with monkeypatch.context() as there:
        there.setenv("IMGCLS_RUNS", str(paths.runs_folder().with_name("other-runs")))
        pull = Pull(storage, run.id)
        assert not pull.step()
        assert (pull.run.folder / "metrics.jsonl").read_text().count("epoch") == 2  # of one line
    assert not push.step()
    line(run, 3)
    Push(run, storage).step()  # another process: the first one was killed
    assert not pull.step()
    assert (pull.run.folder / "metrics.jsonl").read_bytes() == (run.folder / "metrics.jsonl").read_bytes()
    assert len(storage.sizes(f"runs/{run.id}/metrics")) == 1
    assert pull.run.state in ("running", "starting")


def test_the_result_comes_last(storage, digits, monkeypatch):
    run = growing()
    (run.folder / "result.json").write_text('{"version": 1, "outcome": "finished"}')
    line(run, 1)
    written = []
    upload, write = storage.upload, storage.write
    monkeypatch.setattr(storage, "upload", lambda path, name: (written.append(name), upload(path, name)))
    monkeypatch.setattr(storage, "write", lambda name, data: (written.append(name), write(name, data)))
    assert Push(run, storage).step()
    assert written[-1] == f"runs/{run.id}/result.json"


def test_a_resumed_run_has_no_result_there(storage, digits):
    run = growing()
    (run.folder / "result.json").write_text('{"version": 1, "outcome": "stopped"}')
    assert Push(run, storage).step()
    claims.claim(run)
    assert not Push(run, storage).step()
    assert "result.json" not in storage.sizes(f"runs/{run.id}")


def test_an_unchanged_run_is_not_copied_again(finished, storage, monkeypatch):
    Push(finished, storage).step()
    monkeypatch.setattr(storage, "upload", lambda *_: pytest.fail("it is there already"))
    assert Push(finished, storage).step()


def test_an_interrupted_copy_is_completed(finished, storage, monkeypatch, elsewhere):
    upload = storage.upload
    sent = []

    def breaks(path, name):
        if len(sent) == 3:
            raise RunError("The storage cannot be used: connection reset")
        sent.append(name)
        upload(path, name)

    monkeypatch.setattr(storage, "upload", breaks)
    with pytest.raises(RunError, match="connection reset"):
        Push(finished, storage).step()
    assert "result.json" not in storage.sizes(f"runs/{finished.id}")
    monkeypatch.setattr(storage, "upload", upload)
    assert Push(finished, storage).step()
    elsewhere()
    pull = Pull(storage, finished.id, trusted=True)
    assert pull.step()
    assert pull.run.is_ready


def test_an_own_run_is_never_replaced(finished, storage):
    Push(finished, storage).step()
    with pytest.raises(RunError, match=r"^There is already a run '.*' on this machine\. It is not replaced\.$"):
        Pull(storage, finished.id)


def test_a_run_that_is_not_there(storage):
    with pytest.raises(RunError, match=r"holds no run 'nothing'\. Runs there: none\.$"):
        Pull(storage, "nothing")


@pytest.mark.parametrize("bad", ["../etc", "", "a/b", ".hidden"])
def test_an_id_that_is_a_path_is_refused(storage, bad):
    with pytest.raises(RunError, match="is not the ID of a run"):
        Pull(storage, bad)


def test_a_dataset_with_a_strange_name_is_not_written(storage, digits):
    for name, mark in (("../x", "0" * 64), ("digits", "../../x")):
        with pytest.raises(RunError, match="cannot exist here"):
            dataset_copies.pull(name, mark, storage)


def test_an_unknown_kind_of_storage_gives_one_sentence():
    with pytest.raises(SettingError, match=r"^'moon://bucket' cannot be used as storage: "):
        Storage("moon://bucket")


def test_the_commands(finished, tmp_path, capsys, elsewhere):
    url = f"file://{tmp_path}/bucket"
    assert main(["run", "push", finished.id, url, "--data"]) == 0
    assert capsys.readouterr().out == f"{finished.id} is in {url}.\n"
    finished_label = finished.label
    elsewhere()
    assert main(["run", "pull", url, finished.id, "--trust", "--data", "--follow"]) == 0
    assert capsys.readouterr().out == f"{finished_label} is the run a-small-run.\n"
    assert main(["run", "pull", url, "unknown-run"]) == 3
    assert "holds no run 'unknown-run'" in capsys.readouterr().err
    shutil.rmtree(paths.runs_folder())
