"""Former command and option names still work and print the current names."""

import os
import subprocess
import sys

import pytest

from imgcls.cli import old_spellings
from imgcls.cli.former import former_modules
from imgcls.system import paths


@pytest.mark.parametrize(
    ("given", "today"),
    [
        ("train --pictures 10 --averaging=0.9", "train --train-images 10 --ema-decay=0.9"),
        ("train --base VGG16 --base-run digits", "train --backbone VGG16 --backbone-run digits"),
        ("train --mirrored-answers on", "train --test-time-augmentation on"),
        ("import x.zip --look", "import x.zip --preview"),
        ("import x.zip --side 28 --table y.csv", "import x.zip --size 28 --labels y.csv"),
        ("import x.zip --colour grey", "import x.zip --greyscale"),
        ("import x.zip --colour=colour", "import x.zip --colour"),
    ],
)
def test_a_former_option_is_replaced_with_a_hint(given, today):
    replaced, hints = old_spellings.replace(given.split())
    assert replaced == today.split()
    assert hints


def test_a_former_value_is_replaced_with_a_hint():
    replaced, hints = old_spellings.replace(["train", "--base", "A finished run", "--epochs", "3"])
    assert replaced == ["train", "--backbone", "One of your runs", "--epochs", "3"]
    assert hints == ["'--base' is now '--backbone'.", "'A finished run' is now 'One of your runs'."]


@pytest.mark.parametrize("given", ["", "train --epochs 3 --flip=on", "import x.zip --colour --size 28", "queue"])
def test_current_options_are_unchanged_and_give_no_hint(given):
    assert old_spellings.replace(given.split()) == (given.split(), [])


def test_what_everybody_writes_for_the_learning_rate_is_understood():
    assert old_spellings.replace(["train", "--lr", "0.1"]) == (["train", "--learning-rate", "0.1"], [])


FORMER = {
    "training": "train",
    "datasets": "prepare",
    "imports": "import",
    "datasets.importing": "import",
    "explore": "analyse",
    "robustness": "robustness",
    "suspects": "label-errors",
}


@pytest.mark.parametrize(("module", "command"), FORMER.items())
def test_a_former_module_runs_the_command(module, command):
    arguments = [sys.executable, "-m", f"imgcls.{module}", "--help"]
    done = subprocess.run(arguments, cwd=paths.repository_folder(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"Usage: imgcls {command}" in done.stdout
    assert done.stderr == ""  # a hint would end up in the log of a process started by the app


def test_at_a_terminal_a_former_module_gives_a_hint(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert former_modules.run("prepare", "imgcls.datasets", []) == 0
    assert capsys.readouterr().err == "Hint: 'python -m imgcls.datasets' is now 'imgcls prepare'.\n"


def test_the_former_analysis_command_takes_its_arguments_in_the_former_order():
    arguments = [sys.executable, "-m", "imgcls.explore", "survey", "emnist"]
    done = subprocess.run(
        arguments, cwd=paths.repository_folder(), capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert done.returncode == 2
    assert "emnist" in done.stderr


def test_the_former_explanation_data_command_still_works():
    arguments = [sys.executable, "-m", "imgcls.training.inspect", "no-such-run"]
    done = subprocess.run(arguments, cwd=paths.repository_folder(), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "This run has no trained model.\n"
