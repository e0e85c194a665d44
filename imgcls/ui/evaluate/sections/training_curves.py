"""How did training go? The learning curves of the run, and what the coach makes of them."""

import streamlit as st

from imgcls.config import imported_model
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.evaluate import links
from imgcls.ui.explain import coach
from imgcls.ui.train import learning_curves, presets

TITLE = "Training curves"
GROUP = links.WHY
ORDER = 50
USES_SELECTION = False
SUPPORTS = ("single", "multi")


def show(run: Run, predictions: Predictions | Decisions) -> None:
    """Draws the section."""
    st.header(_("Learning curves"), anchor=False)
    if (run.folder / "metrics.jsonl").exists():
        curves = cached_curves.curves(run)
        learning_curves.draw(curves, can_fit=True)
        learning_curves.axis(curves)
        if isinstance(predictions, Predictions) and not imported_model.exists(run.folder):
            coach.show(run, has_larger=presets.next_of(run.config) is not None)
    elif imported_model.exists(run.folder):
        st.info(_("This model was imported, so there are no learning curves."), icon=":material/show_chart:")
    else:
        st.info(_("This run has no recorded metrics."), icon=":material/show_chart:")
