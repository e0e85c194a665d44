"""The child's side of a sandbox: answers requests until the app closes the pipe or asks nothing for a while."""

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from imgcls.errors import UserError
from imgcls.inference.sandbox import limits, messages

IDLE_SECONDS = 600.0
TOO_MUCH_MEMORY = "The model needs more memory than the sandbox allows. Use a smaller model."
Answer = Callable[[dict[str, Any], bytes], messages.Reply]


def serve(answer: Answer) -> int:
    """Greets, then answers requests with `answer(header, content)`; returns the exit status.

    Any error becomes a sentence for the user.
    """
    # What libraries print must not get between the messages.
    stdin, stdout = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    messages.write(stdout, {})
    while True:
        timer = threading.Timer(IDLE_SECONDS, os._exit, (0,))
        timer.daemon = True
        timer.start()
        try:
            request, content = messages.read(stdin)
        except EOFError:
            return 0
        finally:
            timer.cancel()
        limits.allow_seconds(float(request["seconds"]))
        messages.write(stdout, *_answered(answer, request, content))


def _answered(answer: Answer, request: dict[str, Any], content: bytes) -> messages.Reply:
    try:
        return answer(request, content)
    except UserError as error:
        return {"error": str(error)}, b""
    except MemoryError:
        return {"error": TOO_MUCH_MEMORY}, b""
    except Exception as error:  # noqa: BLE001 a runtime may raise anything about a bad file
        text = str(error)
        if "bad_alloc" in text or "memory" in text.lower():
            return {"error": TOO_MUCH_MEMORY}, b""
        return {"error": f"The model cannot be run: {shortened(text)}"}, b""


def shortened(text: str) -> str:
    """The message of a runtime on one line, at most 200 characters, with a full stop."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    line = line if len(line) <= 200 else line[:199] + "…"
    return line if line.endswith((".", "…")) else f"{line or 'no reason was given'}."
