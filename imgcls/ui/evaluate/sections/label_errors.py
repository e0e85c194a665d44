"""Which labels are probably wrong? Suspects among the test and the training pictures, to be judged by a person."""

from functools import lru_cache, partial

import numpy as np
import streamlit as st

from imgcls import datasets
from imgcls.errors import UserError
from imgcls.evaluation.label_errors import training_set
from imgcls.evaluation.label_errors.confident_learning import Suspects, suspects
from imgcls.evaluation.label_errors.reviews import judge, judged
from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.evaluation.predictions import Predictions
from imgcls.runs import Run
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.data import editing
from imgcls.ui.evaluate.sections import image
from imgcls.ui.train import settings_form
from imgcls.ui.widgets import formatting, gallery, pager, task_panel

PER_PAGE = 20
PARTS = ("Test pictures", "Training pictures")
ERROR = "judge-error"
METHOD = (
    "Confident learning (Northcutt et al. 2021): the model holds another class for likely, more than it usually does "
    "for that class's own pictures. Many suspects are simply hard, and some are mistakes of the model: look at each."
)


def show(run: Run, tested: Predictions) -> None:
    """The whole view."""
    st.subheader("Label errors", anchor=False, help=METHOD)
    part = st.segmented_control(
        "Pictures",
        PARTS,
        default=PARTS[0],
        required=True,
        key="suspects",
        bind="query-params",
        label_visibility="collapsed",
    )
    if part == PARTS[0]:
        _test(run, tested)
    else:
        _training(run)


# ---- test pictures


@lru_cache(8)
def _found(run: Run, stamp: tuple) -> Suspects:
    tested = predictions.single_label_predictions(run)
    return suspects(tested.labels, tested.probabilities)


def _test(run: Run, tested: Predictions) -> None:
    stamp = predictions.predictions_stamp(run)
    found, names = _found(run, stamp), run.card.classes
    right, wrong = (judged(run, "test", verdict) for verdict in ("right", "wrong"))
    open_places = tuple(place for place in found.places.tolist() if place not in right and place not in wrong)
    st.markdown(
        f"**{formatting.count(len(found.places), 'label')}** of {len(tested.labels):,} contradict the answers of this "
        f"model, which has not learnt from these pictures. You called **{len(right):,}** of them right and "
        f"**{len(wrong):,}** wrong."
    )
    if wrong:
        _without(tested, wrong)
    st.caption(
        "Test labels stay as they are, as a score on others would compare with nobody's. What you say here is kept "
        "with the run. " + METHOD
    )
    shown = st.segmented_control(
        "Shown",
        ("Open", "Called wrong", "Called right"),
        default="Open",
        required=True,
        key="suspects-shown",
        label_visibility="collapsed",
    )
    listed = {"Open": open_places, "Called wrong": tuple(sorted(wrong)), "Called right": tuple(sorted(right))}[shown]
    listed = tuple(place for place in listed if place < len(tested.labels))
    places = _page(listed, f"{run.id}-{shown}")
    if places:
        st.html(_grid(run, stamp, places, names))
        _judge_test(run, places, shown)


def _without(tested: Predictions, wrong: frozenset[int]) -> None:
    kept = np.ones(len(tested.labels), bool)
    kept[[place for place in wrong if place < len(kept)]] = False
    is_right = tested.predicted == tested.labels
    score = wilson(int(is_right[kept].sum()), int(kept.sum()))
    st.markdown(
        f"Without the pictures that you called wrongly labelled the accuracy is **{formatting.fraction(score.value)}** "
        f"({formatting.interval(score)}), instead of {formatting.fraction(float(is_right.mean()))}. That flatters: only labels that "
        "speak against this model were looked at."
    )


def _page(listed: tuple[int, ...], key: str) -> tuple[int, ...]:
    """The part of a list that stands on the chosen page; a word where the list is empty."""
    if not listed:
        st.info("No picture to show here.", icon=":material/check_circle:")
        return ()
    return pager.page_of(listed, PER_PAGE, f"suspects-page-{key}-{-(-len(listed) // PER_PAGE)}")


@lru_cache(64)
def _grid(run: Run, stamp: tuple, places: tuple[int, ...], names: tuple[str, ...]) -> str:
    tested, found = predictions.single_label_predictions(run), _found(run, stamp)
    suggested = dict(zip(found.places.tolist(), found.suggested.tolist(), strict=True))
    nothing = np.zeros((8, 8, 1), np.uint8)
    tiles = []
    for place in places:
        label = names[tested.labels[place]]
        seems = names[suggested.get(place, tested.predicted[place])]
        own = _likely(tested.probabilities[place, tested.labels[place]])
        row = tested.row_of[place]
        lines = [f"no. {place}", f"label {label}", f"seems {seems}", own]
        if row < 0:
            lines.append("no picture stored")
        alt = f"Test picture {place}: its label is {label}, it seems to be {seems}; {own}"
        link = image.link(run, place) if row >= 0 else ""
        tiles.append(gallery.Tile(tested.images[row] if row >= 0 else nothing, alt, tuple(lines), link))
    return gallery.grid(tiles)


def _likely(probability: float) -> str:
    """What the label got, in words."""
    return f"label: {100 * probability:.1f}%" if probability >= 0.0005 else "label: under 0.1%"


