"""A process that classifies for the service: python -m imgcls.api.classifying.child, started by `Pool`.

    {"run": folder, "files": [[name, bytes], …]} with the bytes of all files   ->  the fields of `Classified`
    {"run": folder, "strokes": [[x, y, width, …], …]}                          ->  the same
    {"run": folder}                                                            ->  {}, once the model is loaded

A message for the user comes back as {"error": sentence, "is_ours": whether the model is to blame, not the image}. The
process ends when its input does.
"""

import logging
import os
import signal
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from imgcls.api import classifying
from imgcls.api.classifying import Given, ImageFile
from imgcls.errors import ImageError, UserError
from imgcls.images.canvas_strokes import Handwriting
from imgcls.inference.sandbox import messages
from imgcls.runs import Run
from imgcls.runs.results import ModelCard

CACHED_CARDS = 8


def main() -> int:
    """Answers until the service closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the service ends its processes
    stdin, stdout = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not get between the messages
    while True:
        try:
            request, content = messages.read(stdin)
        except EOFError:
            return 0
        messages.write(stdout, *answered(request, content))


def answered(request: dict[str, Any], content: bytes) -> messages.Reply:
    """The reply to one request."""
    run = Run(Path(request["run"]))
    try:
        card = _card(run.folder, run.stamp("model.json"))
        if "files" not in request and "strokes" not in request:
            classifying.load(run, card)
            return {}, b""
        found = classifying.classified(run, card, _given(request, content))
    except UserError as error:
        return {"error": str(error), "is_ours": not isinstance(error, ImageError)}, b""
    except Exception:  # this process answers the next requests as well
        logging.exception("A request failed.")
        return {"error": ""}, b""
    return {"outcomes": found.outcomes, "problem": found.problem}, found.entries


def _given(request: dict[str, Any], content: bytes) -> Given:
    if "strokes" in request:
        return Handwriting(tuple(np.array(stroke, np.float64).reshape(-1, 3) for stroke in request["strokes"]))
    files, start = [], 0
    for name, length in request["files"]:
        files.append(ImageFile(name, content[start : start + length]))
        start += length
    return files


@lru_cache(CACHED_CARDS)
def _card(folder: Path, stamp: tuple[float, ...]) -> ModelCard:
    return Run(folder).card


if __name__ == "__main__":
    sys.exit(main())
