"""Find the weights of a network, and tell a complete file from a damaged one without reading all of it."""

import os
from pathlib import Path

from imgcls.errors import WeightsError
from imgcls.models import shipped
from imgcls.models.backbones import Network
from imgcls.system import paths

SIGNATURE = b"\x89HDF\r\n\x1a\n"
HEADER_BYTES = 64
END_OF_FILE_AT = {0: 40, 1: 44, 2: 28, 3: 28}
"""HDF5 superblock version -> where the header stores the file's length, for 8-byte offsets (HDF5 specification 3.0,
II.A)."""


def local_file(network: Network) -> Path | None:
    """The first file with weights of this network that looks complete, or None. That of a shipped network is checked
    when it is read."""
    if network.is_shipped:
        return shipped.weights_path(network.title)
    for path in _candidates(network):
        try:
            check(path)
        except WeightsError:
            continue
        return path
    return None


def problem(network: Network) -> str:
    """What is wrong with the files on this machine, as a message for the user; empty if nothing is."""
    if network.is_shipped:
        return ""
    for path in _candidates(network):
        try:
            check(path)
        except WeightsError as error:
            return str(error)
    return ""


def needed(network: Network) -> Path:
    """Like `local_file`, but raises an error with what to do if there is no usable file.

    Raises:
        WeightsError: There is no file, or only damaged ones.
    """
    path = local_file(network)
    if path is not None:
        return path
    trouble = problem(network)
    raise WeightsError(
        f"{trouble + ' ' if trouble else ''}The weights of {network.title} are not on this machine: download them on "
        f"the Train page ({network.megabytes:g} MB), put {network.file} into the folder set by IMGCLS_WEIGHTS, or "
        "choose one of your runs as the backbone, which needs no download."
    )


def check(path: Path) -> None:
    """Check a file's header and length.

    Raises:
        WeightsError: The file cannot be read, is not HDF5, or is incomplete.
    """
    try:
        with path.open("rb") as file:
            header = file.read(HEADER_BYTES)
            size = file.seek(0, os.SEEK_END)
    except OSError as error:
        raise WeightsError(f"The file {path.name} cannot be read: {error.strerror}.") from error
    if not header.startswith(SIGNATURE):
        found = "is a web page" if header.lstrip()[:1] == b"<" else "is something else" if header else "is empty"
        raise WeightsError(
            f"The file {path.name} should hold weights (HDF5) but {found}. Delete it, or download it again."
        )
    start = END_OF_FILE_AT.get(header[8]) if size >= HEADER_BYTES else None
    if size < HEADER_BYTES or (start is not None and size < int.from_bytes(header[start : start + 8], "little")):
        raise WeightsError(f"The file {path.name} is incomplete. Delete it, or download it again.")


def fetched_path(network: Network) -> Path:
    """Where a downloaded file is kept."""
    return paths.cache_folder() / "weights" / network.file


def url_of(network: Network) -> str:
    """Where the file is downloaded from."""
    mirror = os.environ.get("IMGCLS_WEIGHTS_URL", "").strip()
    return f"{mirror.rstrip('/')}/{network.file}" if mirror else network.url


def _candidates(network: Network) -> list[Path]:
    home = os.environ.get("KERAS_HOME", "").strip()
    keras = Path(home).expanduser() if home else Path("~").expanduser() / ".keras"
    named, data = paths.weights_path(), paths.data_folder()
    found = []
    if named is not None:
        found.append(named if named.name == network.file else named / network.file)
    if data is not None:
        found.append(data / network.file)
    found += [keras / "models" / network.file, fetched_path(network)]
    return [path for path in found if path.is_file()]
