"""Notifications are set up on the Runs page, and shown on every page once they are turned on."""

import time

import pytest

from imgcls import jobs
from imgcls.studies.notifications import settings, watcher
from imgcls.studies.notifications.events import Event
from imgcls.studies.notifications.settings import Settings
from tests.support.pages import is_intact, opened, text_of
from tests.support.runs import mutations


@pytest.fixture(autouse=True)
def no_queue(monkeypatch):
    monkeypatch.setattr(jobs, "_call", lambda: None)


def section(app):
    """The page with the section opened."""
    app.session_state["notifications"] = True
    return app.run()


def test_settings_are_saved_and_a_stored_password_is_not_shown():
    mutations.small_run("any-run")
    settings.write(Settings(smtp_host="mail.example.org", mail_to="a@example.org", smtp_password="secret"))
    app = section(opened("runs"))
    assert is_intact(app)
    assert app.text_input(key="notify-password").value == "" and "secret" not in str(app)
    app.text_input(key="notify-slack").set_value("https://hooks.example.org/x")
    next(button for button in app.button if button.label == "Save").click().run()
    assert is_intact(app)
    found = settings.read()
    assert found.slack == "https://hooks.example.org/x" and found.smtp_password == "secret"


def test_an_invalid_address_is_explained_and_nothing_is_saved():
    mutations.small_run("any-run")
    app = section(opened("runs"))
    app.text_input(key="notify-webhook").set_value("file:///etc/passwd")
    next(button for button in app.button if button.label == "Save").click().run()
    assert is_intact(app) and "The address for webhook" in text_of(app)
    assert settings.read() == Settings()


def test_events_reach_the_browser_only_if_it_is_turned_on(monkeypatch):
    found = watcher.Watcher()
    found._announce([Event("finished", "<b>Mine</b> has finished", "", "a", time.time() + 60, "/runs")])
    assert "alert-script" not in str(opened("home"))
    settings.write(Settings(browser=True))
    app = opened("home")
    assert is_intact(app)
    assert any("Mine" in str(element.proto) for element in app.get("bidi_component"))
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
    assert not any("Mine" in str(element.proto) for element in opened("home").get("bidi_component"))
