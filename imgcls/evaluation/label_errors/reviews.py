"""What a person said of labels under suspicion: right or wrong. Kept in the run, so that nobody is asked twice.

RUN/judged.json     {"version": 1, "training": {"right": [4, 17]}, "test": {"right": [], "wrong": [211]}}

Written by a page. Training pictures that are dropped or relabelled stand in the list of changes of the data set.
"""

import json
from collections.abc import Iterable

from imgcls.errors import RunError
from imgcls.runs import store
from imgcls.runs.run import Run
from imgcls.system import atomic

VERSION = 1
PARTS = ("training", "test")
VERDICTS = ("right", "wrong")
NAME = "judged.json"


def judged(run: Run, part: str, verdict: str) -> frozenset[int]:
    """The numbers of the pictures of a part ("training" or "test") whose label is "right" or "wrong".

    A file that cannot be read says nothing.
    """
    return _read(run)[part][verdict]


def judge(run: Run, part: str, images: Iterable[int], verdict: str | None) -> None:
    """The labels of these pictures are "right" or "wrong" from now on; None takes what was said back.

    Raises:
        RunError: it cannot be written.
    """
    run = store.writable(run)
    said, some = _read(run), frozenset(map(int, images))
    said[part] = {name: said[part][name] - some | (some if name == verdict else frozenset()) for name in VERDICTS}
    content = {name: {verdict: sorted(of[verdict]) for verdict in VERDICTS} for name, of in said.items()}
    try:
        atomic.write_json(run.folder / NAME, {"version": VERSION, **content})
    except OSError as error:
        raise RunError(
            f"What you said could not be written: {error.strerror}. Free some space and try again."
        ) from error


def _read(run: Run) -> dict[str, dict[str, frozenset[int]]]:
    try:
        content = json.loads((run.folder / NAME).read_bytes())
        if content["version"] != VERSION:
            raise ValueError("version")
        return {
            part: {
                verdict: frozenset(number for number in content[part][verdict] if type(number) is int)
                for verdict in VERDICTS
            }
            for part in PARTS
        }
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {part: dict.fromkeys(VERDICTS, frozenset()) for part in PARTS}
