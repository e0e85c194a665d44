"""The time machine: matrix, scores and pictures as they were after each epoch, and what was learnt when."""

from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.charts import epoch_history
from imgcls.evaluation.metrics import classification
from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.evaluation.predictions import Predictions
from imgcls.runs import Run, epoch_predictions
from imgcls.runs.epoch_predictions import EpochPredictions
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain
from imgcls.ui.components import confusion_matrix
from imgcls.ui.components.confusion_matrix import Drawn
from imgcls.ui.evaluate.parts import selection_state
from imgcls.ui.train import settings_form
from imgcls.ui.widgets import formatting, gallery, pager
from imgcls.ui.widgets.metric_row import Number
from imgcls.ui.widgets.metric_row import show as show_numbers
from imgcls.ui.widgets.static_figure import StaticFigure, static

NAMES = ("epoch", "learnt", "watched")
"""What it has in the URL: the epoch, the list, and the picture that is followed."""
WRONG = "Wrong then"
PER_PAGE = 15
EXPLAINED = {
    WRONG: "read wrongly after this epoch",
    "Never learned": "wrong after every epoch: hard, or wrongly labelled",
    "Forgotten": "right once, wrong at the end",
    "Learned late": "right for good only in the last third of the training",
}


def show(run: Run, tested: Predictions) -> None:
    """The whole view."""
    stamp = run.stamp(epoch_predictions.NAME, "model.json")
    found = _read(run, stamp) if stamp[0] else None
    names = run.card.classes
    if found is None or found.probabilities.shape[2] != len(names):
        st.info(
            "This run kept no answers of its epochs: it was trained before they were kept, or without validation "
            "pictures. A run that is trained now has them.",
            icon=":material/history_toggle_off:",
        )
        if st.button("Train again", icon=":material/replay:"):
            links.train(**settings_form.form_of(run.config))
        return
    key = (run, stamp, names)
    place = _dial(found)
    right = found.is_right[place]
    _scores(found, place)
    left, rest = st.columns(2, gap="large")
    with left:
        confusion_matrix.show(f"then-{run.id}", _matrix(key, place), note=f"After epoch {found.epochs[place]}.")
        st.caption(
            f"{formatting.count(len(found.labels), 'validation picture')}, the same after each epoch. The test set is not "
            "looked at here: epochs are compared, and what is compared gets chosen by."
        )
    with rest:
        _images(key, found, place, np.flatnonzero(~right))
    _followed(key, found, place)


@lru_cache(4)
def _read(run: Run, stamp: tuple) -> EpochPredictions | None:
    return epoch_predictions.read(run)


