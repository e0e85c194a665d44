"""The dialog in which notifications are set up: what, how, and when not."""

import time
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

import streamlit as st

from imgcls import sharing
from imgcls.runs.index import Query, search
from imgcls.sharing import Action
from imgcls.sharing.classroom import join_link
from imgcls.studies.notifications import settings, watcher
from imgcls.studies.notifications.settings import KINDS, MOST_EPOCH, MOST_RULES, PASSWORD, Settings
from imgcls.studies.notifications.thresholds import Rule
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.components import alert
from imgcls.ui.runs import table_columns

HOOKS = {"webhook": "JSON", "slack": "Slack", "teams": "Microsoft Teams"}
"""Setting of a webhook's address -> what receives it."""
ACCURACY, SIDES = "Validation accuracy, %", ("below", "above")
"""What a rule is about, besides metrics of the user's own code, and its sides."""
RULES, NUMBER = "notify-rules", "notify-rules-added"
"""Session keys: the rules of the open dialog by number, and how many it has had, so that none gets another's fields."""
NEW_RULE, THRESHOLD = Rule(50.0), "threshold"
KNOWN = 200
"""The own metrics of so many of the newest runs are offered."""
SECURITY = {"starttls": "STARTTLS", "tls": "TLS", "none": "None"}


def button() -> None:
    """The button that opens the dialog; on a shared server, for its owner alone."""
    if not sharing.decide(Action.MANAGE_PEOPLE):
        return
    used = _channels(settings.read())
    icon = ":material/notifications_active:" if used else ":material/notifications_off:"
    about = f"On: {', '.join(used)}." if used else "Off: no channel is set up."
    if st.button("Notifications", icon=icon, key="notifications", help=about):
        st.session_state.pop(RULES, None)  # what was not saved
        _dialog()


def _channels(present: Settings) -> list[str]:
    """Where messages go at present."""
    found = {"browser": present.browser and not sharing.is_shared(), "e-mail": present.mail_to}
    found |= {title: getattr(present, name) for name, title in HOOKS.items()}
    return [name for name, is_used in found.items() if is_used]


@st.dialog("Notifications", width="medium")
def _dialog() -> None:
    panel()


def panel() -> None:
    """What the dialog holds."""
    present = settings.read()
    st.caption(
        "The app notifies you when a run or study has ended or goes wrong, as long as its server is running. What "
        "happens in the quiet hours is sent afterwards."
    )
    if not sharing.is_shared():
        alert.switch(is_on=present.browser, change=_in_browser)
    with st.form("notifications-form", border=False, enter_to_submit=False):  # Enter would remove the first rule
        values = {**_what(present), **_where(present)}
        with st.container(key="notify-buttons"):  # in sight, however low the window is
            outcome = st.container(key="notify-outcome")
            with st.container(horizontal=True):
                is_saved = st.form_submit_button("Save", type="primary")
                is_tested = st.form_submit_button("Save and send a test message", icon=":material/send:")
    with outcome:
        if is_saved or is_tested:
            with shown():
                found = replace(present, **values)
                settings.write(found)
                st.toast("Notifications saved.", icon=":material/check:")
                if is_tested:
                    _test(found)
        if not is_tested:
            for name, problem in watcher.problems().items():
                text = f"The last message via {name} could not be sent: {problem}"
                st.warning(plain(text), icon=":material/warning:")


def _test(present: Settings) -> None:
    """Sends a message to each channel, and says of each whether that worked."""
    tested = watcher.test(present, time.time())
    for name, problem in tested.items():
        if problem:
            st.error(plain(f"{name.capitalize()}: {problem}"), icon=":material/error:")
        else:
            st.success(f"{name.capitalize()}: sent.", icon=":material/check_circle:")
    if not tested:
        st.info("Nothing to send to: fill in E-mail or one of the webhooks.", icon=":material/info:")


def _in_browser(is_on: bool) -> None:
    """A callback: the switch is saved at once, as the browser asks for its permission at the click."""
    with shown():
        present = settings.read()
        settings.write(replace(present, browser=is_on, address=_address(present)))


def _what(present: Settings) -> dict[str, Any]:
    st.markdown("Notify me when")
    with st.container(gap="xsmall"):
        kinds = [one for one, text in KINDS.items() if _kind(one, text, present)]
    rules = _rules(present)
    trials = st.toggle("Also for each trial of a study", present.trials, key="notify-trials")
    sound = present.sound
    if not sharing.is_shared():
        sound = st.toggle("Play a sound while a page of the app is open", sound, key="notify-sound")
    with st.container(horizontal=True):
        quiet_from = st.time_input("Quiet from", _time(present.quiet_from), key="notify-from")
        quiet_to = st.time_input("to", _time(present.quiet_to), key="notify-to")
    return {
        "rules": rules,
        "kinds": tuple(kinds),
        "trials": trials,
        "sound": sound,
        "quiet_from": "" if quiet_from is None else f"{quiet_from:%H:%M}",
        "quiet_to": "" if quiet_to is None else f"{quiet_to:%H:%M}",
    }