def _judge_test(run: Run, places: tuple[int, ...], shown: str) -> None:
    key = f"judged-{run.id}-{shown}-{places[0]}-{places[-1]}"
    chosen = st.pills(
        "Choose pictures to judge",
        places,
        selection_mode="multi",
        format_func=lambda place: f"no. {place}",
        key=key,
        wrap=True,
    )

    def say(verdict: str | None) -> None:
        _try(partial(judge, run, "test", chosen, verdict))
        st.session_state[key] = []

    with st.container(horizontal=True):
        for label, icon, verdict, needless in (
            ("The label is wrong", ":material/flag:", "wrong", "Called wrong"),
            ("The label is right", ":material/check:", "right", "Called right"),
            ("Take back", ":material/undo:", None, "Open"),
        ):
            if shown != needless:
                st.button(label, icon=icon, key=f"say-{verdict}", disabled=not chosen, on_click=say, args=(verdict,))
    _tell_error()


def _try(act) -> None:
    """For a callback, which runs before the page; why it failed is shown then."""
    try:
        act()
    except UserError as error:
        st.session_state[ERROR] = str(error)


def _tell_error() -> None:
    if error := st.session_state.pop(ERROR, ""):
        st.error(plain(error), icon=":material/error:")


# ---- training pictures


def _training(run: Run) -> None:
    task = training_set.task_of(run)
    state = task.state()
    if state.state == "ready":
        _suspects(run)
    elif state.state == "idle":
        _offer(run)
    else:
        task_panel.show(task, state, lambda: training_set.start(run), "The training pictures were not looked through.")


def _offer(run: Run) -> None:
    st.markdown(
        "The model sees each training picture; five small heads on its last hidden layer, of which none has learnt "
        "from the pictures that it is asked about, say what they hold for likely. It works in the background and "
        "takes some minutes."
    )
    st.caption(
        "The layers below the heads have learnt from all labels, the wrong ones, too. So some errors are missed for "
        "that; a model that was trained for few epochs misses fewer."
    )
    try:
        training_set.checked(run, predictions.training_data(run.card.data))
    except UserError as error:
        st.info(plain(f"That needs the training pictures. {error}"), icon=":material/download:")
        return
    task_panel.button("Look through the training pictures", lambda: training_set.start(run), primary=True)


@lru_cache(8)
def _read(run: Run, stamp: float) -> training_set.Found:
    return training_set.read(run)


def _suspects(run: Run) -> None:
    def again() -> None:
        training_set.task_of(run).discard()
        training_set.start(run)

    try:
        found = _read(run, training_set.task_of(run).stamp())
        dataset = predictions.dataset(run.card.data)
        edits = datasets.edits_of(dataset)
        if dataset.fingerprint != found.fingerprint:
            st.info("The data set holds other pictures now than those that were looked through.")
            task_panel.button("Look again", again)
            return
    except UserError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        task_panel.button("Look again", again)
        return
    right = judged(run, "training", "right")
    left = [place for place, row in enumerate(found.rows.tolist()) if row not in right and row not in edits.labels]
    most = f", of which the least likely {len(found.rows):,} are listed" if found.found > len(found.rows) else ""
    st.markdown(
        f"**{formatting.count(found.found, 'label')}** of {found.count:,} are under suspicion{most}. You called "
        f"**{len(right):,}** of them right; **{formatting.count(len(edits.labels), 'picture')}** of the set are thrown out "
        "or have another class."
    )
    st.caption(
        f"The heads agree with {formatting.fraction(found.accuracy)} of the labels, and by the same method "
        f"{formatting.fraction(found.estimated / max(found.count, 1))} of all labels are wrong. The less a model can, the more "
        "of its suspects are hard pictures and no errors."
    )
    names = dataset.facts.classes
    places = _page(tuple(left), f"{run.id}-training")
    if places:
        rows = found.rows[list(places)].tolist()
        notes = [[f"seems {names[found.suggested[place]]}\n{_likely(found.confidence[place])}"] for place in places]

        def keep(chosen: list[int]) -> None:
            judge(run, "training", chosen, "right")

        editing.images(dataset, edits, [[row] for row in rows], f"suspects-{run.id}", notes, keep=keep)
    _train_without(run, dataset, found.rows[left].tolist(), bool(edits.labels))
    with st.container(horizontal=True):
        task_panel.button("Look again", again)
        if right and st.button("Forget what I called right", icon=":material/undo:", key="forget-right"):
            _try(partial(judge, run, "training", right, None))
            st.rerun()
    _tell_error()


def _train_without(run: Run, dataset: datasets.Dataset, rows: list[int], has_changes: bool) -> None:
    with st.container(horizontal=True):
        if rows and st.button(
            f"Throw out all {len(rows):,} and train again",
            icon=":material/model_training:",
            key="train-without",
            help="Throws out all that are left in this list, also those that you have not looked at, and opens the "
            "form with the settings of this run. The changes can be taken back on the Data page.",
        ):
            try:
                datasets.exclude(dataset, rows)
                links.train(**settings_form.form_of(run.config))
            except UserError as error:
                st.error(plain(str(error)), icon=":material/error:")
        if has_changes and st.button(
            "Train again with my changes", icon=":material/model_training:", key="train-changed-labels"
        ):
            try:
                links.train(**settings_form.form_of(run.config))
            except UserError as error:
                st.error(plain(str(error)), icon=":material/error:")
