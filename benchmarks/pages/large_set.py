"""Does a dataset of 200,000 images stay fast to browse and out of memory?

    python -m benchmarks.large_set [THOUSANDS]

200,000 synthetic colour images of 32×32 pixels (614 MB), a tenth of them for testing. A new visitor opens
the Data page of a server that has just started (not for the first time on this machine): `value` is the time until
its images are painted. Then the dataset is analysed in the background, every view is opened several times with
different images, and a small network is trained for an epoch.

Memory is reported twice: `rss` includes pages of memory-mapped files, which the system reclaims when needed; `own`
belongs to the process alone (Linux). `flat_percent` is the growth of the server's own memory from the first round to
the last, and of the trainer's from the first third of its steps to the last third.
"""

import hashlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil

from benchmarks.support import reference
from benchmarks.support.browser import VIEW, chromium
from benchmarks.support.report_line import Missing, line, run
from benchmarks.support.server import REPOSITORY, serve, workplace
from benchmarks.support.session import Session
from imgcls.datasets import facts, store

THOUSANDS = 200
NAME = "cifar10"
"""The set takes the place of this one, whose classes and size it has."""
ROUNDS = 4
VIEWS = ("Mean images", "Brightness", "Duplicates", "Outliers", "Map", "Edits")
SETTLED = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app && app.dataset.testScriptState === 'notRunning' && app.dataset.testConnectionState === 'CONNECTED'
        && !document.querySelector('[data-testid=stSkeleton], [data-stale=true]');
}"""


def make(cache: Path, count: int) -> None:
    """A prepared dataset of so many images, written in blocks: soft spots in the colour of the class, and noise."""
    about = facts(NAME)
    folder = cache / "datasets" / NAME
    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    noise = generator.integers(-20, 20, (1_000, *about.shape), dtype=np.int16)
    shapes, digest = {}, hashlib.sha256()
    for part, size in (("train", count * 9 // 10), ("test", count // 10)):
        labels = generator.integers(0, about.num_classes, size)
        images = np.lib.format.open_memmap(folder / f"x_{part}.npy", "w+", np.uint8, (size, *about.shape))
        for start in range(0, size, len(noise)):
            some = labels[start : start + len(noise)]
            spots = generator.integers(40, 200, (len(some), 4, 4, 3)) + 5 * some[:, None, None, None]
            large = spots.repeat(8, 1).repeat(8, 2)
            block = np.clip(large + noise[generator.permutation(len(some))], 0, 255).astype(np.uint8)
            images[start : start + len(some)] = block
            digest.update(block.data)
        images.flush()
        np.save(folder / f"y_{part}.npy", labels)
        shapes |= {f"x_{part}": list(images.shape), f"y_{part}": [size]}
    card = {
        "format": store.FORMAT,
        "name": NAME,
        "version": about.version,
        "counts": {part: shapes[f"y_{part}"][0] for part in ("train", "test")},
        "shapes": shapes,
        "bytes": {key: (folder / f"{key}.npy").stat().st_size for key in shapes},
        "source": {"kind": "benchmark"},
        "fingerprint": digest.hexdigest()[:16],
    }
    (folder / "dataset.json").write_text(json.dumps(card), "utf-8")


def memory(process: psutil.Process) -> tuple[float, float]:
    """(all, own) of a process in MB; both the same where the system does not tell them apart."""
    rss = process.memory_info().rss / 1e6
    try:
        status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
        own = next(int(text.split()[1]) * 1024 for text in status.splitlines() if text.startswith("RssAnon"))
        return rss, own / 1e6
    except (OSError, StopIteration):
        return rss, rss


class Watch(threading.Thread):
    """Notes the memory of a process five times a second until it ends or `close` is called."""

    def __init__(self, process: psutil.Process):
        super().__init__(daemon=True)
        self._process, self._over = process, threading.Event()
        self.seen: list[tuple[float, float]] = []
        self.start()

    def run(self) -> None:
        while not self._over.wait(0.2):
            try:
                self.seen.append(memory(self._process))
            except psutil.Error:
                return

    def close(self) -> list[tuple[float, float]]:
        self._over.set()
        self.join()
        return self.seen


def opened(page, url: str, view: str = "") -> float:
    """Seconds until a new visit is painted: the heading of a view, or the images at the top."""
    began = time.perf_counter()
    page.goto(f"{url}/data?data=CIFAR-10&explore={view.replace(' ', '+')}", wait_until="commit")
    if not view:
        page.locator(".tiles img").first.wait_for(state="visible", timeout=60_000)
    else:
        page.get_by_role("heading", name="Explore").wait_for(state="visible", timeout=60_000)
    return time.perf_counter() - began


def looked_at(environment: dict[str, str]) -> dict:
    """The server's part."""
    seen: dict = {}
    with serve(environment) as server:
        server.wait()
        with Session(server.port) as session:
            session.rerun("data")  # compiles what pages import, as an installation does: no later start does it again
    with chromium() as browser, serve(environment) as server:
        server.wait()

        def visit():
            return browser.new_context(viewport=VIEW).new_page()

        watch = Watch(server.process)
        page = visit()
        seen["first_paint_s"] = round(opened(page, server.url), 2)
        page.wait_for_function(SETTLED, timeout=60_000)
        seen["next_paints_s"] = round(statistics.median(opened(visit(), server.url) for _ in range(3)), 2)
        began = time.perf_counter()
        opened(page, server.url, "Duplicates")
        page.locator("dl.numbers").wait_for(state="visible", timeout=600_000)
        seen["survey_s"] = round(time.perf_counter() - began, 1)
        own = []
        for number in range(ROUNDS):
            for view in VIEWS:
                opened(page, server.url, view)
                page.wait_for_function(SETTLED, timeout=60_000)
                others = page.get_by_role("button", name=str(number + 2), exact=True)
                if number and others.count():
                    others.last.click()
                    page.wait_for_function(SETTLED, timeout=60_000)
            own.append(memory(server.process)[1])
        noted = watch.close()
    seen["server_rss_mb"] = round(max(rss for rss, _ in noted))
    seen["server_own_mb"] = round(max(mine for _, mine in noted))
    seen["server_flat_percent"] = round(100 * (own[-1] / own[0] - 1), 1)
    return seen


