"""Human vs model: hard test images, classified by the visitor first; then every image with both predictions."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.evaluation import hard_examples
from imgcls.evaluation.metrics import classification
from imgcls.evaluation.predictions import Predictions
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions as cached
from imgcls.ui.components import confusion_matrix
from imgcls.ui.components.confusion_matrix import Drawn
from imgcls.ui.widgets import formatting, gallery, metric_row

KEY = "versus"
MOST_PILLS = 12
"""Up to this many classes are buttons; more are a list to type in."""
SIDE, THUMBNAIL = 360, 48
DOUBLE_CLICK = 0.3
"""Seconds: a click this soon after a prediction was meant for the previous image."""
SKIPPED = -1
"""The visitor pressed “I don't know”."""


@dataclass
class Game:
    """One visitor's game: the rows of its test images, and the visitor's predictions so far."""

    run_id: str
    stamp: tuple
    rows: list[int]
    wrong: int
    predictions: list[int] = field(default_factory=list)
    answered_at: float = -DOUBLE_CLICK


@st.fragment
def show(run: Run, card: ModelCard) -> None:
    """The next image, or the result after the last one."""
    with errors.shown():
        if not run.is_tested:
            st.info("This run has no test images to play with. Choose another run.", icon=":material/info:")
            return
        tested = cached.single_label_predictions(run)
        game = _game(run, tested)
        if not game.rows:
            st.info("This run stores no test images. Choose another run.", icon=":material/info:")
        elif len(game.predictions) < len(game.rows):
            _show_image(game, tested, card.classes)
        else:
            _show_result(run, game, tested, card.classes)


def _game(run: Run, tested: Predictions) -> Game:
    """The current game with this model, or a new one."""
    stamp = cached.predictions_stamp(run)
    game = st.session_state.get(KEY)
    if game is None or game.run_id != run.id or game.stamp != stamp:
        seed = st.session_state.get("versus-seed", 0)
        found = hard_examples.choose(tested.labels, tested.predicted, tested.confidence, tested.row_of >= 0, seed)
        game = Game(run.id, stamp, found.rows.tolist(), found.wrong)
        st.session_state[KEY] = game
    return game


def _show_image(game: Game, tested: Predictions, classes: Sequence[str]) -> None:
    number, total = len(game.predictions), len(game.rows)
    left, right = st.columns([2, 3], gap="large")
    with left, st.container(key="versus-image"):
        pixels = tested.images[tested.row_of[game.rows[number]]]
        st.html(
            f'<img src="{gallery.data_url(pixels, min_side=SIDE)}" alt="Test image {number + 1} of {total}" '
            'class="versus-image">'
        )
    with right:
        st.header("What is it?", anchor=False)
        st.caption(f"Image {number + 1} of {total}. Hard ones: the model gets {game.wrong} of them wrong.")
        key = f"versus-say-{game.run_id}-{number}"
        if len(classes) <= MOST_PILLS:
            st.pills(
                "Your prediction",
                range(len(classes)),
                format_func=lambda index: plain(classes[index]),
                key=key,
                on_change=_choose,
                args=(key, number),
                label_visibility="collapsed",
                wrap=True,
            )
        else:
            st.selectbox(
                "Your prediction",
                range(len(classes)),
                index=None,
                format_func=lambda index: classes[index],
                key=key,
                on_change=_choose,
                args=(key, number),
                placeholder="Type or choose a class",
            )
        st.button("I don't know", icon=":material/help:", key="versus-pass", on_click=_skip, args=(number,))
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="versus-last"):
            if number:
                st.html(_last_image(game, tested), width="content")
            text = _feedback(game, tested, classes) if number else "After your answer, you see the model's."
            st.markdown(text)
        st.html(_standing(game, tested))


def _standing(game: Game, tested: Predictions) -> str:
    """The rounds so far of both players, as HTML."""
    rows = game.rows[: len(game.predictions)]
    yours = [index == tested.labels[row] for index, row in zip(game.predictions, rows, strict=True)]
    model = [tested.predicted[row] == tested.labels[row] for row in rows]
    total, is_playing = len(game.rows), len(rows) < len(game.rows)
    players = ((f"You: {sum(yours)}", yours), (f"Model: {sum(model)}", model))
    return "".join(metric_row.rounds(name, points, total, is_playing=is_playing) for name, points in players)


def _feedback(game: Game, tested: Predictions, classes: Sequence[str]) -> str:
    """Who was right about the previous image. It can no longer be answered again: the answer is known."""
    number = len(game.predictions) - 1
    row, yours = game.rows[number], game.predictions[number]
    label, model = int(tested.labels[row]), int(tested.predicted[row])
    said = "skipped" if yours == SKIPPED else plain(classes[yours])
    return (
        f"Image {number + 1} was **{plain(classes[label])}**. {_badge('You', said, is_right=yours == label)} "
        f"{_badge('Model', plain(classes[model]), is_right=model == label)}"
    )


def _last_image(game: Game, tested: Predictions) -> str:
    """The image that the answer was about, small, as the next one is already in its place."""
    number = len(game.predictions)
    pixels = tested.images[tested.row_of[game.rows[number - 1]]]
    url = gallery.data_url(pixels, min_side=THUMBNAIL)
    return f'<img src="{url}" alt="Test image {number} of {len(game.rows)}" class="versus-thumbnail">'


