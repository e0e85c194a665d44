"""Which channels are used, for what, and when not. Secrets are readable by the owner of the file alone."""

import contextlib
import json
import os
import re
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from imgcls import sharing
from imgcls.errors import SettingError
from imgcls.runs.annotations import own_metrics
from imgcls.sharing import Action
from imgcls.studies.notifications.thresholds import Rule
from imgcls.system import atomic, json_files, paths

FOLDER = "_notifications"
VERSION = 1
PASSWORD = "IMGCLS_SMTP_PASSWORD"
"""Environment variable that replaces the stored password."""
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
URL = re.compile(r"https?://[^\s/]+\S*")
ADDRESS = re.compile(
    r"https?://[A-Za-z0-9._-]+(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?|https?://\[[0-9A-Fa-f:]+\](:\d{1,5})?/?"
)
"""Without characters that mean something in a message of Slack or a mail."""
MOST_EPOCH, MOST_RULES = 10_000, 20
KINDS = {
    "finished": "A run or study has finished or was stopped",
    "failed": "A run or study has failed, or its loss is not a number",
    "stalled": "A run has stopped responding, or a run or study was interrupted",
    "disk": "The disk is nearly full",
    "queue": "Runs wait, but none starts",
    "threshold": "A metric is below or above the value set here at an epoch",
    "message": "Your own code sends a message (imgcls.notify)",
}
"""Kind of event -> its description."""
LATER = ("threshold", "message")
"""Kinds that the settings of earlier versions did not know; as all kinds, they are on until somebody turns them off."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings. Empty text turns a channel off.

    `address` is where other computers open the app; links in messages begin with it, and without it there are none.

    `rules` say at which values of a metric an event follows.

    `quiet_from` and `quiet_to` are times of day, as "22:00": what happens meanwhile is sent afterwards.

    Raises:
        SettingError: a value is invalid.
    """

    kinds: tuple[str, ...] = tuple(KINDS)
    trials: bool = False
    browser: bool = False
    sound: bool = False
    webhook: str = ""
    slack: str = ""
    teams: str = ""
    mail_to: str = ""
    mail_from: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_security: str = "starttls"
    quiet_from: str = ""
    quiet_to: str = ""
    address: str = ""
    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        if unknown := set(self.kinds) - set(KINDS):
            raise SettingError(f"There is no kind of event “{sorted(unknown)[0]}”. Available: {', '.join(KINDS)}.")
        for name in ("webhook", "slack", "teams"):
            if (url := getattr(self, name)) and not URL.fullmatch(url):
                raise SettingError(f"The address for {name} must begin with https:// or http://.")
        if self.address and not ADDRESS.fullmatch(self.address):
            raise SettingError(
                f"“{self.address[:60]}” is not an address of this app. Write it as in the browser, without the page: "
                "https://imgcls.example.org"
            )
        for name in ("mail_to", "mail_from"):
            for address in filter(None, re.split(r"[,\s]+", getattr(self, name))):
                if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
                    raise SettingError(f"“{address[:60]}” is not an e-mail address.")
        if len(self.rules) > MOST_RULES:
            raise SettingError(f"There can be at most {MOST_RULES} rules.")
        for rule in self.rules:
            _check(rule)
        if self.mail_to and not self.smtp_host:
            raise SettingError("E-mail needs the name of an SMTP server.")
        if not 1 <= self.smtp_port <= 65_535:
            raise SettingError("The SMTP port must be from 1 to 65535.")
        if self.smtp_security not in ("starttls", "tls", "none"):
            raise SettingError("The security of SMTP is one of: starttls, tls, none.")
        if bool(self.quiet_from) != bool(self.quiet_to):
            raise SettingError("Quiet hours need a beginning and an end.")
        for time_of_day in filter(None, (self.quiet_from, self.quiet_to)):
            if not TIME.fullmatch(time_of_day):
                raise SettingError(f"“{time_of_day[:20]}” is not a time of day. Write it as 07:00.")

    def is_quiet(self, now: float) -> bool:
        """Whether it is within the quiet hours, by the clock of this machine. `now`: seconds since 1970."""
        if not self.quiet_from or self.quiet_from == self.quiet_to:
            return False
        clock = f"{datetime.fromtimestamp(now):%H:%M}"
        if self.quiet_from < self.quiet_to:
            return self.quiet_from <= clock < self.quiet_to
        return clock >= self.quiet_from or clock < self.quiet_to

    def link(self, page: str) -> str:
        """The absolute address of a page such as "/train?run=…", for other computers; "" if it is not known."""
        return f"{self.address.rstrip('/')}/{page.lstrip('/')}" if self.address and page else ""

    @property
    def password(self) -> str:
        """The SMTP password: that of the environment, or the stored one."""
        return os.environ.get(PASSWORD) or self.smtp_password


def folder() -> Path:
    """The folder of all files about notifications. It need not exist yet."""
    return paths.runs_folder() / FOLDER


def read() -> Settings:
    """The settings; those of a damaged file are all off."""
    with contextlib.suppress(OSError, ValueError, TypeError, SettingError):
        content: dict[str, Any] = json_files.read_object(folder() / "settings.json")
        if content.pop("version", None) == VERSION:
            is_earlier = "rules" not in content and "threshold" not in content
            former = _former_rule(content)
            content["rules"] = tuple(Rule(**one) for one in content.get("rules", former))
            content["kinds"] = (*content.get("kinds", KINDS), *(LATER if is_earlier and "kinds" in content else ()))
            for field in fields(Settings):
                value = content.get(field.name, field.default)
                if type(value) is not type(field.default):
                    return Settings()
            return Settings(**content)
    return Settings()


def _check(rule: Rule) -> None:
    """Refuses an impossible rule, also one from a damaged file."""
    if [type(one) for one in (rule.epoch, rule.metric, rule.is_above)] != [int, str, bool]:
        raise SettingError("A part of the rule has the wrong type.")
    if rule.metric and not own_metrics.METRIC.fullmatch(rule.metric):
        raise SettingError(f"“{rule.metric[:60]}” cannot be the name of a metric.")
    if not abs(rule.value) <= own_metrics.LARGEST:
        raise SettingError("The value of the rule must be a finite number.")
    if not rule.metric and not 0 <= rule.value <= 100:
        raise SettingError("The validation accuracy of the rule is a percentage from 0 to 100.")
    if not 1 <= rule.epoch <= MOST_EPOCH:
        raise SettingError(f"The epoch of the rule is a number from 1 to {MOST_EPOCH:,}.")


def _former_rule(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The only rule that earlier versions had, if it was on."""
    names = {
        "value": "threshold",
        "epoch": "threshold_epoch",
        "metric": "threshold_metric",
        "is_above": "threshold_above",
    }
    found = {name: content.pop(former) for name, former in names.items() if former in content}
    return [found] if found.get("metric") or found.get("value") else []


def has_address() -> bool:
    """Whether somebody has decided on the address of the app, be it that there is none."""
    with contextlib.suppress(OSError, ValueError):
        return "address" in json_files.read_object(folder() / "settings.json")
    return False


def write(settings: Settings) -> None:
    """Stores the settings.

    Raises:
        SettingError: the file cannot be written.
        NotAllowed: on a shared server, by anybody but its owner.
    """
    sharing.require(Action.MANAGE_PEOPLE)
    path = folder() / "settings.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic.replacing(path) as aside:
            aside.touch(mode=0o600)
            aside.write_text(json.dumps({"version": VERSION, **asdict(settings)}, indent=1), "utf-8")
    except OSError as error:
        raise SettingError(f"The settings cannot be saved: {error.strerror}.") from error
