"""EuroSAT, EMNIST, KMNIST, Flowers and Imagenette: small files in the original formats, from a local server."""

import errno
import gzip
import hashlib
import http.server
import io
import re
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgcls import datasets
from imgcls.datasets.catalog import emnist_letters, eurosat, flowers, imagenette, kmnist
from imgcls.datasets.preparing.originals import OriginalFile
from imgcls.errors import DatasetError
from imgcls.system import downloads
from tests.support.local_server import serving
from tests.support.uploads import image

MODULES = {
    "eurosat": eurosat,
    "emnist_letters": emnist_letters,
    "kmnist": kmnist,
    "flowers": flowers,
    "imagenette": imagenette,
}


def idx(array: np.ndarray) -> bytes:
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return gzip.compress(header + array.astype(np.uint8).tobytes())


def letters() -> np.ndarray:
    """52 letters, each with a mark at a different position in the upper right triangle."""
    x = np.zeros((52, 28, 28), np.uint8)
    x[np.arange(52), np.arange(52) // 27, 27 - np.arange(52) % 27] = 255
    return x


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def grey_photo() -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((200, 160)).save(file, "JPEG")
    return file.getvalue()


def originals(name: str) -> dict[str, bytes]:
    """File name -> bytes, in the format published by the authors, with few images."""
    if name == "kmnist":
        labels = np.tile(np.arange(10), 2)
        x = np.random.default_rng(0).integers(0, 256, (20, 28, 28))
        parts = [idx(x), idx(labels), idx(x[:10]), idx(labels[:10])]
        return dict(zip((file.name for file in kmnist.FILES), parts, strict=True))
    if name == "emnist_letters":
        labels = np.tile(np.arange(1, 27), 2)
        members = [
            idx(letters().transpose(0, 2, 1)),
            idx(labels),
            idx(letters()[:26].transpose(0, 2, 1)),
            idx(labels[:26]),
        ]
        others = {"gzip/emnist-digits-train-images-idx3-ubyte.gz": b"not read"}
        return {"emnist/gzip.zip": zipped(dict(zip(emnist_letters.MEMBERS, members, strict=True)) | others)}
    module = MODULES[name]
    photos, number = {"x/README.md": b"text", "x/LICENSE.txt": b"text"}, 0
    for folder in module.FOLDERS:
        for turn in range(6):
            number += 1
            path = {
                "eurosat": f"2750/{folder}/{folder}_{turn}.jpg",
                "flowers": f"flower_photos/{folder}/{number}_abc_n.jpg",
                "imagenette": f"imagenette2-160/{'val' if turn > 3 else 'train'}/{folder}/{folder}_{turn}.JPEG",
            }[name]
            size = (64, 64) if name == "eurosat" else (160, 200 + number)
            photos[path] = grey_photo() if name == "imagenette" and turn == 1 else image(number, "JPEG", *size)
    return {module.FILES[0].name: zipped(photos) if name == "eurosat" else tarred(photos)}


@pytest.fixture
def server():
    """Serves `files`; with `cut`, it closes the connection in the middle of a file."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            content = web.files[self.path.lstrip("/")]
            web.asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if web.cut else content)

        def log_message(self, *_):
            pass

    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.files, web.asked, web.cut = {}, [], False
    with serving(web):
        yield web


@pytest.fixture
def published(tmp_path, monkeypatch, server):
    """Publishes small original files of a dataset on the server, with checksums; returns a folder for $IMGCLS_DATA."""
    monkeypatch.setenv("IMGCLS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("IMGCLS_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)

    def publish(name: str, algorithm: str = "sha256") -> dict[str, bytes]:
        server.files = originals(name)
        before = "" if algorithm == "sha256" else f"{algorithm}:"
        files = tuple(
            OriginalFile(
                file.name,
                f"http://127.0.0.1:{server.server_port}/{file.name}",
                before + hashlib.new(algorithm, server.files[file.name]).hexdigest(),
            )
            for file in MODULES[name].FILES
        )
        monkeypatch.setattr(MODULES[name], "FILES", files)
        return server.files

    return publish


def left_over(tmp_path) -> list[str]:
    there = [item.name for item in (tmp_path / "cache" / "datasets").iterdir()]
    return [name for name in there if not name.endswith((".lock", ".progress.json"))]


COUNTS = {
    "eurosat": ([5] * 10, [1] * 10),
    "flowers": ([5] * 5, [1] * 5),
    "imagenette": ([4] * 10, [2] * 10),
    "kmnist": ([2] * 10, [1] * 10),
    "emnist_letters": ([2] * 26, [1] * 26),
}


@pytest.mark.parametrize("name", MODULES)
def test_the_original_files_become_a_dataset(name, published, tmp_path):
    published(name, "md5" if name == "eurosat" else "sha256")
    assert not datasets.is_available(name)
    datasets.prepare(name)

    data = datasets.open_dataset(name)
    counted = [
        np.bincount(labels, minlength=len(data.facts.classes)).tolist() for labels in (data.y_train, data.y_test)
    ]
    assert tuple(counted) == COUNTS[name]
    assert data.x_train.shape[1:] == data.facts.shape
    assert left_over(tmp_path) == [name]


def test_emnist_letters_are_upright_and_start_at_a(published):
    published("emnist_letters")
    datasets.prepare("emnist_letters")
    data = datasets.open_dataset("emnist_letters")
    assert (data.x_train[..., 0] == letters()).all()
    assert data.facts.named(data.y_train[0]) == "A" and data.facts.named(data.y_train[25]) == "Z"


def test_photos_are_cropped_to_their_centre_and_sorted_by_folder(published):
    files = published("imagenette")
    datasets.prepare("imagenette")
    data = datasets.open_dataset("imagenette")
    first = "imagenette2-160/train/n01440764/n01440764_0.JPEG"
    with tarfile.open(fileobj=io.BytesIO(files["imagenette2-160.tgz"])) as archive:
        photo = np.asarray(Image.open(archive.extractfile(first)))
    left = (photo.shape[1] - photo.shape[0]) // 2
    square = Image.fromarray(photo[:, left : left + photo.shape[0]]).resize((128, 128), Image.Resampling.BICUBIC)
    assert data.facts.named(data.y_train[0]) == "tench"
    assert np.abs(data.x_train[0].astype(int) - np.asarray(square)).mean() < 3
    assert (data.x_train[1][..., :1] == data.x_train[1]).all(), "a grey photo stays grey"


@pytest.mark.parametrize("name", MODULES)
def test_a_wrong_checksum_is_refused(name, published, server, tmp_path):
    published(name)
    path = next(iter(server.files))
    server.files[path] = server.files[path] + b"\0"
    with pytest.raises(DatasetError, match=r"could not be downloaded: the downloaded file is damaged or incomplete"):
        datasets.prepare(name)
    assert left_over(tmp_path) == [] and not datasets.is_ready(name)


@pytest.mark.parametrize("name", MODULES)
def test_an_interrupted_download_is_reported_and_can_be_repeated(name, published, server, tmp_path):
    published(name)
    server.cut = True
    with pytest.raises(DatasetError, match=r"the connection was interrupted\. Connect to the internet and try again"):
        datasets.prepare(name)
    assert left_over(tmp_path) == []
    server.cut = False
    datasets.prepare(name)
    assert datasets.is_ready(name)


def test_a_full_disk_is_reported_as_such(published, monkeypatch, tmp_path):
    published("eurosat")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(downloads, "download", full)
    with pytest.raises(DatasetError, match="No space left on device"):
        datasets.prepare("eurosat")
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("name", MODULES)
def test_too_little_disk_space_is_reported_before_the_download(name, published, server, monkeypatch):
    import shutil

    published(name)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 10**7))
    with pytest.raises(DatasetError, match=r"needs about [\d,]+ MB in .*, but only 10 MB are free"):
        datasets.prepare(name)
    assert server.asked == []


@pytest.mark.parametrize("name", MODULES)
def test_original_files_in_the_data_folder_are_used_offline(name, published, server, tmp_path):
    for path, content in published(name).items():
        (tmp_path / "data" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / path).write_bytes(content)
    assert datasets.is_available(name)
    datasets.prepare(name)
    assert datasets.is_ready(name) and server.asked == []


def test_damaged_files_in_the_data_folder_are_kept_and_downloaded_instead(published, server, tmp_path):
    published("eurosat")
    (tmp_path / "data" / "EuroSAT.zip").write_bytes(b"half")
    heard = []
    datasets.prepare("eurosat", lambda fraction, text: heard.append(text))
    assert any("are damaged and were left unchanged" in text for text in heard)
    assert (tmp_path / "data" / "EuroSAT.zip").read_bytes() == b"half" and server.asked == ["/EuroSAT.zip"]


def test_a_damaged_photo_in_an_archive_with_the_right_checksum_is_an_error(published, server, monkeypatch):
    published("eurosat")
    broken = zipped({"2750/Forest/Forest_1.jpg": b"\xff\xd8\xff"})
    server.files["EuroSAT.zip"] = broken
    (file,) = eurosat.FILES
    monkeypatch.setattr(eurosat, "FILES", (OriginalFile(file.name, file.url, hashlib.sha256(broken).hexdigest()),))
    with pytest.raises(DatasetError, match="the downloaded file is damaged or incomplete"):
        datasets.prepare("eurosat")


@pytest.mark.parametrize("name", MODULES)
def test_the_offline_message_names_the_original_files(name):
    about = datasets.facts(name)
    assert all(file.name in datasets.how_to_get(about) for file in MODULES[name].FILES)


def test_every_original_file_has_a_url_and_a_published_checksum():
    for module in MODULES.values():
        for file in module.FILES:
            assert re.fullmatch(r"https?://\S+", file.url)
            assert re.fullmatch(r"[0-9a-f]{64}|md5:[0-9a-f]{32}", file.checksum)
            assert Path(file.name).name == file.url.rsplit("/", 1)[-1]
