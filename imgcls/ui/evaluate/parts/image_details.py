"""Parts of a picture's own view: which one it is, the answer to it, how it was learnt, and what a person says of it."""

import html
from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls import datasets
from imgcls.errors import UserError
from imgcls.evaluation.predictions import Predictions
from imgcls.inference.explain import neighbours
from imgcls.runs import Run, tags
from imgcls.ui.app import errors
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.data import editing
from imgcls.ui.widgets import gallery

TOP = 5
READY_TAGS = ("keep", "wrong label", "unclear")
STYLE = """<style>
.asked{display:grid;grid-template-columns:minmax(90px,150px) 1fr;gap:18px;align-items:center;margin-bottom:14px}
.asked img{width:100%;image-rendering:pixelated;border-radius:8px}
.asked .said{font-size:clamp(1.25rem,5vw,1.9rem);font-weight:700;line-height:1.15;overflow-wrap:anywhere}
.asked .true{margin-top:.15rem;overflow-wrap:anywhere}
.five{display:grid;grid-template-columns:minmax(3rem,max-content) 1fr 4rem;gap:5px 9px;align-items:center;
font-size:.9rem;font-variant-numeric:tabular-nums}
.five span{max-width:9rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.five i{display:block;height:12px;border-radius:4px;background:rgba(128,128,128,.16)}
.five i u{display:block;height:100%;border-radius:4px;background:rgba(128,128,128,.6)}
.five i u.best{background:#0072B2}.five em{font-style:normal;text-align:right}
</style>"""


# ---- which picture


def choose(run: Run, tested: Predictions) -> int:
    """The picture in the URL, else the worst mistake; with controls to go to another one."""
    count = len(tested.labels)
    order = worst(run, predictions.predictions_stamp(run))
    asked = st.query_params.get("picture", "")
    is_there = asked.isascii() and asked.isdigit() and len(asked) < 10 and int(asked) < count
    if asked and not is_there:
        st.warning(
            f"There is no test picture “{plain(asked[:20])}”: this run has those from 0 to {count - 1:,}. The worst "
            "mistake is shown.",
            icon=":material/search_off:",
        )
    index = int(asked) if is_there else int(order[0])
    place = np.flatnonzero(order == index)
    place = int(place[0]) if len(place) else -1

    def go(to: int) -> None:
        st.query_params["picture"] = str(int(to))

    if st.session_state.get("picture-number") != index:
        st.session_state["picture-number"] = index
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            "Test picture",
            0,
            count - 1,
            key="picture-number",
            width=150,
            on_change=lambda: go(st.session_state["picture-number"]),
            help="Its number in the test set. Pictures in the other views lead here.",
        )
        st.button(
            "Worse mistake",
            icon=":material/arrow_back:",
            key="picture-before",
            disabled=place <= 0,
            on_click=go,
            args=(order[max(place - 1, 0)],),
        )
        st.button(
            "Next mistake",
            icon=":material/arrow_forward:",
            key="picture-next",
            disabled=place == len(order) - 1,
            on_click=go,
            args=(order[min(place + 1, len(order) - 1)],),
            help="The wrong answers, the surest first.",
        )
    return index


@lru_cache(8)
def worst(run: Run, stamp: tuple) -> np.ndarray:
    """Wrongly answered pictures that are stored with the run, the surest first; all stored ones where none is wrong."""
    tested = predictions.single_label_predictions(run)
    wrong = np.flatnonzero((tested.predicted != tested.labels) & (tested.row_of >= 0))
    if not len(wrong):
        wrong = np.flatnonzero(tested.row_of >= 0)
    if not len(wrong):
        wrong = np.arange(len(tested.labels))
    return wrong[np.argsort(-tested.confidence[wrong], kind="stable")]


# ---- the answer


def head(run: Run, tested: Predictions, index: int, names: list[str], pixels: np.ndarray) -> None:
    """The picture and the five likeliest classes."""
    st.subheader("The answer", anchor=False)
    st.html(_head(run, predictions.predictions_stamp(run), index, tuple(names), pixels.tobytes(), pixels.shape))


