"""Preparing without disk space, killed at any step, and by two processes at once."""

import os
import subprocess
import sys
import threading
import time

import filelock
import numpy as np
import pytest

from imgcls import datasets
from imgcls.errors import DatasetError
from tests.support.importing.npz_files import left_over, put, root


def test_an_unwritable_cache_gives_a_clear_error(folders, monkeypatch):
    (folders / "file").write_text("in the way")
    monkeypatch.setenv("IMGCLS_CACHE", str(folders / "file" / "cache"))
    for act in (datasets.prepare, datasets.start_fetch):
        with pytest.raises(DatasetError, match="IMGCLS_CACHE"):
            act("digits")
    assert datasets.fetch_state("digits").state == "idle"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk_gives_a_clear_error_and_leaves_nothing_behind(folders):
    program = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        "from imgcls import datasets; datasets.prepare('mnist')"
    )
    put(folders, "mnist", x_train=np.zeros((100, 28, 28), "uint8"), y_train=np.arange(100) % 10)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root(), timeout=60)
    assert "DatasetError: MNIST could not be written to" in done.stderr
    assert "Free some space there" in done.stderr
    assert left_over(folders) == ["mnist.progress.json"]
    assert datasets.fetch_state("mnist").state == "failed"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_process_killed_at_any_step_leaves_no_partial_dataset(folders):
    program = """
import os, signal, sys
import numpy as np
from pathlib import Path
from imgcls import datasets

cache, data = Path(os.environ["IMGCLS_CACHE"]) / "datasets", Path(os.environ["IMGCLS_DATA"]) / "mnist.npz"

def killing(function, at, count=[0]):
    def called(*arguments, **named):
        count[0] += 1
        if count[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **named)
    return called

seen = set()
for step in range(1, 100):
    labels = np.arange(20) % 10
    pixels = np.full((20, 28, 28), step, dtype=np.uint8)
    np.savez(data, x_train=pixels, y_train=labels, x_test=pixels, y_test=labels)
    os.utime(data, (step, step))
    assert not datasets.is_ready("mnist")
    child = os.fork()
    if not child:
        for name in ("mkdir", "fsync", "replace", "rename", "rmdir", "unlink", "scandir"):
            setattr(os, name, killing(getattr(os, name), step))
        datasets.prepare("mnist")
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    seen.add(datasets.is_ready("mnist"))
    datasets.prepare("mnist")
    opened = datasets.open_dataset("mnist")
    assert (opened.x_train == step).all() and (opened.x_test == step).all()
    rest = [item for item in os.listdir(cache) if item not in ("mnist", ".mnist.lock")]
    assert rest == [], (step, rest)
    if status == 0:
        break
print(step, sorted(seen))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root(), timeout=120)
    assert done.stderr == ""
    steps, seen = done.stdout.split(" ", 1)
    assert 10 < int(steps) < 99
    assert seen == "[False, True]\n"


def test_two_processes_at_once_prepare_one_dataset(folders):
    put(folders, "cifar10")
    command = [sys.executable, "-m", "imgcls.datasets", "cifar10"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root()) for _ in range(2)]
    assert [process.communicate(timeout=60)[0] for process in both] == ["CIFAR-10 is ready.\n"] * 2
    assert datasets.open_dataset("cifar10").x_train.shape == (20, 32, 32, 3)
    assert left_over(folders) == []


def test_a_second_process_waits_and_reports_it(folders):
    put(folders, "mnist")
    (folders / "cache" / "datasets").mkdir(parents=True)
    heard = []
    second = threading.Thread(target=datasets.prepare, args=("mnist", lambda fraction, text: heard.append(text)))
    with filelock.FileLock(folders / "cache" / "datasets" / ".mnist.lock"):
        second.start()
        deadline = time.monotonic() + 20
        while not heard and time.monotonic() < deadline:
            time.sleep(0.01)
        assert heard == ["Waiting for another process that is preparing MNIST"]
        assert not datasets.is_ready("mnist")
    second.join(20)
    assert datasets.is_ready("mnist")
