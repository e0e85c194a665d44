"""Why a download failed, in a few words for a person."""

import socket
import urllib.error

SILENT_SECONDS = 30
"""A server that says nothing for so long is taken for gone."""


def reason(error: BaseException) -> str:
    """The end of the sentence "it could not be downloaded: ...".

    The error is what urllib raised, or what Keras made of it: a plain Exception around the error that tells.
    """
    cause = error.__context__ if isinstance(error.__context__, OSError) else error
    if isinstance(cause, urllib.error.HTTPError):
        return f"the server answered {cause.code} {cause.reason}"
    if isinstance(cause, urllib.error.ContentTooShortError):
        return "the connection was cut off"
    if isinstance(cause, urllib.error.URLError):
        if not isinstance(cause.reason, OSError):
            return str(cause.reason)
        cause = cause.reason
    if isinstance(cause, socket.gaierror):
        return "there is no connection to the internet"
    if isinstance(cause, TimeoutError):
        return f"the server was silent for {SILENT_SECONDS} seconds"
    if isinstance(cause, ConnectionRefusedError):
        return "the server refused the connection"
    if isinstance(cause, ConnectionError):
        return "the connection was cut off"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return "what arrived is damaged or not complete"
