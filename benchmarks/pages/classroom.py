"""Does one server carry a class: 100 sessions, 60 of which follow a training and 40 draw?

    python -m benchmarks.classroom [SESSIONS] [SECONDS]
    python -m benchmarks.classroom soak [SECONDS] [SESSIONS]

A server in the mode `classroom`, on the loopback interface only. SESSIONS (default 100) members of a class, each with a
cookie and a WebSocket of its own, speak Streamlit's protocol for SECONDS (default 60): three in five have the page of
one running training open, whose parts rerun at their own pace; the others draw on the Predict page, each every two
seconds, which is 20 predictions per second. Three real browsers are there, too: the teacher's on the page Class, and
two on the training. The value is the 95th percentile of a rerun, in milliseconds, from the request to the end of the
answer; `prediction_p95_ms` is that of a prediction, `opening_p95_ms` that of opening a page when all come at once.

`training_share` is the speed of the training (epochs per second) during the lesson, relative to the mean of before and
after it. `interrupted` counts answers that called the running training interrupted, in browsers, too. Finally the
server is killed (SIGKILL) and started again: `back_s` is until everybody has their page again, with their name on it.
The clients share the computer with the server; `cores` says what each of them uses. The reference is an empty request,
alone.

`soak`: SESSIONS (default 20) people come, open four pages, draw and leave again, for SECONDS (default 3600). After each
round, when all have left, the memory, the open handles and the temporary files of the server are counted. The value is
the growth of the memory, in MB, from the end of the first quarter to the end: medians of a tenth of the rounds. For two
minutes the server keeps up to 128 sessions of people who have left, with three handles each, so a short soak grows.
"""

import asyncio
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.pages.audience_wall import empty_requests
from benchmarks.pages.rerun_cpu import SEVEN, training
from benchmarks.support.browser import VIEW, chromium
from benchmarks.support.processor import Shares
from benchmarks.support.pupils import INTERRUPTED, TEACHER, Pupil, Seen, all_of, come_back, name_of, open_class
from benchmarks.support.reference import Reference
from benchmarks.support.report_line import Missing, line, percentile, run
from benchmarks.support.server import Server, copy_runs, serve, workplace
from benchmarks.support.soak import Soak

SESSIONS, SECONDS = 100, 60.0
SOAK_SESSIONS, SOAK_SECONDS = 20, 3600.0
WATCHING = 0.6
DRAW_SECONDS = 2.0
ALONE_SECONDS = 15.0
TARGETS = {
    "prediction_p95_ms": 150,
    "problems": 0,
    "memory_mb": 500,
    "training_share": 0.7,
    "interrupted": 0,
    "back_s": 10,
}
STAY_SECONDS = 5.0


def epochs_done(environment: dict[str, str]) -> float:
    """How far the training is, in epochs."""
    lines = Path(environment["IMGCLS_RUNS"], "live", "metrics.jsonl").read_bytes().splitlines()
    found = (json.loads(entry).get("epoch") for entry in reversed(lines) if entry.endswith(b"}"))
    return next((float(epoch) for epoch in found if epoch is not None), 0.0)


def speed(environment: dict[str, str], wait: Callable[[], object]) -> float:
    """Epochs per second while something goes on."""
    before, began = epochs_done(environment), time.monotonic()
    wait()
    return (epochs_done(environment) - before) / (time.monotonic() - began)


async def lesson(port: int, members: list[str], run_id: str, seconds: float, seen: Seen) -> None:
    """Everybody comes at once, and watches or draws for so many seconds."""
    began = time.monotonic()
    end = began + seconds
    watching = round(WATCHING * len(members))

    async def one(number: int, member: str) -> None:
        async with Pupil(port, member, seen) as pupil:
            if number < watching:
                await pupil.watch(run_id, lambda: time.monotonic() > end)
            else:
                rhythm = began + DRAW_SECONDS * (number - watching) / max(len(members) - watching, 1)
                await pupil.draw(SEVEN, DRAW_SECONDS, lambda: time.monotonic() > end, rhythm=rhythm)

    await all_of((one(number, member) for number, member in enumerate(members)), seen)


def with_browsers(
    server: Server, members: list[str], run_id: str, work: Callable[[], None], seen: Seen
) -> tuple[float, dict[str, float]]:
    """Does something in a thread while real browsers show pages.

    Returns the peak of the server's memory in MB, and the cores that everybody used meanwhile.
    """
    from imgcls.sharing import cookies

    peak = 0.0
    visits = [(TEACHER, "class"), *((member, f"train?run={run_id}") for member in members[:2])]
    with chromium() as browser:
        pages = []
        for visitor_id, path in visits:
            context = browser.new_context(viewport=VIEW)
            context.add_cookies([{"name": cookies.NAME, "value": cookies.make(visitor_id), "url": server.url}])
            pages.append(context.new_page())
            pages[-1].goto(f"{server.url}/{path}")
        thread, shares = threading.Thread(target=work), Shares()
        thread.start()
        while thread.is_alive():
            thread.join(1)
            peak = max(peak, server.process.memory_info().rss / 1e6)
            for page in pages:
                text = page.locator("body").inner_text()
                seen.interrupted += INTERRUPTED.decode() in text
                if "Something went wrong" in text or "Connection error" in text:
                    seen.problems.append(f"A browser on {page.url} shows an error.")
        return peak, shares.stop()


