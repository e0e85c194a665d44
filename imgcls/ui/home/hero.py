"""Home's canvas: draw, and a trained model answers beside it. The drawing is also there on the Predict page."""

import streamlit as st

from imgcls import lessons, runs
from imgcls.errors import UserError
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.app import errors, links
from imgcls.ui.app.lessons import standing, stored
from imgcls.ui.components import canvas, probability_bars
from imgcls.ui.predict import draw

PREFERRED = "digits"
TRAIN_FIRST = N_(
    "Train one on 5,000 handwritten digits, which takes about a minute. Then you can draw here, and it reads as you "
    "draw."
)


def show() -> None:
    """The canvas and the answer; without a model of drawn things, the way to one."""
    for run in sorted(runs.all_runs(), key=lambda run: run.id != PREFERRED):
        try:
            if run.is_ready and run.card.is_ink and not run.card.is_multilabel:
                _show(run, run.card)
                return
        except UserError:
            continue  # damaged; the run's own page says what is wrong
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="hero-empty"):
        title = _("No model for drawings yet.")
        st.markdown(f"**{title}** {_(TRAIN_FIRST)}")
        if st.button(_("Train a model"), type="primary", icon=":material/model_training:", key="hero-train"):
            links.go("train.py")


@st.fragment
def _show(run: Run, card: ModelCard) -> None:
    """A stroke reruns this part of the page alone."""
    with st.container(key="hero"):
        left, right = st.columns([3, 4], gap="large")
        state = canvas.state()
        with left, errors.shown():
            canvas.show(hint=draw.todo(card).rstrip("."), digit="3" if draw.is_of_digits(card) else "")
        with right, errors.shown():
            answer = draw.live_answer(run, card, state)
            probability_bars.show(
                None if answer is None else answer.probabilities,
                card.classes,
                key="home-answer",
                todo=_("The prediction appears here."),
                rejection=answer.rejection if answer else None,
                acknowledge={"edition": state.edition, "number": state.number},
            )
            with st.container(horizontal=True, vertical_alignment="center", key="home-onwards"):
                _lesson()
                if st.button(_("See why on the Predict page"), icon=":material/arrow_forward:", type="tertiary"):
                    links.go("predict.py", run=run.id)


def _lesson() -> None:
    """The lesson to go on with, or the first one; with all finished, a model of one's own."""
    name = standing.next_lesson()
    if not name:
        if st.button(_("Train your first model"), icon=":material/model_training:", type="primary", key="home-lesson"):
            links.go("train.py")
        return
    is_begun = stored.progress().of(name).since
    label = _("Continue lesson {number}: {title}") if is_begun else _("New here? Start lesson {number}: {title}")
    if not is_begun and any(one.is_finished for one in stored.progress().lessons.values()):
        label = _("Next lesson {number}: {title}")
    label = label.format(number=lessons.number(name), title=_(lessons.find(name).TITLE))
    if st.button(label, icon=":material/school:", type="primary", key="home-lesson"):
        links.go("lessons.py", lesson=name)
