"""Every command that writes, on a full disk, without permission, over an existing target, and with Ctrl-C.

It gives one sentence and the exit code of the table, and leaves nothing half-written.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgcls import jobs
from imgcls.charts import run_figures
from imgcls.cli import exit_codes
from imgcls.cli.commands import learning_curve
from imgcls.cli.main import main
from imgcls.export import run_archive
from imgcls.export.trackers import history
from imgcls.runs import Run
from imgcls.studies import driver
from imgcls.system import paths
from tests.support.exporting.exports import quick_conversion as quick_conversion
from tests.support.studies import SEARCH

resource = pytest.importorskip("resource", reason="limits of files are those of POSIX")

SHIPPED = paths.repository_folder() / "saved_models" / "digits"
KAGGLE = "pixel0," + ",".join(f"pixel{k}" for k in range(1, 784)) + "\n" + ",".join(["0"] * 300 + ["255"] * 484) + "\n"
WRITING = {
    "predict": (["digits", "images", "--csv"], "out.csv"),
    "predict --resume": (["digits", "images", "--resume", "--csv"], "out.csv"),
    "predict --submission": (["digits", "test.csv", "--submission"], "out.csv"),
    "report": (["digits", "--out"], "report.html"),
    "replay": (["digits", "--out"], "replay.html"),
    "talk": (["talk.json", "--out"], "talk.html"),
    "pack": (["digits", "--out"], "digits.zip"),
    "export": (["digits", "--format", "litert", "--out"], "model.tflite"),
    "export --bundle": (["digits", "--format", "litert", "--bundle", "--out"], "bundle.zip"),
    "figures": (["digits", "--format", "svg", "--out"], "figures"),
    "tensorboard": (["digits", "--out"], "events"),
}
"""Command -> its arguments, and what it writes."""
KEPT = {"predict --resume": "out.csv.part"}
"""The only file that may stay: the rows that a later call goes on with."""
MOST_BYTES = 300
"""Of every file, so that each command has begun to write when it fails."""


@pytest.fixture
def here(own_folders, tmp_path, monkeypatch, quick_conversion) -> Path:
    """A folder with inputs, in which the command runs."""
    shutil.copytree(SHIPPED, paths.runs_folder() / "digits")
    folder = tmp_path / "here"
    (folder / "images").mkdir(parents=True)
    with np.load(SHIPPED / "gallery.npz") as gallery:
        for number, image in enumerate(gallery["pictures"][:8]):
            Image.fromarray(image.squeeze()).save(folder / "images" / f"{number}.png")
    (folder / "test.csv").write_text(KAGGLE + KAGGLE.partition("\n")[2] * 99)
    (folder / "talk.json").write_text('{"title": "Talk", "steps": [{"title": "One", "page": "/", "notes": "Hello"}]}')
    monkeypatch.chdir(folder)

    def draw(figures, targets):
        for target in targets.values():
            target.write_bytes(bytes(1_000))

    monkeypatch.setattr(run_figures, "write", draw)  # Chromium is not what is tested here
    return folder


@contextlib.contextmanager
def full_disk(most_bytes: int = MOST_BYTES):
    """No file may grow beyond some bytes, as if the disk were full; only the error has another number."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    writes_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # Python would keep half a file
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        sys.dont_write_bytecode = writes_bytecode
        signal.signal(signal.SIGXFSZ, handler)


def written(name: str, target: str | None = None) -> list[str]:
    arguments, default = WRITING[name]
    return [*name.split()[:1], *arguments, target or default]


