"""What a finished run has achieved: a sentence, three large buttons for what comes next, and its worst mistakes."""

import html
import re
from typing import Literal

import streamlit as st

from imgcls import languages
from imgcls.config import imported_model
from imgcls.errors import UserError
from imgcls.evaluation.metrics import percent
from imgcls.languages import N_, ngettext
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.ui.app import links
from imgcls.ui.app.errors import shown
from imgcls.ui.app.lessons import stored
from imgcls.ui.cache import predictions as cached_predictions
from imgcls.ui.widgets import formatting, gallery

MISTAKES = 3
INTERVAL = N_("Uncertainty (95% confidence interval): {interval}. On all such images, the accuracy is probably in it.")


def test_accuracy(result: dict) -> tuple[str, str]:
    """What to show in large type, and below it: from few test images the interval, as the accuracy alone says little.

    `result` is the content of `result.json`, with a test accuracy.
    """
    accuracy, count = formatting.fraction(result["test_accuracy"]), result.get("counts", {}).get("test", 0)
    if not formatting.is_from_few(result):
        return accuracy, formatting.test_interval(result)
    score = formatting.test_score(result)
    text = ngettext(
        "uncertain: {accuracy} of only {count} test image", "uncertain: {accuracy} of only {count} test images", count
    )
    return percent.interval(score.low, score.high, 0), text.format(accuracy=accuracy, count=languages.number(count))


def achieved(run: Run, result: dict) -> str:
    """What the model can do now, in a sentence; empty for imported and multi-label models."""
    count = result.get("counts", {}).get("test", 0)
    is_known = count and "test_accuracy" in result and "test_macro_f1" not in result
    if not is_known or imported_model.exists(run.folder):
        return ""
    text = _("It recognises **{right} of {count}** images that it had never seen.")
    number = languages.number
    text = text.format(right=number(round(result["test_accuracy"] * count)), count=number(count))
    if formatting.is_from_few(result):
        score = formatting.test_score(result)
        hint = _(
            "With so few test images this is uncertain: on all such images, the accuracy probably lies between {low} "
            "and {high}."
        )
        low, high = (formatting.fraction(limit, 0) for limit in (score.low, score.high))
        text = f"{text} {hint.format(low=low, high=high)}"
    return text


def panel(run: Run, result: dict) -> str:
    """The score in large type and what it means, as HTML; empty for imported and multi-label models."""
    said = achieved(run, result)
    if not said:
        return ""
    name, (value, note) = _("Test accuracy"), test_accuracy(result)
    if not formatting.is_from_few(result):
        score = formatting.test_score(result)
        note = _(INTERVAL).format(interval=percent.interval(score.low, score.high))
    said = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", html.escape(said))
    return (
        f'<div class="run-result"><p><span>{html.escape(name)}</span><b>{html.escape(value)}</b></p>'
        f"<div><p>{said}</p><p>{html.escape(note)}</p></div></div>"
    )


def buttons(run: Run) -> None:
    """What to do with a finished model, as three large buttons."""
    with shown(), st.container(key="finish"), st.grid(3, min_column_width=220, gap="small"):
        can_draw = run.is_ready and run.card.is_ink
        try_it = _("**Draw**\nin your own handwriting") if can_draw else _("**Try it**\non a photo of your own")
        # While a lesson is open, its own button is the one to press.
        kind: Literal["primary", "secondary"] = "secondary" if stored.progress().current else "primary"
        if run.is_ready and _large_button(try_it, ":material/draw:", "try", kind=kind):
            links.go("predict.py", run=run.id)
        if _large_button(_("**See its mistakes**\nand why it made them"), ":material/fact_check:", "mistakes"):
            links.go("evaluate.py", run=run.id)
        if _large_button(_("**Take it home**\nas one file for your phone or a USB stick"), ":material/output:", "home"):
            links.go("evaluate.py", run=run.id, view="Export")


def mistakes(run: Run) -> str:
    """The test images that the model got wrong with the highest confidence, as HTML; empty if there are none."""
    try:
        tested = cached_predictions.single_label_predictions(run)
    except UserError:
        return ""  # several labels an image; or damaged, as Evaluate says
    worst = tested.worst_first
    worst = worst[(tested.row_of[worst] >= 0) & ~tested.is_right[worst]][:MISTAKES]
    if not len(worst):
        return ""
    tiles = []
    for at in worst.tolist():
        said, actual = tested.names[tested.predicted[at]], tested.names[tested.labels[at]]
        lines = (f"✕ {said}", _("actually {name}").format(name=actual))
        tiles.append(gallery.Tile(tested.images[tested.row_of[at]], f"{lines[0]}, {lines[1]}", lines))
    title = html.escape(_("Its most confident mistakes:"))
    return f'<div class="mistakes"><p>{title}</p>{gallery.grid(tiles)}</div>'


def _large_button(label: str, icon: str, key: str, *, kind: Literal["primary", "secondary"] = "secondary") -> bool:
    return st.button(label, type=kind, icon=icon, key=f"finish-{key}", width="stretch")
