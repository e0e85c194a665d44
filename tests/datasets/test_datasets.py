"""Every dataset: its facts, its preparation, what is refused, and recovery from killed processes."""

import dataclasses
import json
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
from imgcls.system import paths
from imgcls.system.tasks import TaskState

BUNDLED = [name for name in datasets.names() if datasets.facts(name).source == "bundled"]
DOWNLOADED = [name for name in datasets.names() if datasets.facts(name).source == "download"]


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """A separate cache and data folder for the test."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("IMGCLS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("IMGCLS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path


def small(name: str, seed: int = 0) -> dict[str, np.ndarray]:
    """Keras's four arrays for a dataset, with two training images and one test image of each class."""
    about, random = datasets.facts(name), np.random.default_rng(seed)
    shape = about.shape if about.shape[2] > 1 else about.shape[:2]
    train, test = np.tile(np.arange(about.num_classes), 2), np.arange(about.num_classes)
    pixels = [random.integers(0, 256, (len(labels), *shape), dtype=np.uint8) for labels in (train, test)]
    return {"x_train": pixels[0], "y_train": train.astype("uint8"), "x_test": pixels[1], "y_test": test.astype("uint8")}


def put(folders, name: str, **changes) -> None:
    """Writes NAME.npz into $IMGCLS_DATA; a change of None leaves an array out."""
    arrays = small(name) | changes
    np.savez(folders / "data" / f"{name}.npz", **{key: value for key, value in arrays.items() if value is not None})


def left_over(folders) -> list[str]:
    """What is in the cache besides prepared datasets and locks."""
    there = [item.name for item in (folders / "cache" / "datasets").iterdir()]
    return [item for item in there if not item.endswith(".lock") and item not in datasets.names()]


# ---- facts


@pytest.mark.parametrize("name", datasets.names())
def test_every_dataset_states_its_facts(name):
    about = datasets.facts(name)
    assert about.name == name
    assert about.text.count(".") >= 2 and 100 < len(about.text) < 1000
    assert "Source" in about.text and ("icence" in about.text or "CC BY" in about.text)
    assert len(set(about.classes)) == about.num_classes >= 2
    assert all(isinstance(label, str) and label == label.strip() != "" for label in about.classes)
    assert len(about.shape) == 3 and about.shape[2] in (1, 3)
    assert min(about.counts) >= about.num_classes
    assert about.source in ("bundled", "download", "file")
    assert (about.megabytes > 0) == (about.source == "download")
    assert isinstance(about.ink, bool)
    assert all(len(reason) > 20 and reason.endswith(".") for reason in about.avoid.values())
    assert dataclasses.is_dataclass(about) and about.file == f"{name}.npz"


def test_the_default_comes_first_and_offline_datasets_before_the_rest():
    names = datasets.names()
    assert names[0] == "mnist_sample"
    assert names[: len(BUNDLED + DOWNLOADED)] == BUNDLED + DOWNLOADED
    assert {"mnist_sample", "digits", "mnist", "fashion_mnist", "cifar10", "cifar100"} <= set(names)


def test_an_unknown_name_lists_the_choices():
    for unknown in ("mnst", "_keras", "../mnist", ""):
        with pytest.raises(DatasetError, match=r"Available: mnist_sample, digits, .*mnist, .*cifar100"):
            datasets.facts(unknown)


def test_digits_warn_about_flips_and_clothes_do_not():
    assert "flip" in datasets.facts("mnist").avoid
    assert "30°" in datasets.facts("mnist").avoid["rotation"]
    assert "flip" not in datasets.facts("fashion_mnist").avoid


def test_cifar100_has_superclasses_of_five():
    about = datasets.facts("cifar100")
    assert len(about.coarse) == 20
    assert sorted(about.coarse_of) == sorted(list(range(20)) * 5)
    group = dict(zip(about.classes, (about.coarse[i] for i in about.coarse_of), strict=True))
    assert (group["apple"], group["wolf"], group["rocket"]) == (
        "fruit and vegetables",
        "large carnivores",
        "vehicles 2",
    )
    # The first ten fine labels of the published files have these coarse ones.
    assert about.coarse_of[:10] == (4, 1, 14, 8, 0, 6, 7, 7, 18, 3)


# ---- prepared and opened


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_datasets_are_prepared_offline(name):
    about, heard = datasets.facts(name), []
    assert datasets.is_available(name) and not datasets.is_ready(name)
    datasets.prepare(name, lambda fraction, text: heard.append((fraction, text)))
    data = datasets.open_dataset(name)
    assert (len(data.y_train), len(data.y_test)) == about.counts
    assert data.x_train.shape == (about.counts[0], *about.shape) and data.x_test.shape[1:] == about.shape
    assert data.x_train.dtype == data.x_test.dtype == np.uint8
    assert data.y_train.dtype == data.y_test.dtype == np.int64
    assert data.x_train.max() > 200 and data.x_train.min() == 0
    assert set(data.y_train.tolist()) == set(data.y_test.tolist()) == set(range(about.num_classes))
    assert not set(map(bytes, data.x_train)) & set(map(bytes, data.x_test)), "a test image is a training image"
    assert [fraction for fraction, _ in heard] == sorted(fraction for fraction, _ in heard)


