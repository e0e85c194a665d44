"""What a run fixed and broke in the golden set of its dataset, with the images."""

from functools import lru_cache

import streamlit as st

from imgcls.errors import UserError
from imgcls.evaluation import golden
from imgcls.evaluation.golden import Outcome, Report
from imgcls.runs import Run
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import gallery, golden_pin

REMOVED = "golden-removed"
COMPARED, MOST_OFFERED = "golden-before", 20
"""Session key of the run that it is compared with, and how many runs are offered."""


def show(run: Run) -> None:
    """The report in one line, with the images below it; nothing without a golden set."""
    try:
        if not run.is_ready or not (pinned := golden.images(run.card.data)):
            return
        key = tuple((one.digest, one.label) for one in pinned)
        others = golden.earlier(run, MOST_OFFERED)
        chosen = st.session_state.get(box := f"{COMPARED}-{run.id}")
        before = next((one for one in others if one.id == chosen), others[0] if others else None)
        report = _report(run, before, key, run.stamp("model.tflite", "model.json", "trainer.json"))
    except UserError:
        return  # the page says elsewhere that the run is damaged
    if report is None or not report.outcomes:
        return
    icon = ":material/error:" if report.broken else ":material/keep:"
    with st.expander(plain(report.sentence()), icon=icon, key="golden", expanded=bool(report.broken or report.fixed)):
        if len(others) > 1:
            labels = {one.id: one.label for one in others}
            st.selectbox("Compare with", list(labels), format_func=labels.__getitem__, key=box, width=320)
        for title, outcomes in (("Broken", report.broken), ("Fixed", report.fixed)):
            if outcomes:
                st.markdown(f"**{title}**")
                st.html(gallery.grid(_tile(one) for one in outcomes))
        rest = [one for one in report.outcomes if not one.is_broken and not one.is_fixed]
        if rest:
            title = f"{'Unchanged' if report.before else 'All pinned images'} ({len(rest)})"
            with st.expander(title, key="golden-unchanged", expanded=False):
                st.html(gallery.grid(_tile(one) for one in rest))
        golden_pin.say_runs([one.image for one in report.outcomes])
        golden_pin.removal(run.card.data, [one.image for one in report.outcomes], key=REMOVED)


@lru_cache(16)
def _report(run: Run, before: Run | None, pinned: tuple, stamp: tuple) -> Report | None:
    return golden.check(run, before)


def _tile(outcome: Outcome) -> gallery.Tile:
    image = outcome.image
    sign = "✓" if outcome.is_right else "✕"
    true = "" if outcome.is_right else f"true class {image.label}"
    alt = f"Pinned image, class {image.label}, predicted {outcome.predicted}. {image.source}"
    return gallery.Tile(image.pixels, alt, (f"{sign} {outcome.predicted}", true or image.source))
