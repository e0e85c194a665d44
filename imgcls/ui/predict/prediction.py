"""The answer to one picture: what the model says, and the exact pixels that it was given."""

import html
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from imgcls.images import loading
from imgcls.images.loading import Prepared
from imgcls.inference.rejection import multiple_digits
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.cache import predictions as cached
from imgcls.ui.components import probability_bars
from imgcls.ui.components.probability_bars import Rejection, Seen
from imgcls.ui.explain import heat_maps, input_quality, neighbours
from imgcls.ui.predict import compare_models
from imgcls.ui.widgets import gallery, multilabel_bars


def show(
    run: Run,
    card: ModelCard,
    prepared: Prepared | None,
    *,
    todo: str = "",
    rejection: Rejection | type[Rejection] | None = Rejection,
    predictions: dict[str, Any] | None = None,
    prepare: Callable[[ModelCard], Prepared] | None = None,
    raw: np.ndarray | None = None,
    is_whole: bool = True,
) -> np.ndarray | None:
    """The answer, the probabilities, and what the model saw; below it what other models say that were chosen.

    Gives the probabilities, float32 (classes,), or None where nothing is asked.
    `todo` says what to do where nothing is asked yet, `doubt` stands in the place of the answer; `prepare` makes the
    picture anew for a model with other card; `is_whole` is false while something is being drawn. Where no `doubt` is
    given or denied, the picture itself is looked at for one, and a section below has its doctor and the nearest
    training pictures; `raw` is what the doctor calls yours, the picture without the page's care, uint8 (height, width,
    1).
    """
    found = None if prepared is None else cached.predictions(run, card, prepared.pixels[None])[0]
    is_to_look = rejection is Rejection
    if prepared is None or card.is_multilabel:  # of labels that do not compete none is the answer
        rejection = None
    elif is_to_look:
        rejection = rejection_of(run, card, prepared.pixels)
    height, width, _ = card.shape
    pixels = np.zeros(card.shape, np.uint8) if prepared is None else prepared.pixels
    if prepared is None:  # the place is kept, so that nothing jumps when there is something to see
        alt, lines = "Nothing is asked yet", ("What the model sees stands here then.",)
    else:
        alt = f"The picture as the model gets it, {height} by {width} pixels, enlarged"
        lines = (f"What the model sees: {height} x {width} pixels, enlarged.", *prepared.notes)
    seen = Seen(gallery.data_url(pixels, is_cached=False), alt, lines)
    if card.is_multilabel:
        _labels(found, card, todo, seen)
    else:
        probability_bars.show(
            found, card.classes, key="answer", todo=todo, rejection=rejection, seen=seen, predictions=predictions
        )
    others = compare_models.others()
    if others:
        compare_models.show(run, found, card, others, prepared, prepare, rejection, is_whole)
    if is_to_look:
        _beside_training(run, card, prepared, raw, None if rejection else found)
        if not card.is_multilabel:  # whose labels do not compete, so none is spoken for against the others
            _why(run, card, prepared, None if rejection else found)
    return found


def _labels(found: np.ndarray | None, card: ModelCard, todo: str, seen: Seen) -> None:
    """The answer of a model whose pictures may have several labels."""
    answer, beside = st.columns([3, 2], gap="medium")
    with answer:
        multilabel_bars.show(found, card, todo)
    with beside:
        lines = "".join(f"<p>{html.escape(line)}</p>" for line in seen.lines)
        style = "width:196px;max-width:100%;image-rendering:pixelated;border-radius:6px"
        st.html(f'<img src="{seen.source}" style="{style}" alt="{html.escape(seen.alt)}">{lines}')


def rejection_of(run: Run, card: ModelCard, pixels: np.ndarray) -> Rejection | None:
    """What is said in the place of an answer to a picture that is not one digit, or nothing the model knows.

    Usually nothing.
    """
    return _several_digits(run, card, pixels) or neighbours.rejection_of(run, pixels)


def _several_digits(run: Run, card: ModelCard, pixels: np.ndarray) -> Rejection | None:
    """The doubt in an answer to a picture of several digits."""
    if not card.is_ink or not multiple_digits.hold_for(card):
        return None

    def ask(pieces: Sequence[np.ndarray]) -> np.ndarray:
        images = [loading.prepare_ink(piece, card.shape).pixels for piece in pieces]
        return cached.predictions(run, card, np.stack(images))

    return is_multilabel(multiple_digits.digits_in_image(pixels, ask, card.classes))


def _beside_training(
    run: Run, card: ModelCard, prepared: Prepared | None, raw: np.ndarray | None, found: np.ndarray | None
) -> None:
    """A closed section: figures and neighbours of the picture among the training pictures; what the model says to the
    photo as it is, beside what it said, `found`, to what the page made of it."""
    with st.expander(
        "Beside the training pictures", key="beside", icon=":material/compare:", on_change="rerun"
    ) as section:
        if not section.open:
            return
        if prepared is None:
            st.caption("It is filled once something is asked.")
            return
        if card.is_ink:
            seen = input_quality.examined(run, prepared, raw)
            below = ""
            if seen is not None and raw is not None and not card.is_multilabel:
                below = input_quality.before_and_after(run, card, raw, prepared.pixels, found, before="As it is")
            st.html("<h4>Doctor</h4>" + input_quality.report(seen, below))
        neighbours.show(run, neighbours.look(run, prepared.pixels), card.classes)


def _why(run: Run, card: ModelCard, prepared: Prepared | None, found: np.ndarray | None) -> None:
    """A closed section: where the picture spoke for the answer."""
    with st.expander("What spoke for it", key="why-photo", icon=":material/layers:", on_change="rerun") as section:
        if not section.open:
            return
        if prepared is None or found is None:
            st.caption("It is filled once something is asked." if prepared is None else "The answer is in doubt.")
            return
        best = int(found.argmax())
        st.html(heat_maps.shown(run, prepared.pixels, best, card.classes[best]))


def is_multilabel(seen: list[str]) -> Rejection | None:
    """The doubt of an answer to one picture in which these digits were seen; None for none."""
    if not seen:
        return None
    number = {2: "Two", 3: "Three", 4: "Four"}.get(len(seen), str(len(seen)))
    return Rejection(
        f"{number} digits: {', '.join(seen[:-1])} and {seen[-1]}",
        "This model answers for one alone. Ask about one at a time.",
        for_digits=True,
    )
