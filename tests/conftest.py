"""Shared fixtures: isolated folders, data prepared once, one finished run, and trainers that start immediately."""

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import filelock
import hypothesis
import psutil
import pytest
from hypothesis import HealthCheck

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
# Dataset lists are built during collection: they must not include the user's own datasets.
os.environ["IMGCLS_OWN_DATA"] = str(Path(tempfile.gettempdir(), "imgcls-tests-have-none"))

from imgcls import datasets, jobs, runs
from imgcls.config import Config
from imgcls.jobs import queue
from imgcls.runs.run import TRAINER_LOCK
from imgcls.sharing import visitors
from imgcls.system import paths, processes
from tests.support.training.toys import make_loop as make_loop

# A test that kills a process does not turn the machine off: no file needs to reach the disk, which takes milliseconds.
os.fsync = lambda file: None
# Whoever starts the tests in the background makes them ignore Ctrl-C, and with them every process that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

MADE_ID = "20260102-030405-0123abcd"
TRAINED_ID = "20260101-120000-0badcafe"
AT_FULL_PRIORITY = """
import sys
from imgcls.system import processes
processes.lower_priority = lambda: None
from imgcls.training.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
"""`python -m imgcls.training` for those who wait for it."""

USERS_OWN = [
    "IMPORT_ROOT",
    "MODE",
    "WEIGHTS",
    "WEIGHTS_URL",
    "FEATURES_GB",
    "TRAININGS",
    "PARK_SECONDS",
    "HUNG_SECONDS",
]
"""Settings that the tests begin without."""

pytest_plugins = [
    "tests.support.processes.engine",
    "tests.support.processes.trainers",
    "tests.support.slow",
    "tests.support.time_limits",
    "tests.support.under_way",
    "tests.support.workers",
]


# A slow machine is no failure: examples have no time limit. They are the same in every run, so that a change that has
# nothing to do with it does not fail; `--hypothesis-profile explore` looks for others.
UNLIMITED = hypothesis.settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.settings.register_profile("explore", UNLIMITED)
hypothesis.settings.register_profile("same", UNLIMITED, derandomize=True)
hypothesis.settings.load_profile("same")


def pytest_configure(config):
    config.addinivalue_line("filterwarnings", r"error:::imgcls(\..*)?")
    # What tests do must not depend on the settings of whoever runs them, nor their results on the processor.
    os.environ |= {"IMGCLS_STANDBY": "off", "IMGCLS_QUANTISED": "off", "IMGCLS_IDLE_SECONDS": "3"}
    for name in USERS_OWN:
        os.environ.pop(f"IMGCLS_{name}", None)


def pytest_collection_modifyitems(items):
    """Tests that load Keras into this process come last: once it is loaded, Streamlit's reruns become slow."""
    items.sort(key=lambda item: "keras" in getattr(item, "fixturenames", ()))


@pytest.fixture
def tmp_path(request, tmp_path_factory) -> Path:
    """As pytest's own, which lists the folders of all earlier tests each time: 2 to 6 ms for thousands of tests."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    path = tmp_path_factory.getbasetemp() / f"{name}-{next(_tests)}"
    path.mkdir(mode=0o700)
    return path


_tests = itertools.count()


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """Each test has its own folders: real runs and data are never touched, and no process is left running."""
    root = tmp_path / "runs"
    monkeypatch.setenv("IMGCLS_RUNS", str(root))
    monkeypatch.setenv("IMGCLS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("IMGCLS_OWN_DATA", str(tmp_path / "own"))
    monkeypatch.delenv("IMGCLS_DATA", raising=False)
    monkeypatch.setattr(visitors, "_provider", None)  # a page that was opened has set it
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    started: list[subprocess.Popen] = []
    # A command called in this process would slow down all later tests of this worker.
    monkeypatch.setattr(processes, "lower_priority", lambda: None)
    spawn = processes.spawn
    monkeypatch.setattr(processes, "spawn", lambda *words, **more: started.append(spawn(*words, **more)) or started[-1])
    yield
    for process in started:  # a background task that goes on would slow all later tests down
        process.kill()
    if (root / queue.WISH).exists():  # a queue was started
        _end_processes(root)


def _end_processes(root: Path) -> None:
    """Ends the queue of a runs folder and all trainers it started, which outlive their parent."""
    for module in ("imgcls.jobs", "imgcls.training"):  # the queue first, or it would start the next trainer
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if module in process.cmdline() and process.environ().get("IMGCLS_RUNS") == str(root):
                    process.kill()
                    with contextlib.suppress(psutil.TimeoutExpired):
                        process.wait(10)


@pytest.fixture(scope="session")
def keras():
    """Keras in this process, on the CPU."""
    import keras

    return keras


@pytest.fixture(scope="session")
def write_weights(keras, tmp_path_factory) -> Callable[[str, Path], Path]:
    """`write_weights("VGG16", path)` writes random weights in the format of the published files; computed once."""
    import h5py
    from keras.src.legacy.saving import legacy_h5_format

    from imgcls.training.model_builder import backbone

    folder = tmp_path_factory.mktemp("weights")

    def write(title: str, path: Path) -> Path:
        if not (folder / title).exists():
            inputs = keras.Input((64, 64, 3))
            with h5py.File(folder / title, "w") as file:
                model = keras.Model(inputs, backbone.with_preprocessing(title, inputs))
                legacy_h5_format.save_weights_to_hdf5_group(file, model)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / title, path)
        return path

    return write


@pytest.fixture(scope="session")
def prepared_dataset(tmp_path_factory) -> Callable[[str], Path]:
    """`prepared_dataset(name)`: the folder of a dataset that is prepared once per session."""
    cache = tmp_path_factory.mktemp("cache")

    def prepared(name: str) -> Path:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("IMGCLS_CACHE", str(cache))
            datasets.prepare(name)
        return cache / "datasets" / name

    return prepared


def _copied(folder: Path) -> str:
    shutil.copytree(folder, paths.cache_folder() / "datasets" / folder.name)
    return folder.name


@pytest.fixture
def digits(prepared_dataset, own_folders) -> str:
    """The dataset 'digits' (1,797 images, 8 x 8), ready in the test's cache."""
    return _copied(prepared_dataset("digits"))


