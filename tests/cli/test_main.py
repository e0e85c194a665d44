"""The command `imgcls`: its subcommands, their help, and the output and exit code of each kind of error."""

import subprocess
import sys

import pytest

import imgcls
from imgcls.cli import exit_codes
from imgcls.cli.commands import analyse
from imgcls.cli.main import COMMANDS, main
from imgcls.system import paths

HEAVY = ("tensorflow", "keras", "sklearn", "scipy", "pandas", "streamlit")


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_lists_the_commands_and_exit_codes(capsys, arguments):
    assert main(arguments) == exit_codes.OK
    out = capsys.readouterr().out
    assert all(f" {name} " in out for name in COMMANDS)
    assert all(f"{code}  {meaning}" in out for code, meaning in exit_codes.MEANINGS.items())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(capsys, name):
    assert main([name, "--help"]) == exit_codes.OK
    assert f"Usage: imgcls {name}" in capsys.readouterr().out


def test_it_prints_its_version(capsys):
    assert main(["--version"]) == exit_codes.OK
    assert capsys.readouterr().out.strip() == imgcls.__version__


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["trian"], exit_codes.USAGE, 'Unknown command "trian". Did you mean "train"? Available commands: app, train'),
        (["queue", "--fast"], exit_codes.USAGE, "Unknown option: --fast"),
        (["import"], exit_codes.USAGE, "See: imgcls import --help"),
        (["import", "leaves.zip"], exit_codes.USAGE, "A new dataset needs a title"),
        (["import", "x", "--title", "x", "--greyscale", "--colour"], exit_codes.USAGE, "not both"),
        (["import", "nowhere.zip", "--preview"], exit_codes.NOT_FOUND, "No such file or folder: nowhere.zip"),
        (["prepare", "emnist"], exit_codes.USAGE, "emnist"),
        (["analyse", "emnist"], exit_codes.USAGE, "emnist"),
        (["robustness", "no-such-run"], exit_codes.NOT_FOUND, "no-such-run"),
        (["label-errors", "no-such-run"], exit_codes.NOT_FOUND, "no-such-run"),
        (["app", "--port", "99999"], exit_codes.USAGE, "65535"),
    ],
)
def test_a_usage_error_prints_one_line_to_stderr(capsys, tmp_path, monkeypatch, arguments, code, message):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_an_interrupted_command_has_its_own_exit_code(capsys, monkeypatch):
    def interrupted(run):
        raise KeyboardInterrupt

    monkeypatch.setattr(analyse, "_existing", interrupted)
    assert main(["robustness", "a-run"]) == exit_codes.INTERRUPTED
    assert "Interrupted." in capsys.readouterr().err


def test_python_m_imgcls_is_the_same_command_and_reports_an_invalid_setting_before_heavy_imports():
    command = [sys.executable, "-X", "importtime", "-m", "imgcls", "train", "--epochs", "0"]
    done = subprocess.run(command, cwd=paths.repository_folder(), capture_output=True, text=True, check=False)
    assert done.returncode == exit_codes.USAGE
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "cyclopts" in imported
    assert not imported & set(HEAVY)
    assert [line for line in done.stderr.splitlines() if not line.startswith("import time:")] == [
        "Epochs must be between 1 and 1000, not 0."
    ]


def test_the_list_of_datasets_says_which_are_ready(capsys, digits):
    assert main(["prepare"]) == exit_codes.OK
    states = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert " ready " in states["digits"]
    assert "MB to download" in states["cifar10"]


def test_the_queue_reports_what_it_does(capsys):
    assert main(["queue"]) == exit_codes.OK
    out = capsys.readouterr().out
    assert out.startswith(f"Processing the queue in {paths.runs_folder()}: 0 waiting")
    assert out.endswith("The queue is empty.\n")
