"""Why a download failed, in a few words for the user."""

import socket
import urllib.error

SILENT_SECONDS = 30
"""A server that sends nothing for this long is considered unreachable."""


def reason(error: BaseException) -> str:
    """The end of the sentence "The download failed: ...", for an error that urllib or a checksum raised."""
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answered {error.code} {error.reason}"
    if isinstance(error, urllib.error.ContentTooShortError):
        return "the connection was interrupted"
    if isinstance(error, urllib.error.URLError):
        if not isinstance(error.reason, OSError):
            return str(error.reason)
        error = error.reason
    if isinstance(error, socket.gaierror):
        return "there is no connection to the internet"
    if isinstance(error, TimeoutError):
        return f"the server did not answer for {SILENT_SECONDS} seconds"
    if isinstance(error, ConnectionRefusedError):
        return "the server refused the connection"
    if isinstance(error, ConnectionError):
        return "the connection was interrupted"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "the downloaded file is damaged or incomplete"
