"""What went wrong when a message was sent, in plain English, with what to do about it."""

import smtplib
import socket
import ssl
import urllib.error

MOST = 120


def sentence(error: Exception) -> str:
    """Two sentences about an error of a channel, and its own text in brackets."""
    cause = error.reason if type(error) is urllib.error.URLError else error
    for kind, text in TEXTS:
        if isinstance(cause, kind):
            return f"{text} ({_details(cause)})"
    return f"The message could not be sent. ({_details(cause)})"


TEXTS: tuple[tuple[type[Exception], str], ...] = (
    (urllib.error.HTTPError, "The server refused the message. Check the address: it may have expired."),
    (smtplib.SMTPAuthenticationError, "The mail server refused the user or the password. Check both."),
    (
        smtplib.SMTPNotSupportedError,
        "The mail server does not offer this security or sign-in. Choose another security, or leave user and password "
        "empty.",
    ),
    (smtplib.SMTPRecipientsRefused, "The mail server does not deliver to these addresses. Check To and From."),
    (smtplib.SMTPException, "The mail server ended the conversation. Check server, port and security."),
    (ssl.SSLError, "No secure connection. Check security and port: STARTTLS usually has 587, TLS 465."),
    (socket.gaierror, "There is no server of this name, or no network. Check the address for typing errors."),
    (ConnectionRefusedError, "No server answers at this address and port. Check both, and that the server is running."),
    (TimeoutError, "The server did not answer in time. Check address and port, and that no firewall is between."),
)
"""Kind of error -> what happened and what to do; the first that fits counts."""


def _details(cause: object) -> str:
    kind = "" if isinstance(cause, str) else f"{type(cause).__name__}: "
    return f"{kind}{cause}"[:MOST]
