"""The address at which pupils join, and its QR code: only if other devices can reach it."""

import ipaddress
import socket
from urllib.parse import urlencode, urlsplit

import psutil
import segno

LOCAL = ("localhost", "127.0.0.1", "::1", "")
PROBE = ("192.0.2.1", 9)
"""An address reserved for documentation (RFC 5737). Nothing is sent to it."""
DEFAULT_PORT = 8501

_listens_on = ""


def note_listening(address: str | None) -> None:
    """Remember on which address the server listens, for what cannot ask Streamlit; None stands for any."""
    global _listens_on
    _listens_on = address or ""


def is_local(address: str | None) -> bool:
    """Whether only this computer reaches a server that listens on this address; None stands for any."""
    if not address:
        return False
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address.startswith(("/", "unix:"))


def is_only_here(page_url: str, listens_on: str | None = None) -> bool:
    """Whether only this computer can open the pages: the server listens for no other, and no proxy has led here."""
    host = urlsplit(page_url).hostname or ""
    return host in LOCAL and is_local(_listens_on if listens_on is None else listens_on)


def restart_command(port: int | None) -> str:
    """What makes the computers of the network reach this server, at the same port as now."""
    return "imgcls app --mode classroom --address 0.0.0.0" + (
        f" --port {port}" if port not in (None, DEFAULT_PORT) else ""
    )


def address(page_url: str) -> str:
    """The address of this server for the other devices of its network, without a path; "" if they cannot reach it.

    Args:
        page_url: The address with which the teacher's browser opened a page. Unless that is one of this computer only,
            it is the best answer, as a name or a proxy may lead here.
    """
    parts = urlsplit(page_url)
    if (parts.hostname or "") not in LOCAL:
        return f"{parts.scheme}://{parts.netloc}"
    if is_only_here(page_url):
        return ""
    host = network_address()
    return f"http://{host}" + (f":{parts.port}" if parts.port else "") if host else ""


def network_address() -> str:
    """The IPv4 address of this computer in its network; "" if it has none.

    That of the route to other networks, if there is one. Otherwise the first that is neither of this computer only nor
    self-assigned: a hotspot of one's own has no route.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(PROBE)  # a datagram socket: this only chooses the route
            if not _is_useless(found := probe.getsockname()[0]):
                return found
        except OSError:
            pass
    interfaces = psutil.net_if_stats()
    for name, addresses in psutil.net_if_addrs().items():
        if name in interfaces and interfaces[name].isup:
            for entry in addresses:
                if entry.family is socket.AF_INET and not _is_useless(entry.address):
                    return entry.address
    return ""


def _is_useless(host: str) -> bool:
    return host.startswith(("127.", "169.254.", "0."))


def link(base: str, path: str, code: str) -> str:
    """The address that a QR code holds: it opens the page with the code filled in."""
    return f"{base}/{path.strip('/')}?{urlencode({'join': code})}"


def qr_code(text: str) -> str:
    """A QR code as a data URL of an SVG image, black on white with its margin, which any phone reads."""
    return segno.make(text, error="m", micro=False).svg_data_uri(border=4, light="white", omitsize=True)
