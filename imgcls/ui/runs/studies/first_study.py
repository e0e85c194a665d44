"""What the Studies page shows before there is a study: what one is, in a diagram, and a small one to start with."""

import html

import streamlit as st

from imgcls import datasets, studies
from imgcls.config import Config
from imgcls.sharing import Action
from imgcls.studies import Plan, proposals, space
from imgcls.ui.app import links
from imgcls.ui.app.errors import shown
from imgcls.ui.runs.studies import drawings
from imgcls.ui.train import search
from imgcls.ui.visitors import rights

PANELS = (
    (
        "You say what to try",
        "A range for each setting, such as the learning rate, or a list; and how many trials.",
        drawings.ranges,
    ),
    ("Trials train by themselves", "Each with other values. Those that fall behind end early.", drawings.curves),
    ("The best one wins", "Chosen on validation images, then tested once.", drawings.winner),
)
TRIALS, EPOCHS, IMAGES = 6, 3, 1_500
COMMAND = "imgcls study start search.yaml"
FILE = """settings: {data: mnist_sample, model: cnn, epochs: 5}
vary:
  learning_rate: {from: 1e-4, to: 1e-1, log: true}
  filters: [16, 32, 64]
trials: 30"""


def example() -> Plan:
    """A study that takes a few minutes: the learning rate and the width of a small network for digits."""
    base = Config(data="mnist_sample", model="cnn", epochs=EPOCHS, train_images=IMAGES)
    vary = {"learning_rate": {"from": 1e-4, "to": 0.1, "log": True}, "filters": [8, 16, 32]}
    sampler = "tpe" if proposals.is_installed() else "random"
    return Plan(
        base=base,
        vary=space.read(vary, base),
        title="Learning rate and width",
        trials=TRIALS,
        sampler=sampler,
        pruner="none",
    )


def show() -> None:
    """The diagram, and the three ways to a first study."""
    panels = "".join(
        f"<figure>{draw(title)}<figcaption><b>{html.escape(title)}</b>{html.escape(text)}</figcaption></figure>"
        for title, text, draw in PANELS
    )
    with st.container(border=True, key="first-study"):
        with st.container(key="study-panels"):  # its height is kept until its content is there
            st.html(f'<div class="study-panels">{panels}</div>')
        with st.container(horizontal=True, vertical_alignment="center"):
            is_ready = datasets.is_ready("mnist_sample")
            may_start = rights.button(
                Action.START_STUDY,
                disabled=not is_ready,
                help=f"{TRIALS} short trials on {IMAGES:,} handwritten digits: a few minutes.",
            )
            if st.button("Try it with digits", type="primary", icon=":material/play_arrow:", **may_start):
                _start()
            offer("Choose your own settings")
            st.caption(
                f"{TRIALS} short trials look for the learning rate and the width of a network that reads digits: a few "
                "minutes."
            )
    with st.popover("Or in a shell", icon=":material/terminal:", type="tertiary"):
        # Without colours: those that Streamlit gives to YAML have too little contrast.
        st.code(f"# search.yaml\n{FILE}", language=None)
        st.code(COMMAND, language=None)


def offer(label: str, *, is_primary: bool = False) -> None:
    """A button that leads to the form."""
    if st.button(label, icon=":material/tune:", type="primary" if is_primary else "secondary"):
        search.open_form()


def _start() -> None:
    with shown():
        study = studies.create(example())
        studies.drive(study)
        links.go("studies.py", study=study.id)
