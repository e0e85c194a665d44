"""The user's reviews of suspected labels, right or wrong, stored in the run so that each is reviewed only once.

RUN/judged.json     {"version": 1, "training": {"right": [4, 17]}, "test": {"right": [], "wrong": [211]}}

Written by a page. Excluded and relabelled training images are stored in the dataset's edits instead.
"""

from collections.abc import Iterable

from imgcls import sharing
from imgcls.errors import RunError
from imgcls.runs import store
from imgcls.runs.run import Run
from imgcls.sharing import Action
from imgcls.system import atomic, json_files

VERSION = 1
PARTS = ("training", "test")
VERDICTS = ("right", "wrong")
NAME = "judged.json"


def judged(run: Run, part: str, verdict: str) -> frozenset[int]:
    """The indices of the images of a part ("training" or "test") whose label was judged "right" or "wrong".

    Empty if the file cannot be read.
    """
    return _read(run)[part][verdict]


def judge(run: Run, part: str, images: Iterable[int], verdict: str | None) -> None:
    """Marks the labels of these images as "right" or "wrong"; None removes the mark.

    Raises:
        RunError: the file cannot be written.
    """
    sharing.require(Action.REVIEW_LABELS, run.folder)
    run = store.writable(run)
    reviews, marked = _read(run), frozenset(map(int, images))
    reviews[part] = {
        name: reviews[part][name] - marked | (marked if name == verdict else frozenset()) for name in VERDICTS
    }
    content = {name: {verdict: sorted(of[verdict]) for verdict in VERDICTS} for name, of in reviews.items()}
    try:
        atomic.write_json(run.folder / NAME, {"version": VERSION, **content})
    except OSError as error:
        raise RunError(f"The review could not be saved: {error.strerror}. Free some space and try again.") from error


def _read(run: Run) -> dict[str, dict[str, frozenset[int]]]:
    try:
        content = json_files.read_object(run.folder / NAME)
        if content["version"] != VERSION:
            raise ValueError("version")
        return {
            part: {
                verdict: frozenset(number for number in content[part][verdict] if type(number) is int)
                for verdict in VERDICTS
            }
            for part in PARTS
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {part: dict.fromkeys(VERDICTS, frozenset()) for part in PARTS}
