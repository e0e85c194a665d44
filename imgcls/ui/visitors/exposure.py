"""A warning for who lets others in without having said how: everybody could then stop and delete everybody's runs."""

from streamlit import config

from imgcls.sharing import Mode, modes
from imgcls.sharing.classroom import join_link
from imgcls.sharing.classroom.join_link import is_local

WARNING = (
    "Other computers can reach this server, and anyone who does can stop, change and delete everything. Choose how it "
    "is shared with IMGCLS_MODE or imgcls app --mode: classroom, demo, read-only, or local to leave it as it is."
)


def warning() -> str:
    """The warning, if this server listens on an address of the network and no mode was chosen; otherwise ""."""
    return WARNING if not modes.chosen() and not is_local(config.get_option("server.address")) else ""


def nobody_can_join() -> str:
    """For the terminal: no other computer can reach the server of a class; "" if one can, or there are no classes."""
    if modes.mode() is not Mode.CLASSROOM or not is_local(config.get_option("server.address")):
        return ""
    return f"Only this computer can reach the server. To let a class join, restart it with: {restart_command()}"


def restart_command() -> str:
    """What makes the computers of the network reach this server, at the same port as now."""
    return join_link.restart_command(config.get_option("server.port"))


def is_only_here(page_url: str) -> bool:
    """Whether no other computer can open the pages, one of which has this address."""
    return join_link.is_only_here(page_url, config.get_option("server.address") or "")
