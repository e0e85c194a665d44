"""The files of keras.datasets: their names and checksums are Keras's, and reading them runs no code."""

import gzip
import io
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest

from imgcls import datasets
from imgcls.datasets.preparing import keras_download
from imgcls.datasets.preparing.keras_download import FILES, ArrayUnpickler
from imgcls.datasets.preparing.originals import OriginalFile
from imgcls.errors import DatasetError
from imgcls.system import downloads


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """The user's Keras folder; a download fails the test."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "keras" / "datasets" / "fashion-mnist").mkdir(parents=True)

    def refuse(*_):
        raise ConnectionRefusedError

    monkeypatch.setattr(downloads, "download", refuse)
    return tmp_path / "keras" / "datasets"


def own_hashes(monkeypatch, name: str, folder: Path) -> None:
    """Accepts the files in this folder as the published ones."""
    import pooch

    files = tuple(
        OriginalFile(f.name, f.url, f.checksum and pooch.file_hash(str(folder / f.name))) for f in FILES[name]
    )
    monkeypatch.setitem(FILES, name, files)


def cifar(path: Path, folder: str, batches: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in batches.items():
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def pickled(count: int, seed: int, label: bytes, classes: int) -> bytes:
    data = np.random.default_rng(seed).integers(0, 256, (count, 3072), dtype=np.uint8)
    labels = [(row + seed) % classes for row in range(count)]
    return pickle.dumps({b"data": data, label: labels, b"filenames": [b"x.png"] * count}, protocol=4)


def test_names_and_checksums_match_keras():
    import keras.src.datasets as package

    sources = {path.stem: path.read_text() for path in Path(next(iter(package.__path__))).glob("*.py")}
    for name, files in FILES.items():
        for file in files:
            assert file.url.rsplit("/", 1)[1] in sources[name] and file.url.rsplit("/", 1)[0] in sources[name]
            assert file.checksum is None or file.checksum in sources[name]
            assert Path(file.name).name.removesuffix("_archive") in sources[name]


def test_cifar10_is_read_as_keras_reads_it(home, monkeypatch):
    batches = {f"data_batch_{n}": pickled(10, n, b"labels", 10) for n in range(1, 6)}
    batches["test_batch"] = pickled(10, 9, b"labels", 10)
    cifar(home / FILES["cifar10"][0].name, "cifar-10-batches-py", batches)
    own_hashes(monkeypatch, "cifar10", home)

    datasets.prepare("cifar10")

    data = datasets.open_dataset("cifar10")
    first = np.random.default_rng(1).integers(0, 256, (10, 3072), dtype=np.uint8)[0]
    assert data.x_train.shape == (50, 32, 32, 3)
    assert np.array_equal(data.x_train[0], first.reshape(3, 32, 32).transpose(1, 2, 0))
    assert data.y_train[:3].tolist() == [1, 2, 3] and data.y_test[0] == 9


def test_cifar100_is_read_with_fine_labels(home, monkeypatch):
    batches = {"train": pickled(100, 0, b"fine_labels", 100), "test": pickled(10, 1, b"fine_labels", 100)}
    cifar(home / FILES["cifar100"][0].name, "cifar-100-python", batches)
    own_hashes(monkeypatch, "cifar100", home)

    datasets.prepare("cifar100")

    assert datasets.open_dataset("cifar100").y_train.tolist() == list(range(100))


def test_mnist_is_read_from_the_users_keras_folder(home, monkeypatch):
    pixels, labels = np.zeros((20, 28, 28), np.uint8), np.arange(20) % 10
    np.savez(home / "mnist.npz", x_train=pixels, y_train=labels, x_test=pixels, y_test=labels)
    own_hashes(monkeypatch, "mnist", home)

    datasets.prepare("mnist")

    assert len(datasets.open_dataset("mnist").y_train) == 20


def test_a_file_with_another_checksum_is_not_read(home):
    heard = []
    cifar(home / FILES["cifar10"][0].name, "cifar-10-batches-py", {"test_batch": b"x"})

    with pytest.raises(DatasetError, match="the server refused the connection"):
        datasets.prepare("cifar10", lambda fraction, text: heard.append(text))

    assert any("are damaged and were left unchanged" in text for text in heard)
    assert (home / FILES["cifar10"][0].name).exists()


def idx_of(shape: tuple[int, ...]) -> bytes:
    return bytes([0, 0, 8, len(shape)]) + np.array(shape, ">u4").tobytes() + bytes(int(np.prod(shape)))


@pytest.mark.parametrize("cut", [10, 1000])
def test_damaged_files_without_a_checksum_are_not_used(cut, home):
    for file in FILES["fashion_mnist"]:
        whole = gzip.compress(idx_of((20, 28, 28)))
        (home / file.name).write_bytes(whole[: len(whole) - cut])

    with pytest.raises(DatasetError, match="Fashion-MNIST could not be downloaded"):
        datasets.prepare("fashion_mnist")


class Harmful:
    def __reduce__(self):
        return print, ("code was run",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_cannot_execute_code(protocol, capsys):
    content = pickle.dumps({b"data": Harmful()}, protocol=protocol)
    with pytest.raises(pickle.UnpicklingError, match="is not allowed in a dataset"):
        ArrayUnpickler(io.BytesIO(content)).load()
    assert capsys.readouterr().out == ""


def test_an_archive_member_declaring_a_huge_size_is_refused(home, monkeypatch):
    monkeypatch.setattr(keras_download, "MAX_RATIO", 0)
    path = home / "some.tar.gz"
    cifar(path, "cifar-100-python", {"train": pickled(10, 0, b"fine_labels", 100), "test": b""})
    with pytest.raises(ValueError, match="not a file of the expected size"):
        keras_download._read_cifar(path, "cifar-100-python", ["train"], "test", b"fine_labels")