def _badge(who: str, said: str, *, is_right: bool) -> str:
    colour, icon = ("green", "check") if is_right else ("red", "close")
    return f":{colour}-badge[:material/{icon}: {who}: {said}]"


def _choose(key: str, number: int) -> None:
    if (index := st.session_state.get(key)) is not None and not _record(number, index):
        st.session_state[key] = None  # so that it can still be chosen


def _skip(number: int) -> None:
    _record(number, SKIPPED)


def _record(number: int, index: int) -> bool:
    """Records the prediction for image `number`, counted from 0; False if that is not the current image."""
    game, now = st.session_state.get(KEY), time.monotonic()
    if game is None or number != len(game.predictions) or now - game.answered_at < DOUBLE_CLICK:
        return False
    game.predictions.append(int(index))
    game.answered_at = now
    return True


def _restart() -> None:
    game = st.session_state.pop(KEY, None)
    st.session_state["versus-seed"] = st.session_state.get("versus-seed", 0) + 1
    for number in range(len(game.rows) if game else 0):
        st.session_state.pop(f"versus-say-{game.run_id}-{number}", None)


def _show_result(run: Run, game: Game, tested: Predictions, classes: Sequence[str]) -> None:
    total = len(game.rows)
    labels, yours, model = tested.labels[game.rows], np.array(game.predictions), tested.predicted[game.rows]
    your_score, its_score = int((yours == labels).sum()), int((model == labels).sum())
    with st.container(key="game-over"):
        st.html(metric_row.outcome(_verdict(your_score, its_score), is_won=your_score > its_score))
    st.html(_standing(game, tested))
    skipped = int((yours == SKIPPED).sum())
    st.caption(
        f"Same prediction: {int((yours == model).sum())} of {total}{f', {skipped} skipped' if skipped else ''}. "
        f"On all test images, the model is right in {formatting.fraction(tested.report.accuracy.value)}. "
        "The images were chosen because the model finds them hard, so its score here does not show how good it is; you "
        "would also score higher on easier ones. With twenty images, a difference of four may be due to chance."
    )
    st.button(
        "Play with twenty others" if total == hard_examples.COUNT else "Play again",
        type="primary",
        icon=":material/replay:",
        on_click=_restart,
        key="versus-again",
    )
    st.html(_tiles(run, cached.predictions_stamp(run), tuple(game.rows), tuple(game.predictions), tuple(classes)))
    # Twenty images leave most cells of the matrices empty, so they are for those who ask for them.
    with st.expander(
        "Both confusion matrices", key="versus-matrices", icon=":material/grid_on:", on_change="rerun"
    ) as more:
        if more.open:
            drawn = _matrices(tuple(labels.tolist()), tuple(game.predictions), tuple(model.tolist()), tuple(classes))
            for column, player, matrix in zip(st.columns(2, gap="large"), ("You", "Model"), drawn, strict=True):
                with column:
                    st.markdown(f"**{player}**")
                    note = f"{player}. The images above list each prediction."
                    confusion_matrix.show(f"versus-matrix-{player}", matrix, note=note)


def _verdict(your_score: int, its_score: int) -> str:
    if your_score == its_score:
        return f"A draw: {your_score} correct each."
    return "You win." if your_score > its_score else "The model wins."


@lru_cache(8)
def _matrices(
    labels: tuple[int, ...], yours: tuple[int, ...], model: tuple[int, ...], classes: tuple[str, ...]
) -> tuple[Drawn, Drawn]:
    """Both matrices over the classes that occur, so that they stay readable with a hundred classes."""
    occurring = sorted({*labels, *model, *yours} - {SKIPPED})
    index_of = {label: index for index, label in enumerate(occurring)}
    matrices = []
    for predictions in (yours, model):
        pairs = [(index_of[p], index_of[label]) for p, label in zip(predictions, labels, strict=True) if p != SKIPPED]
        predicted, true = np.array(pairs, np.int64).reshape(-1, 2).T
        table = classification.confusion(predicted, true, len(occurring))
        matrices.append(confusion_matrix.drawn(table, [classes[label] for label in occurring]))
    return matrices[0], matrices[1]


@lru_cache(8)
def _tiles(run: Run, stamp: tuple, rows: tuple[int, ...], yours: tuple[int, ...], classes: tuple[str, ...]) -> str:
    tested = cached.single_label_predictions(run)
    tiles = []
    for row, index in zip(rows, yours, strict=True):
        true, model = int(tested.labels[row]), int(tested.predicted[row])
        lines = (
            f"actually {classes[true]}",
            f"{'✓' if index == true else '✕'} you: {classes[index] if index != SKIPPED else 'skipped'}",
            f"{'✓' if model == true else '✕'} model: {classes[model]}",
        )
        pixels, alt = tested.images[tested.row_of[row]], f"Test image #{row}, {lines[0]}"
        tiles.append(gallery.Tile(pixels, alt, lines, file=tested.file_name(row)))
    return gallery.grid(tiles)
