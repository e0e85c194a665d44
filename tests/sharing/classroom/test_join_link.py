"""The address for pupils, and its QR code."""

import urllib.parse
import xml.etree.ElementTree as ElementTree

import pytest

from imgcls.sharing.classroom import join_link


@pytest.mark.parametrize(
    ("page", "network", "base"),
    [
        ("http://localhost:8501/class", "192.168.1.7", "http://192.168.1.7:8501"),
        ("http://127.0.0.1:8501/", "192.168.1.7", "http://192.168.1.7:8501"),
        ("http://localhost:8501/class", "", ""),
        ("http://192.168.1.9:8501/class", "192.168.1.7", "http://192.168.1.9:8501"),
        ("https://lab.school.example/class", "192.168.1.7", "https://lab.school.example"),
    ],
)
def test_the_address_is_the_one_that_other_devices_reach(monkeypatch, page, network, base):
    monkeypatch.setattr(join_link, "network_address", lambda: network)
    assert join_link.address(page) == base


@pytest.mark.parametrize(
    ("page", "listens_on", "is_only_here"),
    [
        ("http://localhost:8501/class", "127.0.0.1", True),
        ("http://[::1]:8501/class", "localhost", True),
        ("http://localhost:8501/class", "0.0.0.0", False),
        ("http://localhost:8501/class", "", False),
        ("https://lab.school.example/class", "127.0.0.1", False),  # behind a proxy
    ],
)
def test_no_address_is_offered_that_others_cannot_reach(monkeypatch, page, listens_on, is_only_here):
    monkeypatch.setattr(join_link, "_listens_on", listens_on)
    monkeypatch.setattr(join_link, "network_address", lambda: "192.168.1.7")
    assert join_link.is_only_here(page) is is_only_here
    assert bool(join_link.address(page)) is not is_only_here


@pytest.mark.parametrize(("port", "said"), [(8501, ""), (None, ""), (9000, " --port 9000")])
def test_the_command_lets_others_in_at_the_same_port(port, said):
    assert join_link.restart_command(port) == f"imgcls app --mode classroom --address 0.0.0.0{said}"


def test_the_address_of_this_computer_is_never_one_of_itself_only():
    assert not join_link.network_address().startswith(("127.", "169.254."))


def test_the_qr_code_is_an_image_of_the_link():
    link = join_link.link("http://10.0.0.1:8501", "class", "KTMPA")
    assert link == "http://10.0.0.1:8501/class?join=KTMPA"
    header, _, data = join_link.qr_code(link).partition(",")
    assert header.startswith("data:image/svg+xml")
    assert ElementTree.fromstring(urllib.parse.unquote(data)).tag.endswith("svg")