async def everybody_back(port: int, members: list[str], seen: Seen) -> None:
    """Everybody connects again until their page is there, with their name on the page You."""

    async def one(number: int, member: str) -> None:
        shown = await come_back(port, member, "you", "", seen)
        if name_of(number).encode() not in shown:
            raise Missing("The server no longer knows who somebody is.")

    await all_of((one(number, member) for number, member in enumerate(members)), seen)


def teach(sessions: int, seconds: float) -> None:
    """A lesson, and its line."""
    seen = Seen()
    with workplace() as environment:
        environment |= {"IMGCLS_MODE": "classroom", "IMGCLS_STANDBY": "0"}
        if "digits" not in copy_runs(environment):
            raise Missing("The shipped run `digits` is missing.")
        os.environ.update(environment)
        members = open_class(sessions)
        with training(environment) as run_id:
            before = speed(environment, lambda: time.sleep(ALONE_SECONDS))
            with serve(environment) as server:
                server.wait()
                empty = asyncio.run(empty_requests(server))
                cpu = server.cpu_ms()
                memory = 0.0
                cores: dict[str, float] = {}

                def work() -> None:
                    asyncio.run(lesson(server.port, members, run_id, seconds, seen))

                def measured() -> None:
                    nonlocal memory, cores
                    memory, cores = with_browsers(server, members, run_id, work, seen)

                during = speed(environment, measured)
                cpu = server.cpu_ms() - cpu
                server.process.kill()
                server.process.wait(10)
            killed = time.monotonic()
            with serve(environment, port=server.port):
                asyncio.run(everybody_back(server.port, members, seen))
                back = time.monotonic() - killed
            after = speed(environment, lambda: time.sleep(ALONE_SECONDS))
    requests = len(seen.reruns) + len(seen.predictions)
    if not seen.reruns or not seen.predictions:
        raise Missing(f"Nobody got an answer: {'; '.join(seen.problems[:3]) or 'too few sessions'}.")
    print(
        line(
            "classroom",
            round(1000 * percentile(seen.reruns, 0.95)),
            "ms",
            250,
            "lower",
            reference=Reference("an empty request", empty, "ms"),
            median_ms=round(1000 * statistics.median(seen.reruns)),
            prediction_median_ms=round(1000 * statistics.median(seen.predictions)),
            prediction_p95_ms=round(1000 * percentile(seen.predictions, 0.95)),
            opening_p95_ms=round(1000 * percentile(seen.openings, 0.95)),
            sessions=sessions,
            seconds=seconds,
            reruns_per_s=round(len(seen.reruns) / seconds, 1),
            predictions_per_s=round(len(seen.predictions) / seconds, 1),
            cpu_ms_per_request=round(cpu / requests, 1),
            cores=cores,
            problems=len(seen.problems),
            first_problems=seen.problems[:3],
            interrupted=seen.interrupted,
            memory_mb=round(memory),
            training_share=round(2 * during / (before + after), 2),
            back_s=round(back, 1),
            targets=TARGETS,
        )
    )


def soak(seconds: float, sessions: int) -> None:
    """The soak, and its line."""
    with workplace() as environment:
        temporary = Path(environment["IMGCLS_RUNS"]).with_name("temporary")
        temporary.mkdir()
        environment |= {"IMGCLS_MODE": "classroom", "IMGCLS_STANDBY": "0", "TMPDIR": str(temporary)}
        copy_runs(environment)
        os.environ.update(environment)
        members = open_class(sessions)
        with serve(environment) as server:
            server.wait()
            work = Soak(server, members, temporary)
            end = time.monotonic() + seconds
            while time.monotonic() < end or len(work.samples) < 4:
                work.round(STAY_SECONDS)
    memory, handles, files = work.growth()
    print(
        line(
            "classroom_soak",
            round(memory, 1),
            "MB",
            20,
            "lower",
            handles=round(handles),
            files=round(files),
            memory_mb=[round(sample[0]) for sample in work.samples[:: max(1, len(work.samples) // 10)]],
            rounds=len(work.samples),
            visits=len(work.seen.openings),
            problems=len(work.seen.problems),
            first_problems=work.seen.problems[:3],
            sessions=sessions,
            seconds=seconds,
        )
    )


def main() -> None:
    given = sys.argv[1:]
    if given[:1] == ["soak"]:
        soak(
            float(given[1]) if len(given) > 1 else SOAK_SECONDS,
            int(given[2]) if len(given) > 2 else SOAK_SESSIONS,
        )
        return
    teach(int(given[0]) if given else SESSIONS, float(given[1]) if len(given) > 1 else SECONDS)


if __name__ == "__main__":
    sys.exit(run(main))
