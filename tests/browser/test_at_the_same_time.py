"""Two people in two browsers: what one does to what the other has open is said there, truly."""

import time

import filelock
import pytest
from playwright.sync_api import expect

from imgcls import jobs
from imgcls.jobs.queue import LOCK
from imgcls.runs.run import Run
from imgcls.sharing import Role, Visibility, acting_as, cookies, ownership, people
from imgcls.sharing.classroom import rooms
from imgcls.sharing.permissions import Thing
from imgcls.system import paths
from tests.browser.support import steps

TEACHER, ADA, BEN = "T" * 22, "A" * 22, "B" * 22


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
        page = visit(school, "/_stcore/health")
        page.context.add_cookies([{"name": cookies.NAME, "value": cookies.make(member), "url": school.url}])
        page.goto(school.url + address)
        return page

    return opened


def adas(school, run_id, files="digits"):
    """A finished run of Ada's that the class sees."""
    folder = school.add(paths.repository_folder() / "saved_models" / files, run_id)
    (folder / "label.txt").write_text("Ada's run", "utf-8")
    ownership._write(folder, Thing(ADA, Visibility.ROOM, school.room.id, "Ada"), time.time())
    return Run(folder)


def test_ada_deletes_the_run_that_ben_evaluates(look, school):
    run = adas(school, "adas-run")
    ben = look(BEN, f"/evaluate?run={run.id}&view=Errors")
    expect(steps.main(ben)).to_contain_text("test accuracy")
    steps.settled(ben)
    with acting_as(people.visitor(ADA)):
        jobs.delete(run)
    ben.get_by_role("radio", name="Per class").or_(ben.get_by_role("button", name="Per class")).first.click()
    expect(steps.main(ben)).to_contain_text("There is no run 'adas-run'. It may have been deleted; choose another one.")
