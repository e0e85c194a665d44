"""Every command that takes a run, with every bad run, place to write and input: one sentence, an exit code, and nothing
half-written."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgcls.cli import exit_codes
from imgcls.cli.main import COMMANDS, main
from imgcls.runs import Run
from imgcls.system import paths
from tests.support.exporting.exports import quick_conversion as quick_conversion

SHIPPED = paths.repository_folder() / "saved_models" / "digits"
ANY = ("unknown", "unfinished", "damaged card")
TESTED = (*ANY, "without predictions", "damaged predictions")
MODEL = (*ANY, "damaged model")
WITH_A_RUN = {
    "predict": (["bad", "one.png"], MODEL),
    "evaluate": (["bad", "labelled"], MODEL),
    "compare": (["bad", "digits"], TESTED),
    "report": (["bad", "--out", "report.html"], TESTED),
    "export": (["bad", "--format", "litert", "--out", "model.tflite"], (*ANY, "without predictions")),
    "figures": (["bad", "--out", "figures"], (*ANY, "damaged predictions")),
    "pack": (["bad", "--out", "bad.zip"], ("unknown", "unfinished")),
    "replay": (["bad", "--out", "replay.html"], ANY),
    "run": (["push", "bad", "memory://lab"], ("unknown",)),
    "tensorboard": (["bad", "--out", "events"], ("unknown",)),
    "mlflow": (["bad", "--tracking-uri", "http://127.0.0.1:9"], ("unknown",)),
    "wandb": (["bad", "--out", "wandb"], ()),  # the first thing that is missing may be the extra
    "robustness": (["bad"], TESTED),
    "label-errors": (["bad"], ("unknown", "unfinished", "damaged settings")),
    "serve": (["bad", "--port", "0"], MODEL),
}
"""Command -> its arguments, and the bad runs that it cannot use. What it does not read may be damaged."""
NEEDS_NO_RUN = {
    *("app", "train", "study", "learning-curve", "import", "import-model", "prepare", "analyse", "queue", "runs"),
    *("mcp", "unpack", "talk"),
}


def only_settings(run: Run) -> None:
    for path in run.folder.iterdir():
        if path.name not in ("config.json", "label.txt"):
            path.unlink()


def cut(name: str, content: bytes | None = None):
    def damage(run: Run) -> None:
        path = run.folder / name
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] if content is None else content)

    return damage


BAD_RUNS = {
    "unknown": lambda run: shutil.rmtree(run.folder),
    "unfinished": only_settings,
    "without predictions": lambda run: (run.folder / "predictions.npz").unlink(),
    "damaged card": cut("model.json"),
    "damaged settings": cut("config.json"),
    "damaged result": cut("result.json", b"[]"),
    "damaged predictions": cut("predictions.npz"),
    "damaged model": cut("model.tflite"),
}


@pytest.fixture
def here(own_folders, tmp_path, monkeypatch) -> Path:
    """A folder with inputs, in which the command runs; the runs `digits` and `bad`."""
    for name in ("digits", "bad"):
        shutil.copytree(SHIPPED, paths.runs_folder() / name)
    folder = tmp_path / "here"
    (folder / "labelled" / "7").mkdir(parents=True)
    with np.load(SHIPPED / "gallery.npz") as gallery:
        image = Image.fromarray(gallery["pictures"][0].squeeze())
    for path in ("one.png", "labelled/7/one.png"):
        image.save(folder / path)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("IMGCLS_API_TOKEN", "a-token-of-this-test-alone")
    return folder


def refused(arguments: list[str], folder: Path, capfd) -> int:
    """The exit code of a command that fails with one sentence and writes nothing."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    code = main(arguments)
    error = capfd.readouterr().err.strip()
    assert code in (exit_codes.FAILED, exit_codes.USAGE, exit_codes.NOT_FOUND), error
    assert error and "\n" not in error and "Traceback" not in error and len(error) < 400
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    return code


def test_the_table_has_every_command():
    assert set(COMMANDS) == set(WITH_A_RUN) | NEEDS_NO_RUN


@pytest.mark.parametrize(
    ("command", "bad"), [(name, bad) for name, (_, all_bad) in WITH_A_RUN.items() for bad in all_bad]
)
def test_a_bad_run_is_refused_in_one_sentence(command, bad, here, capfd):
    BAD_RUNS[bad](Run(paths.runs_folder() / "bad"))
    code = refused([command, *WITH_A_RUN[command][0]], here, capfd)
    assert (code == exit_codes.NOT_FOUND) == (bad == "unknown")


@pytest.mark.parametrize("command", ["report", "export", "pack", "figures"])
def test_a_place_that_cannot_be_written_to_is_named(command, here, capfd, quick_conversion):
    target = here / "one.png" / "out"  # below a file, so not even root can write there
    arguments = [
        str(target) if argument == WITH_A_RUN[command][0][-1] else argument for argument in WITH_A_RUN[command][0]
    ]
    refused([command, "digits", *arguments[1:]], here, capfd)


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "digits"],
        ["predict", "digits", "missing.png"],
        ["predict", "digits", "empty"],
        ["evaluate", "digits", "missing"],
        ["evaluate", "digits", "empty"],
        ["export", "digits", "--format", "png"],
        ["export", "digits", "--format", "../litert"],
        ["figures", "digits", "--format", "bmp"],
        ["unpack", "one.png"],
        ["unpack", "missing.zip"],
        ["import", "missing.zip"],
        ["import", "empty"],
        ["import-model", "one.png", "--data", "mnist_sample"],
        ["import-model", "missing.onnx", "--data", "mnist_sample"],
        ["prepare", "nothing"],
        ["analyse", "nothing"],
        ["train", "--data", "nothing"],
        ["train", "--epochs", "-1"],
        ["train", "--resume", "nothing"],
        ["learning-curve", "nothing"],
        ["study", "start", "missing.yaml"],
    ],
    ids=" ".join,
)
def test_bad_arguments_are_refused_in_one_sentence(arguments, here, capfd):
    (here / "empty").mkdir()
    refused(arguments, here, capfd)
