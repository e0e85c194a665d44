"""The leaderboard of an assignment, and what people predicted."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from imgcls import sharing
from imgcls.charts import class_predictions, run_scatter
from imgcls.charts.run_scatter import RunPoint
from imgcls.jobs.classroom import leaderboard as ranking
from imgcls.jobs.classroom.assignments import closing, goals, guesses
from imgcls.jobs.classroom.assignments.assignment import Assignment
from imgcls.jobs.classroom.assignments.closing import Final
from imgcls.jobs.classroom.leaderboard import Place
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting
from imgcls.ui.widgets.figures import figure_download

MOST_NAMES = 2
AXES = {"Parameters": "parameters", "Training time": "training time, s", "Attempts": "attempts"}


def leaderboard(assignment: Assignment, final: Final | None) -> None:
    """By validation accuracy; by test accuracy once the best runs were evaluated. Nothing without scores."""
    on_test = final is not None
    places = closing.places(assignment, on_test=on_test)
    if not places:
        if on_test:
            st.caption("No run could be evaluated on the test set.")
        return
    score = "Test accuracy" if on_test else "Validation accuracy"
    for sentence in ranking.ties(places):
        st.caption(plain(sentence))
    columns = {
        "Rank": [place.rank for place in places],
        "Name": [place.best.owner_name for place in places],
        score: [_with_interval(place, on_test) for place in places],
    }
    if on_test:
        columns["Validation accuracy"] = [formatting.fraction(place.best.val_accuracy) for place in places]
    if goals.text_of(assignment.goal):
        columns["Goal"] = ["met" if goals.is_met(assignment.goal, place.best) else "–" for place in places]
    columns |= {
        "Parameters": [place.best.parameters for place in places],
        "Seconds": [place.best.seconds for place in places],
        "Attempts": [place.attempts for place in places],
    }
    st.dataframe(
        columns,
        hide_index=True,
        height=formatting.table_height(len(places)),
        column_config={"Parameters": st.column_config.NumberColumn(format="localized")},
        alt=f"The best run of each person by {score.lower()}.",
    )
    axis = st.segmented_control(
        "Against", list(AXES), default="Parameters", required=True, key=f"assignment-axis-{assignment.code}"
    )
    points = [point for place in places if (point := _point(place, axis, on_test)) is not None]
    if points:
        st.plotly_chart(
            run_scatter.run_scatter(merged(points), AXES[axis], f"{score.lower()}, %"),
            key=f"assignment-chart-{assignment.code}-{axis}",
            config=figure_download.savable("leaderboard"),
            alt=f"{score} against {AXES[axis]}, a point with its 95% interval for each person.",
        )
    if final is not None and final.failed:
        st.caption(plain(f"Not evaluated: {'; '.join(final.failed.values())}"))


def _with_interval(place: Place, on_test: bool) -> str:
    found = ranking.interval(place.best, on_test=on_test)
    value = place.best.test_accuracy if on_test else place.best.val_accuracy
    return formatting.fraction(value) + (f" ({formatting.interval(found)})" if found else "")


def _point(place: Place, axis: str, on_test: bool) -> RunPoint | None:
    best = place.best
    cost = {"Parameters": best.parameters, "Training time": best.seconds, "Attempts": place.attempts}[axis]
    value = best.test_accuracy if on_test else best.val_accuracy
    if not cost or value is None:
        return None
    found = ranking.interval(best, on_test=on_test)
    limits = (found.low, found.high) if found else None
    return RunPoint(best.owner_name, "best runs", float(cost), value, limits)


def merged(points: Sequence[RunPoint]) -> list[RunPoint]:
    """People with the same settings have the same point. It gets one label: several would cover each other."""
    groups: dict[tuple[float, float], list[RunPoint]] = {}
    for point in points:
        groups.setdefault((point.cost, point.accuracy), []).append(point)
    return [replace(group[0], name=_label([point.name for point in group])) for group in groups.values()]


def _label(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= MOST_NAMES else f"{names[0]} and {len(names) - 1} others"


def predictions(assignment: Assignment, manages: bool) -> None:
    """What everybody predicted, and how well calibrated the class was. A pupil sees it after their own first run."""
    found = guesses.outcomes(assignment)
    mine = {work.run.id for work in closing.works(assignment) if work.owner == sharing.current().id}
    whole = guesses.calibration(found)
    if whole is None:
        return
    if not manages and assignment.is_open and not any(outcome.run in mine for outcome in found):
        st.caption("Once your first run has ended, you will see what the class predicted.")
        return
    direction = "too high" if whole.bias > 0 else "too low"
    st.markdown("**Predictions**")
    st.caption(
        f"On average the class was off by {100 * whole.error:.1f} percentage points, {100 * abs(whole.bias):.1f} "
        f"{direction} on the whole. {whole.close} of {whole.people} were within {100 * guesses.CLOSE:.0f} points, and "
        f"{whole.right_pairs} of {whole.people} named the most confused pair."
    )
    st.plotly_chart(
        class_predictions.class_predictions([(one.name, one.guess.accuracy, one.accuracy) for one in found]),
        key=f"assignment-guesses-{assignment.code}",
        config=figure_download.savable("predictions"),
        alt="Predicted against actual validation accuracy, a point for each person; on the line, both are the same.",
    )
    st.dataframe(
        {
            "Name": [one.name for one in found],
            "Predicted": [formatting.fraction(one.guess.accuracy) for one in found],
            "Actual": [formatting.fraction(one.accuracy) for one in found],
            "Predicted pair": [" and ".join(one.guess.confused) for one in found],
            "Most confused": [" and ".join(one.confused) if one.confused else "–" for one in found],
        },
        hide_index=True,
        height=formatting.table_height(len(found)),
        alt="Everyone's predictions and the results.",
    )
