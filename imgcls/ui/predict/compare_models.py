"""The same input for several models side by side: what each predicts, and where they disagree."""

import html
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import streamlit as st

from imgcls import inference, languages, runs
from imgcls.errors import UserError
from imgcls.images.loading import Prepared
from imgcls.inference import Answer
from imgcls.inference.answering import predicted_labels
from imgcls.inference.preparing import Source
from imgcls.inference.rejection import Rejection, multiple_digits
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs import Run, trials
from imgcls.runs.results import ModelCard
from imgcls.ui.widgets import run_select, threshold
from imgcls.ui.widgets.figures import multilabel_bars

MOST = 4
KEY = "others"
NO_DIGITS = N_("It knows no digits.")
STYLE = """<style>
.models{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:8px;margin:.3rem 0 .6rem}
.models>div{border:1px solid rgba(128,128,128,.35);border-radius:8px;padding:.4rem .6rem;min-width:0}
.models>div.apart{border-color:#E69F00;border-left-width:5px}
.models>div.other{border-style:dashed}
.models b{display:block;font-size:1.5rem;line-height:1.2;min-height:1.2em;overflow-wrap:anywhere}
.models>.other b{font-size:1.1rem;line-height:1.64;font-weight:500}
.models small{display:block;color:var(--muted);overflow-wrap:anywhere;font-size:.8125rem;line-height:1.35}
.agree{font-weight:600;min-height:1.5em}
</style>"""


@dataclass(frozen=True)
class ModelResult:
    """What one model predicts, as text; `name` is empty without a prediction. `is_comparable`: it has the same classes
    as the first model, so the predictions can be compared."""

    label: str
    name: str = ""
    details: str = ""
    note: str = ""
    is_comparable: bool = True

    @property
    def vote(self) -> str:
        """The prediction as far as it counts when the models are compared."""
        return self.name if self.is_comparable else ""


def choose(run: Run) -> None:
    """The choice of up to three more models, remembered in the URL. Those with the same classes come first, as only
    their predictions can be compared; of those, trials of studies come last."""
    ready = list(run_select.offered(lambda other: other.is_ready and other.id != run.id, *chosen()).values())
    ours = _classes(run, run.stamp("model.json"))
    ready.sort(key=lambda other: (_classes(other, other.stamp("model.json")) != ours, trials.exists(other)))
    labels = _labels(ready)
    if not labels:
        return
    st.multiselect(
        _("Compare models"),
        list(labels),
        format_func=lambda run_id: labels.get(run_id, run_id),
        max_selections=MOST - 1,
        key=KEY,
        bind="query-params",
        placeholder=_("Compare models"),
        label_visibility="collapsed",
    )


def chosen() -> list[str]:
    """The ids of the models to compare with; one of them may have been deleted since."""
    return st.session_state.get(KEY) or []


def show(run: Run, card: ModelCard, answer: Answer | None, source: Source | None, *, is_complete: bool = True) -> None:
    """One card for each model, and a sentence about whether those with the same classes agree.

    `answer` is that of the first model to `source`. If it was rejected, only the cards of the others have predictions.
    Multi-label models agree if they predict the same set of labels.
    """
    ids = chosen()
    labels = _labels([run, *(runs.find(run_id) for run_id in ids if runs.exists(run_id))])
    results = [_result(labels[run.id], answer, card, answer.rejection if answer else None)]
    others = [_other(run_id, labels, card, answer, source, is_complete) for run_id in ids]
    results += sorted(others, key=lambda result: not result.is_comparable)
    most = _majority([result.vote for result in results if result.vote])
    cards = "".join(_card(result, is_apart=bool(most and result.vote and result.vote != most)) for result in results)
    is_rejected = answer is not None and answer.rejection is not None
    sentence = "" if is_rejected or answer is None else _summary(results)
    st.html(f'{STYLE}<div class="agree" role="status">{sentence}</div><div class="models">{cards}</div>')


@lru_cache(2 * run_select.MOST)
def _classes(run: Run, stamp: tuple) -> tuple[str, ...]:
    """The classes of a model; none if it is damaged. `stamp` is that of its description."""
    try:
        return tuple(run.card.classes)
    except UserError:
        return ()


def _labels(some: Sequence[Run]) -> dict[str, str]:
    """The names of runs by their ids; ids are added to names that occur twice."""
    names = {run.id: run_select.owned(run, run.label) for run in some}
    counts = Counter(names.values())
    return {run_id: name if counts[name] == 1 else f"{name} · {run_id}" for run_id, name in names.items()}


