"""The names under which a server may be addressed, and the sites whose pages may talk to it."""

import ipaddress
from urllib.parse import urlsplit

LOCAL = "localhost"
ANY = "*"


def is_allowed_host(host: str, names: frozenset[str]) -> bool:
    """Whether a Host header names this server: localhost, an IP address or one of `names`, with or without a port."""
    name = name_of(f"//{host}")
    if not name:
        return False
    if name == LOCAL or name in names or ANY in names:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_own_origin(origin: str, host: str, names: frozenset[str] = frozenset()) -> bool:
    """Whether an Origin header is that of this server's own pages: of the address in the Host header.

    A proxy may change that header, so the origin may be one of `names` as well.
    """
    try:
        is_same = urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False
    return is_same or (bool(name := name_of(origin)) and name in names)


def name_of(url: str) -> str:
    """The host name in a URL, in lower case; "" if there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