def files(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def failed(arguments: list[str], folder: Path, capsys, kept: str = "") -> tuple[int, str]:
    """The exit code and the sentence of a command that leaves everything as it was."""
    before = files(folder)
    code = main(arguments)
    error = capsys.readouterr().err.strip()
    after = files(folder)
    after.pop(folder / kept, None)
    assert after == before
    assert error and "Traceback" not in error and len(error) < 400
    return code, error


@pytest.mark.parametrize("name", WRITING)
def test_on_a_full_disk_nothing_is_half_written(name, here, capsys):
    with full_disk():
        code, error = failed(written(name), here, capsys, KEPT.get(name, ""))
    assert code == exit_codes.FAILED, error
    assert "\n" not in error and error.endswith(".")
    assert "too large" in error or "could not" in error


@pytest.mark.parametrize(
    "arguments",
    [
        ["import", "classes", "--title", "Full"],
        ["prepare", "digits"],
        ["robustness", "digits"],
        ["label-errors", "digits"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_on_a_full_disk_the_folders_of_the_program_stay_as_they_are(arguments, here, capsys):
    for label in ("first", "second"):
        (here / "classes" / label).mkdir(parents=True)
        for path in (here / "images").glob("*.png"):
            Image.fromarray(np.asarray(Image.open(path)) // (1 + (label == "first"))).save(
                here / "classes" / label / f"{label}-{path.name}"
            )
    before = files(here.parent)
    with full_disk():
        code = main(arguments)
    *_, error = capsys.readouterr().err.strip().splitlines()
    assert code == exit_codes.FAILED and "File too large" in error and error.endswith(".")
    after = files(here.parent)
    assert {path: after.get(path) for path in before} == before
    assert [path for path in set(after) - set(before) if path.is_file() and path.suffix != ".lock"] == []


@pytest.mark.skipif(sys.platform != "linux", reason="not even root may write to /sys")
@pytest.mark.parametrize("name", WRITING)
def test_a_missing_permission_is_named(name, here, capsys):
    code, error = failed(written(name, "/sys/kernel/imgcls-" + WRITING[name][1]), here, capsys)
    assert code == exit_codes.FAILED, error
    assert "\n" not in error and "/sys/kernel/imgcls-" in error and "could not be written" in error


@pytest.mark.parametrize("name", WRITING)
def test_an_existing_target_stays_as_it_is(name, here, capsys):
    target = here / WRITING[name][1]
    target.write_bytes(b"mine")
    code, error = failed(written(name), here, capsys)
    assert code == (exit_codes.FAILED if name == "tensorboard" else exit_codes.USAGE)
    assert target.name in error and "\n" not in error


@pytest.mark.parametrize("name", WRITING)
def test_ctrl_c_leaves_nothing_behind(name, here, capsys, monkeypatch):
    def interrupted(*_args, **_more):
        raise KeyboardInterrupt

    # The last moment: everything is written, but does not have its name yet.
    monkeypatch.setattr(*((history, "scores") if name == "tensorboard" else (Path, "replace")), interrupted)
    code, error = failed(written(name), here, capsys, KEPT.get(name, ""))
    assert code == exit_codes.INTERRUPTED and error == "Interrupted."


def test_a_table_is_continued_after_the_disk_was_full(here, capsys):
    with full_disk():
        assert main(written("predict --resume")) == exit_codes.FAILED
    assert main(written("predict --resume")) == exit_codes.OK
    capsys.readouterr()
    assert len((here / "out.csv").read_text("utf-8-sig").splitlines()) == 9
    assert not (here / "out.csv.part").exists()


def test_a_run_that_cannot_be_unpacked_leaves_no_run(here, capsys):
    run_archive.pack(Run(paths.runs_folder() / "digits"), here / "digits.zip")
    shutil.rmtree(paths.runs_folder() / "digits")
    with full_disk():
        code, error = failed(["unpack", "digits.zip"], here.parent, capsys)
    assert code == exit_codes.FAILED and "\n" not in error


def test_a_study_that_cannot_be_stored_leaves_nothing(here, digits, capsys):
    (here / "search.json").write_text(json.dumps(SEARCH | {"trials": 2}))
    before = files(paths.runs_folder())
    with full_disk(50):
        code, error = failed(["study", "start", "search.json", "--id", "mine"], here, capsys)
    assert code == exit_codes.USAGE and "The study cannot be created" in error
    assert [path for path in files(paths.runs_folder()).keys() - before.keys() if path.is_file()] == []


def test_ctrl_c_ends_a_study_and_a_learning_curve_with_their_exit_code(here, digits, capsys, monkeypatch):
    def interrupted(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs, "wake", lambda: None)
    monkeypatch.setattr(driver.Driver, "run", interrupted)
    (here / "search.json").write_text(json.dumps(SEARCH | {"trials": 2}))
    assert main(["study", "start", "search.json", "--id", "mine"]) == exit_codes.INTERRUPTED
    assert "Resume with: imgcls study run mine" in capsys.readouterr().out
    monkeypatch.setattr(learning_curve.time, "sleep", interrupted)
    monkeypatch.setattr(learning_curve.learning_curve, "start", lambda run, seeds: [run])
    monkeypatch.setattr(Run, "state", "running")
    monkeypatch.setattr(learning_curve.datasets, "is_ready", lambda name: True)
    assert main(["learning-curve", "digits", "--train"]) == exit_codes.INTERRUPTED
    assert capsys.readouterr().err.strip() == "Interrupted."


def test_a_real_ctrl_c_ends_a_long_prediction_with_130(here):
    """The signal of a terminal, in the middle of the work."""
    for number in range(8, 4_000):
        os.link(here / "images" / "0.png", here / "images" / f"{number}.png")
    command = [sys.executable, "-m", "imgcls", *written("predict")]
    environment = {**os.environ, "PYTHONPATH": str(paths.repository_folder())}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        while process.poll() is None and not list(here.glob(".out.part-*")):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        error = process.communicate(timeout=60)[1]
    finally:
        process.kill()
    # If the signal comes while a string is executed, as in the making of a dataclass, CPython ends itself with it. A
    # shell calls both 130.
    assert process.returncode in (exit_codes.INTERRUPTED, -signal.SIGINT), error
    assert error.strip() == "Interrupted."
    assert sorted(path.name for path in here.iterdir()) == ["images", "talk.json", "test.csv"]


def test_output_that_nobody_reads_or_that_finds_no_room_is_no_traceback(here):
    environment = {**os.environ, "PYTHONPATH": str(paths.repository_folder())}
    command = [sys.executable, "-m", "imgcls", "runs", "--json"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (
        exit_codes.FAILED,
        "The output could not be written: No space left on device.\n",
    )
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, env=environment, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (exit_codes.NOT_READ, "")
