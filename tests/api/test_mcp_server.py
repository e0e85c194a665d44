"""The MCP server, asked by a client of the official package."""

import json
import sys

import anyio
import numpy as np
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from PIL import Image

from imgcls import jobs, runs
from imgcls.api import mcp_server
from imgcls.cli import exit_codes
from imgcls.cli.main import main
from imgcls.system import paths
from imgcls.system.processes import child_environment

READING = {"list_runs", "read_scores", "predict", "compare"}


def call(tool: str, *, may_train: bool = False, **arguments):
    """The text of the answer, read as JSON if it is no error."""

    async def ask():
        async with Client(mcp_server.create(may_train=may_train)) as client:
            return await client.call_tool(tool, arguments)

    result = anyio.run(ask)
    if result.is_error:
        return result.content[0].text
    content = result.structured_content
    return content["result"] if set(content) == {"result"} else content


def tools(*, may_train: bool = False) -> dict:
    async def ask():
        async with Client(mcp_server.create(may_train=may_train)) as client:
            return (await client.list_tools()).tools

    return {tool.name: tool for tool in anyio.run(ask)}


@pytest.fixture
def image(shipped, tmp_path) -> str:
    """The path of an image of a digit; the model is there as well."""
    shipped("digits")
    with np.load(paths.runs_folder() / "digits" / "gallery.npz") as file:
        Image.fromarray(file["pictures"][0, :, :, 0]).save(tmp_path / "digit.png")
    return str(tmp_path / "digit.png")


def test_by_default_every_tool_is_read_only():
    found = tools()
    assert set(found) == READING
    assert all(tool.annotations.read_only_hint and tool.description for tool in found.values())


def test_training_tools_must_be_enabled(make_run, monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda: None)
    run = make_run(heartbeat=0)
    assert "Unknown tool" in call("stop_training", run=run.id)
    assert not run.request.stop
    assert set(tools(may_train=True)) > READING
    call("stop_training", may_train=True, run=run.id)
    assert run.request.stop


def test_a_prediction_matches_the_shell(image, capsys):
    main(["predict", "digits", image, "--json"])
    assert call("predict", run="digits", paths=[image]) == [json.loads(capsys.readouterr().out)]


def test_it_lists_runs_and_reads_scores(image, capsys):
    main(["runs", "--json"])
    assert [run | {"note": ""} for run in call("list_runs")] == json.loads(capsys.readouterr().out)
    scores = call("read_scores", run="digits")
    assert scores["result"] == runs.find("digits").result and scores["model"]["classes"] == list("0123456789")


def test_it_lists_runs_that_match_a_filter_of_the_runs_page(image):
    assert [run["id"] for run in call("list_runs", query="Learning rate>0 test>50%")] == ["digits"]
    assert call("list_runs", query="test<0.1") == []


def test_it_compares_two_runs_like_the_shell(image, capsys):
    (paths.runs_folder() / "again").symlink_to(paths.runs_folder() / "digits")
    main(["compare", "digits", "again", "--json"])
    expected = json.loads(capsys.readouterr().out)
    expected.pop("settings")
    assert call("compare", first="digits", second="again") == expected


@pytest.mark.parametrize(
    ("tool", "arguments", "part"),
    [
        ("predict", {"run": "nothing", "paths": ["a.png"]}, "There is no run 'nothing'"),
        ("predict", {"run": "digits", "paths": ["nothing.png"]}, "No such file or folder: nothing.png"),
        ("predict", {"run": "digits", "paths": []}, "There are no images"),
        ("read_scores", {"run": "../digits"}, "There is no run"),
        ("compare", {"first": "digits", "second": "nothing"}, "There is no run 'nothing'"),
    ],
)
def test_errors_are_readable_messages_for_the_assistant(image, tool, arguments, part):
    answer = call(tool, **arguments)
    assert part in answer and "Traceback" not in answer


def test_the_number_of_images_per_call_is_limited(image, monkeypatch):
    monkeypatch.setattr(mcp_server, "MOST_IMAGES", 1)
    assert "more than 1 images" in call("predict", run="digits", paths=[image, image])


def test_the_command_speaks_the_protocol_over_stdio(image):
    async def ask():
        command = StdioServerParameters(command=sys.executable, args=["-m", "imgcls", "mcp"], env=child_environment())
        async with Client(stdio_client(command)) as client:
            return await client.call_tool("predict", {"run": "digits", "paths": [image]})

    result = anyio.run(ask)
    assert not result.is_error and len(result.structured_content["result"]) == 1


def test_without_its_package_the_command_explains_how_to_install_it(capsys, monkeypatch):
    monkeypatch.setattr("imgcls.cli.commands.servers.start_mcp.find_spec", lambda name: None)
    assert main(["mcp"]) == exit_codes.FAILED
    assert 'pip install "imgcls[mcp]"' in capsys.readouterr().err
