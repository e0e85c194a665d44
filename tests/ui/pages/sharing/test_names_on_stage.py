"""Pages in the frame of the projector name nobody whose name was not approved, and the projector shows no canvas."""

import numpy as np
import pytest
from streamlit.runtime.context import ContextProxy

from imgcls.datasets import custom
from imgcls.datasets.custom import OF_OWNER
from imgcls.images.canvas_strokes import Handwriting
from imgcls.jobs.together import names
from imgcls.sharing import Action, Visibility, acting_as, guarding, ownership, people
from imgcls.sharing.classroom import presence
from imgcls.sharing.permissions import Thing
from imgcls.ui.components.canvas import STATE, CanvasState
from imgcls.ui.widgets import sharing_choice
from tests.support.drawing_together import ONE
from tests.support.pages import is_intact, opened, prepared, shipped, text_of
from tests.support.uploads import archive, imported, leaves
from tests.ui.pages.sharing.conftest import open_class, prepare_classroom

TEACHER, MIA = "T" * 22, "A" * 22
NAMED = "Mia Rudename"


@pytest.fixture(autouse=True)
def room(monkeypatch):
    prepare_classroom(monkeypatch, TEACHER)
    presence._seen.clear()
    return open_class(TEACHER, {MIA: NAMED})


@pytest.fixture
def run(room, finished_run):
    ownership._write(finished_run.folder, Thing(MIA, Visibility.ROOM, room.id, NAMED), 1.0)
    return finished_run


@pytest.fixture
def on_stage(look_as, monkeypatch):
    """The pages are those that the teacher's browser shows in the frame."""
    look_as(TEACHER)
    monkeypatch.setattr(ContextProxy, "is_embedded", property(lambda context: True))


def approve(room):
    with acting_as(people.visitor(TEACHER)):
        names.moderate(room, [NAMED], is_shown=True)


def written(app) -> str:
    """Everything that a page sends to the browser."""
    return "\n".join(str(getattr(element, "proto", element)) for element in (*app.main, *app.sidebar))


PAGES = [("train", {}), ("evaluate", {}), ("evaluate", {"view": "Errors"}), ("predict", {}), ("runs", {})]


@pytest.mark.parametrize(("page", "query"), PAGES)
def test_no_page_on_stage_says_a_name_before_it_is_approved(on_stage, run, page, query):
    app = opened(page, run=run.id, **query)
    assert is_intact(app)
    assert "Rudename" not in written(app)


def test_the_run_page_names_its_owner_to_the_teacher_and_on_stage_once_approved(look_as, room, run, monkeypatch):
    look_as(TEACHER)
    assert NAMED in text_of(opened("train", run=run.id))
    monkeypatch.setattr(ContextProxy, "is_embedded", property(lambda context: True))
    assert NAMED not in text_of(opened("train", run=run.id))
    approve(room)
    assert NAMED in text_of(opened("train", run=run.id))
    people.change(MIA, name="Mia")
    ownership._write(run.folder, Thing(MIA, Visibility.ROOM, "gone", NAMED), 1.0)
    assert NAMED not in text_of(opened("train", run=run.id)), "no class has approved it"


def test_the_selector_of_runs_names_no_owner_on_stage(look_as, run, monkeypatch):
    look_as(TEACHER)
    assert any(NAMED in option for option in opened("evaluate", run=run.id).selectbox[0].options)
    monkeypatch.setattr(ContextProxy, "is_embedded", property(lambda context: True))
    options = opened("evaluate", run=run.id).selectbox[0].options
    assert options and not any(NAMED in option for option in options)


def test_a_table_says_that_a_name_waits_and_not_that_the_run_is_the_teachers(look_as, room, run, monkeypatch):
    from imgcls.ui.visitors import stage_names

    stage_names.install()
    look_as(TEACHER)
    assert sharing_choice.in_table(run.folder, "me") == NAMED
    monkeypatch.setattr(stage_names, "is_on_stage", lambda: True)
    assert sharing_choice.in_table(run.folder, "me") == names.HIDDEN
    refused = guarding.decide(Action.DELETE_RUN, run.folder)
    assert "Rudename" not in refused.reason
    ownership._write(run.folder, Thing(TEACHER, Visibility.ROOM, room.id, "Ms Noether"), 1.0)
    assert sharing_choice.in_table(run.folder, "me") == "me"


def test_the_title_of_a_dataset_names_no_owner_on_stage(look_as, room, digits, mnist_sample, tmp_path, monkeypatch):
    name = imported(archive(tmp_path / "one.zip", leaves()), "Leaves")
    ownership._write(custom.folder_of(name), Thing(MIA, Visibility.ROOM, room.id, NAMED), 1.0)
    look_as(TEACHER)
    title = custom.facts(name).title
    assert title.endswith(f"{OF_OWNER}{NAMED}")
    monkeypatch.setattr(ContextProxy, "is_embedded", property(lambda context: True))
    app = opened("data", data=title)
    assert is_intact(app) and "Rudename" not in written(app)
    assert app.selectbox(key="data").value == name, "the link of a classmate, which names the owner, still opens it"


def test_the_canvas_of_a_member_is_reported_in_words(look_as, monkeypatch):
    run = shipped("digits")
    look_as(MIA)
    for page in ("predict", "home"):
        opened(page)
        place = presence.place_of(MIA)
        assert (place.path, place.is_blank, place.reads) == (page, True, "")
        app = prepared(page, **({"run": run.id} if page == "predict" else {}))
        app.session_state[STATE] = CanvasState(drawing=Handwriting((np.array(ONE[0]).reshape(-1, 3),)))
        app.run()
        app.run()
        place = presence.place_of(MIA)
        assert is_intact(app)
        assert not place.is_blank and place.reads.startswith("1 · ") and place.reads.endswith("%")
    opened("predict", run=run.id, mode="Upload")
    place = presence.place_of(MIA)
    assert (place.is_blank, place.reads) == (False, ""), "that mode has no canvas"
