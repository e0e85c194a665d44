"""Parts of the section about one image: choosing it, its prediction, editing similar training images, tags."""

import html
from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls import datasets
from imgcls.errors import UserError
from imgcls.evaluation.metrics.percent import percent
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.inference.explain import neighbours
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.runs.annotations import tags
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions as cached
from imgcls.ui.components.figure_menu import framed
from imgcls.ui.data import editing
from imgcls.ui.evaluate.parts.selection import filters, selection_state
from imgcls.ui.evaluate.parts.selection.selection_state import Key, View
from imgcls.ui.widgets import gallery

NAME, CONTROL = "image", "image-number"
TOP = 5
MOST_LABELS = 12
SUGGESTED_TAGS = ("keep", "wrong label", "unclear")
STYLE = """<style>
.image-head{display:flex;flex-wrap:wrap;gap:8px 18px;align-items:center;margin-bottom:14px}
.image-head>div{flex:2 1 min-content;max-width:100%}
.image-head img{flex:1 1 110px;min-width:0;max-width:150px;image-rendering:pixelated;border-radius:8px}
.image-head .predicted{font-size:clamp(1.25rem,5vw,1.9rem);font-weight:700;line-height:1.15;overflow-wrap:break-word}
.image-head .true{margin-top:.15rem;overflow-wrap:anywhere}
.top{display:grid;grid-template-columns:minmax(3rem,max-content) 1fr 4rem;gap:5px 9px;align-items:center;
font-size:.9rem;font-variant-numeric:tabular-nums}
.top span{max-width:9rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.top i{display:block;height:12px;border-radius:4px;background:rgba(128,128,128,.16)}
.top i u{display:block;height:100%;border-radius:4px;background:rgba(128,128,128,.6)}
.top i u.best{background:var(--accent)}.top em{font-style:normal;text-align:right}
</style>"""


# ---- choosing the image


def choose(run: Run, predictions: Predictions | Decisions) -> int:
    """The image in the URL, by default the worst error; with controls to go to another one.

    With filters, the worst image and those to go to are among the ones that they keep.
    """
    count = len(predictions.labels)
    order, note = worst(selection_state.key_of(run)), _("Goes through the errors, worst first.")
    before, after = _("Previous error"), _("Next error")
    view = selection_state.current(run)
    if filters.descriptions(view):
        matching = _matching(view)
        if not len(matching):
            st.info(_("No stored image matches the filters, so they are not applied here."), icon=":material/image:")
        else:
            order, note = matching, _("Goes through the images that match the filters, the worst first.")
            if predictions.is_right[order].any():
                before, after = _("Previous image"), _("Next image")
    requested = st.query_params.get(NAME, "")
    exists = requested.isascii() and requested.isdigit() and len(requested) < 10 and int(requested) < count
    if requested and not exists:
        st.warning(
            f"There is no test image “{plain(requested[:20])}”: this run has images 0 to {count - 1:,}. Showing the "
            "worst error instead.",
            icon=":material/search_off:",
        )
    index = int(requested) if exists else int(order[0])
    found = np.flatnonzero(order == index)
    position = int(found[0]) if len(found) else -1

    def go(to: int) -> None:
        st.query_params[NAME] = str(int(to))

    selection_state.set_control(CONTROL, index)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            _("Test image"),
            0,
            count - 1,
            key=CONTROL,
            width=150,
            on_change=lambda: go(st.session_state[CONTROL]),
            help=_("Its number in the test set. Images in the other sections link here."),
        )
        st.button(
            before,
            icon=":material/arrow_back:",
            key="image-before",
            disabled=position <= 0,
            on_click=go,
            args=(order[max(position - 1, 0)],),
        )
        st.button(
            after,
            icon=":material/arrow_forward:",
            key="image-next",
            disabled=position == len(order) - 1,
            on_click=go,
            args=(order[min(position + 1, len(order) - 1)],),
            help=note,
        )
    return index


def _matching(view: View) -> np.ndarray:
    """The indices of the images that are stored with the run and match the filters, worst first."""
    order = view.predictions.worst_first
    indices = view.predictions.indices[order[view.shown[order]]]
    return indices[view.predictions.row_of[indices] >= 0]


@lru_cache(8)
def worst(key: Key) -> np.ndarray:
    """Incorrectly predicted images that are stored with the run, worst first; all stored ones if there are none."""
    predictions = selection_state.predictions_of(key)
    order = predictions.worst_first
    has_image = predictions.row_of[order] >= 0
    for choice in (order[has_image & ~predictions.is_right[order]], order[has_image]):
        if len(choice):
            return choice
    return order


# ---- the prediction


def head(run: Run, index: int, pixels: np.ndarray) -> None:
    """The image with its most likely classes, or its labels."""
    st.header("Prediction", anchor=False)
    st.html(_head(selection_state.key_of(run), index, pixels.tobytes(), pixels.shape))


