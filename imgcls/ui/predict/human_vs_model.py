"""Man against machine: hard test pictures, answered by the visitor first; then both, side by side."""

import time
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
from imgcls.ui.widgets.metric_row import Number

KEY = "versus"
MOST_PILLS = 12
"""Up to so many classes are buttons; more are a list to type in."""
SIDE = 260
DOUBLE_CLICK = 0.3
"""Seconds: what comes sooner after an answer was meant for the picture before it."""
PASS = -1
"""The answer of somebody who did not know."""


@dataclass
class Game:
    """One visitor's game: which pictures, and what he said to those so far."""

    run_id: str
    stamp: tuple
    rows: list[int]
    wrong: int
    said: list[int] = field(default_factory=list)
    answered_at: float = -DOUBLE_CLICK


@st.fragment
def show(run: Run, card: ModelCard) -> None:
    """The question, or the result when all are answered."""
    with errors.shown():
        if not run.is_tested:
            st.info("This run has no test pictures to play with. Pick another run.", icon=":material/info:")
            return
        tested = cached.single_label_predictions(run)
        game = _game(run, tested)
        if not game.rows:
            st.info("No test pictures are kept with this run. Pick another run.", icon=":material/info:")
        elif len(game.said) < len(game.rows):
            _question(game, tested, card.classes)
        else:
            _result(run, game, tested, card.classes)


def _game(run: Run, tested: Predictions) -> Game:
    """The game that is under way with this model, or a new one."""
    stamp = cached.predictions_stamp(run)
    game = st.session_state.get(KEY)
    if game is None or game.run_id != run.id or game.stamp != stamp:
        seed = st.session_state.get("versus-seed", 0)
        found = hard_examples.images(tested.labels, tested.predicted, tested.confidence, tested.row_of >= 0, seed)
        game = Game(run.id, stamp, found.rows.tolist(), found.wrong)
        st.session_state[KEY] = game
    return game


def _question(game: Game, tested: Predictions, names: list[str]) -> None:
    number, total = len(game.said), len(game.rows)
    left, right = st.columns([2, 3], gap="large")
    with left:
        pixels = tested.images[tested.row_of[game.rows[number]]]
        st.html(
            f'<img src="{gallery.data_url(pixels, min_side=SIDE)}" alt="Test picture {number + 1} of {total}" '
            f'style="width:{SIDE}px;max-width:100%;image-rendering:pixelated;border-radius:8px">'
        )
    with right:
        st.progress(number / total, f"Picture {number + 1} of {total}")
        st.subheader("What is it?", anchor=False)
        key = f"versus-say-{game.run_id}-{number}"
        if len(names) <= MOST_PILLS:
            st.pills(
                "Your answer",
                range(len(names)),
                format_func=lambda place: plain(names[place]),
                key=key,
                on_change=_say,
                args=(key, number),
                label_visibility="collapsed",
                wrap=True,
            )
        else:
            st.selectbox(
                "Your answer",
                range(len(names)),
                index=None,
                format_func=lambda place: names[place],
                key=key,
                on_change=_say,
                args=(key, number),
                placeholder="Type or choose a class",
            )
        with st.container(horizontal=True):
            st.button("I do not know", icon=":material/help:", key="versus-pass", on_click=_answer, args=(number, PASS))
            if number:
                st.button("Back", icon=":material/undo:", key="versus-back", on_click=_back)
        st.caption(
            "Pictures from the test set that this model found hard: it is wrong about "
            f"{game.wrong} of these {total}. What it said is shown at the end."
        )


def _say(key: str, number: int) -> None:
    if (said := st.session_state.get(key)) is not None and not _answer(number, said):
        st.session_state[key] = None  # it can be chosen still


def _answer(number: int, said: int) -> bool:
    """Takes an answer to picture `number`, counted from 0; False where that is not the one that was asked about."""
    game, now = st.session_state.get(KEY), time.monotonic()
    if game is None or number != len(game.said) or now - game.answered_at < DOUBLE_CLICK:
        return False
    game.said.append(int(said))
    game.answered_at = now
    return True


