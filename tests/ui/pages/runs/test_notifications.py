"""Notifications are set up in a dialog of the Runs page, and shown on every page once they are turned on."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from imgcls.runs.index import recording
from imgcls.sharing import Role, Visitor, visitors
from imgcls.studies.notifications import settings, watcher
from imgcls.studies.notifications.events import Event
from imgcls.studies.notifications.settings import KINDS, Settings
from imgcls.studies.notifications.thresholds import Rule
from imgcls.ui.runs import notifications
from tests.support.pages import button, is_intact, opened, text_of
from tests.support.runs import mutations


def prepared_panel() -> AppTest:
    """What the dialog holds: Streamlit's test runner does not run a dialog again, as browsers do."""

    def script():
        from imgcls.ui.runs import notifications

        notifications.panel()

    return AppTest.from_function(script, default_timeout=60).run()


@pytest.fixture
def panel():
    return prepared_panel()


def save(panel):
    return button(panel, "Save").click().run()


def test_the_dialog_opens_from_the_head_of_the_page():
    app = opened("runs")
    assert "The app notifies you" not in text_of(app)
    app.button(key="notifications").click().run()
    assert is_intact(app) and "The app notifies you" in text_of(app)


def test_on_a_shared_server_only_its_owner_has_the_button(monkeypatch):
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
    for role, has_it in ((Role.MEMBER, False), (Role.TEACHER, False), (Role.OWNER, True)):
        monkeypatch.setattr(visitors, "_provider", lambda role=role: Visitor("A" * 22, role=role))
        app = opened("runs")
        assert is_intact(app) and ("notifications" in [one.key for one in app.button]) is has_it


def test_settings_are_saved_and_a_stored_password_is_not_shown():
    settings.write(
        Settings(smtp_host="mail.example.org", mail_to="a@example.org", smtp_password="secret", browser=True)
    )
    app = prepared_panel()
    assert is_intact(app)
    assert app.text_input(key="notify-password").value == "" and "secret" not in str(app)
    app.text_input(key="notify-slack").set_value("https://hooks.example.org/x")
    app.text_input(key="notify-address").set_value("https://imgcls.example.org/lab")
    save(app)
    assert is_intact(app)
    found = settings.read()
    assert found.slack == "https://hooks.example.org/x" and found.smtp_password == "secret"
    assert found.address == "https://imgcls.example.org/lab" and found.browser, "its own switch changes that"


def test_the_bell_says_where_messages_go():
    (bell,) = (one for one in opened("runs").button if one.key == "notifications")
    assert bell.help == "Off: no channel is set up." and bell.icon == ":material/notifications_off:"
    settings.write(Settings(mail_to="a@example.org", smtp_host="mail.example.org"))
    (bell,) = (one for one in opened("runs").button if one.key == "notifications")
    assert bell.help == "On: e-mail." and bell.icon == ":material/notifications_active:"


def test_events_are_checkboxes(panel):
    kind = next(iter(KINDS))
    panel.checkbox(key=f"notify-on-{kind}").set_value(kind not in settings.read().kinds)
    save(panel)
    assert is_intact(panel) and (kind in settings.read().kinds) is (kind not in Settings().kinds)


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("notify-webhook", "file:///etc/passwd", "The address for webhook"),
        ("notify-address", "imgcls.example.org", "is not an address of this app"),
        ("notify-address", "https://imgcls.example.org/|evil>", "is not an address of this app"),
    ],
)
def test_an_invalid_address_is_explained_and_nothing_is_saved(panel, key, text, said):
    panel.text_input(key=key).set_value(text)
    save(panel)
    assert is_intact(panel) and said in text_of(panel)
    assert settings.read() == Settings()


def test_without_a_rule_that_kind_cannot_be_ticked_but_is_on_with_the_first_rule(panel):
    box = panel.checkbox(key="notify-on-threshold-none")
    assert box.disabled and not box.value
    save(panel)
    assert "threshold" in settings.read().kinds, "kept for the first rule"
    button(panel, "Add a rule").click().run()
    box = panel.checkbox(key="notify-on-threshold")
    assert is_intact(panel) and box.value and not box.disabled


