"""One run on the Train page: live while it trains, its outcome when it is over."""

import streamlit as st

from imgcls import datasets, intervals, jobs
from imgcls.augmentations import Augmentation
from imgcls.curves import Curves
from imgcls.errors import UserError
from imgcls.runs import OVER, Run
from imgcls.ui import numbers, pick, settings, stored, words
from imgcls.ui.errors import plain
from imgcls.ui.numbers import Number

TICK_SECONDS = 1.0
SIDE_BY_SIDE = 380
"""Pixels that each of two charts needs beside the other."""
PHASES = {
    "": "Starting the trainer ...",
    "loading": "Loading TensorFlow and the pictures ...",
    "testing": "Answering the test pictures with the best epoch ...",
    "saving": "Saving and checking the model ...",
}
OUTCOMES = {
    "stopped": "It was stopped. The best epoch until then was tested and kept.",
    "lost": "The trainer ended without a word: it was killed, or the machine went down. What it wrote until then is "
    "below. Start it again with the same settings.",
    "damaged": "The files of this run cannot be read. Delete it on the Runs page, or start a new one.",
}


def show(run: Run) -> None:
    """The whole run: head, live part or outcome, settings and log."""
    jobs.reap()
    state = run.state
    st.title(plain(run.label))
    if state == "lost":
        _look_again(run)
    what = _what(run)
    if state in OVER:
        _head(run, state, what)
        _outcome(run, state)
        draw_curves(run)
    else:
        st.fragment(run_every=None if st.session_state.get("hold") else TICK_SECONDS)(_live)(run, what)
        st.toggle(
            "Hold the picture still",
            key="hold",
            help="The training goes on; only the page stops being redrawn, so that you can read or zoom.",
        )
    _details(run)


@st.fragment(run_every=2 * TICK_SECONDS)
def _look_again(run: Run) -> None:
    """A trainer that was only slow or asleep is shown as running again."""
    if run.state != "lost":
        st.rerun()


def _head(run: Run, state: str, what: str) -> None:
    st.markdown(words.state(state, plain(f"{what} · started {words.age(run.created)}")))


def _live(run: Run, what: str) -> None:
    """Redrawn every second while the run is under way."""
    state = run.state
    if state in OVER:
        st.rerun()
    _head(run, state, what)
    curves = stored.curves(run)
    stopping = run.asked_to_stop
    with st.container(horizontal=True, vertical_alignment="bottom", height=64, border=False):
        st.progress(_share_done(curves), text=_progress_words(curves, state, stopping))
        st.button(
            "Stop",
            icon=":material/stop:",
            disabled=stopping,
            key="stop",
            on_click=run.ask_to_stop,
            help="Keeps the best epoch so far.",
        )
    last = curves.epochs[-1] if curves.epochs else {}
    newest = curves.batches[-1] if curves.batches else {}
    best = curves.best or {}
    rate = f"{curves.pictures_per_second:,.0f}" if curves.batches else "–"
    left = None if stopping or curves.phase in ("testing", "saving") else curves.seconds_left
    numbers.show(
        (
            Number("Training accuracy", words.share(newest.get("accuracy")), "mean of the last batches"),
            Number("Validation accuracy", words.share(last.get("val_accuracy")), "after the last whole epoch"),
            Number("Best epoch", str(best.get("epoch", "–")), "its weights are kept"),
            Number("Pictures per second", rate, "in training"),
            Number("Time left", words.duration(left), "if no early stop comes before"),
        )
    )
    draw_curves(run, curves)


def _share_done(curves: Curves) -> float:
    return min(1.0, curves.progress / curves.total_epochs) if curves.total_epochs else 0.0


def _progress_words(curves: Curves, state: str, stopping: bool) -> str:
    if stopping:
        # What follows a stop may begin before anybody has looked: it says, too, that the wish was heard.
        doing = {"testing": "answering the test pictures with it", "saving": "saving and checking it"}.get(curves.phase)
        return "Stopping: the best epoch so far is kept" + (f"; {doing} ..." if doing else ".")
    if state == "queued":
        return "Waiting for another training to end. It starts by itself, also when this page is closed."
    if curves.phase == "training":
        epoch = min(len(curves.epochs) + 1, curves.total_epochs)
        return f"Epoch {epoch} of {curves.total_epochs}"
    return PHASES.get(curves.phase, "")


