"""Datasets are prepared once and opened quickly, from bundled files or from NAME.npz in the data folder."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from imgcls import datasets
from imgcls.errors import DatasetError
from tests.support.importing.npz_files import BUNDLED, DOWNLOADED, left_over, put, root, small


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


@pytest.mark.parametrize("corruption", ["cut", "gone", "no json", "truncated json", "strange json", "other version"])
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
    elif corruption == "truncated json":
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
