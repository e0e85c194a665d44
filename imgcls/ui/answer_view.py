"""The answer to one picture: what the model says, and the exact pixels that it was given."""

from collections.abc import Callable
from typing import Any

import numpy as np

from imgcls.images import Prepared
from imgcls.runs import Run
from imgcls.ui import bars, gallery, models_view, stored
from imgcls.ui.bars import Doubt, Seen


def show(
    run: Run,
    facts: dict,
    prepared: Prepared | None,
    *,
    todo: str = "",
    doubt: Doubt | None = None,
    answers: dict[str, Any] | None = None,
    prepare: Callable[[dict], Prepared] | None = None,
) -> np.ndarray | None:
    """The answer, the probabilities, and what the model saw; below it what other models say that were chosen.

    Gives the probabilities, float32 (classes,), or None where nothing is asked.
    `todo` says what to do where nothing is asked yet, `doubt` stands in the place of the answer; `prepare` makes the
    picture anew for a model with other facts.
    """
    found = None if prepared is None else stored.answers(run, facts, prepared.pixels[None])[0]
    height, width, _ = facts["shape"]
    pixels = np.zeros(facts["shape"], np.uint8) if prepared is None else prepared.pixels
    what = "Nothing is asked yet" if prepared is None else "The picture as the model gets it"
    seen = Seen(
        gallery.data_url(pixels),
        f"{what}, {height} by {width} pixels, enlarged",
        (f"What the model sees: {height} x {width} pixels, enlarged.", *(prepared.notes if prepared else ())),
    )
    bars.show(found, facts["classes"], key="answer", todo=todo, doubt=doubt, seen=seen, answers=answers)
    others = models_view.others()
    if others:
        models_view.show(run, found, facts, others, prepared, prepare)
    return found


def several(seen: list[int], facts: dict) -> Doubt | None:
    """The doubt of an answer to one picture in which these classes stand beside each other; None for none."""
    if not seen:
        return None
    names = [facts["classes"][index] for index in seen]
    number = {2: "Two", 3: "Three", 4: "Four"}.get(len(seen), str(len(seen)))
    return Doubt(
        f"{number} beside each other: {', '.join(names[:-1])} and {names[-1]}",
        "This model answers for one alone. Ask about one at a time.",
    )
