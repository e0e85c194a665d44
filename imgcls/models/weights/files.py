"""Find the weights of a network, and tell a whole file from a damaged one without reading all of it."""

import os
from pathlib import Path

from imgcls.errors import WeightsError
from imgcls.models.backbones import Network
from imgcls.system import paths

SIGNATURE = b"\x89HDF\r\n\x1a\n"
HEAD = 64
END_AT = {0: 40, 1: 44, 2: 28, 3: 28}
"""Version of an HDF5 file -> where its first bytes say how long it is, with offsets of 8 bytes (HDF5 specification 3.0,
II.A)."""


def at_hand(network: Network) -> Path | None:
    """The first file with weights of this network that looks whole, or None."""
    for path in _candidates(network):
        try:
            check(path)
        except WeightsError:
            continue
        return path
    return None


def problem(network: Network) -> str:
    """What is wrong with the files that lie here, in a sentence; empty where there is none."""
    for path in _candidates(network):
        try:
            check(path)
        except WeightsError as error:
            return str(error)
    return ""


def needed(network: Network) -> Path:
    """`at_hand`, or the ways out.

    Raises:
        WeightsError: no file is here, or only damaged ones.
    """
    path = at_hand(network)
    if path is not None:
        return path
    trouble = problem(network)
    raise WeightsError(
        f"{trouble + ' ' if trouble else ''}The weights of {network.title} are not on this machine: fetch them on the "
        f"Train page ({network.megabytes:g} MB), put {network.file} into the folder named by IMGCLS_WEIGHTS, or take a "
        "finished run as the base, which needs no network."
    )


def check(path: Path) -> None:
    """Looks at the first bytes and at the length.

    Raises:
        WeightsError: the file cannot be read, is no HDF5 file, or is not complete.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
            size = file.seek(0, os.SEEK_END)
    except OSError as error:
        raise WeightsError(f"The file {path.name} cannot be read: {error.strerror}.") from error
    if not head.startswith(SIGNATURE):
        what = "a web page" if head.lstrip()[:1] == b"<" else "something else" if head else "nothing"
        raise WeightsError(f"The file {path.name} holds no weights (HDF5) but {what}. Delete it, or fetch it again.")
    start = END_AT.get(head[8]) if size >= HEAD else None
    if size < HEAD or (start is not None and size < int.from_bytes(head[start : start + 8], "little")):
        raise WeightsError(f"The file {path.name} is cut off. Delete it, or fetch it again.")


def fetched_path(network: Network) -> Path:
    """Where a fetched file lies."""
    return paths.cache_folder() / "weights" / network.file


def url_of(network: Network) -> str:
    """Where it is fetched from."""
    mirror = os.environ.get("IMGCLS_WEIGHTS_URL", "").strip()
    return f"{mirror.rstrip('/')}/{network.file}" if mirror else network.url


def _candidates(network: Network) -> list[Path]:
    home = os.environ.get("KERAS_HOME", "").strip()
    keras = Path(home).expanduser() if home else Path("~").expanduser() / ".keras"
    named = paths.weights_place()
    found = []
    if named is not None:
        found.append(named if named.name == network.file else named / network.file)
    if paths.data_folder() is not None:
        found.append(paths.data_folder() / network.file)
    found += [keras / "models" / network.file, fetched_path(network)]
    return [path for path in found if path.is_file()]
