"""Two people at once: what one does to the work that another is using ends in a true message."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from imgcls import datasets, jobs, runs
from imgcls.config import Config
from imgcls.datasets.importing.execution import job
from imgcls.errors import UserError
from imgcls.jobs import waiting_list
from imgcls.runs.run import HEARTBEAT_WIDTH
from imgcls.sharing import Visibility, acting_as, ownership, people
from imgcls.sharing.classroom import rooms
from imgcls.sharing.visitors import SERVER
from tests.support.importing.import_pages import button, new
from tests.support.pages import html_of, is_intact, opened, text_of
from tests.support.runs import mutations
from tests.support.training.metrics_logs import batch, lines
from tests.support.uploads import archive, imported, leaves
from tests.ui.pages.sharing.conftest import open_class, prepare_classroom

TEACHER, ADA, BEN = "T" * 22, "A" * 22, "B" * 22
GONE = "“Shoes of Ada” was deleted a moment ago. Choose another one."
PLAN = {"kind": "plan", "train": 400, "validation": 100, "test": 100, "steps": 7, "epochs": 5, "parameters": 10}


@pytest.fixture(autouse=True)
def room(monkeypatch):
    """A class with Ada and Ben; no queue is started."""
    prepare_classroom(monkeypatch, TEACHER)
    return open_class(TEACHER, {ADA: "Ada", BEN: "Ben"})


@pytest.fixture
def training(room, digits, mnist_sample, hold_trainer_lock):
    """A run of Ada's whose trainer reports that it trains."""
    with acting_as(people.visitor(ADA)):
        run = runs.create(Config(data="digits", model="ann", epochs=5), "Ada's run")
    (run.folder / "trainer.json").write_text(json.dumps({"started": time.time(), "ticket": None}))
    (run.folder / "heartbeat").write_text("running".ljust(HEARTBEAT_WIDTH), "ascii")
    (run.folder / "metrics.jsonl").write_bytes(lines(PLAN, batch(0.5)))
    return hold_trainer_lock(run)


def shared(run, room, owner=ADA):
    ownership._write(run.folder, ownership.Thing(owner, Visibility.ROOM, room.id, "Ada"), time.time())
    (run.folder / "label.txt").write_text("Shoes of Ada", "utf-8")
    return run


@pytest.mark.parametrize("page", ["train", "evaluate", "predict"])
def test_ada_deletes_the_run_that_ben_is_looking_at(look_as, room, page):
    run = shared(mutations.complete_run("adas-run"), room)
    look_as(BEN)
    app = opened(page, run=run.id)
    assert is_intact(app) and "deleted" not in text_of(app)
    with acting_as(people.visitor(ADA)):
        jobs.delete(run)
    app.run()
    assert is_intact(app)
    assert GONE in text_of(app)


def test_the_teacher_deletes_the_run_that_ada_watches_training(look_as, room, training):
    look_as(ADA)
    app = opened("train", run=training.id)
    assert is_intact(app) and button(app, "Stop")
    with acting_as(people.visitor(TEACHER)):
        jobs.delete(training)
    app.run()
    assert is_intact(app)
    assert "was deleted a moment ago." in text_of(app)


@pytest.mark.parametrize("view", ["Errors", "Robustness", "Report"])
def test_ada_deletes_the_run_while_ben_evaluates_it(look_as, room, view):
    run = shared(mutations.complete_run("adas-run"), room)
    look_as(BEN)
    app = opened("evaluate", run=run.id, view=view)
    assert is_intact(app)
    with acting_as(people.visitor(ADA)):
        jobs.delete(run)
    app.run()
    assert is_intact(app)
    assert GONE in text_of(app)


@pytest.fixture
def leaves_of_ada(room, digits, mnist_sample, tmp_path):
    """A dataset of Ada's that the class sees."""
    name = imported(archive(tmp_path / "one.zip", leaves()), "Leaves")
    folder = datasets.custom.folder_of(name)
    ownership._write(folder, ownership.Thing(ADA, Visibility.ROOM, room.id, "Ada"), time.time())
    return name


