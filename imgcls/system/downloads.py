"""Download a file with progress, a timeout and a checksum."""

import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from imgcls.system.network_errors import SILENT_SECONDS

CHUNK_BYTES = 1 << 16
REPORT_SECONDS = 0.2


def download(url: str, path: Path, known_hash: str | None, progress: Callable[[int, int], None]) -> None:
    """Download `url` to `path`, which appears only when it is complete and its checksum is right.

    Args:
        url: Where to download from.
        path: Where to put the file. Its folder is created if necessary.
        known_hash: The expected hash: SHA-256, or another algorithm as in "md5:...". None skips the check.
        progress: Called a few times a second with the bytes received so far and the total (0 if unknown). An exception
            from it ends the download.

    Raises:
        urllib.error.URLError, TimeoutError, ConnectionError: The network failed.
        ValueError: The URL is malformed, or the checksum is wrong.
        OSError: The file cannot be written.
    """
    import pooch

    pooch.get_logger().setLevel("WARNING")
    path.unlink(missing_ok=True)  # pooch would take an existing file for the download

    def fetch(address: str, file: str | Path, _: Any) -> None:
        _stream(address, Path(file), progress)

    pooch.retrieve(url, known_hash, fname=path.name, path=path.parent, downloader=fetch)


def _stream(url: str, path: Path, progress: Callable[[int, int], None]) -> None:
    received, reported_at = 0, 0.0
    with urllib.request.urlopen(url, timeout=SILENT_SECONDS) as response, path.open("wb") as file:
        total = int(response.headers.get("Content-Length") or 0)
        while chunk := response.read(CHUNK_BYTES):
            file.write(chunk)
            received += len(chunk)
            if time.monotonic() - reported_at > REPORT_SECONDS:
                reported_at = time.monotonic()
                progress(received, total)
    progress(received, total)
    if total and received != total:
        raise ConnectionError
