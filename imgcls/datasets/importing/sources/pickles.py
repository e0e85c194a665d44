"""Pickles are refused: loading one can execute any code in it."""

import re

from imgcls.errors import SourceError

SUFFIXES = (".pkl", ".pickle", ".joblib", ".dill", ".pt", ".pth", ".ckpt")
SKIPPED = "a Python pickle, which can execute code: save arrays as .npz"
_OBJECTS = re.compile(rb"'descr':\s*'\|O'")


def is_pickle(name: str, start: bytes) -> bool:
    """Whether a file is a pickle, or an array of pickled objects, by its name or its first 512 bytes."""
    is_pickled = start[:1] == b"\x80" and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")
    has_objects = start.startswith(b"\x93NUMPY") and _OBJECTS.search(start) is not None
    return is_pickled or has_objects or name.lower().endswith(SUFFIXES)


def refuse(name: str) -> SourceError:
    """The error for a pickle of this name, with the alternative."""
    return SourceError(
        f"{name} holds Python pickles. Loading a pickle can execute any code in it, so it was rejected. Save the "
        "arrays as NPZ instead: numpy.savez('data.npz', x_train=..., y_train=..., x_test=..., y_test=...). Or save the "
        "images as PNG files with one folder per class, and pack these into a zip archive."
    )
