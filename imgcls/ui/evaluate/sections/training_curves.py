"""How was it learnt? The curves of the run's training."""

import streamlit as st

from imgcls.evaluation.predictions import Predictions
from imgcls.runs import Run
from imgcls.ui.train import learning_curves


def show(run: Run, tested: Predictions | None) -> None:
    """The whole view."""
    st.subheader("Learning curves", anchor=False)
    if (run.folder / "metrics.jsonl").exists():
        learning_curves.draw(run)
    else:
        st.info("This run keeps no curves.", icon=":material/show_chart:")