@lru_cache(64)
def _head(run: Run, stamp: tuple, index: int, names: tuple[str, ...], content: bytes, shape: tuple) -> str:
    tested = predictions.single_label_predictions(run)
    probabilities, true = tested.probabilities[index], int(tested.labels[index])
    order = np.argsort(-probabilities, kind="stable")
    best = int(order[0])
    mark, verdict = ("✓", "right") if best == true else ("✗", f"wrong: it is {html.escape(names[true])}")
    place = int(np.flatnonzero(order == true)[0])
    shown = [*order[:TOP], *([true] if place >= TOP else [])]
    rows = []
    for label in shown:
        name, fraction = html.escape(names[label]), 100 * float(probabilities[label])
        best_mark = ' class="best"' if label == best else ""
        told = f"{'✓ ' if label == true else ''}{name}"
        rows.append(
            f'<span title="{name}">{told}</span><i><u{best_mark} style="width:{fraction:.1f}%"></u></i>'
            f"<em>{fraction:.1f}%</em>"
        )
    pixels = np.frombuffer(content, np.uint8).reshape(shape)
    alt = html.escape(f"Test picture {index}: true class {names[true]}, answer {names[best]}")
    where = "" if place < TOP else f' <span style="opacity:.75">(place {place + 1} of {len(names)})</span>'
    return (
        f'{STYLE}<div class="asked"><img src="{gallery.data_url(pixels, min_side=196)}" alt="{alt}"><div>'
        f'<div class="said">{html.escape(names[best])}</div><div class="true">{mark} {verdict}{where}</div></div></div>'
        f'<div class="five">{"".join(rows)}</div>'
    )


# ---- the training pictures that it is like


def change_training(run: Run, rows: tuple[int, ...]) -> None:
    """Throw out or relabel the similar training pictures, where the data set is here as it was."""
    with st.expander(
        "A training picture has a wrong label?", key="similar-change", icon=":material/label:", on_change="rerun"
    ) as section:
        if not section.open:
            return
        with errors.shown():
            dataset = predictions.dataset(run.config.data)
            known = neighbours.training_features(run)
            first = int(known.rows[0])
            is_same = first < len(dataset.x_train) and np.array_equal(known.labels[0], dataset.y_train[first])
            if not is_same or max(rows) >= len(dataset.y_train):
                st.info("The data set holds other pictures than when this run began.", icon=":material/info:")
                return
            editing.images(dataset, datasets.edits_of(dataset), [[row] for row in rows], "similar")
            st.caption("Changes are a list beside the data set, for the next training; all can be taken back.")


# ---- what a person says of it


def tagging(run: Run, index: int) -> None:
    """Tags: kept, and given by a click."""
    st.subheader("Tags", anchor=False)
    own = tags.of_image(run, index)
    choices = list(dict.fromkeys([*READY_TAGS, *tags.read(run)]))
    key = f"tags-{run.id}-{index}"

    def follow() -> None:
        wanted = set(st.session_state.get(key) or ())
        _change(run, index, wanted ^ set(own), wanted)

    def add() -> None:
        new = tags.cleaned(st.session_state.get("tag-new", ""))
        st.session_state["tag-new"] = ""
        if new:
            _change(run, index, {new}, {new})

    if st.session_state.get(key) != list(own):
        st.session_state[key] = list(own)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.pills(
            "Tags of this picture",
            choices,
            selection_mode="multi",
            key=key,
            format_func=plain,
            on_change=follow,
            label_visibility="collapsed",
            width="content",
        )
        st.text_input(
            "Another tag",
            key="tag-new",
            max_chars=tags.LENGTH,
            placeholder="Another tag",
            on_change=add,
            label_visibility="collapsed",
            width=180,
        )
    if error := st.session_state.pop("tag-error", ""):
        st.error(plain(error), icon=":material/error:")
    st.caption(
        "Test pictures and their labels stay as they were published, or the score would compare with nobody's. “wrong "
        "label” is the honest word for one that is: the other views can be narrowed to a tag."
    )


def _change(run: Run, index: int, changed: set[str], wanted: set[str]) -> None:
    try:
        for tag in changed:
            tags.change(run, tag, [index], given=tag in wanted)
    except UserError as error:
        st.session_state["tag-error"] = str(error)
