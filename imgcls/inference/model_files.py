"""Model files for the interpreter, which trusts them: a forged or damaged one may crash its process or never end.

The trainer records the SHA-256 digest of each model file that it has verified. A file with the recorded digest is
loaded directly, one with another digest is damaged. Files without a record, from earlier versions, are first tried in a
process of their own, which may crash and is stopped if it does not answer:

    python -m imgcls.inference.model_files < model.tflite
"""

import contextlib
import hashlib
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np

from imgcls.errors import DamagedFile
from imgcls.system import processes

START_SECONDS = 60.0
"""A busy machine may need this long to start Python; it is no fault of the file."""
ANSWER_SECONDS = 10.0
"""A model that has not computed one prediction after this long is stopped."""
MOST_BYTES = 2 << 30
READY, FINE = b"ready\n", b"fine\n"

_verdicts: dict[str, str] = {}
"""Digest of a file without a record -> why it cannot be used, or ""."""


def digest_of(data: bytes) -> str:
    """The SHA-256 digest of a model file, as hexadecimal text."""
    return hashlib.sha256(data).hexdigest()


def read(path: Path, digest: str | None) -> bytes:
    """The content of a model file that is safe to load.

    Args:
        digest: What the trainer has recorded; "" if it has recorded nothing. None for a file that this process has
            written itself.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: it cannot be read.
        DamagedFile: it is not the file that was recorded, or the interpreter cannot load it.
    """
    if not path.is_file() and path.exists():
        raise DamagedFile(path, "it is not a regular file")
    if path.stat().st_size > MOST_BYTES:
        raise DamagedFile(path, "it is too large")
    data = path.read_bytes()
    if digest is None:
        return data
    found = digest_of(data)
    if digest:
        if found != digest:
            raise DamagedFile(path, "it has changed since the model was trained")
        return data
    if found not in _verdicts:
        _verdicts[found] = _tried(data)
    if reason := _verdicts[found]:
        raise DamagedFile(path, reason)
    return data


def _tried(data: bytes) -> str:
    """Why the interpreter cannot use a model, found out by another process; "" if it can."""
    process = processes.spawn(
        "imgcls.inference.model_files",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    given, printed = process.stdin, process.stdout
    assert given is not None and printed is not None
    answers: list[bytes] = []
    heard = [threading.Event(), threading.Event()]

    def talk() -> None:
        with contextlib.suppress(OSError, ValueError):
            given.write(data)
            given.close()
        with contextlib.suppress(OSError, ValueError):
            for event in heard:
                answers.append(printed.readline())
                event.set()
        for event in heard:
            event.set()

    talker = threading.Thread(target=talk, name="check of a model", daemon=True)
    talker.start()
    try:
        heard[0].wait(START_SECONDS)
        if not heard[1].wait(ANSWER_SECONDS):
            return f"the interpreter did not finish with it within {ANSWER_SECONDS:.0f} s"
        return "" if answers == [READY, FINE] else "the interpreter cannot load it"
    finally:
        process.kill()
        talker.join()
        printed.close()


def main() -> int:
    """Computes one prediction of the model on standard input and prints that it did."""
    from ai_edge_litert.interpreter import Interpreter

    data = sys.stdin.buffer.read()
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    interpreter = Interpreter(model_content=data, num_threads=1)
    interpreter.allocate_tensors()
    for wanted in interpreter.get_input_details():
        interpreter.set_tensor(wanted["index"], np.zeros(wanted["shape"], wanted["dtype"]))
    interpreter.invoke()
    sys.stdout.buffer.write(FINE)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
