"""How numbers, times and states are written in the app."""

import re
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from imgcls import languages
from imgcls.evaluation.metrics import confidence_intervals, percent
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.languages import N_, ngettext
from imgcls.languages import gettext as _

LEAST_PLAIN = 1e-8
"""Smaller numbers have so many zeros that an exponent is easier to read."""
ROW_PIXELS, MOST_ROWS = 35, 40
"""Of a table: Streamlit's rows, and how many of them are shown before it scrolls."""
STATES = {
    "aside": (N_("Not started"), ":material/pending:", "gray"),
    "queued": (N_("Waiting"), ":material/schedule:", "gray"),
    "starting": (N_("Starting"), ":material/hourglass_top:", "gray"),
    "running": (N_("Running"), ":material/play_circle:", "blue"),
    "paused": (N_("Paused"), ":material/pause_circle:", "violet"),
    "finished": (N_("Finished"), ":material/check_circle:", "green"),
    "stopped": (N_("Stopped"), ":material/stop_circle:", "orange"),
    "failed": (N_("Failed"), ":material/error:", "red"),
    "lost": (N_("Interrupted"), ":material/power_off:", "red"),
    "damaged": (N_("Damaged"), ":material/broken_image:", "red"),
}
"""State of a run -> the word, icon and colour it is shown with."""


def word(state: str) -> str:
    """The word for a state of a run."""
    return _(STATES[state][0])


def state(name: str, text: str) -> str:
    """Markdown: a state as a badge, followed by a text (already Markdown) in small grey letters.

    One element, where a badge and a caption side by side would be three.
    """
    english, icon, colour = STATES[name]
    return f":{colour}-badge[{icon} {_(english)}]" + (f" &nbsp; :gray[:small[{text}]]" if text else "")


def duration(seconds: float | None) -> str:
    """'2 min 10 s', '45 s', '3 h 05 min'; a dash if unknown."""
    return languages.duration(seconds)


def age(timestamp: float) -> str:
    """How long ago: 'just now', '5 minutes ago', '3 days ago', '2 years ago'."""
    seconds = max(0.0, time.time() - timestamp)
    if seconds < 60:
        return _("just now")
    days = int(seconds // 86400)
    if years := days // 365:
        return ngettext("{n} year ago", "{n} years ago", years).format(n=years)
    if (months := days // 30) > 1:
        return ngettext("{n} month ago", "{n} months ago", months).format(n=months)
    if days:
        return ngettext("{n} day ago", "{n} days ago", days).format(n=days)
    if hours := int(seconds // 3600):
        return ngettext("{n} hour ago", "{n} hours ago", hours).format(n=hours)
    minutes = int(seconds // 60)
    return ngettext("{n} minute ago", "{n} minutes ago", minutes).format(n=minutes)


def fraction(value: float | None, digits: int = 1) -> str:
    """'97.3%'; a dash if there is none. Only 1 is '100.0%'."""
    return languages.percent(value, digits)


def setting(value: float) -> str:
    """A number as it is typed into its control: '0.00001' rather than '1e-05'."""
    text = f"{value:g}"
    return f"{Decimal(text):f}" if LEAST_PLAIN <= abs(value) < 1 else text


def interval(score: Score, *, as_fraction: bool = True) -> str:
    """A 95% confidence interval: '95% CI 96.1–98.2%' or '95% CI 0.081–0.104'."""
    if as_fraction:
        return f"95% CI {percent.interval(score.low, score.high)}"
    return f"95% CI {score.low:.3f}–{score.high:.3f}"


FEW_TEST_IMAGES = 30
"""With fewer, a test accuracy is not shown alone in large type."""


def test_interval(result: Mapping[str, Any]) -> str:
    """The 95% confidence interval of the test accuracy in the result of a run; "" if it was not tested."""
    if not result.get("counts", {}).get("test", 0) or "test_accuracy" not in result:
        return ""
    return interval(test_score(result))


def test_score(result: Mapping[str, Any]) -> Score:
    """The test accuracy in the result of a run that was tested, with its confidence interval."""
    count = result["counts"]["test"]
    return confidence_intervals.wilson(round(result["test_accuracy"] * count), count)


def is_from_few(result: Mapping[str, Any]) -> bool:
    """Whether the run was tested on so few images that its accuracy is not shown alone."""
    return 0 < result.get("counts", {}).get("test", 0) < FEW_TEST_IMAGES


def table_height(rows: int) -> int:
    """The height of a table of people in pixels: all of a class are seen at once. By default, ten rows are."""
    return ROW_PIXELS * (min(rows, MOST_ROWS) + 1) + 3


def count(number: int, noun: str) -> str:
    """'1 image', '1,200 images'."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def size(count: float) -> str:
    """A number of bytes for people: '153 kB', '4.4 MB', '229 MB'."""
    if count >= 99_500_000:
        return f"{count / 1e6:.0f} MB"
    return f"{count / 1e6:.1f} MB" if count >= 999_500 else f"{count / 1e3:.0f} kB"


def with_minus(text: str) -> str:
    """The text with real minus signs before its negative numbers: a hyphen is short, and lines break after it."""
    return re.sub(r"(?<![\w.])-(?=\d)", "−", text)