def _back() -> None:
    game = st.session_state.get(KEY)
    if game is not None and game.said:
        game.said.pop()
        # The button of that answer must not be pressed already: pressing it again would change nothing.
        st.session_state.pop(f"versus-say-{game.run_id}-{len(game.said)}", None)


def _again() -> None:
    game = st.session_state.pop(KEY, None)
    st.session_state["versus-seed"] = st.session_state.get("versus-seed", 0) + 1
    for number in range(len(game.rows) if game else 0):
        st.session_state.pop(f"versus-say-{game.run_id}-{number}", None)


def _result(run: Run, game: Game, tested: Predictions, names: list[str]) -> None:
    total = len(game.rows)
    labels, said, model = tested.labels[game.rows], np.array(game.said), tested.predicted[game.rows]
    yours, its = int((said == labels).sum()), int((model == labels).sum())
    st.subheader(_verdict(yours, its), anchor=False)
    passed = int((said == PASS).sum())
    metric_row.show(
        [
            Number("You", f"{yours} of {total}", f"{passed} left open" if passed else ""),
            Number(
                "The model",
                f"{its} of {total}",
                f"on all test pictures {formatting.fraction(tested.report.accuracy.value)}",
            ),
            Number("Same answer", f"{int((said == model).sum())} of {total}"),
        ]
    )
    st.caption(
        "The pictures were chosen because the model found them hard, so its score here says nothing about how good it "
        "is; yours on easier ones would be higher, too. With twenty pictures a difference of four may be chance."
    )
    st.button(
        "Twenty others" if total == hard_examples.COUNT else "Again",
        icon=":material/replay:",
        on_click=_again,
        key="versus-again",
    )
    both = _matrices(tuple(labels.tolist()), tuple(game.said), tuple(model.tolist()), tuple(names))
    for place, who, drawn in zip(st.columns(2, gap="large"), ("You", "The model"), both, strict=True):
        with place:
            st.markdown(f"**{who}**")
            confusion_matrix.show(
                f"versus-matrix-{who}", drawn, note=f"{who}. The pictures below have each answer in words."
            )
    st.html(_tiles(run, cached.predictions_stamp(run), tuple(game.rows), tuple(game.said), tuple(names)))


def _verdict(yours: int, its: int) -> str:
    if yours == its:
        return f"A draw: {yours} right each."
    return "You were better." if yours > its else "The model was better."


@lru_cache(8)
def _matrices(labels: tuple, said: tuple, model: tuple, names: tuple) -> tuple[Drawn, Drawn]:
    """Both matrices over the classes that occur, so that they can be read with a hundred classes, too."""
    there = sorted({*labels, *model, *said} - {PASS})
    place = {label: number for number, label in enumerate(there)}
    found = []
    for predictions in (said, model):
        pairs = [(place[a], place[label]) for a, label in zip(predictions, labels, strict=True) if a != PASS]
        predicted, true = zip(*pairs, strict=True) if pairs else ((), ())
        table = classification.confusion(predicted, true, len(there))
        found.append(confusion_matrix.drawn(table, [names[label] for label in there]))
    return found[0], found[1]


@lru_cache(8)
def _tiles(run: Run, stamp: tuple, rows: tuple[int, ...], said: tuple[int, ...], names: tuple[str, ...]) -> str:
    tested = cached.single_label_predictions(run)
    tiles = []
    for row, yours in zip(rows, said, strict=True):
        true, its = int(tested.labels[row]), int(tested.predicted[row])
        lines = (
            f"is {names[true]}",
            f"{'✓' if yours == true else '✗'} you: {names[yours] if yours != PASS else 'open'}",
            f"{'✓' if its == true else '✗'} model: {names[its]}",
        )
        tiles.append(gallery.Tile(tested.images[tested.row_of[row]], f"Test picture {row}, {lines[0]}", lines))
    return gallery.grid(tiles)
