"""An MCP server: runs, scores and predictions as tools that an assistant may call. Read only, unless asked otherwise.

It speaks the Model Context Protocol over standard input and output, so only the program that starts it can use it, with
the rights of the user who does. It opens the image files that a tool call names, and no other files.
"""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

import imgcls
from imgcls import runs
from imgcls.api import actions, descriptions
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.errors import UserError
from imgcls.evaluation import comparison
from imgcls.inference import batch
from imgcls.inference.batch import files
from imgcls.runs import index
from imgcls.runs.index.described import described

MOST_IMAGES = 200
"""Images in one call: their answers have to fit into a conversation."""
INSTRUCTIONS = "Image classifiers trained with imgcls: list runs, read scores, classify image files, compare two runs."

Answer = TypeVar("Answer")


def list_runs(query: str = "") -> list[dict[str, Any]]:
    """All runs, or those that match, the newest first, each with its dataset, model family, state and scores.

    The query is a line of words and conditions on scores and settings, such as "model=cnn test>0.9".
    """
    return [described(run) for run in index.matching(query, runs.all_runs())]


def read_scores(run: str) -> dict[str, Any]:
    """The epochs of a run, its scores, and what its model reads and answers."""
    found = runs.find(run)
    model = descriptions.model(found, found.card) if found.is_ready else None
    return descriptions.metrics(found) | {"model": model}


def predict(run: str, paths: list[str]) -> list[dict[str, Any]]:
    """Classify image files, folders or zip archives on this computer, 200 images at most.

    Each entry has the prediction, all probabilities, and a rejection if the prediction should not be trusted.
    """
    found = runs.find(run)
    card = found.card
    skipped = SkippedFiles()
    entries: list[dict[str, Any]] = []
    for result in files.results(found, card, [Path(path) for path in files.expanded(paths)], skipped):
        if len(entries) == MOST_IMAGES:
            raise ToolError(f"There are more than {MOST_IMAGES} images. Name fewer, or run: imgcls predict {found.id}")
        entries.append(batch.as_json(result, card.classes))
    if not entries:
        raise ToolError(f"There are no images{skipped.summary()}.")
    return entries


def compare(first: str, second: str) -> dict[str, Any]:
    """Whether the second run is better than the first: a paired comparison on the test images of both."""
    return comparison.compare(runs.find(first), runs.find(second)).as_json()


def start_training(settings: dict[str, Any], name: str = "") -> dict[str, Any]:
    """Queue a training run with settings such as {"data": "mnist_sample", "model": "cnn", "epochs": 3}."""
    return described(actions.begin(settings, name))


def pause_training(run: str) -> dict[str, Any]:
    """Pause a training run in progress."""
    actions.pause(found := runs.find(run))
    return described(found)


def resume_training(run: str) -> dict[str, Any]:
    """Resume a paused run."""
    actions.resume(found := runs.find(run))
    return described(found)


def stop_training(run: str) -> dict[str, Any]:
    """Stop a training run and keep its best epoch; a queued one is taken out of the queue."""
    actions.stop(found := runs.find(run))
    return described(found)


READING: tuple[Callable[..., Any], ...] = (list_runs, read_scores, predict, compare)
CHANGING: tuple[Callable[..., Any], ...] = (start_training, pause_training, resume_training, stop_training)


def create(*, may_train: bool = False) -> MCPServer:
    """The server with its tools; those that change something only if `may_train`."""
    server = MCPServer("imgcls", version=imgcls.__version__, instructions=INSTRUCTIONS, log_level="WARNING")
    for tool in READING:
        server.tool(annotations=ToolAnnotations(read_only_hint=True))(_with_plain_errors(tool))
    for tool in CHANGING if may_train else ():
        server.tool(annotations=ToolAnnotations(read_only_hint=False))(_with_plain_errors(tool))
    return server


def _with_plain_errors(tool: Callable[..., Answer]) -> Callable[..., Answer]:
    """The same function, whose errors for users reach the assistant as the sentences they are."""

    @functools.wraps(tool)
    def checked(*arguments: Any, **named: Any) -> Answer:
        try:
            return tool(*arguments, **named)
        except UserError as error:
            raise ToolError(str(error)) from error

    return checked
