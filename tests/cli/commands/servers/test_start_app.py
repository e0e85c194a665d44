"""`imgcls app`: the server's command line, and ports that are in use."""

import os
import socket

import pytest

from imgcls.cli import exit_codes
from imgcls.cli.commands.servers import start_app
from imgcls.cli.main import main
from imgcls.system import paths


@pytest.fixture
def started(monkeypatch, tmp_path):
    """The command lines that would replace this process."""
    commands = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "execv", lambda program, command: commands.append(command))
    monkeypatch.setattr(start_app.subprocess, "call", lambda command: 0)
    return commands


@pytest.fixture
def used_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_it_runs_streamlit_on_the_entry_script_with_the_project_configuration(started):
    port = start_app.free_port("127.0.0.1", 20000)
    assert main(["app", "--port", str(port), "--no-browser"]) == exit_codes.OK
    (command,) = started
    assert command[1:5] == ["-m", "streamlit", "run", str(paths.app_folder() / "app.py")]
    assert command[command.index("--server.port") + 1] == str(port)
    assert command[command.index("--server.headless") + 1] == "true"
    assert os.path.samefile(os.getcwd(), paths.app_folder())  # noqa: PTH109, PTH121
    assert (paths.app_folder() / ".streamlit" / "config.toml").is_file()


@pytest.mark.parametrize(("address", "is_named"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_the_address_to_print_is_found_without_asking_the_internet(address, is_named, started):
    assert main(["app", "--address", address, "--no-browser"]) == exit_codes.OK
    (command,) = started
    assert ("--browser.serverAddress" in command) == is_named
    assert start_app.is_free(start_app.own_address(), 0), "it is an address of this computer"


def test_a_port_in_use_is_reported_with_a_free_alternative(capsys, started, used_port):
    assert main(["app", "--port", str(used_port)]) == exit_codes.IN_USE
    message = capsys.readouterr().err
    assert message.startswith(f"Port {used_port} is already in use. Port ")
    assert start_app.is_free("127.0.0.1", int(message.split("--port ")[1]))
    assert not started


def test_without_a_port_the_next_free_one_is_used(used_port):
    assert start_app.free_port("127.0.0.1", used_port) > used_port


def test_an_address_of_another_computer_is_refused(capsys, started):
    assert main(["app", "--address", "203.0.113.7"]) == exit_codes.IN_USE
    assert "No free port at 203.0.113.7" in capsys.readouterr().err
