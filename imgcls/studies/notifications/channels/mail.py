"""E-mail by SMTP."""

import re
import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage

from imgcls.studies.notifications.channels import TIMEOUT_SECONDS, body, subject
from imgcls.studies.notifications.events import Event
from imgcls.studies.notifications.settings import Settings


def is_on(settings: Settings) -> bool:
    """Whether there is somebody to write to."""
    return bool(settings.mail_to and settings.smtp_host)


def send(settings: Settings, events: Sequence[Event]) -> None:
    """Sends one message to all addresses. `smtplib.SMTPException` is an OSError."""
    message = EmailMessage()
    message["Subject"] = " ".join(f"[imgcls] {subject(events)}".split())  # a header has no line breaks
    addresses = [one for one in re.split(r"[,\s]+", settings.mail_to) if one]
    message["To"] = ", ".join(addresses)
    message["From"] = settings.mail_from or addresses[0]
    message.set_content(body(settings, events))
    context = ssl.create_default_context()
    if settings.smtp_security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_SECONDS, context=context
        )
    else:
        server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_SECONDS)
    with server:
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.password)
        server.send_message(message)
