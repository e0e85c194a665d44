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


def test_the_address_of_this_computer_is_never_one_of_itself_only():
    assert not join_link.network_address().startswith(("127.", "169.254."))


def test_the_qr_code_is_an_image_of_the_link():
    link = join_link.link("http://10.0.0.1:8501", "class", "KTMPA")
    assert link == "http://10.0.0.1:8501/class?join=KTMPA"
    header, _, data = join_link.qr_code(link).partition(",")
    assert header.startswith("data:image/svg+xml")
    assert ElementTree.fromstring(urllib.parse.unquote(data)).tag.endswith("svg")
