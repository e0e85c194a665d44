"""A prepared talk: pages of the app and replays of runs, one after the other, with notes for the speaker, as one file.

    title: How a network learns to read
    address: http://127.0.0.1:8501       # where the app runs; this is the default
    steps:
      - title: Draw a digit
        page: /predict?run=digits        # a page of the app
        notes: Ask for a seven with a bar.
      - title: The training in a minute
        replay: digits                   # a run, whose replay is put into the file
      - title: Questions

The file is for the speaker's screen; it opens pages and replays in a second window, for the audience.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from imgcls import runs
from imgcls.config import settings_file
from imgcls.errors import RunError, SettingError
from imgcls.evaluation.report import replay, values

if TYPE_CHECKING:
    import jinja2

HERE = Path(__file__).parent
ADDRESS = "http://127.0.0.1:8501"
KEYS, STEP_KEYS = {"title", "address", "steps"}, {"title", "page", "replay", "notes"}
MOST_STEPS = 100


def read(path: Path) -> dict[str, Any]:
    """The talk in a YAML or JSON file: title, address and steps, with every default filled in.

    Raises:
        SettingError: the file cannot be read, or has an unknown or invalid entry; the message names the step.
    """
    found = settings_file.values_in(path, "file of the talk")
    if not isinstance(found, Mapping) or not isinstance(found.get("steps"), list) or not found["steps"]:
        raise SettingError(f"The file {path.name} must have a list “steps” with at least one step.")
    _reject_unknown(found, KEYS, f"The file {path.name}")
    if len(found["steps"]) > MOST_STEPS:
        raise SettingError(f"A talk has at most {MOST_STEPS} steps.")
    address = str(found.get("address") or ADDRESS).rstrip("/")
    if not _is_address(address):
        raise SettingError(f"The address must be like {ADDRESS}, not {address!r}.")
    steps = [_step(number, step) for number, step in enumerate(found["steps"], 1)]
    return {"title": str(found.get("title") or path.stem), "address": address, "steps": steps}


def page(talk: Mapping[str, Any]) -> str:
    """The whole file, from what `read` returned.

    Raises:
        RunError: a run does not exist or cannot be replayed; the message names the step.
    """
    replays: dict[str, str] = {}
    for number, step in enumerate(talk["steps"], 1):
        name = step["replay"]
        if name and name not in replays:
            try:
                replays[name] = replay.page(runs.run_from_argument(name))
            except RunError as error:
                raise RunError(f"Step {number} (replay: {name}): {error}") from error
    content = values.for_script({"address": talk["address"], "steps": talk["steps"], "replays": replays})
    return _template().render(
        title=talk["title"],
        steps=talk["steps"],
        style=(HERE / "talk.css").read_text("utf-8"),
        script=(HERE / "talk.js").read_text("utf-8"),
        content=content,
    )


def _step(number: int, step: Any) -> dict[str, str]:
    if not isinstance(step, Mapping):
        raise SettingError(f"Step {number} must have entries such as “title: Draw a digit”, not {str(step)[:40]!r}.")
    _reject_unknown(step, STEP_KEYS, f"Step {number}")
    texts = {key: str(step.get(key) or "").strip() for key in sorted(STEP_KEYS)}
    if not texts["title"]:
        raise SettingError(f"Step {number} needs a title.")
    if texts["page"] and texts["replay"]:
        raise SettingError(f"Step {number} has a page and a replay. Make two steps of them.")
    if texts["page"] and (not texts["page"].startswith("/") or texts["page"].startswith("//")):
        raise SettingError(f"The page of step {number} must begin with one “/”, such as /predict?run=digits.")
    return texts


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _reject_unknown(found: Mapping[Any, Any], known: set[str], where: str) -> None:
    if unknown := sorted(map(str, set(found) - known)):
        raise SettingError(f"{where} has an unknown entry “{unknown[0]}”. It may have: {', '.join(sorted(known))}.")


@cache
def _template() -> "jinja2.Template":
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("talk.html.jinja")
