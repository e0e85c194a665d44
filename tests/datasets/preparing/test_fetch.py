"""Downloading Keras's datasets from a local test server; no test uses the internet.

The child processes started here use a `sitecustomize.py` that redirects every URL to the test server.
"""

import contextlib
import gzip
import http.server
import os
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest

from imgcls import datasets
from imgcls.errors import DatasetError
from imgcls.system import paths
from imgcls.system.tasks import TaskState
from imgcls.system.tasks import task as tasks
from tests.support.local_server import serving

FILES = ("train-labels-idx1-ubyte.gz", "train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")
FILES += ("t10k-images-idx3-ubyte.gz",)
BOTH_WAYS_OUT = (
    ". Connect to the internet and try again, or put fashion_mnist.npz (Keras's four arrays) into the "
    "folder set by IMGCLS_DATA."
)


def idx_header(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()


def fashion(train: int = 4000, test: int = 1000) -> dict[str, bytes]:
    """The four files of Fashion-MNIST, but small, with images that hardly compress."""
    random, files = np.random.default_rng(0), {}
    for part, count in (("train", train), ("t10k", test)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        pixels = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        files[f"{part}-labels-idx1-ubyte.gz"] = gzip.compress(idx_header(labels) + labels.tobytes(), 1)
        files[f"{part}-images-idx3-ubyte.gz"] = gzip.compress(idx_header(pixels) + pixels.tobytes(), 1)
    return files


@pytest.fixture
def server():
    """A server for these files. `behaviour` is whole, slow, cut (closes in mid-file), stalled or missing."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            web.asked.append(self.path)
            content = web.files.get(self.path.rsplit("/", 1)[-1])
            if content is None or web.behaviour == "missing":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            large, half = len(content) > 100_000, len(content) // 2
            if large and web.behaviour in ("cut", "stalled"):
                self.wfile.write(content[:half])
                self.wfile.flush()
                if web.behaviour == "stalled":
                    web.over.wait(60)
                return
            for start in range(0, len(content), 200_000):
                self.wfile.write(content[start : start + 200_000])
                if large and web.behaviour == "slow":
                    time.sleep(0.15)

        def log_message(self, *_):
            pass

    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.daemon_threads, web.handle_error = True, lambda *_: None
    web.files, web.behaviour, web.asked, web.over = fashion(), "whole", [], threading.Event()
    with serving(web):
        yield web
        web.over.set()


@pytest.fixture
def folders(tmp_path, monkeypatch, server):
    """A separate cache and Keras folder, and child processes that only reach the test server."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(
        "import os, urllib.request\n"
        "def urlopen(address, *rest, real=urllib.request.urlopen, **options):\n"
        "    return real(os.environ['TEST_SERVER'] + address.rsplit('/', 1)[-1], *rest, **options)\n"
        "urllib.request.urlopen = urlopen\n"
    )
    monkeypatch.setenv("IMGCLS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("IMGCLS_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    monkeypatch.setenv("TEST_SERVER", f"http://127.0.0.1:{server.server_port}/")
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    yield tmp_path
    datasets.cancel_fetch("fashion_mnist")


def watch(until, seconds: float = 90) -> list[TaskState]:
    """The distinct states of the Fashion-MNIST download until one meets the condition."""
    seen, deadline = [], time.monotonic() + seconds
    while time.monotonic() < deadline:
        state = datasets.fetch_state("fashion_mnist")
        if not seen or seen[-1] != state:
            seen.append(state)
        if until(state):
            return seen
        time.sleep(0.05)
    raise AssertionError(f"never came to that: {seen}")


def over(state) -> bool:
    return state.state in ("ready", "failed", "idle")


def half_made(folders) -> list[str]:
    """What a download left behind besides locks, the log and the progress file."""
    there = [item.name for item in (folders / "cache" / "datasets").iterdir()]
    return [item for item in there if not item.endswith((".lock", ".log", ".progress.json"))]


def test_a_download_reports_progress_and_ends_ready(folders, server):
    server.behaviour = "slow"
    assert datasets.fetch_state("fashion_mnist") == TaskState("idle")
    assert not datasets.is_available("fashion_mnist")
    datasets.start_fetch("fashion_mnist")
    datasets.start_fetch("fashion_mnist")  # a second click changes nothing
    seen = watch(over)
    assert seen[0].state == "running"
    assert seen[-1] == TaskState("ready", 1.0)
    downloading = [state for state in seen if "Downloading" in state.text]
    assert len({state.fraction for state in downloading}) >= 3
    assert [state.fraction for state in seen] == sorted(state.fraction for state in seen)
    assert "of 30.9 MB" in downloading[-1].text

    data = datasets.open_dataset("fashion_mnist")
    expected = np.frombuffer(gzip.decompress(server.files[FILES[1]]), np.uint8, offset=16)
    assert np.array_equal(data.x_train, expected.reshape(-1, 28, 28, 1))
    assert data.y_test.tolist() == [i % 10 for i in range(1000)]
    assert sorted(server.asked) == sorted(f"/{file}" for file in FILES)
    assert half_made(folders) == ["fashion_mnist"]
    assert not (folders / "keras").exists(), "the user's own Keras folder was touched"


def test_a_cancelled_or_killed_download_leaves_nothing_and_can_be_repeated(folders, server):
    server.behaviour = "stalled"
    datasets.start_fetch("fashion_mnist")
    watch(lambda state: "Downloading" in state.text)
    datasets.cancel_fetch("fashion_mnist")
    assert datasets.fetch_state("fashion_mnist") == TaskState("idle")
    assert half_made(folders) == []

    datasets.start_fetch("fashion_mnist")
    watch(lambda state: "Downloading" in state.text)
    fetching().kill()
    last = watch(over)[-1]
    assert last.state == "failed"
    assert last.text == tasks.INTERRUPTED
    assert not datasets.is_ready("fashion_mnist")

    server.behaviour = "whole"
    datasets.start_fetch("fashion_mnist")
    assert watch(over)[-1].state == "ready"
    assert half_made(folders) == ["fashion_mnist"]


def test_any_download_failure_gives_a_clear_error_and_leaves_nothing_behind(folders, server):
    """One child process for many cases, as each import of TensorFlow takes seconds."""
    (folders / "case.py").write_text(
        "import os, sys, threading\n"
        "from imgcls import datasets\n"
        "from imgcls.errors import DatasetError\n"
        "for line in sys.stdin:\n"
        "    os.environ['TEST_SERVER'] = line.strip()\n"
        "    try:\n"
        "        heard = []\n"
        "        datasets.prepare('fashion_mnist', lambda share, text: heard.append(text))\n"
        "        print('ready', [text for text in heard if 'damaged' in text or 'Reading' in text], flush=True)\n"
        "    except DatasetError as error:\n"
        "        print(error, flush=True)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(paths.repository_folder()), str(folders / "site")])}
    child = subprocess.Popen(
        [sys.executable, folders / "case.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )

    def result_of(behaviour: str, address: str = os.environ["TEST_SERVER"]) -> str:
        server.behaviour = behaviour
        child.stdin.write(address + "\n")
        child.stdin.flush()
        return child.stdout.readline().strip()

    try:
        title = "Fashion-MNIST could not be downloaded: "
        assert result_of("cut") == title + "the connection was interrupted" + BOTH_WAYS_OUT
        assert half_made(folders) == []
        assert datasets.fetch_state("fashion_mnist").text == title + "the connection was interrupted" + BOTH_WAYS_OUT
        assert result_of("missing") == title + "the server answered 404 Not Found" + BOTH_WAYS_OUT
        nobody = "http://127.0.0.1:9/"
        assert result_of("whole", nobody) == title + "the server refused the connection" + BOTH_WAYS_OUT
        good = server.files[FILES[1]]
        server.files[FILES[1]] = good[: len(good) // 2]
        assert result_of("whole") == title + "the downloaded file is damaged or incomplete" + BOTH_WAYS_OUT
        assert half_made(folders) == []
        assert not (folders / "keras").exists(), "the user's own Keras folder was touched"

        # Damaged files in the user's Keras folder are reported and kept.
        server.files[FILES[1]], server.asked[:] = good, []
        own = folders / "keras" / "datasets" / "fashion-mnist"
        own.mkdir(parents=True)
        for file in FILES:
            (own / file).write_bytes(server.files[file])
        (own / FILES[1]).write_bytes(good[:1000])
        answer = result_of("whole")
        assert answer.startswith("ready") and "are damaged and were left unchanged. Downloading" in answer
        assert len(server.asked) == 4
        assert (own / FILES[1]).read_bytes() == good[:1000]

        # Intact ones are used offline.
        forget(folders)
        server.asked.clear()
        (own / FILES[1]).write_bytes(good)
        assert result_of("whole", nobody) == f"ready ['Reading the files in {own.parent}']"
        assert server.asked == []
        assert sorted(item.name for item in own.iterdir()) == sorted(FILES)
        assert len(datasets.open_dataset("fashion_mnist").y_train) == 4000
    finally:
        child.stdin.close()
        child.wait(30)


def fetching() -> psutil.Process:
    """The process that prepares a dataset; those of earlier tests may just have exited."""
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if "imgcls.datasets" in process.cmdline():
                return process
    raise AssertionError("nobody fetches")


def forget(folders) -> None:
    (folders / "cache" / "datasets" / "fashion_mnist" / "dataset.json").unlink()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"phase": "running"}', b'{"phase": 1, "share": "x"}'])
def test_a_truncated_progress_file_counts_as_missing(content, folders):
    (folders / "cache" / "datasets").mkdir(parents=True)
    (folders / "cache" / "datasets" / "fashion_mnist.progress.json").write_bytes(content)
    assert datasets.fetch_state("fashion_mnist") == TaskState("idle")


def test_a_full_disk_is_reported_before_the_download(folders, monkeypatch):
    import shutil

    usage = shutil.disk_usage(folders)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10_000_000))
    with pytest.raises(DatasetError, match=r"CIFAR-10 needs about \d+ MB in .*, but only 10 MB are free"):
        datasets.prepare("cifar10")


def test_a_bundled_dataset_can_be_prepared_with_the_button_too(folders):
    datasets.start_fetch("digits")
    deadline = time.monotonic() + 60
    while not datasets.is_ready("digits") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert datasets.fetch_state("digits").state == "ready"
    assert len(datasets.open_dataset("digits").y_train) == 1437
