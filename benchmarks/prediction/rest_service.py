"""How fast does `imgcls serve` answer, and how much memory does it need?

    python -m benchmarks.rest_service [REQUESTS]

The server in a process of its own, with the shipped model of digits. Test images as PNG files go to it one per request:
REQUESTS (default 400) from one client, then as many from eight clients at once, each over one connection. The value is
the median time of a single request (target 8 ms); the line also holds the requests per second of eight clients (target
300 on two cores, which the clients share with the server) and the memory of all processes of the server (target 300
MB). The reference is the same answer in this process, without a network; `empty_route_ms` is the median of a route that
does nothing.
"""

import functools
import http.client
import itertools
import json
import socket
import statistics
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO

import numpy as np
import psutil
from PIL import Image

from benchmarks.support.reference import Reference, seconds
from benchmarks.support.report_line import Missing, line, percentile, run
from benchmarks.support.server import Server, started, workplace
from imgcls import runs
from imgcls.errors import RunError
from imgcls.inference import batch
from imgcls.inference.batch import Item
from imgcls.runs import Run

REQUESTS, CLIENTS, WARM_UP = 400, 8, 20
TARGET_MS, TARGET_RATE, TARGET_MB = 8.0, 300, 300
IMAGES = 100
TOKEN = "benchmark-of-the-rest-service"


def files_of(chosen: Run) -> list[bytes]:
    """Test images as PNG files."""
    with np.load(chosen.folder / "gallery.npz") as gallery:
        pictures = gallery["pictures"][:IMAGES]
    files = []
    for pixels in pictures:
        file = BytesIO()
        Image.fromarray(pixels.squeeze()).save(file, "PNG")
        files.append(file.getvalue())
    return files


def answered_here(chosen: Run, files: list[bytes]) -> Reference:
    """Milliseconds of an answer without a server."""
    card = chosen.card

    def answer(data: bytes) -> str:
        (result,) = batch.classified(chosen, card, [Item("image", -1, lambda: data)])
        return json.dumps(batch.as_json(result, card.classes))

    answer(files[0])
    times = [seconds(functools.partial(answer, data)) for data in files]
    return Reference("the same answer without a network", 1000 * statistics.median(times), "ms")


@contextmanager
def service(chosen: Run) -> Iterator[Server]:
    """`imgcls serve` with this run, ready to answer."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "imgcls", "serve", str(chosen.folder), "--port", str(port)]
    with workplace() as environment:
        environment |= {"IMGCLS_API_TOKEN": TOKEN, "IMGCLS_API_RATE": "100000"}
        with started(command, environment) as process:
            server = Server(port, process)
            server.wait()
            yield server


def times_of(port: int, path: str, files: list[bytes], requests: int) -> list[float]:
    """Seconds of each of these requests, one after the other over one connection; without files they only read."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "image/png"}
    times = []
    for number in range(requests):
        began = time.perf_counter()
        if files:
            connection.request("POST", path, files[number % len(files)], headers)
        else:
            connection.request("GET", path)
        response = connection.getresponse()
        content = response.read()
        times.append(time.perf_counter() - began)
        if response.status != 200:
            raise Missing(f"The service answered {response.status}: {content[:200]!r}")
    connection.close()
    return times


def cpu_ms(processes: list[psutil.Process]) -> float:
    """CPU time that the processes of the service have used so far, user and system."""
    return 1000 * sum(sum(process.cpu_times()[:2]) for process in processes)


def main() -> None:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS
    try:
        chosen = runs.find("digits")
    except RunError as error:
        raise Missing(str(error)) from error
    files = files_of(chosen)
    path = f"/api/models/{chosen.id}/predict"
    reference = answered_here(chosen, files)
    with service(chosen) as server:
        times_of(server.port, path, files, WARM_UP)
        empty = times_of(server.port, "/api/health", [], requests)
        processes = [server.process, *server.process.children()]
        cpu = cpu_ms(processes)
        alone = [1000 * spent for spent in times_of(server.port, path, files, requests)]
        cpu_alone = (cpu_ms(processes) - cpu) / requests
        began = time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as clients:
            together = list(
                clients.map(lambda _: times_of(server.port, path, files, requests // CLIENTS), range(CLIENTS))
            )
        rate = sum(map(len, together)) / (time.perf_counter() - began)
        memory = sum(process.memory_info().rss for process in processes) / 1e6
    print(
        line(
            "rest_service",
            round(statistics.median(alone), 1),
            "ms",
            TARGET_MS,
            "lower",
            reference=reference,
            empty_route_ms=round(1000 * statistics.median(empty), 1),
            p95_ms=round(percentile(alone, 0.95), 1),
            server_cpu_ms=round(cpu_alone, 1),
            requests_per_second=round(rate),
            target_requests_per_second=TARGET_RATE,
            median_ms_of_eight=round(1000 * statistics.median(itertools.chain(*together)), 1),
            server_mb=round(memory),
            target_mb=TARGET_MB,
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
