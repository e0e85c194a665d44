"""A little game: draw what is asked, ten rounds. Every drawing can go into "My drawings", which it fills."""

import random
from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from imgcls.datasets.importing import drawings
from imgcls.errors import UserError
from imgcls.images.canvas_strokes import Handwriting
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions as cached
from imgcls.ui.components import canvas
from imgcls.ui.predict import drawing_input, feedback
from imgcls.ui.predict.drawing_input import Ask
from imgcls.ui.widgets import formatting, gallery, metric_row
from imgcls.ui.widgets.metric_row import Number

KEY = "game"
ROUNDS = 10
CANVAS = "game-drawn"


@dataclass(frozen=True, eq=False)
class Round:
    """What was asked and answered (places of classes), how sure the model was, and the picture that it saw."""

    asked: int
    answered: int
    confidence: float
    pixels: np.ndarray


@dataclass
class Game:
    """One visitor's game with one model: what is asked in each round, and what came of those that are over."""

    run_id: str
    asked: list[int]
    over: list[Round] = field(default_factory=list)


@st.fragment
def show(run: Run, card: ModelCard) -> None:
    """A round, or the score after the last one."""
    with errors.shown():
        game = st.session_state.get(KEY)
        if game is None or game.run_id != run.id:
            game = st.session_state[KEY] = Game(run.id, _asked(len(card.classes)))
        if len(game.over) < len(game.asked):
            _round(run, card, game)
        else:
            _score(run, card, game)


def _asked(num_classes: int) -> list[int]:
    """Every class as often as the others, in an order of chance."""
    some = random.sample(range(num_classes), num_classes)
    return (some * (ROUNDS // num_classes + 1))[:ROUNDS]


def _round(run: Run, card: ModelCard, game: Game) -> None:
    names, number = card.classes, len(game.over)
    left, right = st.columns([5, 6], gap="large")
    with left:
        name = names[game.asked[number]]
        st.subheader(f"Draw: {plain(name)}", anchor=False)
        kept = canvas.show(CANVAS)
        done = st.button("That is it", type="primary", icon=":material/check:", key="game-done")
        keep = st.toggle(
            "Keep my drawings",
            True,
            key="game-keep",
            help="Each drawing goes, with the class that was asked, into the data set “My drawings” on this machine.",
        )
        if done:
            if not_yet := _not_yet(kept.drawn, kept.is_done, card, drawing_input.asker(run, card)):
                st.info(not_yet, icon=":material/gesture:")
            else:
                _finish(run, card, game, kept.drawn, keep)
                st.rerun(scope="fragment")
        canvas.heard(CANVAS)
    with right:
        st.progress(number / len(game.asked), f"Round {number + 1} of {len(game.asked)}")
        if game.over:
            _last(game.over[-1], names)
            st.html(gallery.grid(_tile(each, names) for each in game.over))
        else:
            st.caption(
                "Ten rounds. Draw what is asked, in your own way, then press “That is it”: the model gets a point if "
                "it reads it. What it misreads is the best lesson for the next model."
            )
        if refused := st.session_state.pop("game-refused", ""):
            st.warning(plain(refused), icon=":material/save:")


def _not_yet(drawn: Handwriting, is_done: bool, card: ModelCard, ask: Ask) -> str:
    """Why a drawing cannot be judged yet, as Markdown; nothing where it can."""
    if not drawn:
        return "Nothing is drawn yet."
    if not is_done:
        return "The pen is still down. Lift it, then press “That is it” again."
    if rejection := drawing_input.rejection(drawn, card, ask):
        return f"{plain(rejection.title)}. {plain(rejection.sentence)} It does not count: clear it and draw once more."
    return ""


def _finish(run: Run, card: ModelCard, game: Game, drawn: Handwriting, keep: bool) -> None:
    """Asks the model, counts, and keeps the drawing."""
    prepared = drawing_input.prepared(drawn, card)
    probabilities = cached.predictions(run, card, prepared.pixels[None])[0]
    asked = game.asked[len(game.over)]
    if keep:
        try:
            drawings.add(drawing_input.prepared(drawn, feedback.STORED_DRAWING).pixels, card.classes[asked])
        except UserError as error:
            st.session_state["game-refused"] = f"The drawing was not kept: {error}"
    best = int(probabilities.argmax())
    game.over.append(Round(asked, best, float(probabilities[best]), prepared.pixels))
    canvas.put(Handwriting(), CANVAS)


def _last(last: Round, names: list[str]) -> None:
    if last.answered == last.asked:
        st.success(
            f"Read as “{plain(names[last.answered])}”, {formatting.fraction(last.confidence)}.",
            icon=":material/check_circle:",
        )
    else:
        st.warning(
            f"Read as “{plain(names[last.answered])}” ({formatting.fraction(last.confidence)}), "
            f"asked was “{plain(names[last.asked])}”.",
            icon=":material/close:",
        )


def _score(run: Run, card: ModelCard, game: Game) -> None:
    right = sum(each.asked == each.answered for each in game.over)
    there = drawings.collection()
    st.subheader(f"The model read {right} of {len(game.over)}", anchor=False)
    metric_row.show(
        [
            Number("Score", f"{right} of {len(game.over)}"),
            Number("My drawings", f"{there.total:,}", f"in classes: {len(there.counts)}"),
        ]
    )
    if there.missing:
        st.caption(there.missing)
    with st.container(horizontal=True):
        st.button("Ten more", type="primary", icon=":material/replay:", key="game-again", on_click=_again)
        if there.is_ready:
            feedback.train_button()
    st.html(gallery.grid(_tile(each, card.classes) for each in game.over))


def _again() -> None:
    st.session_state.pop(KEY, None)


def _tile(each: Round, names: list[str]) -> gallery.Tile:
    sign = "✓" if each.asked == each.answered else "✗"
    lines = (f"{sign} {names[each.answered]}", f"asked: {names[each.asked]}", formatting.fraction(each.confidence))
    return gallery.Tile(each.pixels, f"Your drawing of {names[each.asked]}, read as {names[each.answered]}", lines)
