"""Why a download failed, as urllib says it and as Keras wraps it."""

import socket
from email.message import Message
from urllib.error import HTTPError, URLError

import pytest

from imgcls.system import network_errors


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (URLError(socket.gaierror(-2, "Name or service not known")), "there is no connection to the internet"),
        (URLError(TimeoutError("timed out")), "the server was silent for 30 seconds"),
        (TimeoutError("timed out"), "the server was silent for 30 seconds"),
        (ConnectionResetError(104, "Connection reset by peer"), "the connection was cut off"),
        (URLError(ConnectionRefusedError(111, "Connection refused")), "the server refused the connection"),
        (HTTPError("http://localhost", 404, "Not Found", Message(), None), "the server answered 404 Not Found"),
        (URLError(OSError(101, "Network is unreachable")), "Network is unreachable"),
        (URLError("unknown url type: ftp"), "unknown url type: ftp"),
        (ValueError("Incomplete or corrupted file detected."), "what arrived is damaged or not complete"),
    ],
)
def test_the_reason_of_a_failed_download_is_short_also_as_keras_wraps_it(error, reason):
    assert network_errors.reason(error) == reason
    if isinstance(error, URLError):
        try:
            try:
                raise error
            except URLError:
                raise Exception("URL fetch failure on https://... : None -- ...")  # noqa: B904 as Keras does
        except Exception as wrapped:
            assert network_errors.reason(wrapped) == reason
