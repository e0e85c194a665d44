"""Download the weights of one network: the process that `imgcls.models.weights` starts, or a shell.

    python -m imgcls.training.transfer.download_weights "MobileNetV2"

What arrives is written aside, compared with Keras's own check of the file, or loaded into the network where there is
none, and then renamed. When its folder is gone it ends.
"""

import hashlib
import os
import shutil
import sys
import threading
import time
import traceback
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import filelock

from imgcls.errors import UserError, WeightsError
from imgcls.models import weights
from imgcls.models.backbones import NETWORKS, Network
from imgcls.system import atomic, network_errors

"""A server that says nothing for so long is taken for gone."""
AT_ONCE = 1 << 16
WORD_SECONDS = 0.25
FORGOTTEN = 3
Tell = Callable[[float, str], None]


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in NETWORKS:
        print(f"Name one of: {', '.join(NETWORKS)}.", file=sys.stderr)
        return 2
    network = NETWORKS[arguments[0]]
    folder = weights.fetch_folder(network)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock = filelock.FileLock(folder / ".fetch.lock", timeout=2, poll_interval=0.02)
        with lock:
            return _fetched(network, folder)
    except filelock.Timeout:
        print("These weights are being fetched already.", file=sys.stderr)
        return 1


def _fetched(network: Network, folder: Path) -> int:
    over = threading.Event()
    threading.Thread(target=_watch, args=(folder, over), name="watch", daemon=True).start()
    word = Word(folder)
    try:
        fetch(network, folder / network.file, word.tell)
    except UserError as error:
        return word.fail(str(error))
    except OSError as error:
        if not folder.is_dir():
            return FORGOTTEN
        return word.fail(
            f"The weights could not be written to {folder.parent}: {error.strerror or error}. Make room there, or set "
            "IMGCLS_CACHE to a folder with enough of it."
        )
    except Exception:  # noqa: BLE001
        traceback.print_exc()
        return word.fail("The download ended by an error in the program. The details are in its log.txt.")
    over.set()
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def fetch(network: Network, aside: Path, tell: Tell) -> None:
    """Downloads to `aside`, checks, and renames to where fetched weights lie.

    Raises:
        WeightsError: the network fails, or what arrives is not what was asked for.
        OSError: it cannot be written.
    """
    ways_out = (
        f"Connect to the internet and press Fetch again, put {network.file} into the folder named by IMGCLS_WEIGHTS, "
        "or take a finished run as the base."
    )
    try:
        digest = _download(weights.url_of(network), aside, network.megabytes, tell)
    except (urllib.error.URLError, TimeoutError, ConnectionError, ValueError) as error:
        raise WeightsError(
            f"The weights of {network.title} could not be fetched: {network_errors.reason(error)}. {ways_out}"
        ) from error
    tell(0.95, "Checking")
    try:
        weights.check(aside)
        if network.md5 and digest != network.md5:
            raise WeightsError("They are not those that Keras knows.")
        if not network.md5:
            from imgcls.training.model_builder import backbone

            backbone.network(network, 224, (224, 224, 3), aside)
    except WeightsError as error:
        raise WeightsError(f"What the server sent for {network.title} cannot be used. {error} {ways_out}") from error
    atomic.replace(aside, weights.fetched_path(network))


def _download(url: str, aside: Path, megabytes: float, tell: Tell) -> str:
    """The MD5 of what was written to `aside`, brought to the disk."""
    digest, done, told = hashlib.md5(usedforsecurity=False), 0, 0.0
    tell(0.0, "Connecting")
    with urllib.request.urlopen(url, timeout=network_errors.SILENT_SECONDS) as answer, aside.open("wb") as file:
        total = int(answer.headers.get("Content-Length") or 0)
        while piece := answer.read(AT_ONCE):
            file.write(piece)
            digest.update(piece)
            done += len(piece)
            if time.monotonic() - told > WORD_SECONDS:
                told, whole = time.monotonic(), total or 1e6 * megabytes
                tell(min(0.95 * done / whole, 0.95), f"Downloading: {done / 1e6:.1f} of {whole / 1e6:.1f} MB")
        if total and done != total:
            raise ConnectionError
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


class Word:
    """`state.json`, which pages read, and a line in a terminal."""

    def __init__(self, folder: Path):
        self._path = folder / "state.json"

    def tell(self, fraction: float, text: str) -> None:
        """How far it is."""
        self._write("running", fraction, text)
        if sys.stdout.isatty():
            print(f"\r\033[K{fraction:4.0%}  {text}", end="", flush=True)

    def fail(self, text: str) -> int:
        """The last word: the sentence that says why it failed."""
        print(text, file=sys.stderr)
        try:
            self._write("failed", 0.0, text)
        except OSError:  # a full disk, or a folder that is gone: readers see that the process has ended
            traceback.print_exc()
        return 1

    def _write(self, state: str, fraction: float, text: str) -> None:
        atomic.write_json(self._path, {"state": state, "share": fraction, "text": text})


def _watch(folder: Path, over: threading.Event) -> None:
    """Ends the process when its folder is gone: it was cancelled."""
    while not over.wait(WORD_SECONDS):
        if not folder.is_dir():
            os._exit(FORGOTTEN)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
