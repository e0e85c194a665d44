"""Why this answer to this picture? One test picture with all that is known about it, chosen in the URL."""

from functools import lru_cache
from urllib.parse import quote

import numpy as np
import streamlit as st

from imgcls.evaluation.predictions import Predictions
from imgcls.inference.explain import neighbours
from imgcls.runs import Run
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import activations, predictions
from imgcls.ui.evaluate.page import VIEWS
from imgcls.ui.evaluate.parts import image_details
from imgcls.ui.explain import heat_maps
from imgcls.ui.widgets import gallery

SIMILAR = 10
AROUND = 5


def show(run: Run, tested: Predictions) -> None:
    """The whole view."""
    names = run.card.classes
    index = image_details.choose(run, tested)
    with errors.shown():
        pixels = activations.image(run, tested, index)
        left, right = st.columns([2, 3], gap="large")
        with left:
            image_details.head(run, tested, index, names, pixels)
        with right:
            _heats(run, tested, index, pixels, names)
        _similar(run, tested, index, pixels, names)
    _around(run, tested, index, names)
    image_details.tagging(run, index)
    if "Time machine" in VIEWS and (run.folder / "epochs.npz").exists():
        st.html(
            f'<a href="?run={quote(run.id)}&amp;view=Time%20machine" target="_self">How answers ran over the '
            "epochs</a> is kept for validation pictures: the test pictures were not looked at while it learnt."
        )


# ---- what spoke for the answer


def _heats(run: Run, tested: Predictions, index: int, pixels: np.ndarray, names: list[str]) -> None:
    st.subheader("What spoke for it", anchor=False)
    order = np.argsort(-tested.probabilities[index])
    true, best = int(tested.labels[index]), int(order[0])
    asked = {best: "answer", true: "true class"} | {best: "answer"}
    if len(asked) == 1:
        asked[int(order[1])] = "runner-up"
    target = st.segmented_control(
        "Heat map for",
        list(asked),
        default=best,
        required=True,
        key=f"heat-{run.id}-{index}",
        format_func=lambda label: f"{plain(names[label])} ({asked[label]})",
    )
    st.html(heat_maps.render(run, pixels, int(target), names[target]))


# ---- what the picture is like


def _similar(run: Run, tested: Predictions, index: int, pixels: np.ndarray, names: list[str]) -> None:
    st.subheader(
        "The most similar training pictures",
        anchor=False,
        help="Nearest in the last hidden layer: what the model sees as alike, which need not look alike to you.",
    )
    why = activations.why_not(run)
    if not why and not (run.folder / "neighbours.npz").exists():
        why = "No training pictures are stored with this run: its data set was not on this machine."
    if why:
        activations.offer_missing(run, why)
        return
    key = (run, activations.stamp(run), pixels.tobytes(), pixels.shape)
    drawn, told, rows = _similar_html(*key, int(tested.labels[index]), tuple(names))
    st.markdown(plain(told))
    st.html(drawn)
    image_details.change_training(run, rows)


@lru_cache(32)
def _similar_html(
    run: Run, stamp: tuple, content: bytes, shape: tuple, true: int, names: tuple[str, ...]
) -> tuple[str, str, tuple[int, ...]]:
    features = activations.seen(run, np.frombuffer(content, np.uint8).reshape(shape)).features[0]
    known = neighbours.training_features(run)
    found = neighbours.examples(run, features, SIMILAR)
    labels = known.labels[found.indices]
    tiles = []
    for place, similarity in zip(found.indices, found.similarity, strict=True):
        label = names[known.labels[place]]
        is_same = known.labels[place] == true
        lines = (f"{'✓' if is_same else '✗'} {label}", f"{similarity:.2f} alike")
        alt = f"Training picture {known.rows[place]}: {label}, cosine {similarity:.2f}"
        tiles.append(gallery.Tile(known.images[place], alt, lines))
    counts = np.bincount(labels, minlength=len(names))
    most = int(counts.argmax())
    _, _, sentence = neighbours.unfamiliarity(run, features)
    told = (
        f"{counts[most]} of the {len(labels)} nearest are of the class “{names[most]}”, among the "
        f"{len(known.features):,} training pictures that the run has kept. {sentence}"
    )
    return gallery.grid(tiles), told, tuple(int(row) for row in known.rows[found.indices])


# ---- pictures answered with nearly the same certainty


def _around(run: Run, tested: Predictions, index: int, names: list[str]) -> None:
    predicted = int(tested.predicted[index])
    st.subheader("Its neighbours in confidence", anchor=False)
    st.caption(f"Test pictures that were also answered “{plain(names[predicted])}”, about as surely. Click one.")
    st.html(_around_html(run, predictions.predictions_stamp(run), index, tuple(names)))


@lru_cache(32)
def _around_html(run: Run, stamp: tuple, index: int, names: tuple[str, ...]) -> str:
    tested = predictions.single_label_predictions(run)
    same = np.flatnonzero((tested.predicted == tested.predicted[index]) & (tested.row_of >= 0))
    same = same[same != index]
    near = same[np.argsort(np.abs(tested.confidence[same] - tested.confidence[index]), kind="stable")[: 2 * AROUND]]
    near = near[np.argsort(-tested.confidence[near], kind="stable")]
    return gallery.grid(tile(run, tested, int(other), names) for other in near)


def tile(run: Run, tested: Predictions, index: int, names: tuple[str, ...] | list[str]) -> gallery.Tile:
    """A test picture with its answer; a click leads to its own view."""
    true, predicted = names[tested.labels[index]], names[tested.predicted[index]]
    sure = f"{100 * tested.confidence[index]:.1f}%"
    lines = (f"✓ {true}", sure) if true == predicted else (f"✗ {predicted}", f"is {true}", sure)
    alt = f"Test picture {index}: true class {true}, answer {predicted} with {sure}"
    return gallery.Tile(tested.images[tested.row_of[index]], alt, lines, link(run, index))


def link(run: Run, index: int) -> str:
    """Where a test picture's own view is."""
    return f"?run={quote(run.id)}&view=Picture&picture={index}"
