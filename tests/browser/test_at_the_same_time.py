"""Two people in two browsers: what one does to what the other has open is said there, truly."""

import json
import re
import time

import filelock
import pytest
from playwright.sync_api import expect

from imgcls import runs
from imgcls.config import Config
from imgcls.jobs import waiting_list
from imgcls.jobs.queue import LOCK
from imgcls.runs.run import HEARTBEAT_WIDTH, Run
from imgcls.sharing import Role, Visibility, acting_as, cookies, ownership, people
from imgcls.sharing.classroom import rooms
from imgcls.sharing.permissions import Thing
from imgcls.sharing.visitors import SERVER
from imgcls.system import paths
from tests.browser.support import steps

TEACHER, ADA, BEN = "T" * 22, "A" * 22, "B" * 22
COOKIE = {"expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax"}


@pytest.fixture
def school(make_server, monkeypatch):
    """A server in classroom mode with a class of Ada and Ben, whose folders this process shares. No training starts."""
    server = make_server(IMGCLS_MODE="classroom", IMGCLS_STANDBY="0")
    for name, folder in (("IMGCLS_RUNS", server.runs), ("IMGCLS_OWN_DATA", server.runs.with_name("own"))):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
    people.change(TEACHER, name="Ms Noether", role=Role.TEACHER)
    with acting_as(people.visitor(TEACHER)):
        server.room = rooms.open_new()
    for member, name in ((ADA, "Ada"), (BEN, "Ben")):
        people.change(member, name=name, role=Role.MEMBER, room=server.room.id)
    with filelock.FileLock(server.runs / LOCK):  # as if a queue were running
        yield server.start()
    server.close()


@pytest.fixture
def look(visit, school):
    """`look(ID, address)`: a page in the browser of this person."""

    def opened(member, address):
        cookie = {"name": cookies.NAME, "value": cookies.make(member), "domain": "127.0.0.1", "path": "/"}
        # From the first request on: one without a cookie, such as that of an icon, would get that of a new visitor.
        return visit(school, address, storage_state={"cookies": [cookie | COOKIE], "origins": []})

    return opened


def adas(school, run_id, files="digits"):
    """A finished run of Ada's that the class sees."""
    folder = school.add(paths.repository_folder() / "saved_models" / files, run_id)
    (folder / "label.txt").write_text("Ada's run", "utf-8")
    ownership._write(folder, Thing(ADA, Visibility.ROOM, school.room.id, "Ada"), time.time())
    return Run(folder)


def segment(page, name: str):
    """A choice of a segmented control."""
    return page.get_by_role("radio", name=name).or_(page.get_by_role("button", name=name)).first


def delete_run(page) -> None:
    """On the page Runs, which has selected the run."""
    steps.shows(page, "Runs")
    steps.button(page, "Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_ada_deletes_the_run_that_ben_looks_at_and_evaluates(look, school):
    run = adas(school, "adas-run")
    evaluates, looks = look(BEN, f"/evaluate?run={run.id}&view=Errors"), look(BEN, f"/train?run={run.id}")
    for page in (evaluates, looks):
        expect(steps.main(page)).to_contain_text(re.compile("test accuracy", re.IGNORECASE))
        steps.settled(page)
    delete_run(look(ADA, f"/runs?selected={run.id}"))
    evaluates.get_by_role("radio", name="Per class").or_(
        evaluates.get_by_role("button", name="Per class")
    ).first.click()
    looks.reload()
    for page in (evaluates, looks):
        expect(steps.main(page)).to_contain_text("“Ada's run” was deleted a moment ago. Choose another one.")


def test_both_press_start_at_once_and_each_sees_their_own_place_in_the_queue(look, school):
    pages = [look(member, "/train") for member in (ADA, BEN)]
    for page in pages:
        steps.shows(page, "Train a model")
        expect(steps.button(page, "Start")).to_be_enabled()
    for page in pages:
        steps.button(page, "Start").click(no_wait_after=True)
    begun = [steps.named_run(page) for page in pages]
    assert len(set(begun)) == 2 and school.run_ids() == set(begun)
    with acting_as(SERVER):
        queue = [run.id for run in waiting_list.waiting()]
    for page, run_id in zip(pages, begun, strict=True):
        expect(steps.main(page)).to_contain_text(f"Place in the queue{queue.index(run_id) + 1} of 2")


def test_the_teacher_closes_the_class_while_ada_trains(look, school, hold_trainer_lock):
    with acting_as(people.visitor(ADA)):
        run = runs.create(Config(data="mnist_sample", epochs=5), "Ada's run")
    (run.folder / "trainer.json").write_text(json.dumps({"started": time.time(), "ticket": None}))
    (run.folder / "heartbeat").write_text("running".ljust(HEARTBEAT_WIDTH), "ascii")
    hold_trainer_lock(run)
    ada, teacher = look(ADA, f"/train?run={run.id}"), look(TEACHER, "/class")
    expect(steps.button(ada, "Stop")).to_be_enabled()
    steps.button(teacher, "Close the class").click()
    teacher.get_by_role("dialog").get_by_role("button", name="Close the class").click()
    expect(steps.main(teacher)).to_contain_text("is closed: no one can join or train")
    expect(steps.main(ada)).to_contain_text("Your teacher has closed the class, so no run can be started. Runs in")
    assert run.state == "running" and not run.request.stop
