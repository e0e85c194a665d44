"""People come to a server and leave it again: does anything pile up in it?"""

import asyncio
import statistics
import time
from pathlib import Path

from benchmarks.support.pupils import Pupil, Seen, all_of
from benchmarks.support.report_line import Missing
from benchmarks.support.server import Server

PAGES = (("", ""), ("runs", ""), ("evaluate", "run=digits"), ("train", "run=digits"))
DRAWING = [[80, 70, 18, 200, 70, 18], [200, 70, 18, 130, 230, 18]]
"""A seven: x, y and width of the pen at each point of two strokes."""
DRAW_SECONDS = 2.0


class Soak:
    """A server that people come to and leave again; `samples` are MB, handles and temporary files after each round."""

    def __init__(self, server: Server, members: list[str], temporary: Path):
        self.server, self.members, self._temporary = server, members, temporary
        self.samples: list[tuple[float, int, int]] = []
        self.seen = Seen()

    def round(self, stay: float = 0.0) -> None:
        """Everybody comes, opens all pages, draws for so many seconds (once at least), and leaves."""
        asyncio.run(self._round(stay))
        self._wait_until_all_have_left()
        process = self.server.process
        files = sum(1 for path in self._temporary.rglob("*") if path.is_file())
        self.samples.append((process.memory_info().rss / 1e6, process.num_fds(), files))

    async def _round(self, stay: float) -> None:
        async def one(member: str) -> None:
            async with Pupil(self.server.port, member, self.seen) as pupil:
                for page, query in PAGES:
                    self.seen.openings.append(await pupil.visit(page, query))
                end = time.monotonic() + stay
                await pupil.draw(DRAWING, DRAW_SECONDS, lambda: time.monotonic() >= end)

        await all_of(map(one, self.members), self.seen)

    def _wait_until_all_have_left(self) -> None:
        end = time.monotonic() + 120
        while any(
            entry.laddr.port == self.server.port and entry.status == "ESTABLISHED"
            for entry in self.server.process.net_connections("tcp")
        ):
            if time.monotonic() > end:
                raise Missing("The server keeps connections of people who have left.")
            time.sleep(0.1)

    def growth(self) -> tuple[float, float, float]:
        """Of memory, handles and files: the median of the last tenth minus that after the first quarter."""
        part = max(1, len(self.samples) // 10)
        first = self.samples[len(self.samples) // 4 :][:part]
        last = self.samples[-part:]
        late, early = ([statistics.median(column) for column in zip(*rows, strict=True)] for rows in (last, first))
        return tuple(b - a for a, b in zip(early, late, strict=True))
