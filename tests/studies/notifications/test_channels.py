"""Each channel sends to a server of its kind, here on this machine."""

import email
import email.policy
import json
import re
import smtplib
import socketserver
import urllib.error
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from imgcls.studies.notifications import channels, watcher
from imgcls.studies.notifications.events import Event
from imgcls.studies.notifications.problems import sentence
from imgcls.studies.notifications.settings import Settings
from tests.support.local_server import serving

EVENTS = [
    Event("finished", "<!channel> *wide*\nnet has finished", "Test accuracy 91.2%.", "a", 1e9, "/train?run=a"),
    Event("disk", "The disk is nearly full", "0.4 GB are left.", "b", 1e9, "/runs"),
]


@pytest.fixture
def web():
    """A server that keeps what is posted: (url, received, answer), where answer["status"] can be changed."""
    received: list[dict] = []
    answer = {"status": 200}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(answer["status"])
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with serving(HTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.server_port}/hook", received, answer


class _Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as one message needs."""

    def handle(self):
        self.wfile.write(b"220 ready\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.messages.append(b"".join(lines).decode())
            self.server.commands.append(line.decode().strip())
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


@pytest.fixture
def mail():
    """An SMTP server that keeps messages and commands."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Mail)
    server.messages, server.commands = [], []
    with serving(server):
        yield server


def test_the_webhook_gets_the_events_as_json(web):
    url, received, _ = web
    channels.all_channels()["webhook"].send(Settings(webhook=url), EVENTS)
    names = ("kind", "title", "text", "key", "at")
    without = [{name: getattr(event, name) for name in names} for event in EVENTS]
    assert received == [{"source": "imgcls", "events": without}], "no link that leads nowhere"
    facts = {"run": "a", "state": "stopped", "test_accuracy": 0.912}
    channels.all_channels()["webhook"].send(Settings(webhook=url), [replace(EVENTS[0], facts=facts)])
    assert received[1]["events"] == [without[0] | facts], "programs need not read the text"


def test_slack_gets_text_that_mentions_nobody(web):
    url, received, _ = web
    channels.all_channels()["slack"].send(Settings(slack=url), EVENTS)
    (message,) = received
    assert "&lt;!channel&gt;" in message["text"] and "<" not in message["text"]
    assert "The disk is nearly full" in message["text"]


def test_teams_gets_a_card_with_plain_text(web):
    url, received, _ = web
    channels.all_channels()["teams"].send(Settings(teams=url), EVENTS)
    (attachment,) = received[0]["attachments"]
    texts = [block["inlines"][0]["text"] for block in attachment["content"]["body"]]
    assert texts[0] == EVENTS[0].title and texts[3] == "0.4 GB are left."


def test_mail_has_one_line_as_subject_and_all_recipients(mail):
    host, port = mail.server_address
    settings = Settings(mail_to="a@example.org, b@example.org", smtp_host=host, smtp_port=port, smtp_security="none")
    channels.all_channels()["mail"].send(settings, EVENTS)
    (message,) = mail.messages
    assert "Subject: [imgcls] <!channel> *wide* net has finished and 1 more" in message
    assert "Test accuracy 91.2%." in message and "The disk is nearly full" in message
    assert {"rcpt TO:<a@example.org>", "rcpt TO:<b@example.org>"} <= set(mail.commands)


HERE = {"address": "https://imgcls.example.org/lab/"}
RUN = "https://imgcls.example.org/lab/train?run=a"


def test_every_channel_links_to_the_run_if_the_address_is_known(web, mail):
    url, received, _ = web
    for name in ("webhook", "slack", "teams"):
        channels.all_channels()[name].send(Settings(**{name: url}, **HERE), EVENTS)
    webhook, slack, teams = received
    assert [event["link"] for event in webhook["events"]] == [RUN, "https://imgcls.example.org/lab/runs"]
    assert f"<{RUN}|Open in imgcls>" in slack["text"] and "<!channel>" not in slack["text"]
    (card,) = teams["attachments"]
    (action,) = card["content"]["body"][2]["actions"]
    assert action == {"type": "Action.OpenUrl", "title": "Open in imgcls", "url": RUN}
    host, port = mail.server_address
    at = {"mail_to": "a@b", "smtp_host": host, "smtp_port": port, "smtp_security": "none"}
    channels.all_channels()["mail"].send(Settings(**at, **HERE), EVENTS)
    message = email.message_from_string(mail.messages[0], policy=email.policy.default)
    assert RUN in message.get_content().splitlines()


LINKS = re.compile(r"://|www\.|@\w|\w\.[a-z]", re.IGNORECASE)
"""What chat and mail programs turn into a link."""
TEMPTING = "https://evil.example/x www.evil.example evil.example a@evil.example mailto:a"


@pytest.mark.parametrize("channel", ["slack", "teams"])
def test_an_address_in_a_name_is_no_link_in_a_message(web, channel):
    url, received, _ = web
    event = Event("failed", f"{TEMPTING} has failed", f"Class {TEMPTING} is empty.", "c", 1e9, "/train?run=c")
    channels.all_channels()[channel].send(Settings(**{channel: url}), [event])
    texts = json.dumps(received[0] if channel == "slack" else received[0]["attachments"][0]["content"]["body"])
    shown = json.loads(texts, object_hook=lambda block: list(block.values()))
    assert "evil" in str(shown) and not LINKS.search(json.dumps(shown, ensure_ascii=False).replace("\\n", " "))


def test_an_address_in_a_name_is_no_link_in_a_mail(mail):
    host, port = mail.server_address
    event = Event("failed", f"{TEMPTING} has failed", f"Class {TEMPTING} is empty.", "c", 1e9, "/train?run=c")
    settings = Settings(mail_to="a@b", smtp_host=host, smtp_port=port, smtp_security="none")
    channels.all_channels()["mail"].send(settings, [event])
    message = email.message_from_string(mail.messages[0], policy=email.policy.default)
    assert message.get_content_type() == "text/plain"
    for text in (message["Subject"], message.get_content()):
        assert "evil" in text and not LINKS.search(text)


def test_slack_shows_no_preview_of_a_page(web):
    url, received, _ = web
    channels.all_channels()["slack"].send(Settings(slack=url), EVENTS)
    assert (received[0]["unfurl_links"], received[0]["unfurl_media"]) == (False, False)


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_refusal_is_reported_and_no_redirect_is_followed(web, status):
    url, received, answer = web
    answer["status"] = status
    problems = watcher.test(Settings(webhook=url), 1e9)
    assert str(status) in problems["webhook"] and len(received) == 1


def test_an_unreachable_server_is_reported():
    found = watcher.test(Settings(slack="http://127.0.0.1:9/x", mail_to="a@b", smtp_host="127.0.0.1", smtp_port=9), 1e9)
    assert set(found) == {"slack", "mail"} and all(found.values())


def test_why_a_message_could_not_be_sent_is_said_in_plain_words():
    refused = ConnectionRefusedError(111, "Connection refused")
    assert "No server answers at this address and port." in sentence(urllib.error.URLError(refused))
    assert "refused the user or the password" in sentence(smtplib.SMTPAuthenticationError(535, b"no"))
    assert "did not answer in time" in sentence(TimeoutError("timed out"))
    assert sentence(OSError("strange")) == "The message could not be sent. (OSError: strange)"
    assert sentence(urllib.error.URLError("unknown url type")) == "The message could not be sent. (unknown url type)"
