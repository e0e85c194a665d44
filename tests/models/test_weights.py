"""Weights of pretrained networks: found, verified, and downloaded from a local test server."""

import hashlib
import http.server
import threading
from pathlib import Path

import pytest

from imgcls.errors import WeightsError
from imgcls.models import backbones, shipped, weights
from imgcls.models.backbones import NETWORKS
from imgcls.system import paths
from imgcls.system.tasks import task as tasks
from tests.support.local_server import serving

RESNET, SMALL = NETWORKS["ResNet50"], NETWORKS["MobileNetV2"]
pytestmark = pytest.mark.timeout(120)


def hdf5(size: int = 5000) -> bytes:
    """The start of a real file: the signature, and at byte 40 the length of the file."""
    return b"\x89HDF\r\n\x1a\n" + bytes([0] * 5 + [8, 8, 0]) + bytes(24) + size.to_bytes(8, "little") + bytes(size - 48)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("IMGCLS_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "weights").mkdir()
    return tmp_path / "weights"


# ---- found


def test_weights_are_searched_in_four_locations_in_order(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("IMGCLS_DATA", str(tmp_path / "data"))
    assert weights.local_file(RESNET) is None
    named = [folder, tmp_path / "data", tmp_path / "keras" / "models", paths.cache_folder() / "weights"]
    for place in reversed(named):
        place.mkdir(parents=True, exist_ok=True)
        (place / RESNET.file).write_bytes(hdf5())
        assert weights.local_file(RESNET) == place / RESNET.file
    assert weights.local_file(SMALL) is None


def test_the_variable_may_point_to_the_file_itself(folder, monkeypatch):
    (folder / RESNET.file).write_bytes(hdf5())
    monkeypatch.setenv("IMGCLS_WEIGHTS", str(folder / RESNET.file))
    assert weights.local_file(RESNET) == folder / RESNET.file


def test_an_intact_file_is_used_if_another_is_damaged(folder, tmp_path):
    (folder / RESNET.file).write_bytes(hdf5()[:3000])
    (tmp_path / "keras" / "models").mkdir(parents=True)
    (tmp_path / "keras" / "models" / RESNET.file).write_bytes(hdf5())
    assert weights.local_file(RESNET) == tmp_path / "keras" / "models" / RESNET.file


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (hdf5()[:3000], f"The file {RESNET.file} is incomplete. Delete it, or download it again."),
        (hdf5()[:20], f"The file {RESNET.file} is incomplete. Delete it, or download it again."),
        (b"", f"The file {RESNET.file} should hold weights (HDF5) but is empty. Delete it, or download it again."),
        (
            b"\n<!DOCTYPE html><html>Sign in</html>",
            f"The file {RESNET.file} should hold weights (HDF5) but is a web page. Delete it, or download it again.",
        ),
    ],
)
def test_a_damaged_file_gives_one_error_with_solutions(content, sentence, folder):
    (folder / RESNET.file).write_bytes(content)
    assert weights.local_file(RESNET) is None
    assert weights.problem(RESNET) == sentence
    with pytest.raises(WeightsError) as error:
        weights.needed(RESNET)
    assert str(error.value) == (
        f"{sentence} The weights of ResNet50 are not on this machine: download them on the Train page (94.8 MB), put "
        f"{RESNET.file} into the folder set by IMGCLS_WEIGHTS, or choose one of your runs as the backbone, which "
        "needs no download."
    )


def test_real_files_pass_the_signature_check(keras, write_weights, folder):
    """Versions of HDF5 differ in their first bytes: those that Keras writes here must be accepted."""
    path = write_weights(SMALL.title, folder / SMALL.file)
    assert weights.needed(SMALL) == path
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert weights.problem(SMALL).startswith(f"The file {SMALL.file} is incomplete.")


@pytest.mark.parametrize("title", backbones.SHIPPED)
def test_a_shipped_network_needs_no_file_and_no_download(title, folder):
    network = NETWORKS[title]
    (folder / network.file).write_bytes(b"<html>Sign in</html>")  # of no interest
    assert weights.needed(network) == shipped.weights_path(title)
    assert weights.problem(network) == ""
    assert weights.fetch_state(network).state == "ready"


# ---- downloads


@pytest.fixture
def server(folder, monkeypatch):
    """A server for one file: it sends `content`, declares the length `declared`, and waits while it is `held`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if web.content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(web.declared or len(web.content)))
            self.end_headers()
            self.wfile.write(web.content[: len(web.content) // 2])
            self.wfile.flush()
            web.held.wait(60)
            self.wfile.write(web.content[len(web.content) // 2 :])

        def log_message(self, *ignored):
            pass

    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.content, web.declared, web.held = hdf5(), 0, threading.Event()
    web.held.set()
    monkeypatch.setenv("IMGCLS_WEIGHTS_URL", f"http://127.0.0.1:{web.server_port}")
    with serving(web):
        yield web
        web.held.set()


@pytest.fixture
def known(monkeypatch):
    """ResNet50 with the checksum of the file that the test server sends."""
    network = RESNET.__class__(**{**vars(RESNET), "md5": hashlib.md5(hdf5()).hexdigest()})
    monkeypatch.setitem(NETWORKS, "ResNet50", network)
    return network


def left() -> list[str]:
    """Everything but the task's lock and log."""
    found = (path for path in (paths.cache_folder() / "weights").glob("*") if path.suffix not in (".lock", ".log"))
    return sorted(path.name for path in found)


