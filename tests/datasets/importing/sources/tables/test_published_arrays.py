"""Datasets from papers and Kaggle as arrays of pixels, each with its expected import."""

import io

import numpy as np
import pytest

from imgcls.datasets import importing
from imgcls.datasets.importing.sources import opened
from imgcls.errors import SourceError
from tests.support.importing.label_tables import KINDS, counts, questions, rows_of, zipped
from tests.support.uploads import csv, smooth, table


def test_skin_lesion_tables_have_numbered_pixels_and_the_label_last(tmp_path):
    pixels = smooth(30, side=28)
    head = [*(f"pixel{n:04}" for n in range(28 * 28 * 3)), "label"]
    rows = [[*image.reshape(-1).tolist(), n % 3] for n, image in enumerate(pixels)]
    request = table(tmp_path / "hmnist_28_28_RGB.csv", csv([head, *rows]))
    assert counts(importing.make_preview(request, seconds=30)) == {str(n): (0, 0, 10) for n in range(3)}
    with opened(request) as source:
        assert np.array_equal(np.stack([image for *_, image in source.table.rows()]), pixels)


def test_a_z_handwritten_data_is_sorted_and_has_no_header(tmp_path):
    letters = smooth(390, side=28, channels=1)[..., 0] // 2
    letters[:, -1] = letters[:, 0] = 0  # margins
    rows = [[n // 15, *image.reshape(-1).tolist()] for n, image in enumerate(letters)]
    request = table(tmp_path / "A_Z Handwritten Data.csv", csv(rows))
    found = counts(importing.make_preview(request, seconds=60))
    assert found == {str(n): (0, 0, 15) for n in range(26)} and "label_column" not in questions(request)


def cifar(count: int, first: int, labels_: int) -> tuple[bytes, np.ndarray]:
    pixels = smooth(count, side=32, seed=first)
    rows = [bytes([n % 3] * labels_) + image.transpose(2, 0, 1).tobytes() for n, image in enumerate(pixels)]
    return b"".join(rows), pixels


def test_binary_cifar_keeps_colours_splits_and_names(tmp_path):
    files = {f"cifar/data_batch_{n}.bin": cifar(12, n, 1)[0] for n in (1, 2)} | {
        "cifar/test_batch.bin": cifar(9, 3, 1)[0]
    }
    request = zipped(tmp_path, [], files | {"cifar/batches.meta.txt": "cat\ndog\nowl\n\n"})
    assert counts(importing.make_preview(request)) == dict.fromkeys(KINDS, (8, 3, 0))
    with opened(request) as source:
        assert np.array_equal(next(source.table.rows())[3], cifar(12, 1, 1)[1][0])
    with pytest.raises(SourceError, match=r"'cifar/test_batch.bin' is incomplete"):
        importing.make_preview(zipped(tmp_path, [], files | {"cifar/test_batch.bin": cifar(9, 3, 1)[0][:-7]}))


def test_svhn_has_images_on_the_last_axis_and_labels_zero_as_ten(tmp_path):
    from scipy.io import savemat

    def saved(count: int) -> bytes:
        file = io.BytesIO()
        labels_ = (np.arange(count) % 3 + 8)[:, None]
        savemat(file, {"X": smooth(count, side=32).transpose(1, 2, 3, 0), "y": labels_})
        return file.getvalue()

    request = zipped(tmp_path, [], {"train_32x32.mat": saved(30), "test_32x32.mat": saved(9)})
    assert counts(importing.make_preview(request)) == {"0": (10, 3, 0), "8": (10, 3, 0), "9": (10, 3, 0)}
    (tmp_path / "data.mat").write_bytes(saved(30))
    with opened(importing.of_file(tmp_path / "data.mat")) as source:
        assert rows_of(source) == {("8", ""): 10, ("9", ""): 10, ("10", ""): 10}
    (tmp_path / "data.mat").write_bytes(saved(30)[:300])
    with pytest.raises(SourceError, match="is damaged, or is not a MATLAB file"):
        importing.make_preview(importing.of_file(tmp_path / "data.mat"))