def draw_curves(run: Run, curves: Curves | None = None) -> None:
    """Loss and accuracy, side by side; `curves` if they were just read."""
    curves = curves or stored.curves(run)
    with st.grid(2, min_column_width=SIDE_BY_SIDE):
        for quantity, figure in stored.learning_curves(run).items():
            st.plotly_chart(
                figure,
                key=f"curve-{quantity}",
                config={"displayModeBar": False},
                alt=_told(quantity, curves),
            )


def _told(quantity: str, curves: Curves) -> str:
    """The curve in words."""
    if not curves.epochs:
        return f"Learning curve of the {quantity}: no epoch is complete yet."
    last = curves.epochs[-1]
    ends = (
        f"{last.get(name):.3f}" if last.get(name) is not None else "no number" for name in (quantity, f"val_{quantity}")
    )
    return "Learning curve of the {} over {} epochs, now {} in training and {} in validation.".format(
        quantity, len(curves.epochs), *ends
    )


def _outcome(run: Run, state: str) -> None:
    try:
        result = run.result or {}
    except UserError as error:
        result = {"message": str(error)}
    message = result.get("message") or OUTCOMES.get(state, "")
    if message:
        tell = st.error if state in ("failed", "lost", "damaged") else st.info
        tell(plain(message), icon=words.STATES[state][1])
    if "test_accuracy" in result:
        count = result.get("counts", {}).get("test", 0)
        low_high = explained = ""
        if count:
            low_high = words.interval(intervals.wilson(round(result["test_accuracy"] * count), count))
            explained = f"With its 95 % interval, from {count:,} test pictures that chose nothing."
        best = result.get("best_epoch")
        numbers.show(
            (
                Number("Test accuracy", words.share(result["test_accuracy"]), low_high, explained),
                Number("Validation accuracy", words.share(result.get("val_accuracy")), "of the best epoch"),
                Number("Best epoch", f"{best} of {result.get('epochs')}" if best else "–", "its weights were kept"),
                Number("Pictures per second", f"{result.get('pictures_per_second', 0):,.0f}", "in training"),
                Number("Training time", words.duration(result.get("training_seconds"))),
            )
        )
    with st.container(horizontal=True):
        if run.is_tested and st.button("See its mistakes", type="primary", icon=":material/fact_check:"):
            pick.go("evaluate.py", run=run.id)
        if run.is_ready and st.button("Try it", icon=":material/draw:"):
            pick.go("predict.py", run=run.id)
        if state != "damaged" and st.button("Train again with changes", icon=":material/tune:"):
            pick.go("train.py", **settings.query_of(run.config))
        if st.button("New training", icon=":material/add:"):
            pick.go("train.py")


def _what(run: Run) -> str:
    """The data set and the model, or why they cannot be told."""
    try:
        config = run.config
        title = datasets.facts(config.data).title
    except UserError as error:
        return str(error)
    return f"{title} · {config.model}"


def _details(run: Run) -> None:
    """Settings and log, closed."""
    with st.expander("Settings", icon=":material/list:", key="settings", on_change="rerun") as section:
        if section.open:
            _settings(run)
    log = run.folder / "log.txt"
    if log.exists():
        with st.expander("Log", icon=":material/terminal:", key="log", on_change="rerun") as section:
            if section.open:
                st.code(log.read_bytes()[-20_000:].decode("utf-8", "replace"), language=None, height=300)


def _settings(run: Run) -> None:
    try:
        config = run.config
    except UserError as error:
        st.caption(plain(str(error)))
        return
    table = config.as_dict()
    del table["version"]
    table.update(table.pop("model_settings"))
    st.caption(f"Augmentation: {Augmentation.of(config).describe()}")
    st.dataframe(
        {
            "Setting": [name.replace("_", " ") for name in table],
            "Value": [str(value) for value in table.values()],
        },
        hide_index=True,
        alt="All settings of this run.",
    )
