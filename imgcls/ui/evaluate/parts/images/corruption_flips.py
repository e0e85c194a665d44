"""The images whose correct prediction a corruption changes: each beside what the model saw."""

from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.errors import UserError
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.evaluation.robustness import evaluate
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS
from imgcls.evaluation.robustness.evaluate import Robustness
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions as cached
from imgcls.ui.evaluate.parts import missing_dataset
from imgcls.ui.evaluate.parts.selection.selection_state import Key, predictions_of
from imgcls.ui.widgets import formatting, gallery

EXAMPLES = 12


def show(
    key: Key, predictions: Predictions | Decisions, found: Robustness, stamp: float, name: str, strength: int
) -> None:
    """How many there are, and some of them: of the dataset or, without it, of the images stored with the run."""
    flipped = found.flips(name, strength)
    problem, candidates = None, flipped
    try:
        evaluate.checked(key.run, cached.dataset(key.run.card.data), predictions.labels)
    except UserError as error:
        problem, candidates = error, flipped[predictions.row_of[found.indices[flipped]] >= 0]
    # Spread evenly: the first ones would all be from the same part of the test set.
    few = min(EXAMPLES, len(candidates))
    shown = candidates[np.linspace(0, len(candidates) - 1, few).round().astype(int)]
    count = formatting.count(len(flipped), "image")
    st.caption(
        f"{count} predicted correctly without this corruption but incorrectly with it"
        + (f"; {few} are shown." if 0 < few < len(flipped) else ".")
    )
    if few:
        st.html(_examples(key, stamp, found, name, strength, tuple(shown.tolist()), problem is None))
    elif not len(flipped):
        st.info("No prediction changes.", icon=":material/check_circle:")
    elif not missing_dataset.show(key.run, "To see them", key="flips-data"):
        st.caption(plain(f"The images cannot be shown. {problem}"))


@lru_cache(32)
def _examples(
    key: Key,
    stamp: float,
    found: Robustness,
    name: str,
    strength: int,
    positions: tuple[int, ...],
    is_prepared: bool,
) -> str:
    tested = predictions_of(key)
    dataset = cached.dataset(key.run.card.data) if is_prepared else None
    pairs = []
    for position in positions:
        index = int(found.indices[position])
        image = tested.images[tested.row_of[index]] if dataset is None else np.asarray(dataset.x_test[index])
        worse = evaluate.corrupted(found, image, CORRUPTIONS[name], strength, position)
        true = _label_names(key.names, found.labels[position])
        predicted = _label_names(key.names, found.corrupted[found.names.index(name), strength - 1, position])
        file = tested.file_name(index)
        alt = f"the same image with {name} of strength {strength}, predicted as {predicted}"
        pairs.append(
            (
                gallery.Tile(image, f"test image {index}, {true}, predicted correctly", (f"✓ {true}",), file=file),
                gallery.Tile(worse, alt, (f"✕ {predicted}",)),
            )
        )
    if dataset is not None:
        dataset.release_memory()
    return gallery.groups(pairs)


def _label_names(names: tuple[str, ...], labels: np.ndarray | int) -> str:
    if np.ndim(labels):
        return ", ".join(names[label] for label in np.flatnonzero(labels)) or "no label"
    return names[int(labels)]
