"""How numbers, times and states are written in the app."""

import time

from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.evaluation.metrics.percent import percent

STATES = {
    "aside": ("Not started", ":material/pending:", "gray"),
    "queued": ("Waiting", ":material/schedule:", "gray"),
    "starting": ("Starting", ":material/hourglass_top:", "gray"),
    "running": ("Running", ":material/play_circle:", "blue"),
    "paused": ("Paused", ":material/pause_circle:", "violet"),
    "finished": ("Finished", ":material/check_circle:", "green"),
    "stopped": ("Stopped", ":material/stop_circle:", "orange"),
    "failed": ("Failed", ":material/error:", "red"),
    "lost": ("Interrupted", ":material/power_off:", "red"),
    "damaged": ("Damaged", ":material/broken_image:", "red"),
}
"""State of a run -> the word, icon and colour it is shown with."""


def state(name: str, text: str) -> str:
    """Markdown: a state as a badge, followed by a text (already Markdown) in small grey letters.

    One element, where a badge and a caption side by side would be three.
    """
    word, icon, colour = STATES[name]
    return f":{colour}-badge[{icon} {word}]" + (f" &nbsp; :gray[:small[{text}]]" if text else "")


def duration(seconds: float | None) -> str:
    """'2 min 10 s', '45 s', '3 h 05 min'; a dash if unknown."""
    if seconds is None:
        return "–"
    seconds = max(0, round(seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02} min"


def age(timestamp: float) -> str:
    """How long ago: 'just now', '5 min ago', '3 days ago'."""
    seconds = max(0.0, time.time() - timestamp)
    if seconds < 60:
        return "just now"
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        number = int(seconds // length)
        if number:
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return ""


def fraction(value: float | None) -> str:
    """'97.3%'; a dash if there is none. Only 1 is '100.0%'."""
    return percent(value)


def interval(score: Score, *, as_fraction: bool = True) -> str:
    """A 95% confidence interval: '95% CI 96.1–98.2%' or '95% CI 0.081–0.104'."""
    if as_fraction:
        return f"95% CI {100 * score.low:.1f}–{100 * score.high:.1f}%"
    return f"95% CI {score.low:.3f}–{score.high:.3f}"


def count(number: int, noun: str) -> str:
    """'1 image', '1,200 images'."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
