"""A class of tabs without browsers at a real server: nothing piles up, and a crash costs nobody their work."""

import asyncio
import shutil
import time

import psutil
import pytest

from benchmarks.support.pupils import Pupil, Seen, all_of, come_back, name_of, open_class
from benchmarks.support.server import Server as Measured
from benchmarks.support.soak import Soak
from imgcls.sharing import Visibility, ownership
from imgcls.sharing.permissions import Thing
from imgcls.system import paths
from tests.browser.support.server import Server

PEOPLE, ROUNDS, MORE_ROUNDS = 3, 6, 5
MOST_MB = 40
CLASS = 10


@pytest.fixture
def school(tmp_path, monkeypatch):
    """A server in classroom mode that is not started yet; this process shares its folders.

    It forgets who has left after a second: for two minutes, a tab that comes back would find its session.
    """
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    settings = {"IMGCLS_MODE": "classroom", "TMPDIR": str(temporary), "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "1"}
    server = Server(tmp_path / "server", tmp_path / "cache", **settings)
    server.add(paths.repository_folder() / "saved_models" / "digits")
    for name, folder in (("IMGCLS_RUNS", server.runs), ("IMGCLS_OWN_DATA", server.runs.with_name("own"))):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
    yield server
    server.close()


def test_nothing_piles_up_in_a_server_that_people_come_to_and_leave(school, tmp_path):
    members = open_class(PEOPLE)
    school.start()
    soak = Soak(Measured(school.port, psutil.Process(school.pid)), members, tmp_path / "temporary")
    for _ in range(ROUNDS):
        soak.round()
    for _ in range(MORE_ROUNDS):  # the last people to leave may be forgotten only when the next ones come
        memory, handles, files = soak.growth()
        if handles < PEOPLE:
            break
        soak.round()
    assert soak.seen.problems == []
    assert len(soak.seen.predictions) >= PEOPLE * ROUNDS
    assert handles < PEOPLE and files <= 0 and memory < MOST_MB, soak.samples


def work_of(number: int) -> str:
    return f"Work of number {number % CLASS}"


def test_after_a_kill_of_the_server_everybody_is_back_with_their_work(school):
    members, seen = open_class(CLASS), Seen()
    own = {member: school.runs / f"work-{number}" for number, member in enumerate(members)}
    for number, (member, folder) in enumerate(own.items()):
        shutil.copytree(school.runs / "digits", folder)
        (folder / "label.txt").write_text(work_of(number), "utf-8")
        ownership._write(folder, Thing(member, Visibility.PRIVATE), time.time())
    school.start()

    async def crash() -> dict[str, list[bytes]]:
        shown: dict[str, list[bytes]] = {}

        async def one(number: int, member: str) -> None:
            async with Pupil(school.port, member, seen) as pupil:
                await pupil.visit("train", f"run={own[member].name}")
                connected.release()
                await killed.wait()
            others = own[members[number - 1]].name
            shown[member] = [
                await come_back(school.port, member, page, query, seen)
                for page, query in (("you", ""), ("train", f"run={own[member].name}"), ("train", f"run={others}"))
            ]

        async def kill() -> None:
            for _ in members:
                await connected.acquire()
            await asyncio.to_thread(school.kill)
            killed.set()
            await asyncio.to_thread(school.start)

        connected, killed = asyncio.Semaphore(0), asyncio.Event()
        await all_of([kill(), *(one(number, member) for number, member in enumerate(members))], seen)
        return shown

    shown = asyncio.run(crash())
    assert seen.problems == []
    for number, member in enumerate(members):
        you, work, others = shown[member]
        assert name_of(number).encode() in you
        assert work_of(number).encode() in work and b"Test accuracy" in work
        assert work_of(number - 1).encode() not in others and b"Test accuracy" not in others
