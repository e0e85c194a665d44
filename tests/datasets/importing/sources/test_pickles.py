"""Pickles are refused with the reason, whatever their name, and never loaded."""

import io
import pickle

import numpy as np
import pytest

from imgcls.datasets import importing
from imgcls.datasets.importing import ImportRequest
from imgcls.errors import SourceError
from tests.support.uploads import archive, leaves


class Trap:
    """Loading it would write a file."""

    def __init__(self, path: str):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


def objects() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return file.getvalue()


@pytest.mark.parametrize("name", ["data.pkl", "data_batch_1", "model.pt", "data.npy", "old.pickle"])
def test_a_pickle_is_refused_with_the_reason_and_an_alternative(name, tmp_path):
    trap = tmp_path / "executed"
    protocol = 0 if name == "old.pickle" else 4
    data = objects() if name.endswith("npy") else pickle.dumps(Trap(str(trap)), protocol)
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError) as caught:
        importing.make_preview(ImportRequest("file", str(tmp_path / name), name))
    said = str(caught.value)
    assert said.startswith(f"'{name}' holds Python pickles. Loading a pickle can execute any code")
    assert "numpy.savez('data.npz', x_train=..." in said
    assert not trap.exists()


def test_an_archive_with_only_pickles_is_reported(tmp_path):
    files = {f"cifar-10-batches-py/data_batch_{n}": pickle.dumps({"labels": [1]}) for n in range(3)}
    with pytest.raises(SourceError, match=r"'cifar\.zip' holds Python pickles"):
        importing.make_preview(archive(tmp_path / "cifar.zip", files))


def test_a_pickle_among_images_is_skipped(tmp_path):
    seen = importing.make_preview(archive(tmp_path / "leaves.zip", leaves() | {"oak/cache.pkl": pickle.dumps(1)}))
    assert [row["reason"] for row in seen.skipped] == ["a Python pickle, which can execute code: save arrays as .npz"]