def _kind(name: str, text: str, present: Settings) -> bool:
    """The box of a kind of event. Without a rule, that of rules cannot be ticked, but keeps what was saved."""
    if name == THRESHOLD and not _edited(present):
        st.checkbox(text, False, key=f"notify-on-{name}-none", disabled=True, help="First add a rule.")
        return name in present.kinds
    return st.checkbox(text, name in present.kinds, key=f"notify-on-{name}")


def _edited(present: Settings) -> dict[int, Rule]:
    """The rules of the open dialog by number; at first those that were saved."""
    if RULES not in st.session_state:
        st.session_state[RULES] = dict(enumerate(present.rules))
        st.session_state[NUMBER] = len(present.rules)
    return st.session_state[RULES]


def _rules(present: Settings) -> tuple[Rule, ...]:
    """A line for each rule, with a button that removes it, and a button that adds one. Only *Save* saves them."""
    edited = _edited(present)
    own = table_columns.own_metrics(search(Query(archived=True, limit=KNOWN)).rows).values()
    known = sorted(set(own) | {rule.metric for rule in edited.values() if rule.metric})
    with st.container(key="notify-rules-list", gap="small"):
        found = tuple(
            _rule(number, rule, [ACCURACY, *known], is_first=not at) for at, (number, rule) in enumerate(edited.items())
        )
        st.form_submit_button(
            "Add a rule",
            icon=":material/add:",
            key="notify-add-rule",
            type="tertiary",
            on_click=_add_rule,
            disabled=len(edited) >= MOST_RULES,
        )
    return found


def _rule(number: int, rule: Rule, metrics: list[str], *, is_first: bool) -> Rule:
    """One line that reads as a sentence: a metric, below or above, a value, at an epoch."""
    has_labels = is_first or table_columns.is_phone()  # there, each line wraps
    labels: Literal["visible", "collapsed"] = "visible" if has_labels else "collapsed"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        metric = st.selectbox(
            "Rule",
            metrics,
            index=metrics.index(rule.metric or ACCURACY),
            key=f"notify-metric-{number}",
            width=200,
            help="Checked once for each run, as soon as the epoch is complete. A metric of your own "
            "(imgcls.log_metrics) counts if your code records it before the run ends.",
            label_visibility=labels,
        )
        side = st.selectbox(
            "is", SIDES, index=int(rule.is_above), key=f"notify-side-{number}", width=105, label_visibility=labels
        )
        value = st.number_input(
            "value",
            value=float(rule.value),
            format="%g",
            key=f"notify-threshold-{number}",
            width=105,
            label_visibility=labels,
        )
        epoch = st.number_input(
            "at epoch",
            1,
            MOST_EPOCH,
            rule.epoch,
            key=f"notify-threshold-epoch-{number}",
            width=105,
            label_visibility=labels,
        )
        st.form_submit_button(
            "Remove",
            icon=":material/close:",
            key=f"notify-remove-{number}",
            type="tertiary",
            on_click=_remove_rule,
            args=(number,),
        )
    return Rule(float(value), int(epoch), "" if metric == ACCURACY else metric, side == SIDES[1])


def _add_rule() -> None:
    """A callback."""
    number = st.session_state[NUMBER]
    st.session_state[RULES] = st.session_state[RULES] | {number: NEW_RULE}
    st.session_state[NUMBER] = number + 1


def _remove_rule(number: int) -> None:
    """A callback."""
    st.session_state[RULES] = {key: rule for key, rule in st.session_state[RULES].items() if key != number}


def _time(text: str) -> Any:
    return datetime.strptime(text, "%H:%M").time() if text else None


def _address(present: Settings) -> str:
    """The address that was saved, or that to begin with."""
    return present.address if settings.has_address() else _own_address()


def _own_address() -> str:
    """Where other computers reach the app, as for QR codes; "" if none can, or it is not known."""
    base = join_link.address(st.context.url) if st.context.url else ""
    return f"{base}{links.on_server()}".rstrip("/") if base else ""


def _where(present: Settings) -> dict[str, Any]:
    """Links, e-mail and webhooks. A stored secret is never sent to the browser: an empty field keeps it."""
    values: dict[str, Any] = {}
    values["address"] = st.text_input(
        "Address of this app, for links in messages",
        _address(present),
        placeholder="https://imgcls.example.org",
        key="notify-address",
        autocomplete="off",
        help="As other computers open it, without the page. If it is empty, messages have no links.",
    ).strip()
    to = f" · {plain(present.mail_to)}" if present.mail_to else ""
    with st.expander(f"E-mail{to}", icon=":material/mail:", expanded=bool(present.mail_to), key="notify-mail"):
        values |= _mail(present)
    used = [title for name, title in HOOKS.items() if getattr(present, name)]
    title = " · ".join(["Webhooks", *used])
    box = st.expander(title, icon=":material/webhook:", expanded=bool(used), key="notify-hooks")
    with box, st.grid(min_column_width=260, gap="medium"):
        for name, label in HOOKS.items():
            values[name] = st.text_input(
                label, getattr(present, name), placeholder="https://…", key=f"notify-{name}", autocomplete="off"
            ).strip()
    return values


def _mail(present: Settings) -> dict[str, Any]:
    """Whom to write, and the server that sends it."""
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
    return values