def _dial(found: EpochPredictions) -> int:
    """The slider over the kept epochs; the place of the chosen one. Without a word in the URL it is the last."""
    numbers = found.epochs.tolist()
    asked = st.query_params.get("epoch", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else numbers[-1]
    number = min(numbers, key=lambda kept: abs(kept - number))
    if len(numbers) == 1:
        st.caption(f"Only epoch {number} was kept.")
        return 0
    selection_state.shown("then", number)
    st.select_slider(
        "Epoch",
        numbers,
        key="then",
        on_change=_follow_dial,
        help="Matrix, scores and pictures go back to how they were after this epoch.",
    )
    return numbers.index(number)


def _follow_dial() -> None:
    selection_state.put(epoch=str(st.session_state["then"]))


def _scores(found: EpochPredictions, place: int) -> None:
    hits, count = int(found.is_right[place].sum()), len(found.labels)
    accuracy = wilson(hits, count)
    last = wilson(int(found.is_right[-1].sum()), count)
    before = found.is_right[place - 1] if place else np.zeros(count, bool)
    shown = [
        Number("Validation accuracy", formatting.fraction(accuracy.value), formatting.interval(accuracy)),
        Number("At the end", formatting.fraction(last.value), formatting.interval(last)),
    ]
    if place:
        shown += [
            Number("Learnt since", f"{int((~before & found.is_right[place]).sum()):,}", "wrong in the epoch before"),
            Number("Forgotten since", f"{int((before & ~found.is_right[place]).sum()):,}", "right in the epoch before"),
        ]
    shown.append(
        Number(
            "Cross-entropy",
            f"{classification.cross_entropy(found.probabilities[place], found.labels):.3f}",
            "in nats, smaller is better",
        )
    )
    show_numbers(shown)


@lru_cache(128)
def _matrix(key: tuple, place: int) -> Drawn:
    run, stamp, names = key
    found = _read(run, stamp)
    return confusion_matrix.drawn(classification.confusion(found.predicted[place], found.labels, len(names)), names)


def _images(key: tuple, found: EpochPredictions, place: int, wrong: np.ndarray) -> None:
    lists = {WRONG: wrong, **found.lists}
    asked = st.query_params.get("learnt", "")
    chosen = next((name for name in lists if _short(name) == asked), WRONG)
    selection_state.shown("learnt-list", chosen)
    st.segmented_control(
        "Pictures",
        list(lists),
        required=True,
        key="learnt-list",
        format_func=lambda name: f"{name} ({len(lists.get(name, ())):,})",
        on_change=_follow_list,
        wrap=True,
        label_visibility="collapsed",
    )
    places = lists[chosen]
    if chosen == WRONG:  # the surest of these mistakes first
        places = places[np.argsort(-found.probabilities[place, places, found.predicted[place, places]], kind="stable")]
    kept = places[found.row_of[places] >= 0]
    note = "" if len(kept) == len(places) else f"; {len(kept):,} of them stored with the run"
    st.caption(f"{formatting.count(len(places), 'picture')} {EXPLAINED[chosen]}{note}.")
    if not len(kept):
        return
    # The page stays while the epochs go by, so that one can watch the same pictures.
    on_page = tuple(pager.page_of(kept, PER_PAGE, f"then-page-{key[0].id}-{chosen}").tolist())
    st.html(_grid(key, place, on_page))


def _short(name: str) -> str:
    return "" if name == WRONG else name.split()[-1].lower()


def _follow_list() -> None:
    selection_state.put(learnt=_short(st.session_state["learnt-list"]))


@lru_cache(128)
def _grid(key: tuple, place: int, images: tuple[int, ...]) -> str:
    run, stamp, names = key
    found = _read(run, stamp)
    return gallery.grid(_tile(found, place, image, names) for image in images)


def _tile(found: EpochPredictions, place: int, image: int, names: tuple[str, ...]) -> gallery.Tile:
    true, said = int(found.labels[image]), int(found.predicted[place, image])
    sure = f"{100 * float(found.probabilities[place, image, said]):.0f}%"
    lines = (f"✓ {names[said]}", sure) if true == said else (f"✗ {names[said]}", f"is {names[true]}", sure)
    alt = f"Validation picture {image}: true class {names[true]}, answer {names[said]} with {sure}"
    return gallery.Tile(found.images[found.row_of[image]], alt, (f"no. {image}", *lines))


def _followed(key: tuple, found: EpochPredictions, place: int) -> None:
    """The answer to one picture, epoch by epoch."""
    names = key[2]
    stored = np.flatnonzero(found.row_of >= 0)
    if not len(stored):
        return
    text = st.query_params.get("watched", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else -1
    if not 0 <= number < len(found.labels):
        number = int(stored[np.argmax((found.is_right[1:] != found.is_right[:-1]).sum(0)[stored])])
    selection_state.shown("followed", number)
    st.subheader("One picture through the epochs", anchor=False)
    left, right = st.columns([1, 3], gap="large")
    with left:
        st.number_input(
            "Number of the picture",
            0,
            len(found.labels) - 1,
            key="followed",
            on_change=_follow_image,
            help="Each picture above has its number. At first it is the one whose answer turned most often.",
        )
        if found.row_of[number] >= 0:
            st.html(_grid(key, place, (number,)))
        else:
            st.caption(f"It is {plain(names[found.labels[number]])}; the picture itself is not stored with the run.")
    with right:
        st.plotly_chart(
            _line(key, number, place),
            key=f"followed-{key[0].id}",
            config={"displayModeBar": False},
            alt="The probabilities that the model gave this picture's classes, over the epochs.",
        )


def _follow_image() -> None:
    selection_state.put(watched=str(st.session_state["followed"]))


@lru_cache(64)
def _line(key: tuple, number: int, place: int) -> StaticFigure:
    run, stamp, names = key
    found = _read(run, stamp)
    return static(
        epoch_history.one_image(
            found.epochs, found.probabilities[:, number].astype(np.float32), int(found.labels[number]), names, place
        )
    )