@pytest.fixture
def mnist_sample(prepared_dataset, own_folders) -> str:
    """The dataset 'mnist_sample' (5,000 images, 28 x 28), ready in the test's cache."""
    return _copied(prepared_dataset("mnist_sample"))


@pytest.fixture(scope="session")
def trained_folder(prepared_dataset, tmp_path_factory) -> Path:
    """The folder of a small real run, trained in a separate process; all workers share it, so do not modify it."""
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "trained"
    with filelock.FileLock(root.with_suffix(".lock")):
        if not (root / TRAINED_ID / "result.json").exists():
            _train(root, prepared_dataset("digits").parent.parent)
    return root / TRAINED_ID


def _train(root: Path, cache: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGCLS_RUNS", str(root))
        patch.setenv("IMGCLS_CACHE", str(cache))
        patch.delenv("IMGCLS_DATA", raising=False)
        settings = {"filters": 8, "blocks": 2, "units": 32, "dropout": 0.0}
        config = Config(data="digits", model="cnn", model_settings=settings, epochs=2, batch_size=32)
        run = runs.create(config, "A small run", run_id=TRAINED_ID)
        jobs.claim(run)
        with (run.folder / "log.txt").open("ab") as log:
            command = [sys.executable, "-c", AT_FULL_PRIORITY, str(run.folder)]
            subprocess.run(command, cwd=paths.repository_folder(), stdout=log, stderr=log, timeout=900, check=False)
        assert run.state == "finished", (run.result, (run.folder / "log.txt").read_text())


@pytest.fixture
def finished_run(trained_folder, digits) -> runs.Run:
    """A copy of the small real run in the test's runs folder."""
    folder = paths.runs_folder() / trained_folder.name
    shutil.copytree(trained_folder, folder)
    return runs.Run(folder)


@pytest.fixture
def hold_trainer_lock():
    """`hold_trainer_lock(run)` holds the trainer lock of this run until the test ends."""
    locks = []

    def hold(run: runs.Run) -> runs.Run:
        locks.append(filelock.FileLock(run.folder / TRAINER_LOCK))
        locks[-1].acquire(timeout=0)
        return run

    yield hold
    for lock in locks:
        lock.release()


@pytest.fixture
def make_run(own_folders, hold_trainer_lock):
    """Creates a run folder by hand: `make_run(heartbeat=3600, **{"result.json": {...}})`; ages are in seconds.

    A run with a fresh heartbeat has a live trainer, unless `lives` says otherwise.
    """

    def make(run_id: str = MADE_ID, *, heartbeat=None, trainer=None, word="running", lives=None, **files) -> runs.Run:
        folder = paths.runs_folder() / run_id
        folder.mkdir(parents=True)
        files = {"config.json": Config().as_dict()} | files
        for name, content in files.items():
            if content is not None:
                path = folder / name
                path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        for name, age, content in (("heartbeat", heartbeat, word), ("trainer.json", trainer, '{"ticket": "old"}')):
            if age is not None:
                (folder / name).write_text(content)
                os.utime(folder / name, (time.time() - age,) * 2)
        lives = heartbeat == 0 if lives is None else lives
        return hold_trainer_lock(runs.Run(folder)) if lives else runs.Run(folder)

    return make


@pytest.fixture(scope="session")
def strict_lines() -> Callable[[Path], list[dict]]:
    """`strict_lines(path)`: the lines of a metrics log, parsed without accepting NaN or infinity."""

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    return lambda path: [json.loads(line, parse_constant=refuse) for line in path.read_text().splitlines()]


@pytest.fixture
def wait_until():
    """`wait_until(condition, seconds=30)` waits until the condition holds and returns the elapsed seconds."""
    return _wait_until


def _wait_until(condition: Callable[[], object], *, seconds: float = 120) -> float:
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, f"not within {seconds:g} seconds"
        time.sleep(0.02)
    return time.monotonic() - start
