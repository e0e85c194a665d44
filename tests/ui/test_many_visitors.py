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

PEOPLE, ROUNDS = 3, 6
MOST_MB = 40
CLASS = 10


@pytest.fixture
def school(tmp_path, monkeypatch):
    """A server in classroom mode that is not started yet; this process shares its folders."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    server = Server(tmp_path / "server", tmp_path / "cache", IMGCLS_MODE="classroom", TMPDIR=str(temporary))
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
    memory, handles, files = soak.growth()
    assert soak.seen.problems == []
    assert len(soak.seen.predictions) >= PEOPLE * ROUNDS
    assert handles < PEOPLE and files <= 0 and memory < MOST_MB, soak.samples


def test_after_a_kill_of_the_server_everybody_is_back_with_their_work(school):
    members, seen = open_class(CLASS), Seen()
    own = {member: school.runs / f"work-of-{name_of(number)}" for number, member in enumerate(members)}
    for member, folder in own.items():
        shutil.copytree(school.runs / "digits", folder)
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
        assert own[member].name.encode() in work and b"Test accuracy" in work
        assert b"There is no run" in others or b"no longer" in others