def _other(
    run_id: str,
    labels: dict[str, str],
    card: ModelCard,
    answer: Answer | None,
    source: Source | None,
    is_complete: bool,
) -> ModelResult:
    """The result of another model for the same input."""
    if not runs.exists(run_id):
        return ModelResult(run_id, details=_("It was deleted."))
    label = labels.get(run_id, run_id)
    try:
        other = runs.find(run_id)
        its_card = other.card
        if source is None or answer is None:
            return _result(label, None, its_card, None, _difference(card, its_card))
        is_like = (card.shape, card.is_ink, card.fit) == (its_card.shape, its_card.is_ink, its_card.fit)
        if isinstance(source, Prepared) and not is_like:
            return ModelResult(label, details=_("It expects a different kind of image."), is_comparable=False)
        its_answer = inference.answer(other, source, card=its_card, is_complete=is_complete)
        rejection = its_answer.rejection
        if answer.rejection is not None and answer.rejection.for_digits and multiple_digits.applies_to(its_card):
            rejection = answer.rejection  # what is not a single digit cannot be classified by any digit model
        return _result(label, its_answer, its_card, rejection, _difference(card, its_card))
    except UserError as error:
        return ModelResult(label, details=str(error) if runs.exists(run_id) else _("It was deleted."))


def _difference(card: ModelCard, its_card: ModelCard) -> str:
    """Why the predictions of two models cannot be compared; empty if they can."""
    if its_card.classes != card.classes:
        knows_none = multiple_digits.applies_to(card) and not set(card.classes) & set(its_card.classes)
        return _(NO_DIGITS) if knows_none else _("It has different classes.")
    if its_card.is_multilabel != card.is_multilabel:
        return _("It is a multi-label model.") if its_card.is_multilabel else _("It is a single-label model.")
    return ""


def _result(
    label: str, answer: Answer | None, card: ModelCard, rejection: Rejection | None, difference: str = ""
) -> ModelResult:
    if rejection is not None:
        return ModelResult(label, details=rejection.title, note=difference, is_comparable=not difference)
    if answer is None:
        return ModelResult(label, details=difference or _("Waiting …"), is_comparable=not difference)
    classes, p = card.classes, answer.probabilities
    best, second = (-p).argsort()[:2].tolist()
    then = _("then {name} {percent}").format(name=classes[second], percent=languages.percent(p[second]))
    details = f"{languages.percent(p[best])} · {then}"
    name = classes[best]
    if card.is_multilabel:
        on = predicted_labels(p, card, threshold.chosen(card))
        name = ", ".join(sorted(on, key=classes.index)) or multilabel_bars.NO_LABEL
        details = f"{classes[best]} {details}"
    return ModelResult(label, name, details, difference, not difference)


def _card(result: ModelResult, is_apart: bool) -> str:
    kind = "apart" if is_apart else "" if result.is_comparable else "other"
    lines = "".join(f"<small>{html.escape(line)}</small>" for line in (result.details, result.label, result.note))
    return f'<div class="{kind}"><b>{html.escape(result.name) or "–"}</b>{lines}</div>'


def _majority(votes: list[str]) -> str:
    """The prediction that more models give than any other; empty if there is none, or if only one model gives it."""
    first, *second = Counter(votes).most_common(2) or [("", 0)]
    is_alone = first[1] < 2 or (second and second[0][1] == first[1])
    return "" if is_alone else first[0]


def _summary(results: Sequence[ModelResult]) -> str:
    """A sentence about the models that can be compared, and one about the others."""
    votes = [result.vote for result in results if result.vote]
    others = [result for result in results if not result.is_comparable]
    if not others:
        return _sentence(votes)
    if len(votes) < 2:
        return _("No other model has the same classes, so there is nothing to compare.")
    if all(result.note == _(NO_DIGITS) for result in others):
        return _sentence(votes, are_digits=True) + " " + _("The others know no digits.")
    return _sentence(votes) + " " + _("The others cannot be compared with them.")


def _sentence(votes: list[str], *, are_digits: bool = False) -> str:
    """Whether the predictions agree, as HTML; `are_digits` names the models after what they know."""
    if len(votes) < 2:
        return ""
    counts, number = Counter(votes), len(votes)
    if len(counts) == 1:
        text = _("Both models agree: {name}.") if number == 2 else _("All {count} models agree: {name}.")
        if are_digits:
            text = _("The {count} digit models agree: {name}.")
        return text.format(count=number, name=html.escape(votes[0]))
    if len(counts) == number:
        return _("{count} models, {count} predictions: no two agree.").format(count=number)
    if most := _majority(votes):
        text = _("{some} of {count} models predict {name}.")
        return text.format(some=counts[most], count=number, name=html.escape(most))
    part = _("{count} predict {name}")
    parts = ", ".join(part.format(count=count, name=html.escape(name)) for name, count in counts.items())
    return _("No majority: {parts}.").format(parts=parts)
