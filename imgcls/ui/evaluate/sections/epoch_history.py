"""Confusion matrix, scores and images as they were after each epoch, and which images were learned when."""

from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.charts import epoch_history
from imgcls.config import imported_model
from imgcls.errors import RunError
from imgcls.evaluation.metrics import classification
from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.evaluation.metrics.percent import percent
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.evaluation.report import replay
from imgcls.runs import Run
from imgcls.runs.predictions import epoch_predictions
from imgcls.runs.predictions.epoch_predictions import EpochPredictions
from imgcls.ui.app import links as page_links
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.cache import predictions as cached
from imgcls.ui.components import confusion_matrix
from imgcls.ui.components.confusion_matrix import Drawn
from imgcls.ui.evaluate import links
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.train import settings_form
from imgcls.ui.visitors import visitor
from imgcls.ui.widgets import formatting, gallery, metric_row, pager
from imgcls.ui.widgets.figures import figure_download
from imgcls.ui.widgets.figures.static_figure import StaticFigure, static
from imgcls.ui.widgets.metric_row import Number

TITLE = links.EPOCH_HISTORY
GROUP = links.WHY
ORDER = 40
USES_SELECTION = False
SUPPORTS = ("single", "multi")

EPOCH, LIST, FOLLOWED = "epoch", "learned", "followed"
"""The URL parameters: the epoch, the list of images, and the image that is followed."""
WRONG = "Errors"
PER_PAGE = 15
MEANING = {
    WRONG: "classified incorrectly after this epoch",
    "Never learned": "incorrect after every epoch: hard, or mislabelled",
    "Forgotten": "correct after some epoch, incorrect after the last one",
    "Learned late": "learned only in the last third of training",
}


def show(run: Run, predictions: Predictions | Decisions) -> None:
    """Draws the section."""
    if isinstance(predictions, Decisions):
        st.info(
            "Multi-label runs do not record predictions after each epoch. “Training curves” shows how loss and "
            "accuracy changed.",
            icon=":material/history_toggle_off:",
        )
        _replay(run)
        return
    if imported_model.exists(run.folder):
        st.info("This model was imported, so its epochs are not known.", icon=":material/history_toggle_off:")
        return
    stamp = run.stamp(epoch_predictions.NAME, "model.json")
    found = _read(run, stamp) if stamp[0] else None
    names = run.card.classes
    if found is None or found.probabilities.shape[2] != len(names):
        st.info(
            "This run has no predictions per epoch: it was trained without validation images, or with an older "
            "version. New runs record them.",
            icon=":material/history_toggle_off:",
        )
        if st.button("Train again", icon=":material/replay:"):
            page_links.train(**settings_form.form_of(run.config))
        return
    key = (run, stamp, names)
    position = _slider(found)
    right = found.is_right[position]
    _scores(found, position)
    left, rest = st.columns(2, gap="large")
    with left:
        confusion_matrix.show(f"epoch-{run.id}", _matrix(key, position), note=f"After epoch {found.epochs[position]}.")
        st.caption(
            f"{formatting.count(len(found.labels), 'validation image')}, the same after each epoch. The test set is "
            "not used here, because comparing epochs is model selection."
        )
    with rest:
        _images(key, found, position, np.flatnonzero(~right))
    _followed(key, found, position)
    _replay(run)


def _replay(run: Run) -> None:
    """The training as an animation, made when its button is pressed."""
    st.header("Replay", anchor=False)
    try:
        replay.check(run, cached_curves.curves(run))
    except RunError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    st.caption(
        "Replays the training run in at most a minute, with captions, for a large screen. One HTML file that works "
        "offline: Space plays, the arrows step through the epochs, B blanks the screen, N hides numbers, + and - "
        "zoom."
    )
    st.download_button(
        "Replay (HTML)",
        visitor.later(lambda: replay.page(run).encode("utf-8")),
        file_name=f"{run.id}-replay.html",
        mime="text/html",
        icon=":material/slideshow:",
        key="file-replay",
        on_click="ignore",
    )


@lru_cache(4)
def _read(run: Run, stamp: tuple) -> EpochPredictions | None:
    return epoch_predictions.read(run)


def _recorded(run: Run, stamp: tuple) -> EpochPredictions:
    """The same where the page has checked already that there are some."""
    found = _read(run, stamp)
    assert found is not None
    return found


def _slider(found: EpochPredictions) -> int:
    """The slider over the recorded epochs; returns the position of the chosen one, by default the last."""
    numbers = found.epochs.tolist()
    requested = st.query_params.get(EPOCH, "")
    is_number = requested.isascii() and requested.isdigit() and len(requested) < 6
    number = int(requested) if is_number else numbers[-1]
    number = min(numbers, key=lambda recorded: abs(recorded - number))
    if len(numbers) == 1:
        st.caption(f"Only epoch {number} was recorded.")
        return 0
    selection_state.set_control("shown-epoch", number)
    st.select_slider(
        "Epoch",
        numbers,
        key="shown-epoch",
        on_change=_follow_slider,
        help="Shows the confusion matrix, scores and images as of this epoch.",
    )
    return numbers.index(number)


def _follow_slider() -> None:
    selection_state.put(**{EPOCH: str(st.session_state["shown-epoch"])})