@lru_cache(64)
def _head(key: Key, index: int, content: bytes, shape: tuple) -> str:
    predictions = selection_state.predictions_of(key)
    if isinstance(predictions, Decisions):
        title, verdict, rows, alt = _multilabel_head(predictions, index)
    else:
        title, verdict, rows, alt = _single_head(predictions, index)
    if file := predictions.file_name(index):
        verdict += f'<br><small class="file">{html.escape(file)}</small>'
        alt += f", file {file}"
    pixels = np.frombuffer(content, np.uint8).reshape(shape)
    source = gallery.data_url(pixels, min_side=196)
    figure = (
        f'<div class="image-head"><img src="{source}" alt="{html.escape(f"Test image {index}: {alt}")}"><div>'
        f'<div class="predicted">{html.escape(title)}</div><div class="true">{verdict}</div></div></div>'
        f'<div class="top">{"".join(rows)}</div>'
    )
    return STYLE + framed(figure, "prediction")


def _single_head(predictions: Predictions, index: int) -> tuple[str, str, list[str], str]:
    names, probabilities, true = predictions.names, predictions.probabilities[index], int(predictions.labels[index])
    order = np.argsort(-probabilities, kind="stable")
    best, rank = int(order[0]), int(np.flatnonzero(order == true)[0])
    verdict = "✓ correct" if best == true else f"✕ incorrect, true class: {html.escape(names[true])}"
    if rank >= TOP:
        verdict += f' <span style="opacity:.75">(rank {rank + 1} of {len(names)})</span>'
    shown = [*order[:TOP], *([true] if rank >= TOP else [])]
    rows = [
        _bar(names[one], "", float(probabilities[one]), one == best, " (true)" if one == true else "") for one in shown
    ]
    return names[best], verdict, rows, f"true class {names[true]}, predicted {names[best]}"


def _multilabel_head(decisions: Decisions, index: int) -> tuple[str, str, list[str], str]:
    names, probabilities = decisions.names, decisions.probabilities[index]
    predicted, true = decisions.predicted[index], decisions.labels[index]
    order = np.argsort(-probabilities, kind="stable")
    title = ", ".join(names[one] for one in order if predicted[one]) or "No label"
    true_names = ", ".join(names[one] for one in np.flatnonzero(true)) or "no label"
    verdict = "✓ all labels correct" if decisions.is_right[index] else f"✕ true labels: {html.escape(true_names)}"
    shown = [one for place, one in enumerate(order) if place < MOST_LABELS or true[one]]
    signs = {(True, True): "✓ ", (False, True): "− ", (True, False): "+ ", (False, False): ""}
    rows = [
        _bar(names[one], signs[bool(predicted[one]), bool(true[one])], float(probabilities[one]), bool(predicted[one]))
        for one in shown
    ]
    return title, verdict, rows, f"true labels {true_names}, predicted {title}"


def _bar(name: str, sign: str, probability: float, is_best: bool, note: str = "") -> str:
    name, mark = html.escape(name), ' class="best"' if is_best else ""
    return (
        f'<span title="{name}">{sign}{name}{note}</span><i><u{mark} style="width:{100 * probability:.1f}%"></u></i>'
        f"<em>{percent(probability)}</em>"
    )


# ---- similar training images


def edit_training_images(run: Run, rows: tuple[int, ...]) -> None:
    """Exclude or relabel the similar training images, if the dataset is available and unchanged."""
    with st.expander(
        "Does a training image have a wrong label?", key="similar-change", icon=":material/label:", on_change="rerun"
    ) as section:
        if not section.open:
            return
        with errors.shown():
            dataset = cached.dataset(run.card.data)
            known = neighbours.training_features(run)
            first = int(known.rows[0])
            is_same = first < len(dataset.x_train) and np.array_equal(known.labels[0], dataset.y_train[first])
            if not is_same or max(rows) >= len(dataset.y_train):
                st.info("The dataset has changed since this run was trained.", icon=":material/info:")
                return
            editing.images(dataset, datasets.edits_of(dataset), [[row] for row in rows], "similar")
            st.caption("Edits are stored separately and apply to the next run; every edit can be undone.")


# ---- tags


def tagging(run: Run, index: int) -> None:
    """The image's tags, and controls to change them."""
    st.header("Tags", anchor=False)
    present = tags.of_image(run, index)
    choices = list(dict.fromkeys([*SUGGESTED_TAGS, *tags.read(run)]))
    key = f"tags-{run.id}-{index}"

    def follow() -> None:
        wanted = set(st.session_state.get(key) or ())
        _change(run, index, wanted ^ set(present), wanted)

    def add() -> None:
        new = tags.cleaned(st.session_state.get("tag-new", ""))
        st.session_state["tag-new"] = ""
        if new:
            _change(run, index, {new}, {new})

    selection_state.set_control(key, list(present))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.pills(
            "Tags of this image",
            choices,
            selection_mode="multi",
            key=key,
            format_func=plain,
            on_change=follow,
            label_visibility="collapsed",
            width="content",
        )
        st.text_input(
            "New tag",
            key="tag-new",
            max_chars=tags.LENGTH,
            placeholder="New tag",
            on_change=add,
            label_visibility="collapsed",
            width=180,
        )
    if error := st.session_state.pop("tag-error", ""):
        st.error(plain(error), icon=":material/error:")
    st.caption(
        "Test images cannot be edited, so that scores stay comparable. Tag mislabelled ones with “wrong label” and "
        "filter by the tag."
    )


def _change(run: Run, index: int, changed: set[str], wanted: set[str]) -> None:
    try:
        for tag in changed:
            tags.change(run, tag, [index], given=tag in wanted)
    except UserError as error:
        st.session_state["tag-error"] = str(error)
