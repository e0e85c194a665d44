"""A game: draw the requested classes in ten rounds. The drawings can be added to "My drawings"."""

import itertools
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
LEAST = 0.5
"""A correct prediction with less confidence is a lucky guess, and no point."""
BEST = "game-best"
"""Session key of the most points in a finished game."""
CANVAS = "game-drawn"
GREAT = 0.8
"""From this fraction of the rounds on, the end is celebrated."""
PERFECT = "The model read every one of your drawings. Can it also read your fastest scribbles? Play again and find out."
RULES = """<ol class="rules"><li><b>Draw</b> what is asked for, in your own style.</li>
<li><b>Press “Done”.</b> The model reads your drawing.</li>
<li><b>One point</b> if it is right with a confidence of at least 50%.</li></ol>
<p class="rules-note">Misread drawings make the best training data for the next model.</p>"""


@dataclass(frozen=True, eq=False)
class Round:
    """The requested and the predicted class (indices), the confidence, and the model input."""

    requested: int
    predicted: int
    confidence: float
    pixels: np.ndarray

    @property
    def is_read(self) -> bool:
        """Whether it scores a point."""
        return self.requested == self.predicted and self.confidence >= LEAST

    @property
    def is_lucky(self) -> bool:
        return self.requested == self.predicted and self.confidence < LEAST


@dataclass
class Game:
    """One visitor's game with one model: the class requested in each round, and the rounds played so far."""

    run_id: str
    requested: list[int]
    played: list[Round] = field(default_factory=list)

    @property
    def points(self) -> int:
        return sum(each.is_read for each in self.played)

    @property
    def streak(self) -> int:
        """How many of the last drawings were read, one after the other."""
        return len(list(itertools.takewhile(lambda each: each.is_read, reversed(self.played))))


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
        is_done = st.button("Done", type="primary", icon=":material/check:", key="game-done", width="stretch")
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
        standing = f"Round {number + 1} of {len(game.requested)}{_standing(game)}"
        st.html(metric_row.rounds(standing, [each.is_read for each in game.played], len(game.requested)))
        if game.played:
            _show_last(game.played[-1], classes)
            st.html(gallery.grid(_tile(each, classes) for each in reversed(game.played)))
        else:
            st.html(RULES)
        if problem := st.session_state.pop("game-refused", ""):
            st.warning(plain(problem), icon=":material/save:")


def _standing(game: Game) -> str:
    """The visitor's score so far; empty before the first round is over."""
    parts = [f"You: {game.points} of {len(game.played)} read"] if game.played else []
    if game.streak > 1:
        parts.append(f"{game.streak} in a row")
    if (best := st.session_state.get(BEST)) is not None:
        parts.append(f"best game: {best}")
    return "".join(f" · {part}" for part in parts)


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
    confidence = formatting.fraction(last.confidence)
    if last.is_read:
        st.success(f"Recognised as {prediction}, {confidence}.", icon=":material/check_circle:")
    elif last.is_lucky:
        st.info(
            f"A lucky guess: {prediction}, but with a confidence of {confidence}. No point.", icon=":material/casino:"
        )
    else:
        st.warning(
            f"Recognised as {prediction} ({confidence}) instead of “{plain(classes[last.requested])}”.",
            icon=":material/close:",
        )


def _show_score(card: ModelCard, game: Game) -> None:
    best = st.session_state[BEST] = max(game.points, st.session_state.get(BEST, 0))
    lucky = sum(each.is_lucky for each in game.played)
    collection = drawings.collection()
    points, rounds = game.points, len(game.played)
    if points == rounds:
        said = metric_row.outcome(f"All {rounds} of {rounds}", PERFECT, is_won=True)
    else:
        said = metric_row.outcome(f"The model read {points} of your {rounds} drawings", is_won=points >= GREAT * rounds)
    with st.container(key="game-over"):
        st.html(said)
    st.html(
        metric_row.rounds(
            "Your ten drawings" if points == rounds else _remark(points / rounds),
            [each.is_read for each in game.played],
            len(game.played),
            is_playing=False,
        )
    )
    metric_row.show(
        [
            Number("You", f"{game.points} of {len(game.played)}", f"lucky guesses: {lucky}" if lucky else ""),
            Number("Best game", f"{best} of {len(game.played)}"),
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


def _remark(fraction: float) -> str:
    """A sentence on the score."""
    if fraction >= GREAT:
        return "It reads your handwriting well. Can you get all ten?"
    if fraction >= GREAT / 2:
        return "It reads most of what it knows. Your misread drawings below could teach it more."
    return "Your style is new to it. Train a model on your drawings, and it will learn it."


def _restart() -> None:
    st.session_state.pop(KEY, None)


def _tile(each: Round, classes: Sequence[str]) -> gallery.Tile:
    requested, predicted = classes[each.requested], classes[each.predicted]
    lines = (
        f"{'✓' if each.is_read else '?' if each.is_lucky else '✕'} {predicted}",
        f"to draw: {requested}",
        formatting.fraction(each.confidence),
    )
    return gallery.Tile(each.pixels, f"Your drawing of {requested}, recognised as {predicted}", lines)