def _scores(found: EpochPredictions, position: int) -> None:
    hits, count = int(found.is_right[position].sum()), len(found.labels)
    accuracy = wilson(hits, count)
    last = wilson(int(found.is_right[-1].sum()), count)
    before = found.is_right[position - 1] if position else np.zeros(count, bool)
    shown = [
        Number("Validation accuracy", formatting.fraction(accuracy.value), formatting.interval(accuracy)),
        Number("Final accuracy", formatting.fraction(last.value), formatting.interval(last)),
    ]
    if position:
        shown += [
            Number("Newly learned", f"{int((~before & found.is_right[position]).sum()):,}", "since the epoch before"),
            Number("Newly forgotten", f"{int((before & ~found.is_right[position]).sum()):,}", "since the epoch before"),
        ]
    shown.append(
        Number(
            "Cross-entropy",
            f"{classification.cross_entropy(found.probabilities[position], found.labels):.3f}",
            "lower is better",
            "How surprised the model is by the true classes, in nats, the unit of natural logarithms: 0 is perfect.",
        )
    )
    metric_row.show(shown)


@lru_cache(128)
def _matrix(key: tuple, position: int) -> Drawn:
    run, stamp, names = key
    found = _recorded(run, stamp)
    return confusion_matrix.drawn(classification.confusion(found.predicted[position], found.labels, len(names)), names)


def _images(key: tuple, found: EpochPredictions, position: int, wrong: np.ndarray) -> None:
    lists = {WRONG: wrong, **found.lists}
    requested = st.query_params.get(LIST, "")
    chosen = next((name for name in lists if _short(name) == requested), WRONG)
    selection_state.set_control("learned-list", chosen)
    st.segmented_control(
        "Images",
        list(lists),
        required=True,
        key="learned-list",
        format_func=lambda name: f"{name} ({len(lists.get(name, ())):,})",
        on_change=_follow_list,
        wrap=True,
        label_visibility="collapsed",
    )
    positions = lists[chosen]
    if chosen == WRONG:  # most confident errors first
        positions = positions[
            np.argsort(-found.probabilities[position, positions, found.predicted[position, positions]], kind="stable")
        ]
    with_image = positions[found.row_of[positions] >= 0]
    note = "" if len(with_image) == len(positions) else f" ({len(with_image):,} stored with the run)"
    st.caption(f"{formatting.count(len(positions), 'image')} {MEANING[chosen]}{note}.")
    if not len(with_image):
        return
    # The page does not depend on the epoch, so that the same images can be followed.
    on_page = tuple(pager.page_of(with_image, PER_PAGE, f"epoch-page-{key[0].id}-{chosen}").tolist())
    st.html(_grid(key, position, on_page, _files(key, found, on_page)))


def _short(name: str) -> str:
    return "" if name == WRONG else name.split()[-1].lower()


def _follow_list() -> None:
    if (name := selection_state.chosen("learned-list")) is not None:
        selection_state.put(**{LIST: _short(name)})


def _files(key: tuple, found: EpochPredictions, images: tuple[int, ...]) -> tuple[str, ...]:
    """The file names of these validation images, as far as they are known."""
    return cached.training_files(key[0], found.rows[list(images)].tolist())


@lru_cache(128)
def _grid(key: tuple, position: int, images: tuple[int, ...], files: tuple[str, ...]) -> str:
    run, stamp, names = key
    found = _recorded(run, stamp)
    return gallery.grid(_tile(found, position, image, names, file) for image, file in zip(images, files, strict=True))


def _tile(found: EpochPredictions, position: int, image: int, names: tuple[str, ...], file: str) -> gallery.Tile:
    true, predicted = int(found.labels[image]), int(found.predicted[position, image])
    confidence = percent(float(found.probabilities[position, image, predicted]), 0)
    name = names[predicted]
    lines = (f"✓ {name}",) if true == predicted else (f"predicted {name}", f"actually {names[true]}")
    alt = f"Validation image {image}: true class {names[true]}, predicted {name} with {confidence}"
    return gallery.Tile(found.images[found.row_of[image]], alt, (f"#{image}", *lines, confidence), file=file)


def _followed(key: tuple, found: EpochPredictions, position: int) -> None:
    """The prediction for one image, epoch by epoch."""
    names = key[2]
    stored = np.flatnonzero(found.row_of >= 0)
    if not len(stored):
        return
    text = st.query_params.get(FOLLOWED, "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else -1
    if not 0 <= number < len(found.labels):
        number = int(stored[np.argmax((found.is_right[1:] != found.is_right[:-1]).sum(0)[stored])])
    selection_state.set_control("followed-image", number)
    st.header("One image over the epochs", anchor=False)
    left, right = st.columns([1, 3], gap="large")
    with left:
        st.number_input(
            "Image number",
            0,
            len(found.labels) - 1,
            key="followed-image",
            on_change=_follow_image,
            help="Each image above shows its number. By default, the image whose prediction changed most often.",
        )
        if found.row_of[number] >= 0:
            st.html(_grid(key, position, (number,), _files(key, found, (number,))))
        else:
            st.caption(
                f"True class: {plain(names[found.labels[number]])}. The image itself is not stored with the run."
            )
    with right:
        st.plotly_chart(
            _line(key, number, position),
            key=f"followed-{key[0].id}",
            config=figure_download.savable("image-over-epochs"),
            alt="The predicted probabilities of this image over the epochs.",
        )


def _follow_image() -> None:
    selection_state.put(**{FOLLOWED: str(st.session_state["followed-image"])})


@lru_cache(64)
def _line(key: tuple, number: int, position: int) -> StaticFigure:
    run, stamp, names = key
    found = _recorded(run, stamp)
    return static(
        epoch_history.one_image(
            found.epochs, found.probabilities[:, number].astype(np.float32), int(found.labels[number]), names, position
        )
    )
