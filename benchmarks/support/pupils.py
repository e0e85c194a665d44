"""A class of tabs without browsers, in one event loop: each has a cookie, and notes how long the server took.

`watch` follows a training run as a browser does, `draw` draws on the Predict page, `come_back` is what a browser does
after the server was killed.
"""

import asyncio
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from benchmarks.support.session import DONE, PROBLEM, PROTOCOL, Tab, address
from imgcls.sharing import Role, acting_as, cookies, people
from imgcls.sharing.classroom import rooms

WAIT_SECONDS = 60
TEACHER = "T" * 22
INTERRUPTED = b"Interrupted"
"""What a page says of a run whose trainer seems to be dead."""


def open_class(size: int) -> list[str]:
    """A class with so many members, in the folders that this process has in common with the server; their IDs.

    The teacher's ID is `TEACHER`.
    """
    people.change(TEACHER, name="Teacher", role=Role.TEACHER)
    with acting_as(people.visitor(TEACHER)):
        room = rooms.open_new()
    members = [f"{number:022d}" for number in range(size)]
    for number, member in enumerate(members):
        people.change(member, name=name_of(number), role=Role.MEMBER, room=room.id)
    return members


def name_of(number: int) -> str:
    return f"Pupil-{number:03d}"


@dataclass
class Seen:
    """What a class has seen: seconds of each opened page, rerun and prediction; what went wrong, as sentences."""

    openings: list[float] = field(default_factory=list)
    reruns: list[float] = field(default_factory=list)
    predictions: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    interrupted: int = 0


class Pupil(Tab):
    """A tab with a connection. Use it as `async with`."""

    def __init__(self, port: int, visitor_id: str, seen: Seen):
        super().__init__()
        self.id, self._port, self._all = visitor_id, port, seen
        self._socket: ClientConnection | None = None

    async def __aenter__(self) -> "Pupil":
        headers = {"Cookie": f"{cookies.NAME}={cookies.make(self.id)}"}
        self._socket = await connect(
            address(self._port),
            subprotocols=[PROTOCOL],
            additional_headers=headers,
            max_size=None,
            compression=None,
            open_timeout=WAIT_SECONDS,
            ping_interval=None,
        )
        return self

    async def __aexit__(self, *_) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def visit(self, page: str, query: str = "") -> float:
        """Opens a page; the seconds until it is complete."""
        self.fragments, self.parts = {}, {}
        return await self.rerun(page, query)

    async def rerun(self, page: str = "", query: str = "", **more) -> float:
        """Runs a page, or a fragment of it (see `Tab.request`); the seconds until the server has finished.

        Raises:
            RuntimeError: the page failed.
        """
        assert self._socket is not None
        began = time.perf_counter()
        await self._socket.send(self.request(page, query, **more))
        content = []
        while True:
            data = await asyncio.wait_for(self._socket.recv(decode=False), WAIT_SECONDS)
            content.append(data)
            answer = self.take(data)
            if answer.WhichOneof("type") == "script_finished" and answer.script_finished in DONE:
                break
        seconds = time.perf_counter() - began
        self.seen = b"".join(content)
        self._all.interrupted += INTERRUPTED in self.seen
        if PROBLEM in self.seen:
            raise RuntimeError(f"The page {page or 'home'} failed.")
        return seconds

    async def watch(self, run_id: str, until: Callable[[], bool]) -> None:
        """Opens the page of a run and reruns its parts at their own pace."""
        query = f"run={run_id}"
        self._all.openings.append(await self.visit("train", query))
        due = {part: time.monotonic() + seconds for part, seconds in self.fragments.items()}
        while due and not until():
            part = min(due, key=due.__getitem__)
            await asyncio.sleep(max(0.0, due[part] - time.monotonic()))
            self._all.reruns.append(await self.rerun("train", query, fragment=part))
            due = {name: due.get(name, 0.0) for name in self.fragments}
            due[part] = next_due(due[part], self.fragments[part])

    async def draw(
        self, strokes: list[list[float]], pause: float, until: Callable[[], bool], *, rhythm: float | None = None
    ) -> None:
        """Opens the Predict page and sends the drawing every `pause` seconds, once at least.

        `rhythm`: a moment (monotonic seconds) from which on it is every `pause` seconds, whenever the page is open;
        otherwise it begins as soon as that is. Pages that are opened together are ready together, but people do not
        draw in step.
        """
        self._all.openings.append(await self.visit("predict", "run=digits"))
        number, due = 0, time.monotonic()
        if rhythm is not None:
            due = next_due(rhythm, pause)
            await asyncio.sleep(due - time.monotonic())
        while True:
            number += 1
            self._all.predictions.append(await self.rerun(**self.drawing(strokes, number)))
            if until():
                return
            due = next_due(due, pause)
            await asyncio.sleep(due - time.monotonic())


def next_due(due: float, pause: float) -> float:
    """When somebody acts next who acts every `pause` seconds: who was held up keeps their rhythm, as a browser's timer
    does. Otherwise all who were held up together would act together from then on."""
    return due + pause * max(1, math.ceil((time.monotonic() - due) / pause))


async def all_of(work: Iterable, seen: Seen) -> None:
    """Runs coroutines together; what goes wrong in one is noted and does not end the others."""
    found = await asyncio.gather(*work, return_exceptions=True)
    seen.problems += [f"{type(error).__name__}: {error}" for error in found if isinstance(error, BaseException)]


async def come_back(port: int, visitor_id: str, page: str, query: str, seen: Seen) -> bytes:
    """Connects again and again until the server answers, as a browser does; what the page then shows."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            async with Pupil(port, visitor_id, seen) as pupil:
                await pupil.visit(page, query)
                return pupil.seen
        except (OSError, WebSocketException, TimeoutError):
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.2)