def test_rules_are_added_and_removed(panel):
    (form,) = (one.proto for one in panel.get("form"))
    assert not form.form.enter_to_submit, "Enter would press the first button, which removes a rule"
    for number, value in enumerate((60.0, 70.0, 80.0)):
        button(panel, "Add a rule").click().run()
        panel.number_input(key=f"notify-threshold-{number}").set_value(value)
        panel.number_input(key=f"notify-threshold-epoch-{number}").set_value(3)
    assert settings.read().rules == (), "only Save saves them"
    save(panel)
    assert is_intact(panel) and settings.read().rules == (Rule(60.0, 3), Rule(70.0, 3), Rule(80.0, 3))
    panel.button(key="notify-remove-1").click().run()
    assert panel.number_input(key="notify-threshold-2").value == 80.0, "the others keep their values"
    save(panel)
    assert is_intact(panel) and settings.read().rules == (Rule(60.0, 3), Rule(80.0, 3))
    assert prepared_panel().number_input(key="notify-threshold-1").value == 80.0


def test_the_address_is_offered_as_for_qr_codes_until_somebody_has_decided(monkeypatch):
    monkeypatch.setattr(notifications, "_own_address", lambda: "http://192.168.1.20:8501")
    app = prepared_panel()
    assert app.text_input(key="notify-address").value == "http://192.168.1.20:8501"
    app.text_input(key="notify-address").set_value("")
    save(app)
    assert settings.read().address == "" and prepared_panel().text_input(key="notify-address").value == ""


def test_the_switch_of_the_browser_is_saved_at_once():
    settings.write(Settings(sound=True))
    notifications._in_browser(True)
    assert settings.read() == Settings(sound=True, browser=True)
    notifications._in_browser(False)
    assert settings.read() == Settings(sound=True)


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


def test_what_a_test_message_led_to_stands_above_the_button_that_sent_it(monkeypatch):
    app = prepared_panel()
    assert [(one.label, one.proto.expanded) for one in app.expander] == [("E-mail", False), ("Webhooks", False)]
    button(app, "Save and send a test message").click().run()
    assert is_intact(app) and "Nothing to send to" in text_of(app)
    monkeypatch.setattr(watcher, "test", lambda *_: {"webhook": "", "slack": "no *answer*"})
    app.text_input(key="notify-slack").set_value("https://hooks.example.org/x")
    button(app, "Save and send a test message").click().run()
    assert is_intact(app)
    assert [one.value for one in app.success] == ["Webhook: sent."]
    assert "Slack: no" in app.error[0].value.replace("\\", "")
    elements = [type(one).__name__ for one in app]
    assert elements.index("Success") < max(at for at, name in enumerate(elements) if name == "Button")
    again = prepared_panel()
    assert [one.label for one in again.expander] == ["E-mail", "Webhooks · Slack"]
    assert [one.proto.expanded for one in again.expander] == [False, True]


def test_the_rule_can_be_about_a_metric_of_your_own(panel):
    recording.record(mutations.small_run("my-run"), {"night/f1": 0.5})
    panel.run()
    button(panel, "Add a rule").click().run()
    assert panel.selectbox(key="notify-metric-0").options == ["Validation accuracy, %", "night/f1"]
    panel.selectbox(key="notify-metric-0").set_value("night/f1")
    panel.selectbox(key="notify-side-0").set_value("above")
    panel.number_input(key="notify-threshold-0").set_value(-0.5)
    save(panel)
    assert settings.read().rules == (Rule(-0.5, 1, "night/f1", is_above=True),)
    again = prepared_panel()
    assert again.selectbox(key="notify-metric-0").value == "night/f1"
    again.button(key="notify-remove-0").click().run()
    save(again)
    assert settings.read().rules == ()
