"""Live curves through object storage stay close behind, however slow a request, long the curve or large a file is."""

import json
import threading
import types

import pytest

from imgcls import runs
from imgcls.cli.commands.exporting import mirror as commands
from imgcls.config import Config
from imgcls.jobs import claims
from imgcls.jobs.mirror import Pull, Push, Storage, curve_parts, live
from imgcls.runs import Run
from imgcls.system import paths

REQUEST_SECONDS = 0.5
LINE_SECONDS = 0.25
TARGET_SECONDS = 5.0
TRAINING_SECONDS = 60.0
BEFORE_SECONDS = 15.0
"""Lines up to here are written before the other process begins to look."""
LONG = 60


class Clock(types.SimpleNamespace):
    """A simulated `time` for one process; `passed` is called whenever it has moved on."""

    def __init__(self):
        super().__init__(now=0.0, passed=lambda: None)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.passed()


class History:
    """An object store that remembers when each object was written, so that two processes can be simulated in turn."""

    def __init__(self):
        self.versions: dict[str, list[tuple[float, bytes]]] = {}

    def at(self, now: float) -> dict[str, bytes]:
        found = {name: [data for since, data in versions if since <= now] for name, versions in self.versions.items()}
        return {name: versions[-1] for name, versions in found.items() if versions}


class SlowStorage:
    """What a process sees of a store in which each request takes a while."""

    url = "slow://bucket"

    def __init__(self, history: History, clock: Clock):
        self._history, self._clock = history, clock
        self.requests = 0

    def _ask(self) -> dict[str, bytes]:
        self.requests += 1
        self._clock.sleep(REQUEST_SECONDS)
        return self._history.at(self._clock.now)

    def tree(self, folder):
        found = self._ask()
        start = f"{folder}/"
        return {name.removeprefix(start): len(data) for name, data in found.items() if name.startswith(start)}

    def sizes(self, folder):
        return {name: size for name, size in self.tree(folder).items() if "/" not in name}

    def read(self, name, start=None):
        data = self._ask().get(name)
        return None if data is None else data[start or 0 :]

    def write(self, name, data):
        self._ask()
        self._history.versions.setdefault(name, []).append((self._clock.now, data))

    def upload(self, path, name):
        self.write(name, path.read_bytes())

    def download(self, name, path):
        path.write_bytes(self.read(name))


def growing() -> Run:
    run = runs.create(Config(data="digits", model="ann", epochs=9), run_id="growing")
    claims.claim(run)
    (run.folder / "heartbeat").write_text("running ", "ascii")
    return run


def follow(copy, clock: Clock, monkeypatch) -> None:
    monkeypatch.setattr(commands, "time", clock)
    monkeypatch.setattr(live, "time", clock)
    commands._repeat(copy, follow=True)


