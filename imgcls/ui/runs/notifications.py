"""The section in which notifications are set up: what, how, and when not."""

import time
from datetime import datetime
from typing import Any

import streamlit as st

from imgcls import sharing
from imgcls.sharing import Action
from imgcls.studies.notifications import settings, watcher
from imgcls.studies.notifications.settings import KINDS, PASSWORD, Settings
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.components import alert

TESTED = "notifications-tested"
SECURITY = {"starttls": "STARTTLS", "tls": "TLS", "none": "None"}


def show() -> None:
    """The closed section; on a shared server, for its owner alone."""
    if not sharing.decide(Action.MANAGE_PEOPLE):
        return
    with st.expander("Notifications", icon=":material/notifications:", key="notifications", on_change="rerun") as box:
        if box.open:
            _panel(settings.read())


def _panel(present: Settings) -> None:
    st.caption(
        "The app notifies you when a run or study has ended or goes wrong, as long as its server is running. What "
        "happens in the quiet hours is sent afterwards."
    )
    alert.permission()
    with st.form("notifications-form", border=False):
        values = {**_what(present), **_where(present)}
        with st.container(horizontal=True):
            is_saved = st.form_submit_button("Save", type="primary")
            is_tested = st.form_submit_button("Save and send a test message", icon=":material/send:")
    if is_saved or is_tested:
        with shown():
            found = Settings(**values)
            settings.write(found)
            st.toast("Notifications saved.", icon=":material/check:")
            if is_tested:
                st.session_state[TESTED] = watcher.test(found, time.time())
    for name, problem in (st.session_state.pop(TESTED, {}) or {}).items():
        if problem:
            st.error(plain(f"{name.capitalize()}: {problem}"), icon=":material/error:")
        else:
            st.success(f"{name.capitalize()}: sent.", icon=":material/check_circle:")
    for name, problem in watcher.problems().items():
        st.warning(plain(f"The last message via {name} could not be sent: {problem}"), icon=":material/warning:")


def _what(present: Settings) -> dict[str, Any]:
    kinds = st.multiselect(
        "Notify me when", list(KINDS), default=list(present.kinds), format_func=KINDS.__getitem__, key="notify-kinds"
    )
    trials = st.toggle("Also for each trial of a study", present.trials, key="notify-trials")
    with st.container(horizontal=True):
        browser = st.toggle("In this browser", present.browser, disabled=sharing.is_shared(), key="notify-browser")
        sound = st.toggle("With a sound", present.sound, disabled=sharing.is_shared(), key="notify-sound")
    with st.container(horizontal=True):
        quiet_from = st.time_input("Quiet from", _time(present.quiet_from), key="notify-from")
        quiet_to = st.time_input("to", _time(present.quiet_to), key="notify-to")
    return {
        "kinds": tuple(kinds),
        "trials": trials,
        "browser": browser,
        "sound": sound,
        "quiet_from": "" if quiet_from is None else f"{quiet_from:%H:%M}",
        "quiet_to": "" if quiet_to is None else f"{quiet_to:%H:%M}",
    }


def _time(text: str) -> Any:
    return datetime.strptime(text, "%H:%M").time() if text else None


def _where(present: Settings) -> dict[str, Any]:
    """E-mail and webhooks. A stored secret is never sent to the browser: an empty field keeps it."""
    st.markdown("**E-mail**")
    values: dict[str, Any] = {}
    with st.grid(min_column_width=220, gap="medium", vertical_alignment="bottom"):
        values["mail_to"] = st.text_input("To", present.mail_to, placeholder="you@example.org", key="notify-mail-to")
        values["mail_from"] = st.text_input("From", present.mail_from, key="notify-mail-from")
        values["smtp_host"] = st.text_input("SMTP server", present.smtp_host, key="notify-host")
        values["smtp_port"] = int(st.number_input("Port", 1, 65_535, present.smtp_port, key="notify-port"))
        values["smtp_security"] = st.selectbox(
            "Security",
            list(SECURITY),
            index=list(SECURITY).index(present.smtp_security),
            format_func=SECURITY.__getitem__,
            key="notify-security",
        )
        values["smtp_user"] = st.text_input("User", present.smtp_user, key="notify-user", autocomplete="off")
        password = st.text_input(
            "Password",
            type="password",
            key="notify-password",
            autocomplete="new-password",
            placeholder="stored" if present.password else "",
            help=f"Stored in a file that only its owner can read. The variable {PASSWORD} replaces it.",
        )
    values["smtp_password"] = password or present.smtp_password
    st.markdown("**Webhooks**")
    with st.grid(min_column_width=260, gap="medium"):
        for name, label in (("webhook", "JSON"), ("slack", "Slack"), ("teams", "Microsoft Teams")):
            values[name] = st.text_input(
                label, getattr(present, name), placeholder="https://…", key=f"notify-{name}", autocomplete="off"
            ).strip()
    return values
