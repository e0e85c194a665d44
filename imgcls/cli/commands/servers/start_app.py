"""`imgcls app`: starts the Streamlit server with the app and its configuration."""

import contextlib
import os
import socket
import subprocess
import sys
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.types import Port

from imgcls.cli import exit_codes
from imgcls.sharing import modes
from imgcls.system import paths

DEFAULT_PORT = 8501
PORTS_TRIED = 100
ANYWHERE = ("0.0.0.0", "::")
ELSEWHERE = ("192.0.2.1", 9)
"""An address for documentation (RFC 5737), to which nothing is sent."""


def start_app(
    *,
    port: Annotated[
        Port | None, Parameter(help=f"Port of the server (default: {DEFAULT_PORT}, or the next free one).")
    ] = None,
    address: Annotated[
        str, Parameter(help="Address to listen on. 0.0.0.0 lets other computers in your network connect.")
    ] = "127.0.0.1",
    mode: Annotated[
        Literal["local", "classroom", "demo", "read-only"] | None,
        Parameter(
            help="How the server is shared: everybody may do everything (local), people have roles (classroom), work "
            "is private and kept for a day (demo), or there is no training (read-only). Default: IMGCLS_MODE, or local."
        ),
    ] = None,
    browser: Annotated[bool, Parameter(help="Open the app in a browser.")] = True,
) -> int:
    """Start the app and open it in the browser. Ctrl-C ends it; training runs continue.

    Example: imgcls app --port 8600
    """
    if port is None:
        port = free_port(address, DEFAULT_PORT)
    elif not is_free(address, port):
        free = free_port(address, port + 1)
        raise exit_codes.CommandError(
            f"Port {port} is already in use. Port {free} is free: imgcls app --port {free}", exit_codes.IN_USE
        )
    folder = paths.app_folder()
    command = [
        *(sys.executable, "-m", "streamlit", "run", str(folder / "app.py")),
        *("--server.port", str(port), "--server.address", address),
        *("--server.headless", "false" if browser else "true"),
    ]
    if address in ANYWHERE:  # otherwise Streamlit asks a server on the internet for the address to print
        command += ["--browser.serverAddress", own_address()]
    if mode is not None:
        os.environ[modes.VARIABLE] = mode
    with exit_codes.exits_with(exit_codes.USAGE):
        modes.mode()
    os.chdir(folder)  # Streamlit reads .streamlit/config.toml from the working directory
    if sys.platform != "win32":
        os.execv(sys.executable, command)
    return subprocess.call(command)


def own_address() -> str:
    """The address of this computer in its network, which others can type; "localhost" without a network."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(ELSEWHERE)  # chooses a network interface; UDP sends nothing yet
        return str(probe.getsockname()[0])
    return "localhost"


def is_free(address: str, port: int) -> bool:
    """Whether a server could listen on this port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def free_port(address: str, first: int) -> int:
    """The first free port from this one on.

    Raises:
        CommandError: none is free, or the address does not belong to this computer.
    """
    for port in range(first, min(first + PORTS_TRIED, 65536)):
        if is_free(address, port):
            return port
    raise exit_codes.CommandError(
        f"No free port at {address} from {first} on. Does the address belong to this computer?", exit_codes.IN_USE
    )