def test_the_sample_has_a_fixed_400_and_100_images_of_each_digit():
    datasets.prepare("mnist_sample")
    data = datasets.open_dataset("mnist_sample")
    assert np.bincount(data.y_train).tolist() == [400] * 10
    assert np.bincount(data.y_test).tolist() == [100] * 10
    assert data.fingerprint == "339ef5f1e5ceeca5"


@pytest.mark.parametrize("name", DOWNLOADED)
def test_a_file_in_the_data_folder_is_used(name, folders):
    assert not datasets.is_available(name)
    put(folders, name)
    assert datasets.is_available(name) and not datasets.is_ready(name)
    datasets.prepare(name)
    assert datasets.is_ready(name)
    data, expected = datasets.open_dataset(name), small(name)
    assert data.facts == datasets.facts(name)
    assert np.array_equal(data.x_train, expected["x_train"].reshape(data.x_train.shape))
    assert np.array_equal(data.y_test, expected["y_test"])
    assert data.x_train.shape[1:] == data.facts.shape
    assert left_over(folders) == []
    with pytest.raises(ValueError, match="read-only"):
        data.x_train[0] = 0


def test_column_labels_as_in_keras_cifar_are_accepted(folders):
    labels = small("cifar10")["y_train"].reshape(-1, 1)
    put(folders, "cifar10", y_train=labels)
    datasets.prepare("cifar10")
    assert datasets.open_dataset("cifar10").y_train.shape == (20,)


def test_the_actual_counts_are_stored_with_the_arrays(folders):
    put(folders, "mnist")
    datasets.prepare("mnist")
    card = json.loads((folders / "cache" / "datasets" / "mnist" / "dataset.json").read_bytes())
    assert card["counts"] == {"train": 20, "test": 10}


def test_offline_without_a_file_the_error_names_both_solutions():
    with pytest.raises(DatasetError) as caught:
        datasets.open_dataset("fashion_mnist")
    assert str(caught.value) == (
        "Fashion-MNIST is not on this machine yet. Connect to the internet and download it on the Data page "
        "(30.9 MB), or put fashion_mnist.npz (Keras's four arrays) into the folder set by IMGCLS_DATA."
    )
    with pytest.raises(DatasetError, match=r"imgcls prepare digits"):
        datasets.open_dataset("digits")


def test_datasets_built_from_other_files_name_them(folders):
    for name in datasets.names():
        about = datasets.facts(name)
        if about.source == "file":
            assert about.needs and not datasets.is_available(name)
            with pytest.raises(DatasetError, match="Put the missing files into the folder set by IMGCLS_DATA"):
                datasets.open_dataset(name)
            for file in about.needs:
                (folders / "data" / file).write_bytes(b"here")
            assert datasets.is_available(name)


def test_a_replaced_source_file_is_detected_and_prepared_again(folders):
    put(folders, "mnist")
    datasets.prepare("mnist")
    before = datasets.open_dataset("mnist").fingerprint
    put(folders, "mnist", **small("mnist", seed=1))
    os.utime(folders / "data" / "mnist.npz", ns=(1, 1))
    assert not datasets.is_ready("mnist")
    datasets.prepare("mnist")
    assert datasets.open_dataset("mnist").fingerprint != before
    assert left_over(folders) == []


def test_a_prepared_dataset_outlives_its_source_file(folders):
    put(folders, "mnist")
    datasets.prepare("mnist")
    (folders / "data" / "mnist.npz").unlink()
    assert datasets.is_ready("mnist") and datasets.is_available("mnist")


@pytest.mark.parametrize("corruption", ["cut", "gone", "no json", "torn json", "strange json", "other version"])
def test_damage_to_a_prepared_dataset_is_detected_and_repaired(corruption, folders):
    put(folders, "mnist")
    datasets.prepare("mnist")
    folder = folders / "cache" / "datasets" / "mnist"
    card = folder / "dataset.json"
    if corruption == "cut":
        os.truncate(folder / "x_train.npy", 1000)
    elif corruption == "gone":
        (folder / "y_test.npy").unlink()
    elif corruption == "no json":
        card.unlink()
    elif corruption == "torn json":
        card.write_bytes(card.read_bytes()[:50])
    elif corruption == "strange json":
        card.write_text("[1, 2]")
    else:
        card.write_text(json.dumps(json.loads(card.read_text()) | {"version": 99}))
    assert not datasets.is_ready("mnist")
    with pytest.raises(DatasetError, match="not prepared"):
        datasets.open_dataset("mnist")
    datasets.prepare("mnist")
    assert datasets.open_dataset("mnist").x_train.shape == (20, 28, 28, 1)
    assert left_over(folders) == []


# ---- refused


