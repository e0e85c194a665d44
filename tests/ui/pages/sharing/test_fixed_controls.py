"""Data, Evaluate and Predict as assignments: what is fixed stays fixed, whatever the address or a message says."""

import shutil

import pytest

from imgcls import runs
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.sharing import Role, acting_as, people
from imgcls.sharing.classroom import guessing, rooms
from imgcls.system import paths
from imgcls.ui.app.assignments import fixed_controls
from tests.support.pages import is_intact, opened, text_of

TEACHER, ADA = "T" * 22, "A" * 22


@pytest.fixture(autouse=True)
def room(monkeypatch):
    """A class with Ada."""
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
    guessing.forget_all()
    people.change(TEACHER, name="Ms Noether", role=Role.TEACHER)
    with acting_as(people.visitor(TEACHER)):
        room = rooms.open_new()
    with acting_as(people.visitor(ADA)):
        rooms.join(room.code, "Ada")
    return room


@pytest.fixture
def other_run(finished_run):
    """A second run with the same model."""
    shutil.copytree(finished_run.folder, paths.runs_folder() / "other-run")
    return runs.find("other-run")


def give(room, page, state, **values):
    with acting_as(people.visitor(TEACHER)):
        return assignments.make(room, page, "Look closely", state, **values)


def segmented(app, key):
    return next(one for one in app.segmented_control if one.key == key)


def sections(app):
    return segmented(app, "view")


def forced(control):
    """The control for a message that no browser sends, as it is disabled there."""
    assert control.disabled
    control.proto.disabled = False
    return control


@pytest.mark.parametrize("page", ["evaluate", "predict"])
def test_a_fixed_run_cannot_be_exchanged(look_as, room, finished_run, other_run, page):
    task = give(room, page, {"run": finished_run.id}, fixed=("run",))
    look_as(ADA)
    app = opened(page, assignment=task.code, run=other_run.id)
    assert is_intact(app) and "Fixed: Trained model." in text_of(app)
    assert app.selectbox(key=f"{page}-run").value == finished_run.id
    forced(app.selectbox(key=f"{page}-run")).select(other_run.id).run()
    assert is_intact(app) and app.selectbox(key=f"{page}-run").value == finished_run.id
    assert app.query_params["run"] == finished_run.id


def test_a_fixed_run_that_was_deleted_is_a_sentence(look_as, room, finished_run, other_run):
    task = give(room, "evaluate", {"run": other_run.id}, fixed=("run",))
    shutil.rmtree(other_run.folder)
    look_as(ADA)
    assert "There is no run" in text_of(opened("evaluate", assignment=task.code))


def test_a_default_that_the_address_leaves_out_can_be_fixed(look_as, room, finished_run):
    look_as(TEACHER)
    app = opened("evaluate", run=finished_run.id)
    first = sections(app).value
    app.session_state["make-assignment"] = True
    app.run()
    app.text_input(key="assignment-title").input("The first section")
    app.multiselect(key="assignment-fixed").select("view").select("run")
    next(one for one in app.button if one.label == "Assign to the class").click().run()
    assert is_intact(app)
    (task,) = assignments.of_room(room)
    assert task.fixed_state == {"view": first, "run": finished_run.id}
    look_as(ADA)
    app = opened("evaluate", assignment=task.code, view="Per class")
    assert sections(app).value == first and sections(app).disabled
    forced(sections(app)).select("Per class").run()
    assert is_intact(app) and sections(app).value == first


def test_what_only_the_session_holds_can_be_fixed(look_as, room, finished_run):
    state = {"run": finished_run.id, "view": "Errors", "panel": "Confusion matrix", "errors-only": True}
    task = give(room, "evaluate", state, fixed=("errors-only",))
    look_as(ADA)
    app = opened("evaluate", assignment=task.code)
    switch = app.toggle(key="errors-only")
    assert switch.value and "errors-only" not in app.query_params
    forced(switch).set_value(False).run()
    assert app.toggle(key="errors-only").value
    sections(app).select("Per class").run()
    assert is_intact(app) and sections(app).value == "Per class"


def test_a_fixed_filter_of_the_address_comes_back(look_as, room, finished_run):
    task = give(
        room, "evaluate", {"run": finished_run.id, "view": "Errors", "predictions": "wrong"}, fixed=("predictions",)
    )
    look_as(ADA)
    app = opened("evaluate", assignment=task.code)
    assert app.query_params["predictions"] == "wrong"
    shown = segmented(app, "predictions-shown")
    shown.select(next(option for option in shown.options if option != shown.value)).run()
    assert is_intact(app) and app.query_params["predictions"] == "wrong"


@pytest.mark.parametrize("mode", ["Draw", "Upload"])
def test_a_fixed_input_mode_holds_in_a_part_that_reruns_alone(look_as, room, finished_run, mode):
    state = {"run": finished_run.id, "mode": mode, "photo-source": "Examples"}
    task = give(room, "predict", state, fixed=("mode", "photo-source"))
    look_as(ADA)
    app = opened("predict", assignment=task.code, mode="Batch")
    assert is_intact(app) and segmented(app, "mode").value == mode
    forced(segmented(app, "mode")).select("Batch").run()
    assert segmented(app, "mode").value == mode
    if mode == "Upload":
        forced(segmented(app, "photo-source")).select("Files").run()
        assert segmented(app, "photo-source").value == "Examples"


def test_the_data_page_keeps_its_dataset(look_as, room, digits, mnist_sample):
    task = give(room, "data", {"data": "digits", "explore": "Outliers"}, fixed=("data",), hidden=("explore",))
    look_as(ADA)
    app = opened("data", assignment=task.code)
    assert is_intact(app) and app.selectbox(key="data").value == "digits"
    forced(app.selectbox(key="data")).select("mnist_sample").run()
    assert is_intact(app) and app.selectbox(key="data").value == "digits"
    assert ".st-key-explore" in "".join(str(one.proto.body) for one in app.get("html"))


def test_the_language_and_the_assignment_itself_are_no_part_of_the_state(look_as, room, finished_run, monkeypatch):
    seen = {}
    monkeypatch.setattr("imgcls.ui.app.assignments.form._form", lambda room, page, source, state: seen.update(state))
    look_as(TEACHER)
    app = opened("evaluate", run=finished_run.id, lang="de")
    app.session_state["make-assignment"] = True
    app.run()
    assert seen["run"] == finished_run.id and not fixed_controls.NEVER & set(seen)


def test_every_control_that_can_be_fixed_is_on_a_page_and_created_with_keyed():
    """Else the form would offer what stays free."""
    source = "".join(path.read_text("utf-8") for path in (paths.repository_folder() / "imgcls" / "ui").rglob("*.py"))
    names = {name for names in fixed_controls.CONTROLS.values() for name in names}
    by_constant = {"view", "mode"}
    assert [name for name in sorted(names - by_constant) if f'keyed("{name}")' not in source] == []
    assert source.count("fixed_controls.keyed(KEY)") == len(by_constant)
    assert names >= fixed_controls.NOT_IN_ADDRESS
