"""What pages need to look inside a model: the loaded graph, the pictures, and the way to make what is missing."""

from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.errors import DatasetError, RunError, UserError
from imgcls.evaluation.decisions import Decisions
from imgcls.evaluation.predictions import Predictions
from imgcls.inference.activations import MISSING, REBUILD, ActivationModel, Activations, load_activation_model
from imgcls.inference.explain import task
from imgcls.runs import Run
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions

TICK_SECONDS = 0.5


def inside(run: Run) -> ActivationModel:
    """The loaded activation model of a run. Raises RunError if there is none."""
    return load_activation_model(run)


def stamp(run: Run) -> tuple[float, ...]:
    """What changes when the inside, the model or its answers do."""
    return run.stamp("inside.json", "inside.npz", "neighbours.npz", "model.tflite", "predictions.npz", "gallery.npz")


def why_not(run: Run) -> str:
    """Why the layers of this model cannot be looked at; nothing where they can."""
    try:
        inside(run)
    except UserError as error:
        return str(error)
    return ""


def image(run: Run, tested: Predictions | Decisions, index: int) -> np.ndarray:
    """A test picture, uint8 (height, width, channels), from the run or from its data set.

    Raises:
        RunError: neither has it.
    """
    row = int(tested.row_of[index])
    if row >= 0:
        return tested.images[row]
    try:
        dataset = predictions.dataset(run.config.data)
        if len(dataset.y_test) == len(tested.labels) and tuple(dataset.facts.shape) == run.card.shape:
            found = np.array(dataset.x_test[index])
            dataset.release_memory()
            return found
    except (DatasetError, OSError):
        pass
    raise RunError(
        f"Test picture {index:,} is not stored with this run, and its data set is not on this machine. Pick another "
        "picture, or get the data set on the Data page."
    )


def seen(run: Run, pixels: np.ndarray) -> Activations:
    """What every layer says to one picture (height, width, channels). Raises RunError."""
    return _seen(run, stamp(run), pixels.tobytes(), pixels.shape)


@lru_cache(4)
def _seen(run: Run, stamp: tuple, content: bytes, shape: tuple) -> Activations:
    return inside(run).activations(np.frombuffer(content, np.uint8).reshape(1, *shape))


def offer(run: Run, what: str) -> None:
    """Says that something is missing, and has the button that makes it; shows how far it is meanwhile."""
    looked = task.state(run)
    if looked.state == "running":
        _watch(run)
        return
    with st.container(border=True):
        if looked.state == "failed":
            st.warning(plain(looked.text), icon=":material/warning:")
        st.markdown(what)
        if (run.folder / "model.keras").exists():
            label = "Try again" if looked.state == "failed" else "Look inside the model"
            if st.button(label, icon=":material/frame_inspect:", type="primary", key="look-inside"):
                task.start(run)
                st.rerun()
            st.caption("Takes some ten seconds, in a process of its own. The model and its scores stay as they are.")
        else:
            st.caption("Its file model.keras is gone, so this cannot be made any more.")


def offer_missing(run: Run, why: str) -> None:
    """`offer` where the inside is missing or damaged; else the reason why there is none."""
    if why == MISSING or REBUILD in why:
        offer(run, f"{plain(why)} With it you see what every layer says, and which training pictures are similar.")
    elif why:
        st.info(plain(why), icon=":material/info:")


@st.fragment(run_every=TICK_SECONDS)
def _watch(run: Run) -> None:
    looked = task.state(run)
    if looked.state != "running":
        st.rerun()
    st.progress(looked.fraction, text=plain(f"{looked.text} ..."))
