"""The same question to several models, side by side: what each says, and where they disagree."""

import html
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from imgcls import runs
from imgcls.errors import UserError
from imgcls.images.loading import Prepared
from imgcls.inference.rejection import multiple_digits
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.cache import predictions as cached
from imgcls.ui.components.probability_bars import Rejection
from imgcls.ui.explain import neighbours
from imgcls.ui.widgets import multilabel_bars, threshold

MOST = 4
KEY = "others"
STYLE = """<style>
.models{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:10px;margin-top:.3rem}
.models>div{border:1px solid rgba(128,128,128,.35);border-radius:8px;padding:.6rem .8rem;min-width:0}
.models>div.apart{border-color:#E69F00;border-left-width:5px}
.models b{display:block;font-size:1.7rem;line-height:1.2;min-height:1.2em;overflow-wrap:anywhere}
.models small{display:block;opacity:.8;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;font-size:.8125rem}
.models small.name{white-space:normal;overflow-wrap:anywhere}
.agree{margin:.8rem 0 0;font-weight:600;min-height:1.5em}
</style>"""


def choose(run: Run) -> None:
    """The choice of up to three more models; it stands in the URL."""
    ready = [other for other in runs.everything() if other.is_ready and other.id != run.id]
    names = _names(ready)
    if not names:
        return
    st.multiselect(
        "Ask others, too",
        list(names),
        format_func=lambda run_id: names.get(run_id, run_id),
        max_selections=MOST - 1,
        key=KEY,
        bind="query-params",
        placeholder="Up to three more models",
        help="The same picture goes to each of them, prepared as that model learnt it.",
    )


def _names(some: Sequence[Run]) -> dict[str, str]:
    """The names of runs by their ids; two may be called alike, which their ids tell apart then."""
    labels = Counter(run.label for run in some)
    return {run.id: run.label if labels[run.label] == 1 else f"{run.label} · {run.id}" for run in some}


def others() -> list[str]:
    """The ids of the models that are asked, too; one may have been deleted since it was chosen."""
    return st.session_state.get(KEY) or []


def show(
    run: Run,
    found: np.ndarray | None,
    card: ModelCard,
    more: list[str],
    prepared: Prepared | None,
    prepare: Callable[[ModelCard], Prepared] | None,
    rejection: Rejection | None = None,
    is_whole: bool = True,
) -> None:
    """One card for each model, and a sentence on whether they agree; `found` is what the first one said.

    `more` are the ids of the others. Where the first answer is in `doubt`, neither it nor the sentence is said. The
    others have doubts of their own, but not while the picture is not `is_whole`: what is half drawn is new to any
    model. Models whose pictures may have several labels agree where they find the same set of them.
    """
    names = _names([run, *(runs.find(run_id) for run_id in more if runs.exists(run_id))])
    cards = [_card(names[run.id], None if rejection else found, card, rejection.title if rejection else "")]
    knows = [True]
    for run_id in more:
        label, answer, theirs, problem = run_id, None, card, ""
        try:
            other = runs.find(run_id)
            label, theirs = names.get(run_id, other.label), other.card
            if prepared is not None:
                image = _fit(prepared, card, theirs, prepare)
                answer = cached.predictions(other, theirs, image.pixels[None])[0]
                if rejected := _theirs(rejection, other, theirs, image, is_whole):
                    answer, problem = None, rejected.title
        except UserError as error:
            problem = str(error) if runs.exists(run_id) else "It was deleted."
        unlike = _unlike(card, theirs)
        knows.append(not unlike)
        cards.append(_card(label, answer, theirs, problem or unlike))
    said = [name for (name, _), same in zip(cards, knows, strict=True) if name and same]
    most = _most(said)
    drawn = "".join(
        text.format("apart" if most and name and same and name != most else "")
        for (name, text), same in zip(cards, knows, strict=True)
    )
    sentence = "" if rejection else _sentence(said)
    st.html(f'{STYLE}<div class="agree" role="status">{sentence}</div><div class="models">{drawn}</div>')


def _theirs(
    rejection: Rejection | None, other: Run, theirs: ModelCard, image: Prepared, is_whole: bool
) -> Rejection | None:
    """The doubt in the answer of another model: what is not one digit is so for all models of digits."""
    if rejection is not None and rejection.for_digits and multiple_digits.hold_for(theirs):
        return rejection
    if not is_whole or theirs.is_multilabel:  # of labels that do not compete none is the answer
        return None
    return neighbours.rejection_of(other, image.pixels)


def _fit(
    prepared: Prepared, card: ModelCard, other: ModelCard, prepare: Callable[[ModelCard], Prepared] | None
) -> Prepared:
    if (card.shape, card.is_ink, card.fit) == (other.shape, other.is_ink, other.fit):
        return prepared
    if prepare is None:
        raise UserError("It takes pictures of another kind.")
    return prepare(other)


def _unlike(card: ModelCard, theirs: ModelCard) -> str:
    """Why the answers of two models cannot be compared; empty where they can."""
    if theirs.classes != card.classes:
        return "It knows other classes."
    if theirs.is_multilabel != card.is_multilabel:
        return "It finds several labels in a picture." if theirs.is_multilabel else "It gives one class a picture."
    return ""


def _card(label: str, found: np.ndarray | None, card: ModelCard, problem: str) -> tuple[str, str]:
    """The answer of a model, and its card as HTML with a place for its class or its labels."""
    name, below, note = "", html.escape(problem), ""
    if found is not None:
        classes = card.classes
        best, second = np.argsort(-found)[:2].tolist() if len(found) > 1 else (0, 0)
        name, note = classes[best], html.escape(problem)
        below = f"{found[best]:.1%} · then {html.escape(classes[second])} {found[second]:.1%}"
        if card.is_multilabel:  # in the order of the classes, so that equal sets are equal
            on = sorted(multilabel_bars.labels_on(found, threshold.chosen(card)).tolist())
            name = ", ".join(classes[i] for i in on) or multilabel_bars.NONE
            below = f"{html.escape(classes[best])} {below}"
    text = (
        f'<b>{html.escape(name) or "–"}</b><small title="{below}">{below or "waits"}</small>'
        f'<small class="name">{html.escape(label)}</small><small>{note}</small></div>'
    )
    return name, '<div class="{}">' + text.replace("{", "{{").replace("}", "}}")


def _most(said: list[str]) -> str:
    """The answer that more models give than any other; empty where there is none, or where it is one model's alone."""
    first, *second = Counter(said).most_common(2) or [("", 0)]
    is_alone = first[1] < 2 or (second and second[0][1] == first[1])
    return "" if is_alone else first[0]


def _sentence(said: list[str]) -> str:
    if len(said) < 2:
        return ""
    counts = Counter(said)
    if len(counts) == 1:
        return "Both models agree." if len(said) == 2 else f"All {len(said)} models agree."
    if len(counts) == len(said):
        return f"{len(said)} models, {len(said)} answers: no two agree."
    if most := _most(said):
        return f"{counts[most]} of {len(said)} models say {html.escape(most)}."
    return "No majority: " + ", ".join(f"{count} say {html.escape(name)}" for name, count in counts.items()) + "."
