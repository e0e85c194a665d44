"""A game: draw the requested classes in ten rounds. The drawings can be added to "My drawings"."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from imgcls import inference
from imgcls.datasets.importing import drawings
from imgcls.errors import UserError
from imgcls.images.canvas_strokes import Handwriting
from imgcls.inference import Answer
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.app import errors
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.app.errors import plain
from imgcls.ui.components import canvas
from imgcls.ui.predict import feedback
from imgcls.ui.widgets import formatting, gallery, metric_row
from imgcls.ui.widgets.metric_row import Number

KEY = "game"
ROUNDS = 10
CANVAS = "game-drawn"


@dataclass(frozen=True, eq=False)
class Round:
    """The requested and the predicted class (indices), the confidence, and the model input."""

    requested: int
    predicted: int
    confidence: float
    pixels: np.ndarray

    @property
    def is_correct(self) -> bool:
        return self.requested == self.predicted


@dataclass
class Game:
    """One visitor's game with one model: the class requested in each round, and the rounds played so far."""

    run_id: str
    requested: list[int]
    played: list[Round] = field(default_factory=list)


@st.fragment
def show(run: Run, card: ModelCard) -> None:
    """A round, or the score after the last one."""
    with errors.shown():
        game = st.session_state.get(KEY)
        if game is None or game.run_id != run.id:
            game = st.session_state[KEY] = Game(run.id, _random_classes(len(card.classes)))
        if len(game.played) < len(game.requested):
            _show_round(run, card, game)
        else:
            _show_score(card, game)


def _random_classes(num_classes: int) -> list[int]:
    """Ten classes in random order, each as often as the others if there are at most ten."""
    order = random.sample(range(num_classes), num_classes)
    return (order * (ROUNDS // num_classes + 1))[:ROUNDS]


def _show_round(run: Run, card: ModelCard, game: Game) -> None:
    classes, number = card.classes, len(game.played)
    left, right = st.columns([5, 6], gap="large")
    with left:
        st.header(f"Draw: {plain(classes[game.requested[number]])}", anchor=False)
        requested = card.classes[game.requested[number]]
        state = canvas.show(CANVAS, hint=f"Draw: {requested}. Then press “Done”.")
        is_done = st.button("Done", type="primary", icon=":material/check:", key="game-done")
        is_saved = st.toggle(
            "Save my drawings",
            True,
            **fixed_controls.keyed("game-keep"),
            help="Adds each drawing, with the requested class as its label, to the dataset “My drawings” on this "
            "server.",
        )
        if is_done:
            answer = inference.answer(run, state.drawing, card=card) if state.drawing and state.is_done else None
            if answer is None or _is_not_one(answer):
                st.info(_try_again(answer, state.drawing), icon=":material/gesture:")
            else:
                _finish(card, game, state.drawing, answer, is_saved)
                st.rerun(scope="fragment")
        canvas.acknowledge(CANVAS)
    with right:
        st.progress(number / len(game.requested), f"Round {number + 1} of {len(game.requested)}{_standing(game)}")
        if game.played:
            _show_last(game.played[-1], classes)
            st.html(gallery.grid(_tile(each, classes) for each in game.played))
        else:
            st.caption(
                "Ten rounds. Draw what is named on the left in your own style, then press “Done”: the model scores a "
                "point if it recognises your drawing. Misread drawings make the best training data for the next model."
            )
        if problem := st.session_state.pop("game-refused", ""):
            st.warning(plain(problem), icon=":material/save:")


def _standing(game: Game) -> str:
    """The score so far; empty before the first round is over."""
    correct = sum(each.is_correct for each in game.played)
    return f" · recognised {correct}, misread {len(game.played) - correct}" if game.played else ""


def _is_not_one(answer: Answer) -> bool:
    """Whether a drawing is no single digit. An unusual one counts: the game is about those."""
    return answer.rejection is not None and answer.rejection.for_digits


def _try_again(answer: Answer | None, drawing: Handwriting) -> str:
    """Why a drawing does not count, as Markdown."""
    if answer is not None and answer.rejection is not None:
        return (
            f"{plain(answer.rejection.title)}. {plain(answer.rejection.text)} This does not count: clear the canvas "
            "and draw again."
        )
    if not drawing:
        return "The canvas is empty."
    return "The pen is still down. Lift it, then press “Done” again."


def _finish(card: ModelCard, game: Game, drawing: Handwriting, answer: Answer, is_saved: bool) -> None:
    """Records the round, and saves the drawing if requested."""
    requested = game.requested[len(game.played)]
    if is_saved:
        try:
            drawings.add(inference.prepare(drawing, feedback.STORED_DRAWING).pixels, card.classes[requested])
        except UserError as error:
            st.session_state["game-refused"] = f"The drawing was not saved: {error}"
    game.played.append(Round(requested, answer.index, answer.confidence, answer.pixels))
    canvas.put(Handwriting(), CANVAS)


def _show_last(last: Round, classes: Sequence[str]) -> None:
    prediction = f"“{plain(classes[last.predicted])}”"
    if last.is_correct:
        st.success(
            f"Recognised as {prediction}, {formatting.fraction(last.confidence)}.", icon=":material/check_circle:"
        )
    else:
        st.warning(
            f"Recognised as {prediction} ({formatting.fraction(last.confidence)}) instead of "
            f"“{plain(classes[last.requested])}”.",
            icon=":material/close:",
        )


def _show_score(card: ModelCard, game: Game) -> None:
    correct = sum(each.is_correct for each in game.played)
    collection = drawings.collection()
    st.header(f"The model recognised {correct} of {len(game.played)}", anchor=False)
    metric_row.show(
        [
            Number("Score", f"{correct} of {len(game.played)}"),
            Number("My drawings", f"{collection.total:,}", f"classes: {len(collection.counts)}"),
        ]
    )
    if collection.missing:
        st.caption(collection.missing)
    with st.container(horizontal=True):
        st.button("Play again", type="primary", icon=":material/replay:", key="game-again", on_click=_restart)
        if collection.is_ready:
            feedback.train_button()
    st.html(gallery.grid(_tile(each, card.classes) for each in game.played))


def _restart() -> None:
    st.session_state.pop(KEY, None)


def _tile(each: Round, classes: Sequence[str]) -> gallery.Tile:
    requested, predicted = classes[each.requested], classes[each.predicted]
    lines = (
        f"{'✓' if each.is_correct else '✗'} {predicted}",
        f"to draw: {requested}",
        formatting.fraction(each.confidence),
    )
    return gallery.Tile(each.pixels, f"Your drawing of {requested}, recognised as {predicted}", lines)
