"""Three entry points for a first visit, and the latest runs."""

from dataclasses import dataclass

import streamlit as st

from imgcls import runs
from imgcls.ui.app import links
from imgcls.ui.runs import run_list

LATEST = 5


@dataclass(frozen=True)
class EntryPoint:
    """A card with a button that leads to a page."""

    title: str
    button: str
    text: str
    icon: str
    page: str


ENTRY_POINTS = (
    EntryPoint(
        "Draw a digit now",
        "Open the canvas",
        "A network trained on handwriting from hundreds of people reads your digit as you draw.",
        ":material/draw:",
        "predict.py",
    ),
    EntryPoint(
        "Train your first model",
        "Choose and start",
        "5,000 digits and sensible settings are ready. Press Start and watch it learn for a minute.",
        ":material/model_training:",
        "train.py",
    ),
    EntryPoint(
        "See what it gets wrong",
        "Evaluate a model",
        "A trained model, its confusion matrix and the images it misclassified.",
        ":material/fact_check:",
        "evaluate.py",
    ),
)


def show() -> None:
    """The whole page below its title."""
    st.markdown(
        "Choose images and a network, watch it learn, then see what it gets wrong and why. "
        "Training runs in the background on this machine: close the tab, come back, and it is still there. "
        "Every score is measured on held-out test images."
    )
    with st.grid(3, min_column_width=260, gap="medium"):
        for entry in ENTRY_POINTS:
            with st.container(border=True, height="stretch", vertical_alignment="distribute"):
                with st.container():
                    st.subheader(entry.title, anchor=False)
                    st.markdown(entry.text)
                if st.button(entry.button, icon=entry.icon, type="primary", width="stretch", key=entry.page):
                    links.go(entry.page)

    st.subheader("Latest runs", anchor=False)
    latest = runs.all_runs()[:LATEST]
    if latest:
        run_list.show(latest)
    else:
        st.caption(f"No runs yet. Start your first run with “{ENTRY_POINTS[1].title}” above.")
