"""One test image, chosen in the URL: its prediction, heat maps that explain it, and similar images."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.evaluation.metrics.percent import percent
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.inference.explain import neighbours
from imgcls.runs import Run
from imgcls.runs.predictions import epoch_predictions
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import activations
from imgcls.ui.cache import predictions as cached
from imgcls.ui.evaluate import links
from imgcls.ui.evaluate.parts.images import channels, image_details
from imgcls.ui.evaluate.parts.images import gallery as test_gallery
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.evaluate.parts.selection.selection_state import Key
from imgcls.ui.explain import heat_maps
from imgcls.ui.widgets import gallery, golden_pin

TITLE = links.SINGLE_IMAGE
GROUP = links.WHY
ORDER = 60
USES_SELECTION = False
GOES_THROUGH_SELECTION = True
SUPPORTS = ("single", "multi")

SIMILAR = 10
AROUND = 5
SIGNS = "✓: labelled like the test image; ✕: labelled differently."


def show(run: Run, predictions: Predictions | Decisions) -> None:
    """Draws the section."""
    index = image_details.choose(run, predictions)
    with errors.shown():
        pixels = activations.test_image(run, predictions, index)
        left, right = st.columns([2, 3], gap="large")
        with left:
            image_details.head(run, index, pixels)
            channels.show(pixels)
        with right:
            _heat_maps(run, predictions, index, pixels)
        _similar(run, predictions, index, pixels)
    _same_confidence(run, predictions, index)
    image_details.tagging(run, index)
    if isinstance(predictions, Predictions):
        file = predictions.file_name(index)
        source = f"test image {index}{file and f' ({file})'} of {run.label}"
        golden_pin.button(
            run.card.data,
            [(predictions.names[predictions.labels[index]], source)],
            lambda _: activations.test_image(run, predictions, index),
            key=f"pin-{run.id}-{index}",
            run=run.id,
            is_explained=True,
        )
    if (run.folder / epoch_predictions.NAME).exists():
        url = links.section(run, links.EPOCH_HISTORY).replace("&", "&amp;")
        st.html(
            f'The <a href="{url}" target="_self">epoch history</a> covers validation images only, because test images '
            "are not evaluated during training."
        )


# ---- heat maps


def _heat_maps(run: Run, predictions: Predictions | Decisions, index: int, pixels: np.ndarray) -> None:
    st.header("Why this prediction?", anchor=False)
    names = predictions.names
    order = [int(one) for one in np.argsort(-predictions.probabilities[index], kind="stable")]
    if isinstance(predictions, Decisions):
        target = st.selectbox(
            "Heat map for",
            order,
            key=f"heat-{run.id}-{index}",
            format_func=lambda label: f"{names[label]} ({percent(predictions.probabilities[index, label])})",
            help="Labels in order of decreasing probability.",
        )
    else:
        best, true = order[0], int(predictions.labels[index])
        roles = {best: "prediction", true: "true class"} | {best: "prediction"}
        if len(roles) == 1:
            roles[order[1]] = "runner-up"
        target = st.segmented_control(
            "Heat map for",
            list(roles),
            default=best,
            required=True,
            key=f"heat-{run.id}-{index}",
            format_func=lambda label: f"{plain(names[label])} ({roles[label]})",
        )
    with st.container(key="heat-maps"):
        st.html(heat_maps.render(run, pixels, int(target), names[target]))


# ---- similar images


def _similar(run: Run, predictions: Predictions | Decisions, index: int, pixels: np.ndarray) -> None:
    st.header(
        "Most similar training images",
        anchor=False,
        help="The images that the model finds most similar: nearest in the features of its last hidden layer, even if "
        "they look different to you.",
    )
    reason = activations.unavailable_reason(run)
    if not reason and not (run.folder / "neighbours.npz").exists():
        reason = "No training images are stored with this run: its dataset was not available when training ended."
    if reason:
        activations.offer_missing(run, reason)
        return
    key = selection_state.key_of(run)
    tiles, text, rows = _similar_tiles(key, activations.stamp(run), pixels.tobytes(), pixels.shape, index)
    files = cached.training_files(run, rows)
    with st.container(key="similar-images"):
        st.markdown(plain(text))
        st.html(gallery.grid(replace(tile, file=file) for tile, file in zip(tiles, files, strict=True)))
    image_details.edit_training_images(run, rows)


@lru_cache(32)
def _similar_tiles(
    key: Key, stamp: tuple, content: bytes, shape: tuple, index: int
) -> tuple[tuple[gallery.Tile, ...], str, tuple[int, ...]]:
    run, names = key.run, key.names
    true = selection_state.predictions_of(key).labels[index]
    features = activations.of_image(run, np.frombuffer(content, np.uint8).reshape(shape)).features[0]
    known = neighbours.training_features(run)
    found = neighbours.examples(run, features, SIMILAR)
    # One row per image: (n, classes) of booleans for both kinds of runs.
    labels = known.labels > 0 if known.labels.ndim == 2 else np.eye(len(names), dtype=bool)[known.labels]
    own = np.asarray(true) if np.ndim(true) else np.arange(len(names)) == true
    tiles = []
    for place, similarity in zip(found.indices, found.similarity, strict=True):
        name = ", ".join(names[label] for label in np.flatnonzero(labels[place])) or "no label"
        is_same = np.array_equal(labels[place], own)
        alt = f"Training image {known.rows[place]}: {name}, cosine similarity {similarity:.2f}"
        sign = ("✓ same " if is_same else "✕ other ") + ("labels" if known.labels.ndim == 2 else "class")
        lines = (f"labelled {name}", sign, f"similarity {similarity:.3f}")
        tiles.append(gallery.Tile(known.images[place], alt, lines))
    counts = labels[found.indices].sum(0)
    most = int(counts.argmax())
    relation = "have the label" if known.labels.ndim == 2 else "belong to the class"
    _, _, sentence = neighbours.unfamiliarity(run, features)
    text = (
        f"{counts[most]} of the {len(found.indices)} nearest {relation} “{names[most]}”, among the "
        f"{len(known.features):,} training images stored with the run. {sentence} {SIGNS}"
    )
    return tuple(tiles), text, tuple(int(row) for row in known.rows[found.indices])


def _same_confidence(run: Run, predictions: Predictions | Decisions, index: int) -> None:
    st.header("Images with similar confidence", anchor=False)
    if isinstance(predictions, Decisions):
        st.caption("Test images whose least certain label has a similar probability. Click one.")
    else:
        name = plain(predictions.names[predictions.predicted[index]])
        st.caption(f"Test images that were also predicted as “{name}”, with similar confidence. Click one.")
    st.html(_same_confidence_html(selection_state.key_of(run), index))


@lru_cache(32)
def _same_confidence_html(key: Key, index: int) -> str:
    predictions = selection_state.predictions_of(key)
    candidates = predictions.row_of >= 0
    if not isinstance(predictions, Decisions):
        candidates &= predictions.predicted == predictions.predicted[index]
    others = np.flatnonzero(candidates)
    others = others[others != index]
    gaps = np.abs(predictions.confidence[others] - predictions.confidence[index])
    near = others[np.argsort(gaps, kind="stable")[: 2 * AROUND]]
    near = near[np.argsort(-predictions.confidence[near], kind="stable")]
    return gallery.grid(test_gallery.tile(key.run, predictions, int(other)) for other in near)
