"""Would more data help? Trains the run's settings on 10 to 100% of the training images, and extrapolates."""

import base64
from functools import lru_cache

import pyarrow as pa
import streamlit as st

from imgcls import datasets, jobs, runs
from imgcls.charts.data_curve import data_curve
from imgcls.charts.theme import QUIET, TRAINING
from imgcls.errors import UserError
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.evaluation.metrics.percent import interval
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.languages import percentage
from imgcls.runs import Run, results
from imgcls.sharing import Action
from imgcls.studies import learning_curve
from imgcls.studies.learning_curve import LearningCurve
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.evaluate.links import RELIABLE
from imgcls.ui.evaluate.parts import missing_dataset
from imgcls.ui.visitors import rights
from imgcls.ui.widgets import formatting, metric_row
from imgcls.ui.widgets.figures import run_points
from imgcls.ui.widgets.metric_row import Number

TITLE = "More data"
GROUP = RELIABLE
ORDER = 95
USES_SELECTION = False
SUPPORTS = ("single", "multi")

TICK_SECONDS = 2.0
LAW = (
    "error = floor + scale · images^(−exponent), by weighted least squares. The band is a bootstrap over test images "
    "and over the runs' deviations from the law. Beyond the largest run the curve is an estimate: it assumes that new "
    "images resemble the present ones. All runs train for the same number of epochs."
)
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 220 96" fill="none" stroke-width="3" stroke-linecap="round">'
    f'<path d="M12 6V84H210" stroke="{QUIET}" stroke-width="2"/>'
    f'<path d="M22 74C40 44 70 34 120 27" stroke="{TRAINING}"/>'
    f'<path d="M120 27C150 23 175 20 202 19" stroke="{TRAINING}" stroke-dasharray="1 8"/><g fill="{TRAINING}">'
    '<circle cx="22" cy="74" r="5"/><circle cx="44" cy="49" r="5"/><circle cx="76" cy="35" r="5"/>'
    '<circle cx="120" cy="27" r="5"/></g></svg>'
)
EXPLAINED = (
    '<div class="curve-explained"><img alt="A curve that rises less and less, and is continued by dots." '
    f'src="data:image/svg+xml;base64,{base64.b64encode(DRAWING.encode()).decode()}">'
    "<p><b>Is it worth collecting more images?</b>The same network is trained on 10 to 100% of them. If its accuracy "
    "still rises at the end of the curve, more images would help. If the curve is flat, a larger or better network "
    "would.</p></div>"
)
"""What the section will show, before there are runs for it. Its colours suit light and dark mode."""


def show(run: Run, predictions: Predictions | Decisions) -> None:
    """Draws the section."""
    st.header("Would more data help?", anchor=False, help=LAW)
    try:
        run.config  # noqa: B018
        everything = runs.all_runs()
        open_runs = learning_curve.under_way(run, everything)
        found = learning_curve.members(run, everything)
    except UserError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    if open_runs:
        st.fragment(run_every=TICK_SECONDS)(_progress)(run, len(open_runs), len(found))
    try:
        _curve(_read(tuple(one.id for one in found), tuple(one.stamp("result.json") for one in found)))
    except UserError as error:
        if not open_runs:
            st.html(EXPLAINED)
            st.caption(plain(str(error)))
    if not open_runs:
        _offer(run, everything)


@lru_cache(16)
def _read(ids: tuple[str, ...], stamps: tuple) -> LearningCurve:
    return learning_curve.read([runs.find(run_id) for run_id in ids])


def _progress(run: Run, open_before: int, ended: int) -> None:
    """How many runs are still to come; draws the section again when one has ended."""
    now = len(learning_curve.under_way(run, runs.all_runs()))
    if now != open_before:
        st.rerun()
    st.progress(ended / (ended + now), f"{formatting.count(now, 'run')} of the learning curve in the queue or training")


def _offer(run: Run, everything: list[Run]) -> None:
    """The number of seeds, and the button that queues what is missing; without the images, the way to them."""
    if missing_dataset.show(run, "To train the curve", key="curve-data"):
        return
    facts = datasets.facts(run.config.data)
    seeds = int(
        st.number_input(
            "Seeds for each size",
            1,
            learning_curve.MOST_SEEDS,
            2,
            key="curve-seeds",
            width=180,
            help="More seeds narrow the band: chance matters most for small training sets.",
        )
    )
    try:
        missing = learning_curve.missing(run, seeds, everything)
    except UserError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    if not missing:
        st.caption("All these runs exist. Increase the number of seeds to add some.")
        return
    total = facts.counts[0]
    share = sum((config.train_images or total) / total for config in missing)
    seconds = results.total_seconds(run.result or {})
    time = "" if seconds is None else f", {formatting.duration(share * seconds)}"
    st.caption(
        f"Queues {formatting.count(len(missing), 'ordinary run')} with these settings on 10 to 100% of the training "
        f"images; together they take about as long as {share:.1f} full runs{time}."
    )
    if st.button(
        "Train the learning curve",
        type="primary",
        icon=":material/stacked_line_chart:",
        **rights.button(Action.START_RUN, run.folder),
    ):
        with shown():
            learning_curve.start(run, seeds)
            jobs.wake()
            st.rerun()


def _curve(curve: LearningCurve) -> None:
    st.markdown(f"**{plain(curve.verdict())}**")
    metric_row.show(
        [
            _number("Now", curve.accuracy(1.0), curve.largest),
            _number("Twice the images", curve.accuracy(2.0), 2 * curve.largest),
            _number("Four times", curve.accuracy(4.0), 4 * curve.largest),
        ]
    )
    run_points.show(
        data_curve(curve.images, curve.accuracies, curve.law, [run.id for run in curve.runs]),
        key="data-curve",
        file_name="learning-curve",
        alt="Test accuracy against the number of training images, with the fitted law and its band.",
    )
    if curve.classes:
        st.header("By class", anchor=False, help="The same law, fitted to the recall of each class.")
        table = _class_table(curve)
        st.dataframe(
            table,
            hide_index=True,
            key="curve-classes",
            column_config={
                name: st.column_config.NumberColumn(format="%.1f")
                for name in table.column_names
                if name.endswith(("(%)", "(points)"))
            },
            alt="Recall with twice the images.",
        )


def _class_table(curve: LearningCurve) -> pa.Table:
    classes = curve.classes
    return pa.table(
        {
            "Class": [one.name for one in classes],
            "Recall now (%)": [percentage(one.now.value) for one in classes],
            "With twice the images (%)": [percentage(one.twice.value) for one in classes],
            "95% band": [interval(one.twice.low, one.twice.high) for one in classes],
            "Gain (points)": [round(100 * one.gain.value, 1) for one in classes],
            "Test images": [one.tested for one in classes],
        }
    )


def _number(title: str, score: Score, images: float) -> Number:
    band = f"95% band {interval(score.low, score.high)}"
    return Number(title, formatting.fraction(score.value), band, f"{images:,.0f} training images, by the fitted law.")
