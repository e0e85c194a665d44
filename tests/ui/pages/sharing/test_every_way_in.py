"""Every parameter of an address and every message of a component is known here, and none of them shows others' work."""

import ast
import importlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from imgcls import datasets, jobs, studies
from imgcls.datasets.importing import drawings
from imgcls.datasets.importing.execution import job
from imgcls.errors import UserError
from imgcls.evaluation.model_import import task as model_import
from imgcls.images import canvas_strokes
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.sharing import Mode, Role, Thing, Visibility, Visitor, acting_as, ownership, people, visitors
from imgcls.sharing.classroom import guessing, rooms
from imgcls.studies import plan
from imgcls.system import paths
from imgcls.ui.components import alert, confidence_histogram, confusion_matrix, image_select, messages, unit_by_hand
from tests.support.pages import is_intact, opened, text_of

ADA, BEN = Visitor("A" * 22, Role.MEMBER, "Ada"), Visitor("B" * 22, Role.MEMBER, "Ben")
TEACHER = Visitor("T" * 22, Role.TEACHER, "Ms Noether")
SECRET = "Of Ada alone"

# Parameters that name a thing of somebody, and the pages that read them.
NAMING = {
    "run": ("train", "evaluate", "predict"),
    "other": ("evaluate",),
    "others": ("predict",),
    "selected": ("runs",),
    "q": ("runs",),
    "study": ("studies",),
    "data": ("data", "train"),
    "transfer.backbone_run": ("train",),
    "new": ("data",),
    "into": ("data",),
    "import": ("runs",),
    "assignment": ("train", "data", "evaluate", "predict"),
    "join": ("class",),
    "class": ("class",),
}
# What is shown of the thing that the visitor sees anyway, or a control of the page.
HARMLESS = {
    *("view", "image", "epoch", "learned", "followed", "abstain", "mode", "lesson", "lang", "model", "train_images"),
    *("columns", "sort", "order", "group", "archived", "trials", "panel", "suspects", "part", "explore", "threshold"),
    *(
        "yes-from",
        "other-canvas",
        "groups",
        "open",
        "runs-curves",
        "curves-metric",
        "curves-axis",
        "curves-smoothing",
        "seeds-a",
        "seeds-b",
        "runs-cost",
        "layout",
        "preset",
        "compact",
        "tab",
    ),
}
# Files whose parameters are named after the settings of a run, the filters of a list, or the parameters above.
COMPUTED = {
    *("settings_form.py", "run_list.py", "selection_state.py", "run_select.py", "old_links.py", "link_settings.py"),
    *("banner.py", "bar.py", "standing.py", "threshold.py", "table_controls.py", "wizard.py", "pager.py"),
    *("saved_views.py", "opening.py", "closed_popovers.py"),
}


@pytest.fixture
def ui_files() -> list[Path]:
    return sorted((paths.repository_folder() / "imgcls" / "ui").rglob("*.py"))


def parameters(file: Path) -> Iterator[str]:
    """The parameters of addresses that a file reads or writes: literals, and constants of its module or of another."""
    module = ".".join(file.relative_to(paths.repository_folder()).with_suffix("").parts)
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        found: list[ast.expr] = []
        if isinstance(node, ast.Subscript) and _is_query(node.value):
            found = [node.slice]
        elif isinstance(node, ast.Compare) and any(map(_is_query, node.comparators)):
            found = [node.left]
        elif isinstance(node, ast.Call):
            is_method = isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "get_all", "pop")
            if is_method and _is_query(node.func.value):
                found = node.args[:1]
            elif any(word.arg == "bind" for word in node.keywords):
                found = [word.value for word in node.keywords if word.arg == "key"]
                unpacked = [word.value for word in node.keywords if word.arg is None]  # **fixed_controls.keyed("data")
                found += [call.args[0] for call in unpacked if isinstance(call, ast.Call)]
        for value in found:
            yield _resolved(value, module)


