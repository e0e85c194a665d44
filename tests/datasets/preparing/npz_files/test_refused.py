"""Files with wrong content, damaged files and false headers are refused."""

import numpy as np
import pytest

from imgcls import datasets
from imgcls.errors import DatasetError
from imgcls.system.tasks import TaskState
from tests.support.importing.npz_files import put

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
