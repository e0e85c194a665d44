"""How long after somebody presses Send is the drawing on the audience wall, while 200 phones draw?

    python -m benchmarks.audience_wall [SECONDS] [PHONES]

A server in the mode `classroom` with the shipped model of digits. PHONES (default 200) clients without a browser, each
with a cookie and a connection of its own, ask for their state every 3 seconds, as the phone's page does, and send a
drawing every 6 seconds, for SECONDS (default 60; five minutes show whether memory grows). One client asks for the wall
every 0.7 seconds, as the screen does. The value is the 95th percentile of the time from the start of a request that
sends a drawing to the end of the answer with which the wall gets it, in seconds. `passed_over` counts drawings that
never were among the newest 48 when the wall asked.

Before that, digits are drawn with the mouse on the phone's page in Chromium, one movement every 16 ms: `phone_ms` is
the median from a pen movement to the frame after the bars were updated (target 50 ms); the model runs in the browser.
`growth_mb` is the memory of the server at the end minus that after a fifth of the time; `cpu_ms` is the CPU time of the
server for each request. The clients share the computer with the server. The reference is an empty request, alone.
"""

import asyncio
import json
import os
import random
import statistics
import sys
import time

from benchmarks.prediction.drawing_latency import STROKES, move_pen, strokes
from benchmarks.support.browser import chromium
from benchmarks.support.reference import Reference
from benchmarks.support.report_line import Missing, line, percentile, run
from benchmarks.support.server import Server, copy_runs, serve, workplace

SECONDS, PHONES = 60, 200
STATE_SECONDS, SEND_SECONDS, WALL_SECONDS = 3.0, 6.0, 0.7
TARGET_SECONDS, PHONE_TARGET_MS = 2.0, 50
PHONE_DRAWINGS = 10
VIEW = {"width": 390, "height": 844}
WATCH = """
const pen = window.pen = {moved: 0, latencies: []};
addEventListener('pointermove', event => {
  if (event.buttons && event.target.tagName === 'CANVAS' && !pen.moved) pen.moved = performance.now();
}, true);
addEventListener('DOMContentLoaded', () => new MutationObserver(() => {
  if (!pen.moved) return;
  const moved = pen.moved;
  pen.moved = 0;
  requestAnimationFrame(() => requestAnimationFrame(() => pen.latencies.push(performance.now() - moved)));
}).observe(document.getElementById('bars'), {childList: true}));
"""


class Client:
    """A connection that stays open, for a visitor."""

    def __init__(self, port: int, cookie: str):
        self._port, self._cookie = port, cookie
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: dict | None = None) -> dict:
        """The JSON of an answer with the status 200.

        Raises:
            Missing: the status is another one.
        """
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        data = json.dumps(body).encode() if body is not None else b""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nCookie: imgcls_visitor={self._cookie}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        writer.write(head.encode() + data)
        status = (await reader.readline()).split()[1]
        length = 0
        while (entry := await reader.readline()) not in (b"\r\n", b""):
            name, _, value = entry.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        answer = await reader.readexactly(length)
        if status != b"200":
            raise Missing(f"{method} {path} was answered with {status.decode()}: {answer[:200].decode()}")
        return json.loads(answer)


def open_wall(environment: dict[str, str]) -> tuple[str, str]:
    """A class with a wall in the folders of the server: its code, and the cookie of its teacher."""
    os.environ.update(environment)
    from imgcls.jobs.together import activities
    from imgcls.sharing import Role, acting_as, cookies, people
    from imgcls.sharing.classroom import rooms

    teacher = cookies.new_id()
    people.change(teacher, name="Teacher", role=Role.TEACHER)
    with acting_as(people.visitor(teacher)):
        room = rooms.open_new()
    with acting_as(people.visitor(teacher)):
        activities.start_wall(room, "digits")
    return room.code, cookies.make(teacher)


def phone_latencies(server: Server, code: str, browser) -> list[float]:
    """Milliseconds from pen movements to the bars, in the browser of a phone."""
    page = browser.new_context(viewport=VIEW).new_page()
    page.add_init_script(WATCH)
    page.goto(f"{server.url}/room/{code}/draw")
    page.locator("#draw").wait_for(timeout=60_000)
    for number in range(PHONE_DRAWINGS + 1):
        digit = list(STROKES)[number % 10]
        move_pen(page, page.locator("#pad canvas"), digit)
        if number == 0:  # loads the model
            page.locator("#answer", has_text=str(digit)).wait_for(timeout=60_000)
            if not page.locator("#where").inner_text().startswith("Read on this device."):
                raise Missing("This browser cannot run the model.")
            page.evaluate("() => { pen.latencies.length = 0; }")
        page.locator("[data-clear]").click()
    found = page.evaluate("() => pen.latencies")
    page.context.close()
    return found