def test_weights_are_downloaded_once_verified_and_renamed(server, known, folder):
    from imgcls.training.transfer import download_weights

    reported = []
    aside = folder / "aside.h5"
    download_weights.fetch(known, _made(aside), lambda fraction, text: reported.append((fraction, text)))
    assert weights.local_file(known) == paths.cache_folder() / "weights" / known.file
    assert weights.local_file(known).read_bytes() == hdf5()
    assert not aside.exists()
    assert reported[0] == (0.0, "Connecting")
    assert reported[-1] == (0.95, "Checking")
    assert sorted(fraction for fraction, _ in reported) == [fraction for fraction, _ in reported]


@pytest.mark.parametrize(
    ("content", "declared", "says"),
    [
        (None, 0, "could not be downloaded: the server answered 404 Not Found. Connect"),
        (hdf5(), 9000, "could not be downloaded: the connection was interrupted. Connect"),
        (b"<html>no</html>", 0, "ResNet50. The file aside.h5 should hold weights (HDF5) but is a web page."),
        (hdf5(6000), 0, "something other than ResNet50. Its checksum is not the one that Keras publishes. Connect"),
    ],
)
def test_a_download_failure_gives_one_error_and_leaves_nothing_behind(content, declared, says, server, known, folder):
    from imgcls.training.transfer import download_weights

    server.content, server.declared = content, declared
    with pytest.raises(WeightsError) as error:
        download_weights.fetch(known, _made(folder / "aside.h5"), lambda fraction, text: None)
    assert says in str(error.value)
    assert str(error.value).endswith("or choose one of your runs as the backbone.")
    assert weights.local_file(known) is None


def test_offline_the_message_says_what_to_do(known, folder, monkeypatch):
    from imgcls.training.transfer import download_weights

    monkeypatch.setenv("IMGCLS_WEIGHTS_URL", "http://127.0.0.1:9")
    with pytest.raises(WeightsError) as error:
        download_weights.fetch(known, _made(folder / "aside.h5"), lambda fraction, text: None)
    assert str(error.value) == (
        "The weights of ResNet50 could not be downloaded: the server refused the connection. Connect to the internet "
        f"and try again, put {known.file} into the folder set by IMGCLS_WEIGHTS, or choose one of your runs as the "
        "backbone."
    )


def test_without_a_keras_checksum_loading_the_network_is_the_check(keras, server, folder, write_weights, tmp_path):
    from imgcls.training.transfer import download_weights

    server.content = write_weights("EfficientNetV2-B0", tmp_path / "other.h5").read_bytes()
    with pytest.raises(WeightsError, match=r"does not hold the weights of MobileNetV2"):
        download_weights.fetch(SMALL, _made(folder / "aside.h5"), lambda fraction, text: None)
    assert weights.local_file(SMALL) is None
    server.content = write_weights(SMALL.title, tmp_path / "right.h5").read_bytes()
    download_weights.fetch(SMALL, _made(folder / "aside.h5"), lambda fraction, text: None)
    assert weights.local_file(SMALL).parent == paths.cache_folder() / "weights"


def _made(path: Path) -> Path:
    weights.fetched_path(RESNET).parent.mkdir(parents=True, exist_ok=True)
    return path


# ---- the background process of a page


def test_a_download_reports_progress_and_cancelling_leaves_nothing_behind(server, wait_until, folder):
    server.content = hdf5(1_000_000)
    server.held.clear()
    assert weights.fetch_state(RESNET).state == "idle"
    weights.start_fetch(RESNET)
    weights.start_fetch(RESNET)  # a second click changes nothing
    wait_until(lambda: weights.fetch_state(RESNET).text.startswith("Downloading"), seconds=60)
    state = weights.fetch_state(RESNET)
    assert state.state == "running"
    assert state.text.endswith("of 1.0 MB")
    weights.cancel_fetch(RESNET)
    assert weights.fetch_state(RESNET).state == "idle"
    assert left() == []


def test_a_killed_download_is_reported_and_can_be_repeated(server, wait_until, folder):
    server.content = hdf5(1_000_000)
    server.held.clear()
    weights.start_fetch(RESNET)
    wait_until(lambda: weights.fetch_state(RESNET).text.startswith("Downloading"), seconds=60)
    task = weights.task_of(RESNET)
    child = tasks._children[task.kind, task.folder]
    child.kill()
    child.wait()
    state = weights.fetch_state(RESNET)
    assert (state.state, state.text) == ("failed", tasks.INTERRUPTED)
    server.held.set()
    weights.start_fetch(RESNET)
    wait_until(lambda: weights.fetch_state(RESNET).state == "failed", seconds=60)  # these are not the Keras weights
    assert "Its checksum is not the one that Keras publishes." in weights.fetch_state(RESNET).text
    assert weights.local_file(RESNET) is None
    weights.cancel_fetch(RESNET)
    assert left() == []