def test_a_live_curve_lags_by_at_most_five_seconds_when_each_request_takes_half_a_second(
    digits, monkeypatch, tmp_path, hold_trainer_lock
):
    history = History()
    run, there, here = growing(), Clock(), Clock()
    hold_trainer_lock(run)
    written = 0

    def train() -> None:
        """The trainer writes to the curve up to now, a small file now and then, and at last the result."""
        nonlocal written
        with (run.folder / "metrics.jsonl").open("a") as file:
            while written * LINE_SECONDS <= min(there.now, TRAINING_SECONDS):
                file.write(json.dumps({"kind": "batch", "written": written * LINE_SECONDS, "more": "x" * 200}) + "\n")
                written += 1
        for name in ("epochs.npz", "label.txt", "tags.json", "judged.json"):
            (run.folder / name).write_text(str(int(there.now // 20)))
        if there.now >= TRAINING_SECONDS:
            (run.folder / "result.json").write_text('{"version": 1, "outcome": "finished"}')

    there.passed = train
    follow(Push(run, SlowStorage(history, there)), there, monkeypatch)

    monkeypatch.setenv("IMGCLS_RUNS", str(tmp_path / "elsewhere"))
    here.now = BEFORE_SECONDS
    pull = Pull(SlowStorage(history, here), run.id)
    lags: list[float] = []

    def look() -> None:
        """Whoever looks at the curve sees the lines that have arrived by now."""
        path = pull.run.folder / "metrics.jsonl"
        rows = path.read_text().splitlines()[len(lags) :] if path.exists() else []
        lags.extend(here.now - json.loads(row)["written"] for row in rows)

    here.passed = look
    follow(pull, here, monkeypatch)
    look()
    assert len(lags) == written
    assert max(lags[round(BEFORE_SECONDS / LINE_SECONDS) :]) <= TARGET_SECONDS
    parts = [name for name in history.versions if "/metrics/" in name]
    assert len(parts) <= 2 + (run.folder / "metrics.jsonl").stat().st_size / curve_parts.FULL_BYTES


@pytest.fixture
def storage(tmp_path):
    return Storage(f"file://{tmp_path}/bucket")


def add_line(run: Run, number: int) -> None:
    with (run.folder / "metrics.jsonl").open("a") as file:
        file.write(json.dumps({"kind": "batch", "number": number}) + "\n")


def test_the_curve_goes_on_while_a_large_file_is_uploaded(storage, digits, monkeypatch):
    monkeypatch.setattr(live, "SECONDS", 0.01)
    run = growing()
    (run.folder / "checkpoint.npz").write_bytes(bytes(live.SMALL_BYTES + 1))
    arrived = threading.Event()
    upload, write = storage.upload, storage.write

    def slow_upload(path, name):
        if name.endswith("checkpoint.npz"):
            add_line(run, 1)
            assert arrived.wait(LONG)
        upload(path, name)

    def watched_write(name, data):
        write(name, data)
        if "/metrics/" in name and b'"number": 1' in data:
            arrived.set()

    monkeypatch.setattr(storage, "upload", slow_upload)
    monkeypatch.setattr(storage, "write", watched_write)
    Push(run, storage).step()
    assert "checkpoint.npz" in storage.sizes(f"runs/{run.id}")


def test_curve_and_heartbeat_go_on_while_a_large_file_is_downloaded(storage, digits, monkeypatch, hold_trainer_lock):
    monkeypatch.setattr(live, "SECONDS", 0.01)
    run = growing()
    hold_trainer_lock(run)
    (run.folder / "checkpoint.npz").write_bytes(bytes(live.SMALL_BYTES + 1))
    push = Push(run, storage)
    push.step()
    monkeypatch.setenv("IMGCLS_RUNS", str(paths.runs_folder().with_name("other-runs")))
    pull = Pull(storage, run.id, trusted=True)
    arrived = threading.Event()
    download = storage.download

    def slow_download(name, path):
        if name.endswith("checkpoint.npz"):
            add_line(run, 1)
            push.step()
            assert arrived.wait(LONG)
        download(name, path)

    def look() -> None:
        show()
        curve = pull.run.folder / "metrics.jsonl"
        if curve.exists() and b'"number": 1' in curve.read_bytes() and pull.run.state == "running":
            arrived.set()

    show = pull._live._show
    monkeypatch.setattr(pull._live, "_show", look)
    monkeypatch.setattr(storage, "download", slow_download)
    pull.step()
    assert arrived.is_set()


def test_a_failed_transfer_is_reported_as_it_was(storage):
    def fails():
        raise OSError("reset")

    with pytest.raises(OSError, match="reset"):
        live.Live(lambda: None).transfer(fails)


def test_a_full_part_of_the_curve_is_not_replaced(storage, digits, monkeypatch):
    monkeypatch.setattr(curve_parts, "FULL_BYTES", 60)
    run = growing()
    push = Push(run, storage)
    for number in range(6):
        add_line(run, number)
        push.step()
    sizes = storage.sizes(f"runs/{run.id}/metrics")
    assert len(sizes) == 3
    assert min(list(sizes.values())[:-1]) >= 60
    monkeypatch.setenv("IMGCLS_RUNS", str(paths.runs_folder().with_name("other-runs")))
    pull = Pull(storage, run.id)
    pull.step()
    assert (pull.run.folder / "metrics.jsonl").read_bytes() == (run.folder / "metrics.jsonl").read_bytes()
