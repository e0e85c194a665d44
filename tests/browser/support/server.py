"""The app as a real process, and the Chromium that opens it."""

import contextlib
import functools
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
from playwright.sync_api import sync_playwright

from imgcls.runs.run import TRAINER_LOCK, UNDER_WAY, Run

REPOSITORY = Path(__file__).resolve().parents[3]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    # Suggestions below the address bar, which no test sees: two pages for each new profile, 0.7 s of processor time.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
    "--use-fake-device-for-media-stream",  # a fake webcam that shows a clock, without a permission prompt
    "--use-fake-ui-for-media-stream",
    # Only this machine can be reached, so a passing test needs no network.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]


@functools.cache
def find_browser() -> str | None:
    """An installed Chromium or Chrome, else Playwright's own if it is there."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    for place in PLACES:
        if Path(place).exists():
            return place
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


class Server:
    """`streamlit run app.py` with its own port, runs and cache; `settings` are more environment variables."""

    def __init__(self, folder: Path, cache: Path, **settings: str):
        self.runs = folder / "runs"
        self.runs.mkdir(parents=True)
        self.log_file = folder / "server.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = environment(self.runs, cache) | settings
        self._process: psutil.Popen | None = None

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self) -> "Server":
        arguments = [f"--server.port={self.port}", "--server.headless=true"]
        with self.log_file.open("ab") as log:
            self._process = psutil.Popen(
                [sys.executable, "-m", "streamlit", "run", "app.py", *arguments],
                cwd=REPOSITORY,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until(self._predictions, seconds=60, what="the server answers")
        return self

    def _predictions(self) -> bool:
        assert self._process.poll() is None, f"the server ended:\n{self.log()}"
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def kill(self) -> None:
        """SIGKILL, as a crash would: no hook runs."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self._process.kill()
        self._process.wait(60)

    def close(self) -> None:
        """Ends the server and every process it left behind, identified by its runs folder."""
        if self._process and self._process.is_running():
            self.kill()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("IMGCLS_RUNS") == str(self.runs):
                    process.kill()

    def trainers(self, run_id: str) -> set[int]:
        """IDs of the processes that have the lock of a run open: a standby trainer does not name its run."""
        lock = str(self.runs / run_id / TRAINER_LOCK)
        found = set()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if "imgcls.training" in process.cmdline() and any(file.path == lock for file in process.open_files()):
                    found.add(process.pid)
        return found

    def run_ids(self) -> set[str]:
        return {entry.name for entry in self.runs.iterdir() if not entry.name.startswith((".", "_"))}

    def stop_trainings(self) -> None:
        """Ends training runs left by a failed test, which would block those of the next tests."""
        runs = [Run(self.runs / name) for name in self.run_ids()]
        for run in runs:
            (run.folder / "queued.json").unlink(missing_ok=True)
            if run.state in UNDER_WAY:
                run.send_request(stop=True, pause=False)
        wait_until(lambda: not any(run.state in UNDER_WAY for run in runs), what="no training is under way")

    def log(self) -> str:
        return self.log_file.read_text("utf-8", errors="replace") if self.log_file.exists() else ""

    def add(self, run: Path, run_id: str = "") -> Path:
        """Puts a copy of a run folder into the server's runs."""
        return Path(shutil.copytree(run, self.runs / (run_id or run.name)))


def environment(runs: Path, cache: Path) -> dict[str, str]:
    """This process's environment with these folders and without the user's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("IMGCLS_", "STREAMLIT_"))}
    folders = {"IMGCLS_RUNS": str(runs), "IMGCLS_CACHE": str(cache), "IMGCLS_OWN_DATA": str(runs.with_name("own"))}
    return (
        kept
        | folders
        | {"PYTHONPATH": str(REPOSITORY)}
        | {"IMGCLS_QUANTISED": "off"}  # results must not depend on the CPU
        | {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3", "NO_COLOR": "1"}
    )


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_until(condition: Callable[[], object], *, seconds: float = 60, what: str = "") -> None:
    """Waits until the condition holds; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds:g} s: {what or condition}"
        time.sleep(0.05)
