"""A warning for who lets others in without having said how: everybody could then stop and delete everybody's runs."""

import ipaddress

from streamlit import config

from imgcls.sharing import Mode, modes

DEFAULT_PORT = 8501
WARNING = (
    "Other computers can reach this server, and anyone who does can stop, change and delete everything. Choose how it "
    "is shared with IMGCLS_MODE or imgcls app --mode: classroom, demo, read-only, or local to leave it as it is."
)


def warning() -> str:
    """The warning, if this server listens on an address of the network and no mode was chosen; otherwise ""."""
    return WARNING if not modes.chosen() and not is_local(config.get_option("server.address")) else ""


def nobody_can_join() -> str:
    """For the terminal: a class of which nobody else can reach the server; "" if they can, or there are no classes."""
    if modes.mode() is not Mode.CLASSROOM or not is_local(config.get_option("server.address")):
        return ""
    return f"Only this computer can reach the server. To let a class join, restart it with: {restart_command()}"


def restart_command() -> str:
    """What makes the computers of the network reach this server, at the same port as now."""
    port = config.get_option("server.port")
    return "imgcls app --mode classroom --address 0.0.0.0" + (f" --port {port}" if port != DEFAULT_PORT else "")


def is_local(address: str | None) -> bool:
    """Whether only this computer reaches a server that listens on this address; Streamlit's None stands for any."""
    if not address:
        return False
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address.startswith(("/", "unix:"))
