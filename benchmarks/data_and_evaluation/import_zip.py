"""How long does it take to import 60,000 images from a zip, and does the app stay responsive?

    python -m benchmarks.import_zip [ARCHIVE]

The default archive is cifar10_jpeg.zip in $IMGCLS_DATA. The value is the time of the import process, from its start to
the result that the page reads, while a visitor clicks through the app; the process has low priority, as when a page
starts it. `look_s` is the preview before it, also a process. `peak_mb` is the peak memory of the import process.
`answer_before_ms` and `answer_meanwhile_ms` are median full reruns of the pages Data and Train, without a browser.
"""

import json
import os
import statistics
import sys
import threading
import time
import zipfile
from pathlib import Path

import psutil
from PIL import Image

from benchmarks.support.reference import Reference
from benchmarks.support.reference import seconds as reference_seconds
from benchmarks.support.report_line import Missing, line, percentile, run
from benchmarks.support.server import Server, serve, started, workplace
from benchmarks.support.session import Session
from imgcls.datasets.importing import ImportRequest, ImportSettings
from imgcls.system import atomic

PAGES = ("data", "train")
CLICKS = 40
REST_SECONDS = 0.2


def archive() -> Path:
    """The archive to import."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else Path(os.environ.get("IMGCLS_DATA", "."), "cifar10_jpeg.zip"))
    if not path.is_file():
        raise Missing(f"There is no {path}: name an archive, or put cifar10_jpeg.zip into the folder of IMGCLS_DATA.")
    return path.absolute()


def clicks(server: Server, over: threading.Event, most: int, times: list[float]) -> None:
    """Milliseconds of reruns until they are enough or `over`."""
    with Session(server.port) as session:
        for page in PAGES:
            session.rerun(page)
        while len(times) < most and not over.is_set():
            start = time.perf_counter()
            session.rerun(PAGES[len(times) % len(PAGES)])
            times.append(1000 * (time.perf_counter() - start))
            time.sleep(REST_SECONDS)


def plain_decoding(path: Path, side: int, most: int = 2_000) -> Reference:
    """Seconds of a loop that reads, decodes and resizes every image of an archive, measured on `most` of them."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith((".jpg", ".jpeg", ".png"))]
        chosen = names[:: max(1, len(names) // most)]

        def decode() -> None:
            for name in chosen:
                with archive.open(name) as file:
                    Image.open(file).convert("RGB").resize((side, side))

        spent = reference_seconds(decode)
    return Reference("Pillow alone, one process: read, decode, resize", spent * len(names) / len(chosen), "s")


def work(environment: dict[str, str], how: str, folder: Path, result: Path) -> tuple[float, float]:
    """Seconds until a process has written its result, and the most megabytes it had."""
    began, peak = time.perf_counter(), 0.0
    with started([sys.executable, "-m", "imgcls.datasets.importing", how, str(folder)], environment) as process:
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE and not result.exists():
            peak = max(peak, process.memory_info().rss / 1e6)
            time.sleep(0.02)
        seconds = time.perf_counter() - began
    if not result.exists():
        raise Missing("The import failed; try `python -m imgcls.datasets.importing ARCHIVE --look`.")
    return seconds, peak


def main() -> None:
    path = archive()
    with workplace() as environment:
        folder = Path(environment["IMGCLS_OWN_DATA"], ".imports", "0" * 16)
        folder.mkdir(parents=True)
        atomic.write_json(folder / "order.json", ImportRequest("zip", str(path), path.name).as_dict())
        with serve(environment) as server:
            server.wait()
            before, meanwhile, over = [], [], threading.Event()
            clicks(server, over, CLICKS, before)
            look_seconds, _ = work(environment, "--look", folder, folder / "preview.json")
            seen = json.loads((folder / "preview.json").read_bytes())
            if "error" in seen:
                raise Missing(seen["error"])
            wish = ImportSettings("Benchmark", side=seen["side"], channels=seen["channels"])
            atomic.write_json(folder / "wish.json", wish.as_dict())
            visitor = threading.Thread(target=clicks, args=(server, over, 10_000, meanwhile))
            visitor.start()
            try:
                seconds, peak = work(environment, "--make", folder, folder / "result.json")
            finally:
                over.set()
                visitor.join()
    print(
        line(
            "import_zip",
            round(seconds, 1),
            "s",
            20,
            "lower",
            reference=plain_decoding(path, seen["side"]),
            images=sum(sum(row[1:]) for row in seen["counts"]),
            size=f"{wish.side} x {wish.side}",
            peak_mb=round(peak),
            peak_target_mb=200,
            look_s=round(look_seconds, 1),
            answer_before_ms=round(statistics.median(before), 1),
            answer_meanwhile_ms=round(statistics.median(meanwhile), 1),
            answer_meanwhile_p95_ms=round(percentile(meanwhile, 0.95), 1),
            clicks=len(meanwhile),
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
