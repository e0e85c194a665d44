"""Runs model files from elsewhere in a child process with limits, so that a bad one cannot harm the app.

    client.py     starts the child, sends requests, and stops it when it takes too long or too much memory
    limits.py     the limits that the child sets for itself before it reads the file
    messages.py   what goes through the pipes: a JSON object and an array of bytes
    serving.py    the loop of a child
    runner.py     the child for ONNX and LiteRT files
    runtimes.py   the two runtimes, as the child uses them

The child returns only numbers and texts, which are checked. The limits stop accidents, bombs and endless loops; they
are not a boundary against a file that exploits a bug in the native code of a runtime, see docs/decisions.
"""

from imgcls.inference.sandbox.client import LimitReached, Sandbox

__all__ = ["LimitReached", "Sandbox"]