def test_ada_deletes_the_dataset_on_which_ben_wants_to_train(look_as, leaves_of_ada):
    with acting_as(people.visitor(BEN)):
        run = jobs.begin(Config(data=leaves_of_ada, model="ann", epochs=1), "Ben's run")
    look_as(BEN)
    app = opened("train", run=run.id)
    assert is_intact(app) and "it was deleted" not in text_of(app)
    with acting_as(people.visitor(ADA)):
        datasets.delete_custom(leaves_of_ada)
    app.run()
    assert is_intact(app) and "it was deleted" in text_of(app)
    with acting_as(people.visitor(BEN)), pytest.raises(UserError, match="it was deleted"):
        jobs.begin(Config(data=leaves_of_ada, model="ann", epochs=1))


DELETED = "There is no dataset “Leaves · Ada”. It may have been deleted; choose another one."


def test_ada_deletes_the_dataset_that_ben_is_looking_at(look_as, leaves_of_ada):
    look_as(BEN)
    app = opened("data", data="Leaves")
    assert is_intact(app) and DELETED not in text_of(app)
    with acting_as(people.visitor(ADA)):
        datasets.delete_custom(leaves_of_ada)
    app.run()
    assert is_intact(app) and DELETED in text_of(app)
    assert app.selectbox(key="data").value is None


def test_start_after_the_dataset_was_deleted_trains_on_no_other(look_as, leaves_of_ada):
    look_as(BEN)
    app = opened("train", data="Leaves")
    assert is_intact(app) and not button(app, "Start").disabled
    with acting_as(people.visitor(ADA)):
        datasets.delete_custom(leaves_of_ada)
    button(app, "Start").click().run()
    assert is_intact(app) and DELETED in text_of(app)
    assert runs.all_runs() == []


def test_ada_deletes_the_dataset_to_which_ben_adds_images(look_as, leaves_of_ada, tmp_path):
    look_as(ADA)
    app = opened("data", data="Leaves")
    button(app, "Add images").click().run()
    archive(tmp_path / "two.zip", leaves(("oak", "pine"), 4, first=50))
    app.file_uploader[0].upload("two.zip", (tmp_path / "two.zip").read_bytes(), "application/zip").run()
    with acting_as(people.visitor(TEACHER)):
        datasets.delete_custom(leaves_of_ada)
    button(app, "Add images").click().run()
    deadline = time.monotonic() + 60
    while job.state(new(app)).state == "running" and time.monotonic() < deadline:
        time.sleep(0.05)
    app.run()
    assert is_intact(app)
    assert "deleted" in text_of(app)
    assert leaves_of_ada not in datasets.names()


def test_ada_and_ben_press_start_at_once(look_as, room, mnist_sample):
    def start(visitor_id):
        with acting_as(people.visitor(visitor_id)):
            return jobs.begin(Config(data=mnist_sample, epochs=1), f"Run of {people.find(visitor_id).name}")

    with ThreadPoolExecutor(2) as both:
        first, second = both.map(start, (ADA, BEN))
    with acting_as(SERVER):
        queue = [run.id for run in waiting_list.waiting()]
    assert sorted(queue) == sorted((first.id, second.id))
    for run, visitor_id in ((first, ADA), (second, BEN)):
        assert ownership.of(run.folder).owner == visitor_id
        look_as(visitor_id)
        app = opened("train", run=run.id)
        assert is_intact(app)
        assert f"{queue.index(run.id) + 1} of 2" in html_of(app)


def test_the_teacher_closes_the_class_while_ada_trains(look_as, room, training):
    look_as(ADA)
    page, form = opened("train", run=training.id), opened("train")
    with acting_as(people.visitor(TEACHER)):
        rooms.close(room)
    page.run()
    assert is_intact(page) and training.state == "running"
    assert not training.request.stop
    assert "This class is closed." in text_of(opened("class"))
    button(form, "Start").click().run()
    assert is_intact(form) and len(runs.all_runs()) == 1
    assert "Join a class first." in text_of(form)
    stop = button(opened("train", run=training.id), "Stop")
    assert stop.disabled and stop.help == "You may not stop this run. Join a class first."
    look_as(TEACHER)
    assert not button(opened("train", run=training.id), "Stop").disabled
