"""The answer to one input: the prediction with its probabilities, the exact model input, and explanations below."""

import html
from typing import Any

import streamlit as st

from imgcls import languages
from imgcls.inference import Answer, confidence_ceiling
from imgcls.inference.preparing import Source, without_normalisation
from imgcls.inference.rejection import multiple_digits
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.components import probability_bars
from imgcls.ui.components.probability_bars import ModelInput
from imgcls.ui.data.search import results as search_results
from imgcls.ui.explain import heat_maps, input_quality, neighbours
from imgcls.ui.predict import compare_models
from imgcls.ui.widgets import gallery
from imgcls.ui.widgets.figures import multilabel_bars

NO_INPUT = N_("Draw or upload an image first.")
REJECTED = N_("No explanation: the prediction was rejected.")
INPUT = "width:196px;max-width:100%;aspect-ratio:1;object-fit:contain;image-rendering:pixelated;border-radius:6px"
INPUT_TEXT = "margin:.5rem 0 0;color:var(--muted);font-size:var(--small);line-height:1.45"
"""Styles of the model input beside a multi-label answer, as in probability_bars.css, and of a note below it."""


def show(
    run: Run,
    card: ModelCard,
    answer: Answer | None,
    *,
    source: Source | None = None,
    todo: str = "",
    acknowledge: dict[str, Any] | None = None,
    is_complete: bool = True,
) -> None:
    """The answers of the models that were chosen for comparison, if any; the prediction or the reason for its
    rejection, the probabilities, and the model input.

    `todo` says what to do while there is no answer yet. `source` is the input, for the other models; `is_complete` is
    false while it is being drawn. `acknowledge` is sent back to the canvas or camera once the answer is visible.
    """
    if compare_models.chosen():  # what was asked for is in view, also on a low screen
        compare_models.show(run, card, answer, source, is_complete=is_complete)
    height, width = card.shape[:2]
    if answer is None:  # the space is reserved, so that nothing jumps when the answer comes
        model_input = ModelInput(
            "",
            _("No input yet"),
            (_("What the model sees appears here."),),  # a lesson asks how many numbers that is
        )
    else:
        alt = _("The model's input, {height} by {width} pixels, enlarged").format(height=height, width=width)
        line = _("Model input: {height}×{width} pixels, enlarged.").format(height=height, width=width)
        lines = (line, *map(_, answer.notes))
        model_input = ModelInput(gallery.data_url(answer.pixels, is_cached=False), alt, lines, card.shape[-1])
    if card.is_multilabel:
        _show_labels(answer, card, todo, model_input)
    else:
        probability_bars.show(
            None if answer is None else answer.probabilities,
            card.classes,
            key="answer",
            todo=todo,
            rejection=answer.rejection if answer else None,
            model_input=model_input,
            acknowledge=acknowledge,
        )
        _explain_ceiling(run, card)


def _explain_ceiling(run: Run, card: ModelCard) -> None:
    """One sentence, folded, if the training kept the confidence below 100%."""
    smoothing = confidence_ceiling.label_smoothing(run)
    if smoothing:
        target = confidence_ceiling.ceiling(smoothing, len(card.classes))
        text = _(
            "This model was trained to aim at {target}, so that it is never too sure. The method is label smoothing, "
            "here of {smoothing}: the target for the true class is {target} instead of 100%."
        ).format(smoothing=f"{smoothing:g}", target=languages.percent(target))
        text = f"{text} {_where_the_rest_goes(1 - target, card)}"
        summary = html.escape(_("Why not 100%?"))
        st.html(f'<details style="{INPUT_TEXT}"><summary>{summary}</summary>{html.escape(text)}</details>')


def _where_the_rest_goes(rest: float, card: ModelCard) -> str:
    """What the training aims at for the classes that an image does not have."""
    number = len(card.classes) - 1
    if number == 1:
        return _("The other {rest} goes to the other class.").format(rest=languages.percent(rest))
    text = _("The other {rest} is spread over the {number} other classes, {share} each.")
    if multiple_digits.applies_to(card):
        text = _("The other {rest} is spread over the {number} other digits, {share} each.")
    share = rest / number
    digits = 1 if share >= 0.001 else 3
    return text.format(rest=languages.percent(rest), number=number, share=languages.percent(share, digits))


def show_explanations(run: Run, card: ModelCard, answer: Answer | None, source: Source | None) -> None:
    """Closed sections below an answer: the input beside the training images, and heat maps."""
    _show_training_comparison(run, card, answer, source)
    search_results.show_section(card.data, None if answer is None else answer.pixels, "predict")
    if not card.is_multilabel:  # a heat map is evidence for one class against the others; labels do not compete
        _show_heat_maps(run, card, answer)


def _show_labels(answer: Answer | None, card: ModelCard, todo: str, model_input: ModelInput) -> None:
    """The answer of a multi-label model."""
    left, right = st.columns([3, 2], gap="medium")
    with left:
        multilabel_bars.show(None if answer is None else answer.probabilities, card, todo)
    with right:
        lines = "".join(f'<p style="{INPUT_TEXT}">{html.escape(line)}</p>' for line in model_input.lines)
        image = f'<img src="{model_input.source}" style="{INPUT}" alt="{html.escape(model_input.alt)}">'
        room = f'<div style="{INPUT};box-sizing:border-box;border:2px dashed var(--line)"></div>'
        st.html(f"{image if model_input.source else room}{lines}")


def _show_training_comparison(run: Run, card: ModelCard, answer: Answer | None, source: Source | None) -> None:
    with st.expander(
        _("Compare with the training images"), key="beside", icon=":material/compare:", on_change="rerun"
    ) as section:
        if not section.open:
            return
        if answer is None:
            st.caption(_(NO_INPUT))
            return
        if card.is_ink:
            raw = None if source is None else without_normalisation(source, card)
            checked = input_quality.check(run, answer.pixels, raw)
            below = ""
            if checked is not None and raw is not None and not card.is_multilabel:
                below = input_quality.before_and_after(run, card, raw, answer, before=_("Original"))
            st.html("<h2>" + _("Input check") + "</h2>" + input_quality.report(checked, below))
        neighbours.show(run, answer.familiarity, card.classes)


def _show_heat_maps(run: Run, card: ModelCard, answer: Answer | None) -> None:
    with st.expander(
        _("Why this prediction?"), key="why-photo", icon=":material/layers:", on_change="rerun"
    ) as section:
        if not section.open:
            return
        if answer is None or answer.rejection is not None:
            st.caption(_(NO_INPUT if answer is None else REJECTED))
            return
        st.html(heat_maps.render(run, answer.pixels, answer.index, card.classes[answer.index]))
