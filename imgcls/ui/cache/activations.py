"""What explanations on pages need: a run's activation model, its test images, and a button to compute missing data."""

from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.config import imported_model
from imgcls.errors import DatasetError, RunError, UserError
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.inference.activations import MISSING, REBUILD, ActivationModel, Activations, load_activation_model
from imgcls.inference.explain import task
from imgcls.runs import Run
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions

TICK_SECONDS = 0.5


def model(run: Run) -> ActivationModel:
    """The loaded activation model of a run. Raises RunError if there is none."""
    return load_activation_model(run)


def stamp(run: Run) -> tuple[float, ...]:
    """A cache key for everything that depends on a run's model, predictions or explanation data."""
    return run.stamp("inside.json", "inside.npz", "neighbours.npz", "model.tflite", "predictions.npz", "gallery.npz")


def unavailable_reason(run: Run) -> str:
    """Why the activations of this model are not available; empty if they are."""
    try:
        model(run)
    except UserError as error:
        return str(error)
    return ""


def test_image(run: Run, tested: Predictions | Decisions, index: int) -> np.ndarray:
    """A test image, uint8 (height, width, channels), from the run or from its dataset.

    Raises:
        RunError: neither has it.
    """
    row = int(tested.row_of[index])
    if row >= 0:
        return tested.images[row]
    try:
        dataset = predictions.dataset(run.card.data)
        if len(dataset.y_test) == len(tested.labels) and tuple(dataset.facts.shape) == run.card.shape:
            found = np.array(dataset.x_test[index])
            dataset.release_memory()
            return found
    except (DatasetError, OSError):
        pass
    raise RunError(
        f"Test image {index:,} is not stored with this run, and its dataset is not on this machine. Choose another "
        "image, or prepare the dataset on the Data page."
    )


def of_image(run: Run, pixels: np.ndarray) -> Activations:
    """The activations of every layer for one image (height, width, channels). Raises RunError."""
    return _of_image(run, stamp(run), pixels.tobytes(), pixels.shape)


@lru_cache(4)
def _of_image(run: Run, stamp: tuple, content: bytes, shape: tuple) -> Activations:
    return model(run).activations(np.frombuffer(content, np.uint8).reshape(1, *shape))


def offer(run: Run, text: str) -> None:
    """Explains what is missing, with a button that computes it; shows the progress while it is computed."""
    state = task.state(run)
    if state.state == "running":
        _watch(run)
        return
    with st.container(border=True):
        if state.state == "failed":
            st.warning(plain(state.text), icon=":material/warning:")
        st.markdown(text)
        if (run.folder / "model.keras").exists():
            label = "Try again" if state.state == "failed" else "Compute activations"
            if st.button(label, icon=":material/frame_inspect:", type="primary", key="look-inside"):
                task.start(run)
                st.rerun()
            st.caption("Runs in the background and takes about ten seconds. The model and its scores do not change.")
        else:
            is_imported = imported_model.exists(run.folder)
            why = "This model was imported" if is_imported else "The run's file model.keras is missing"
            st.caption(f"{why}, so they cannot be computed.")


def offer_missing(run: Run, reason: str) -> None:
    """`offer` if the explanation data is missing or damaged; otherwise the reason why there is none."""
    if reason == MISSING or REBUILD in reason:
        offer(run, f"{plain(reason)} They show the output of every layer and the most similar training images.")
    elif reason:
        st.info(plain(reason), icon=":material/info:")


@st.fragment(run_every=TICK_SECONDS)
def _watch(run: Run) -> None:
    state = task.state(run)
    if state.state != "running":
        st.rerun()
    st.progress(state.fraction, text=plain(f"{state.text} …"))
