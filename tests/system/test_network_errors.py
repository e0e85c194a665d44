"""Why a download failed, in a few words."""

import socket
from email.message import Message
from urllib.error import ContentTooShortError, HTTPError, URLError

import pytest

from imgcls.system import network_errors


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (URLError(socket.gaierror(-2, "Name or service not known")), "there is no connection to the internet"),
        (URLError(TimeoutError("timed out")), "the server did not answer for 30 seconds"),
        (TimeoutError("timed out"), "the server did not answer for 30 seconds"),
        (ConnectionResetError(104, "Connection reset by peer"), "the connection was interrupted"),
        (ContentTooShortError("got 1 of 2 bytes", b""), "the connection was interrupted"),
        (URLError(ConnectionRefusedError(111, "Connection refused")), "the server refused the connection"),
        (HTTPError("http://localhost", 404, "Not Found", Message(), None), "the server answered 404 Not Found"),
        (URLError(OSError(101, "Network is unreachable")), "Network is unreachable"),
        (URLError("unknown url type: ftp"), "unknown url type: ftp"),
        (ValueError("The hash of the downloaded file does not match."), "the downloaded file is damaged or incomplete"),
    ],
)
def test_the_reason_is_short(error, reason):
    assert network_errors.reason(error) == reason