def _is_query(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "query_params"


def _resolved(value: ast.expr, module: str) -> str:
    """The text that an expression stands for; "" for a variable of a function."""
    if isinstance(value, ast.Constant):
        return str(value.value)
    text = ast.unparse(value)
    if re.fullmatch(r"(\w+\.)*[A-Z][A-Z_]*", text):
        return str(eval(text, vars(importlib.import_module(module))))
    return ""


def test_every_parameter_of_an_address_is_known(ui_files):
    found = {(name, file.name) for file in ui_files for name in parameters(file)}
    unknown = {entry for entry in found if entry[0] not in NAMING and entry[0] not in HARMLESS and entry[0]}
    assert unknown == set()
    assert {file for name, file in found if not name} <= COMPUTED
    assert {name for name, _ in found} >= set(NAMING) - {"other", "transfer.backbone_run"}


@pytest.fixture
def secrets(finished_run, mnist_sample, monkeypatch) -> dict[str, str]:
    """What Ada, in the class of Ms Noether, keeps to herself: the value of each parameter that names it."""
    monkeypatch.setenv("IMGCLS_MODE", Mode.CLASSROOM)
    monkeypatch.setattr(jobs, "wake", lambda: None)
    guessing.forget_all()
    for visitor in (ADA, BEN, TEACHER):
        people.change(visitor.id, name=visitor.name, role=visitor.role)
    finished_run.rename(SECRET)
    with acting_as(people.visitor(TEACHER.id)):
        closed = rooms.open_new(SECRET)
        rooms.close(closed)
        room = rooms.open_new()
        rooms.announce(room, SECRET)
        task = assignments.make(
            room, "train", SECRET, assignments.settings_of(finished_run.config), instructions=SECRET
        )
    with acting_as(ADA):
        for place, label in enumerate((SECRET[:20], "two")):
            for number in range(4):
                drawings.add(np.full(drawings.SHAPE, 10 * place + number, np.uint8), label)
        data = drawings.name()
        datasets.describe_custom(data, "Kept by Ada", SECRET)
        search = {
            "settings": finished_run.config.changed(data=mnist_sample).as_dict(),
            "vary": {"batch_size": [16, 32]},
        }
        study = studies.create(plan.from_dict({**search, "title": SECRET, "trials": 1}))
        import_id = job.new_id()
        job.make_folder(import_id)
        monkeypatch.setattr(model_import.Task, "start", lambda task, *words, **more: None)
        with (paths.own_folder() / "model.onnx").open("wb+") as file:
            imported = model_import.new(f"{SECRET}.onnx", file)
    for folder in (finished_run.folder, datasets.custom.folder_of(data), study.folder):
        ownership._write(folder, Thing(ADA.id, Visibility.PRIVATE, "", "Ada"), time.time())
    of_run = dict.fromkeys(("run", "other", "others", "selected", "transfer.backbone_run"), finished_run.id)
    return of_run | {
        "q": SECRET,
        "study": study.id,
        "data": "Kept by Ada",
        "new": import_id,
        "into": data,
        "import": imported,
        "assignment": task.code,
        "join": room.code,
        "class": closed.id,
    }


MORE = {"other": {"view": "Compare"}, "transfer.backbone_run": {"model": "transfer"}, "into": {"new": "0" * 16}}


@pytest.mark.parametrize(("name", "page"), [(name, page) for name, pages in NAMING.items() for page in pages])
def test_a_link_to_what_somebody_keeps_to_themselves_shows_nothing_of_it(secrets, monkeypatch, name, page):
    monkeypatch.setattr(visitors, "_provider", lambda: BEN)
    app = opened(page, **{name: secrets[name]}, **MORE.get(name, {}))
    assert is_intact(app)
    # The filter of the Runs page holds what the visitor has typed, so the ID of the run tells whether it is listed.
    secret = secrets["run"] if name == "q" else SECRET
    assert secret not in (repr(app) + text_of(app)).replace("\\", "")


def test_their_owner_finds_them_by_the_same_links(secrets, monkeypatch):
    """Otherwise the test above could not fail."""
    monkeypatch.setattr(visitors, "_provider", lambda: ADA)
    for name, page in {"run": "evaluate", "study": "studies", "data": "data", "into": "data"}.items():
        app = opened(page, **{name: secrets[name]}, **({"new": secrets["new"]} if name == "into" else {}))
        expected = "Kept by Ada" if name == "into" else SECRET
        assert expected in (repr(app) + text_of(app)).replace("\\", ""), name


# Every message of a component of ours, and what takes it in: None, an empty list or an error for what no browser sends.
MESSAGES: dict[tuple[str, str], Callable[[object], object]] = {
    ("alert", "wanted"): alert.wanted,
    ("canvas", "drawing"): canvas_strokes.from_message,
    ("confidence_histogram", "bar"): lambda sent: confidence_histogram.is_bar(sent) or None,
    ("confusion_matrix", "cell"): lambda sent: confusion_matrix.is_cell(sent, 3) or None,
    ("image_select", "chosen"): lambda sent: image_select.accepted(sent, [8, 9]) or None,
    ("media", "box"): messages.square,
    ("media", "frame"): messages.image,
    ("media", "pasted"): messages.image,
    ("unit_by_hand", "unit"): unit_by_hand.clicked,
}
FOREIGN = [
    "x",
    7,
    True,
    [],
    [[]],
    ["1", "2"],
    [1.5, 2],
    [10**9, -1],
    {},
    {"run": "digits"},
    {"unit": "x"},
    {"strokes": 1},
]


def test_every_message_of_a_component_is_known():
    found = set()
    for file in (paths.repository_folder() / "imgcls" / "ui" / "components").rglob("*.js"):
        names = re.findall(r"set(?:State|Trigger)Value\(\s*\"(\w+)\"", file.read_text("utf-8"))
        found |= {(file.parent.name, name) for name in names}
    assert found == set(MESSAGES)


@pytest.mark.parametrize("sent", FOREIGN, ids=str)
@pytest.mark.parametrize("message", MESSAGES, ids=".".join)
def test_a_message_that_no_component_sends_reaches_nothing(message, sent):
    try:
        assert MESSAGES[message](sent) in (None, ())
    except UserError as error:
        assert "Reload the page" in str(error) or "canvas" in str(error)
