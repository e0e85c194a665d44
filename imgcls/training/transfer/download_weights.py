"""Download the weights of one network: the process that `imgcls.models.weights` starts, also usable from a shell.

    python -m imgcls.training.transfer.download_weights "MobileNetV2"

The file is downloaded aside, compared with Keras's checksum, or loaded into the network if Keras has none, and then
renamed.
"""

import os
import shutil
import sys
import urllib.error
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from imgcls.errors import WeightsError
from imgcls.evaluation.metrics.percent import percent
from imgcls.models import weights
from imgcls.models.backbones import NETWORKS, Network
from imgcls.system import atomic, downloads, network_errors
from imgcls.system.tasks import Progress


def main(arguments: list[str], *, is_background: bool = True) -> int:
    """Download the weights of the named network and return the exit status."""
    choices = [title for title, network in NETWORKS.items() if not network.is_shipped]
    if len(arguments) != 1 or arguments[0] not in choices:
        print(f"Choose one of: {', '.join(choices)}.", file=sys.stderr)
        return 2
    network = NETWORKS[arguments[0]]
    task = weights.task_of(network)
    return task.run(lambda progress: _make(network, _shown(progress)), is_background=is_background)


def fetch(network: Network, aside: Path, progress: Progress) -> None:
    """Download to `aside`, check the file, and rename it to `weights.fetched_path(network)`.

    Raises:
        WeightsError: The network failed, or the server sent something else.
        OSError: The file cannot be written.
    """
    what_to_do = (
        f"Connect to the internet and try again, put {network.file} into the folder set by IMGCLS_WEIGHTS, or choose "
        "one of your runs as the backbone."
    )

    def report(received: int, total: int) -> None:
        total = total or int(1e6 * network.megabytes)
        text = f"Downloading: {received / 1e6:.1f} of {total / 1e6:.1f} MB"
        progress(min(0.95 * received / total, 0.95), text)

    progress(0.0, "Connecting")
    try:
        downloads.download(weights.url_of(network), aside, None, report)
    except (urllib.error.URLError, TimeoutError, ConnectionError, ValueError) as error:
        raise WeightsError(
            f"The weights of {network.title} could not be downloaded: {network_errors.reason(error)}. {what_to_do}"
        ) from error
    progress(0.95, "Checking")
    try:
        _check(network, aside)
    except WeightsError as error:
        raise WeightsError(f"The server sent something other than {network.title}. {error} {what_to_do}") from error
    with aside.open("rb+") as file:
        os.fsync(file.fileno())
    atomic.replace(aside, weights.fetched_path(network))


def _make(network: Network, progress: Progress) -> None:
    folder = weights.working_folder(network)
    shutil.rmtree(folder, ignore_errors=True)  # of a killed process
    try:
        fetch(network, folder / network.file, progress)
    except OSError as error:
        raise WeightsError(
            f"The weights could not be written to {folder.parent}: {error.strerror or error}. Free some space there, "
            "or set IMGCLS_CACHE to another folder."
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check(network: Network, path: Path) -> None:
    """Raises WeightsError if the file does not hold the weights of this network."""
    import pooch

    weights.check(path)
    if not network.md5:
        from imgcls.training.model_builder import backbone

        backbone.pretrained(network, 224, (224, 224, 3), path)
    elif pooch.file_hash(str(path), alg="md5") != network.md5:
        raise WeightsError("Its checksum is not the one that Keras publishes.")


def _shown(progress: Progress) -> Progress:
    """The same, also printed if this is a terminal."""

    def report(fraction: float, text: str) -> None:
        progress(fraction, text)
        if sys.stdout.isatty():
            print(f"\r\033[K{percent(fraction, 0):>4}  {text}", end="", flush=True)

    return report


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