ONES = np.ones(20, dtype="uint8")
REFUSED = {
    "y_test is missing, expected x_train, y_train, x_test, y_test; the file has x_train": {"y_test": None},
    "x_train is of type float32, expected uint8": {"x_train": np.zeros((20, 28, 28), "float32")},
    "x_test is of type int64, expected uint8": {"x_test": np.zeros((10, 28, 28), "int64")},
    "x_train has the shape (20, 32, 32), expected (n, 28, 28)": {"x_train": np.zeros((20, 32, 32), "uint8")},
    "x_train has the shape (20, 28, 28, 3), expected": {"x_train": np.zeros((20, 28, 28, 3), "uint8")},
    "x_train has the shape (), expected": {"x_train": np.uint8(3)},
    "y_train has the shape (20, 10), expected (n,)": {"y_train": np.zeros((20, 10), "uint8")},
    "y_train is of type float64, expected integers from 0 to 9": {"y_train": np.zeros(20)},
    "y_train holds the label 10, expected 0 to 9": {"y_train": np.tile(np.arange(1, 11), 2)},
    "y_test holds the label -1, expected 0 to 9": {"y_test": np.arange(-1, 9)},
    "y_train holds the label 18446744073709551615, expected": {"y_train": np.full(20, 2**64 - 1, "uint64")},
    "x_train holds 19 images but y_train holds 20 labels": {"x_train": np.zeros((19, 28, 28), "uint8")},
    "x_test is empty": {"x_test": np.zeros((0, 28, 28), "uint8"), "y_test": np.zeros(0, "uint8")},
    "x_train holds no image of 0, 2, 3, 4, 5 and others": {"y_train": ONES},
    "y_train contains Python objects (a pickle), expected plain": {"y_train": np.array([{}] * 20, object)},
}


@pytest.mark.parametrize("reason", REFUSED)
def test_a_file_with_wrong_content_is_refused_with_the_reason(reason, folders):
    put(folders, "mnist", **REFUSED[reason])
    with pytest.raises(DatasetError) as caught:
        datasets.prepare("mnist")
    assert f"mnist.npz cannot be used as MNIST: {reason}" in str(caught.value)
    assert not datasets.is_ready("mnist")
    assert datasets.fetch_state("mnist") == TaskState("failed", 0.1, str(caught.value))


DAMAGED = {
    "truncated": lambda whole: whole[: len(whole) // 2],
    "empty": lambda whole: b"",
    "a byte changed": lambda whole: whole[:5000] + bytes([whole[5000] ^ 255]) + whole[5001:],
    "text": lambda whole: b"<html>not found</html>",
    "a pickle": lambda whole: b"\x80\x04K\x01.",
}


@pytest.mark.parametrize("corruption", DAMAGED)
def test_a_damaged_file_is_refused_with_the_reason(corruption, folders):
    put(folders, "mnist")
    path = folders / "data" / "mnist.npz"
    path.write_bytes(DAMAGED[corruption](path.read_bytes()))
    with pytest.raises(DatasetError, match=r"it is damaged or incomplete; copy it again|it is not an \.npz file"):
        datasets.prepare("mnist")
    assert not datasets.is_ready("mnist")


def test_a_single_array_in_place_of_the_npz_file_is_refused(folders):
    with (folders / "data" / "mnist.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(DatasetError, match="it is a single array"):
        datasets.prepare("mnist")


def test_a_header_declaring_a_terabyte_is_refused_before_reading(folders):
    import io
    import zipfile

    put(folders, "mnist", x_train=None)
    header = io.BytesIO()
    about = {"descr": "<f4", "fortran_order": False, "shape": (10**9, 28, 28)}
    np.lib.format.write_array_header_1_0(header, about)
    with zipfile.ZipFile(folders / "data" / "mnist.npz", "a") as file:
        file.writestr("x_train.npy", header.getvalue())
    with pytest.raises(DatasetError, match="x_train is of type float32"):
        datasets.prepare("mnist")


# ---- disks and processes


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


def test_the_shell_lists_the_datasets_and_the_choices(folders):
    put(folders, "mnist")
    listed = subprocess.run([sys.executable, "-m", "imgcls.datasets"], capture_output=True, text=True, cwd=root())
    lines = {line.split()[0]: line for line in listed.stdout.splitlines()}
    assert list(lines) == datasets.names()
    assert "works offline" in lines["mnist"] and "170.5 MB to download" in lines["cifar10"]
    wrong = subprocess.run([sys.executable, "-m", "imgcls.datasets", "x"], capture_output=True, text=True, cwd=root())
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("No dataset is called 'x'. Available: mnist_sample")


def test_opening_a_prepared_dataset_imports_no_heavy_modules(folders):
    put(folders, "mnist")
    datasets.prepare("mnist")
    program = (
        "import sys; from imgcls import datasets; datasets.open_dataset('mnist').x_train.mean();"
        "[datasets.fetch_state(name) for name in datasets.names()];"
        "print([m for m in ('keras', 'tensorflow', 'sklearn', 'pandas', 'mlxtend', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root(), timeout=60)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def root():
    return paths.repository_folder()