def trained(environment: dict[str, str]) -> dict:
    """The trainer's part."""
    command = ["-m", "imgcls.training", "--data", NAME, "--model", "cnn", "--filters", "8", "--epochs", "1"]
    command += ["--batch-size", "256", "--shift", "2", "--now", "--id", "large"]
    process = psutil.Popen(
        [sys.executable, *command],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    watch = Watch(process)
    try:
        process.wait(1800)
    finally:
        watch.close()
        if process.is_running():
            process.kill()
            process.wait(10)
    folder = Path(environment["IMGCLS_RUNS"], "large")
    try:
        result = json.loads((folder / "result.json").read_bytes())
        lines = [json.loads(text) for text in (folder / "metrics.jsonl").read_text("utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise Missing("The training wrote no result.") from error
    if result["outcome"] != "finished":
        raise Missing(f"The training did not finish: {result.get('message')}")
    steps = len([text for text in lines if text["kind"] == "batch"])
    # What was noted while it trained: after the graph was built and before the test, which is a tenth of the epoch.
    mine = [own for _, own in watch.seen]
    learning = mine[int(0.4 * len(mine)) : int(0.9 * len(mine))]
    third = max(1, len(learning) // 3)
    growth = statistics.mean(learning[-third:]) / statistics.mean(learning[:third]) - 1
    return {
        "training_own_mb": round(max(mine)),
        "training_rss_mb": round(max(rss for rss, _ in watch.seen)),
        "training_flat_percent": round(100 * growth, 1),
        "training_s": result["training_seconds"],
        "batch_lines": steps,
    }


def main() -> None:
    count = 1000 * (int(sys.argv[1]) if len(sys.argv) > 1 else THOUSANDS)
    os.chdir(REPOSITORY)
    with workplace() as environment:
        environment.pop("IMGCLS_DATA", None)  # a cifar10.npz there would be the newer source of what is made here
        make(Path(environment["IMGCLS_CACHE"]), count)
        with chromium() as browser:
            empty = reference.empty_page_paint(environment, browser)
        seen = looked_at(environment)
        print(seen, file=sys.stderr)
        seen |= trained(environment)
    value = seen.pop("first_paint_s")
    print(line("large_set", value, "s", 2, "lower", reference=empty, images=count, server_target_mb=300, **seen))


if __name__ == "__main__":
    sys.exit(run(main))