async def draw_together(server: Server, code: str, teacher: str, seconds: float, phones: int) -> dict:
    """What the phones and the wall have seen: seconds from Send to the wall, and of each request; and memory in MB."""
    from imgcls.sharing import cookies

    ended = time.monotonic() + seconds
    sent: dict[int, float] = {}
    seen: dict[int, float] = {}
    requests: list[float] = []
    memory: list[float] = []

    async def timed(client: Client, *request) -> dict:
        began = time.perf_counter()
        answer = await client.ask(*request)
        requests.append(time.perf_counter() - began)
        return answer

    async def phone(number: int) -> None:
        chance = random.Random(number)
        client = Client(server.port, cookies.make(cookies.new_id()))
        await asyncio.sleep(chance.uniform(0, STATE_SECONDS))
        next_send, newest = time.monotonic() + chance.uniform(0, SEND_SECONDS), 0
        activity = (await timed(client, "GET", f"/room/{code}/state"))["activity"]
        while time.monotonic() < ended:
            if time.monotonic() >= next_send:
                next_send += SEND_SECONDS
                digit = chance.randrange(10)
                drawn = [[value for x, y in stroke for value in place(x, y, chance)] for stroke in strokes(digit)]
                body = {"activity": activity, "strokes": drawn, "label": digit}
                began = time.perf_counter()
                newest = (await timed(client, "POST", f"/room/{code}/drawings", body))["id"]
                sent[newest] = began
            await timed(client, "GET", f"/room/{code}/state?after={newest}")
            await asyncio.sleep(STATE_SECONDS * chance.uniform(0.9, 1.1))

    async def wall() -> None:
        client, newest = Client(server.port, teacher), 0
        while time.monotonic() < ended + 5:
            for entry in (await timed(client, "GET", f"/room/{code}/show?after={newest}"))["shown"]:
                seen.setdefault(entry["id"], time.perf_counter())
                newest = max(newest, entry["id"])
            memory.append(server.process.memory_info().rss / 1e6)
            await asyncio.sleep(WALL_SECONDS)

    await asyncio.gather(wall(), *(phone(number) for number in range(phones)))
    missed = sorted(set(sent) - set(seen))
    late = [seen[number] - began for number, began in sent.items() if number in seen]
    return {"late": late, "missed": len(missed), "requests": requests, "memory": memory}


def place(x: float, y: float, chance: random.Random) -> tuple[float, float, float]:
    """A point on the canvas by an unsteady hand."""
    return round(70 + 1.4 * x + chance.gauss(0, 2), 1), round(50 + 1.8 * y + chance.gauss(0, 2), 1), 18


async def empty_requests(server: Server) -> float:
    """Milliseconds of a request that does nothing, alone."""
    client, times = Client(server.port, ""), []
    for _ in range(100):
        began = time.perf_counter()
        await client.ask("GET", "/_stcore/host-config")
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    phones = int(sys.argv[2]) if len(sys.argv) > 2 else PHONES
    with workplace() as environment:
        environment |= {"IMGCLS_MODE": "classroom", "IMGCLS_STANDBY": "0"}
        if "digits" not in copy_runs(environment):
            raise Missing("The shipped run `digits` is missing.")
        code, teacher = open_wall(environment)
        with serve(environment) as server:
            server.wait()
            empty = asyncio.run(empty_requests(server))
            with chromium() as browser:
                phone = phone_latencies(server, code, browser)
            cpu = server.cpu_ms()
            found = asyncio.run(draw_together(server, code, teacher, seconds, phones))
            cpu = server.cpu_ms() - cpu
    memory = found["memory"]
    print(
        line(
            "audience_wall",
            round(percentile(found["late"], 0.95), 2),
            "s",
            TARGET_SECONDS,
            "lower",
            reference=Reference("an empty request", empty, "ms"),
            median_s=round(statistics.median(found["late"]), 2),
            drawings=len(found["late"]),
            passed_over=found["missed"],
            phones=phones,
            seconds=seconds,
            requests_per_second=round(len(found["requests"]) / seconds),
            request_p95_ms=round(1000 * percentile(found["requests"], 0.95)),
            cpu_ms=round(cpu / len(found["requests"]), 2),
            phone_ms=round(statistics.median(phone), 1),
            phone_p95_ms=round(percentile(phone, 0.95), 1),
            phone_target_ms=PHONE_TARGET_MS,
            growth_mb=round(memory[-1] - memory[len(memory) // 5], 1),
            server_mb=round(memory[-1]),
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
