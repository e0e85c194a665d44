"""Entry point of the `imgcls` command. Parses the command line, and turns every outcome into an exit code."""

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Sequence
from importlib import metadata

from cyclopts import App, CycloptsError

import imgcls
from imgcls.cli import exit_codes, old_spellings
from imgcls.cli.commands import train
from imgcls.errors import SettingError, UserError

COMMANDS = {
    "app": ("servers.start_app:start_app", "Start the app and open it in the browser."),
    "train": ("train:command", "Train a model, or resume a run."),
    "study": ("study:app", "Search for good settings: many runs, the best of which wins."),
    "learning-curve": ("learning_curve:show_learning_curve", "Would more training images help? An extrapolation."),
    "import": ("importing.images:import_images", "Turn your own images into a dataset."),
    "import-model": ("importing.model:import_model", "Evaluate a model that was trained elsewhere, as a run."),
    "prepare": ("prepare:prepare", "Download and prepare a dataset, or list all datasets."),
    "analyse": ("analyse:analyse", "Find duplicates and outliers in a dataset."),
    "queue": ("queue:queue", "Train the queued runs one after another, without the app."),
    "runs": ("list_runs:list_runs", "List all runs with their scores."),
    "predict": ("predict:predict", "Classify image files with a run's model."),
    "evaluate": ("predict:evaluate", "Measure a run's accuracy on your own labelled images."),
    "compare": ("compare:compare", "Compare two runs on their test images: is one really better?"),
    "report": ("exporting.report:write_report", "Write a run's report as an HTML file, or its numbers as JSON or CSV."),
    "replay": (
        "exporting.replay:write_replay",
        "Write a run's training as an animation in one HTML file.",
    ),
    "talk": ("exporting.talk:write_talk", "Prepare a talk: pages and replays with notes, as one HTML file."),
    "serve": ("servers.serve:serve", "Answer predictions over HTTP, without the app."),
    "mcp": ("servers.start_mcp:start_mcp", "Offer runs, scores and predictions to an assistant over MCP."),
    "figures": ("exporting.figures:figures", "Write a run's figures as PNG, SVG or PDF, for a paper."),
    "export": ("exporting.export:export", "Write a run's model in a format for other programs, verified."),
    "run": ("exporting.mirror:app", "Record own values for a run, or copy it to or from object storage."),
    "pack": ("exporting.pack:pack", "Write a run to a zip file, for another machine."),
    "unpack": ("exporting.pack:unpack", "Add the run in a zip file to your runs."),
    "tensorboard": ("exporting.trackers:tensorboard", "Write runs as event files for TensorBoard."),
    "mlflow": ("exporting.trackers:mlflow", "Log a run to an MLflow server."),
    "wandb": ("exporting.trackers:wandb", "Write a run for Weights & Biases, offline."),
    "robustness": ("analyse:robustness", "Test a run's model on corrupted images."),
    "label-errors": ("analyse:label_errors", "Find likely label errors in a run's training images."),
}
"""Subcommand -> (module:function below imgcls.cli.commands, help)."""
OF_THE_MACHINE = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EPIPE)
)
"""Errors that no setting or bug causes: a full or broken disk, a missing permission, a reader that has ended."""


def main(arguments: Sequence[str] | None = None, *, program: str = "imgcls") -> int:
    """Run one command and return its exit code.

    Args:
        arguments: The command line without the program's name; by default that of this process.
        program: The name to show in usage lines, for an old spelling such as "python -m imgcls.training".
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if tokens == ["train"]:
            tokens.append("--help")
        tokens, hints = old_spellings.replace(tokens)
        for hint in hints:
            print(f"Hint: {hint}", file=sys.stderr)
        result = _app(tokens)(tokens, print_error=False, exit_on_error=False, result_action="return_value")
        sys.stdout.flush()
    except CycloptsError as error:
        print(f"{_one_line(error)} See: {_command_of(tokens)} --help", file=sys.stderr)
        return exit_codes.USAGE
    except exit_codes.CommandError as error:
        print(error, file=sys.stderr)
        return error.code
    except UserError as error:
        print(error, file=sys.stderr)
        return exit_codes.USAGE if isinstance(error, SettingError) else exit_codes.FAILED
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return exit_codes.INTERRUPTED
    except OSError as error:
        if error.errno not in OF_THE_MACHINE:
            raise
        _forget_output()
        if isinstance(error, BrokenPipeError):
            return exit_codes.NOT_READ
        where = error.filename or "The output"
        print(f"{where} could not be written: {error.strerror}.", file=sys.stderr)
        return exit_codes.FAILED
    return result if isinstance(result, int) else exit_codes.OK


def version() -> str:
    """The version of the installed package, or of the checkout."""
    try:
        return metadata.version("imgcls")
    except metadata.PackageNotFoundError:
        return imgcls.__version__


def _app(tokens: list[str]) -> App:
    app = App(
        name="imgcls",
        version=version,
        help="Train, understand and try image classifiers.",
        help_format="plaintext",
        help_epilogue=f"Exit codes:\n{exit_codes.table()}",
        suppress_keyboard_interrupt=False,
    )
    for name, (function, text) in COMMANDS.items():
        is_chosen = tokens[:1] == [name]
        target: str | Callable = f"imgcls.cli.commands.{function}"
        if name == "train":
            # Its options depend on the model that the command line names.
            target = train.command(tokens[1:]) if is_chosen else _placeholder
        app.command(target, name=name, help=None if is_chosen else text)
    return app


def _forget_output() -> None:
    """What could not be written is not tried again when Python ends."""
    with contextlib.suppress(OSError, ValueError):  # not a file, in a test
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _placeholder() -> None:
    """Stands for `train` in the list of commands."""


def _one_line(error: CycloptsError) -> str:
    text = " ".join(str(error).split())
    return text if text.endswith((".", "?", "!")) else text + "."


def _command_of(tokens: list[str]) -> str:
    return " ".join(["imgcls", *(token for token in tokens[:1] if token in COMMANDS)])
