"""The leaderboard of an assignment, and what people predicted."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from imgcls import languages, sharing
from imgcls.charts import class_predictions
from imgcls.charts.compared import run_scatter
from imgcls.charts.compared.run_scatter import RunPoint
from imgcls.jobs.classroom import leaderboard as ranking
from imgcls.jobs.classroom.assignments import closing, goals, guesses
from imgcls.jobs.classroom.assignments.assignment import Assignment
from imgcls.jobs.classroom.assignments.closing import Final
from imgcls.jobs.classroom.assignments.guesses import Calibration, Outcome
from imgcls.jobs.classroom.leaderboard import Place
from imgcls.jobs.classroom.work import TRAINING
from imgcls.languages import N_, ngettext
from imgcls.languages import gettext as _
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting
from imgcls.ui.widgets.figures import figure_download
from imgcls.ui.you import ranked
from imgcls.ui.you.ranked import Row

MOST_NAMES = 2
FEWEST_POINTS = 3
"""A chart of fewer people shows less than the list."""
AXES = {
    N_("Parameters"): N_("parameters"),
    N_("Training time"): N_("training time, s"),
    N_("Attempts"): N_("attempts"),
}
TEST, VALIDATION = N_("Test accuracy"), N_("Validation accuracy")
BY_VALIDATION = N_(
    "Ranked by validation accuracy: on images that are not trained on. The best run of each person counts."
)
WHEN_CLOSED = N_("When the assignment is closed, these runs are ranked by their accuracy on the test set.")
BY_TEST = N_(
    "Ranked by test accuracy: measured once, on images never used in training or selection. Each person's best "
    "run was chosen by its validation accuracy."
)
TOO_HIGH = N_(
    "On average the class was off by {error} percentage points, {bias} too high on the whole. {close} of {people} were "
    "within {points} points, and {pairs} of {people} named the most confused pair."
)
TOO_LOW = N_(
    "On average the class was off by {error} percentage points, {bias} too low on the whole. {close} of {people} were "
    "within {points} points, and {pairs} of {people} named the most confused pair."
)
OF_GOAL = N_("The goal refers to the validation accuracy.")


def leaderboard(assignment: Assignment, final: Final | None, *, manages: bool) -> None:
    """By validation accuracy; by test accuracy once the best runs were evaluated. Nothing without scores.

    Args:
        manages: Whether the visitor is the teacher, who also gets all numbers, as a table and as a chart.
    """
    on_test = final is not None
    places = closing.places(assignment, on_test=on_test)
    if not places:
        if on_test:
            st.caption(_("No run could be evaluated on the test set."))
        return
    title = _("Final leaderboard") if on_test else _("Leaderboard")
    st.subheader(title, anchor=False)
    of_goal = f" {_(OF_GOAL)}" if assignment.goal.val_accuracy is not None else ""
    of_medals = f" {_(goals.MEDALS_NEED_GOAL)}" if goals.text_of(assignment.goal) else ""
    later = f" {_(WHEN_CLOSED)}" if assignment.is_open else ""
    st.caption(_(BY_TEST if on_test else BY_VALIDATION) + later + of_goal + of_medals)
    if on_test and (best := ranking.best_text(goals.best(assignment.goal, places), on_test=True)):
        st.markdown(f"**{plain(best)}**")
    ranked.show(rows(places, assignment, sharing.current().id, on_test=on_test), title)
    for sentence in ranking.ties(places):
        st.caption(plain(sentence))
    if manages:
        with st.expander(_("All numbers"), icon=":material/table:", key=f"assignment-table-{assignment.code}"):
            _table(places, assignment, on_test)
    _chart(places, assignment, on_test)
    if final is not None and final.failed:
        st.caption(plain(_("Not evaluated: {reasons}").format(reasons="; ".join(final.failed.values()))))


def own(assignment: Assignment) -> str:
    """The visitor's place and score, as Markdown: by test accuracy once that is known; "" without a place."""
    on_test = closing.final(assignment) is not None
    return ranked.own_place(
        rows(closing.places(assignment, on_test=on_test), assignment, sharing.current().id, on_test=on_test)
    )


def rows(places: Sequence[Place], assignment: Assignment, visitor: str, *, on_test: bool) -> list[Row]:
    """The places as a list shows them to a visitor."""
    return [
        Row(
            place.rank,
            place.best.owner_name,
            score(place, on_test),
            _details(place, assignment, on_test),
            is_own=place.best.owner == visitor,
            has_medal=goals.has_medal(assignment.goal, place.best, place.rank),
        )
        for place in places
    ]


def score(place: Place, on_test: bool) -> str:
    """The accuracy that ranks."""
    return formatting.fraction(place.best.test_accuracy if on_test else place.best.val_accuracy)


def _details(place: Place, assignment: Assignment, on_test: bool) -> str:
    best, parts, goal = place.best, [], assignment.goal
    missed = goals.missed(goal, best) if on_test else ""
    if on_test and not (missed and goal.val_accuracy is not None):
        parts.append(_("validation {percent}").format(percent=formatting.fraction(best.val_accuracy)))
    if goals.is_met(goal, best):
        parts.append(_("✓ goal met"))
    elif best.state not in TRAINING and (text := missed if on_test else goals.to_go(goal, best)):
        parts.append(text)
    if best.state in TRAINING:
        parts.append(_("still training"))
    parts.append(ngettext("{n} attempt", "{n} attempts", place.attempts).format(n=place.attempts))
    return " · ".join(parts)


def _table(places: Sequence[Place], assignment: Assignment, on_test: bool) -> None:
    name = _(TEST if on_test else VALIDATION)
    columns = {
        _("Rank"): [place.rank for place in places],
        _("Name"): [place.best.owner_name for place in places],
        name: [_with_interval(place, on_test) for place in places],
    }
    if on_test:
        columns[_(VALIDATION)] = [formatting.fraction(place.best.val_accuracy) for place in places]
    columns |= {
        _("Parameters"): [
            languages.number(place.best.parameters) if place.best.parameters else "–" for place in places
        ],
        _("Training time"): [formatting.duration(place.best.seconds) for place in places],
        _("Attempts"): [place.attempts for place in places],
    }
    st.dataframe(
        columns,
        hide_index=True,
        height=formatting.table_height(len(places)),
        alt=_("The best run of each person: {score}.").format(score=name),
    )


def _chart(places: Sequence[Place], assignment: Assignment, on_test: bool) -> None:
    axes = [axis for axis in AXES if len({_cost(place, axis) for place in places} - {None, 0}) > 1]
    if len(places) < FEWEST_POINTS or not axes:  # a fixed model has the same parameters in all runs
        return
    with st.expander(_("Chart"), icon=":material/scatter_plot:", key=f"assignment-plot-{assignment.code}"):
        _scatter(places, assignment, axes, on_test)


def _scatter(places: Sequence[Place], assignment: Assignment, axes: Sequence[str], on_test: bool) -> None:
    name = _(TEST if on_test else VALIDATION)
    axis = st.segmented_control(
        _("Against"),
        list(axes),
        default=axes[0],
        required=True,
        key=f"assignment-axis-{assignment.code}",
        format_func=_,
    )
    points = [point for place in places if (point := _point(place, axis, on_test)) is not None]
    if points:
        st.plotly_chart(
            run_scatter.run_scatter(merged(points), _(AXES[axis]), f"{name}, %"),
            key=f"assignment-chart-{assignment.code}-{axis}",
            config=figure_download.savable("leaderboard"),
            alt=_("{score} against {axis}, a point with its 95% interval for each person.").format(
                score=name, axis=_(AXES[axis])
            ),
        )


def _with_interval(place: Place, on_test: bool) -> str:
    found = ranking.interval(place.best, on_test=on_test)
    value = place.best.test_accuracy if on_test else place.best.val_accuracy
    return formatting.fraction(value) + (f" ({formatting.interval(found)})" if found else "")


def _cost(place: Place, axis: str) -> float | None:
    return {"Parameters": place.best.parameters, "Training time": place.best.seconds, "Attempts": place.attempts}[axis]


def _point(place: Place, axis: str, on_test: bool) -> RunPoint | None:
    best = place.best
    cost = _cost(place, axis)
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
    if len(names) <= MOST_NAMES:
        return ", ".join(names)
    return _("{name} and {count} others").format(name=names[0], count=len(names) - 1)


def predictions(assignment: Assignment, manages: bool) -> None:
    """What everybody predicted, and how well calibrated the class was. A pupil sees it after their own first run."""
    found = guesses.outcomes(assignment)
    mine = {work.run.id for work in closing.works(assignment) if work.owner == sharing.current().id}
    whole = guesses.calibration(found)
    if whole is None:
        return
    if not manages and assignment.is_open and not any(outcome.run in mine for outcome in found):
        st.caption(_("Once your first run has ended, you will see what the class predicted."))
        return
    title = _("Predictions")
    if manages:
        with st.expander(title, icon=":material/online_prediction:", key=f"assignment-predicted-{assignment.code}"):
            _predicted(found, whole, assignment)
    else:
        st.markdown(f"**{title}**")
        _predicted(found, whole, assignment, mine)


def _predicted(
    found: Sequence[Outcome], whole: Calibration, assignment: Assignment, mine: set[str] | None = None
) -> None:
    """`mine`: the runs of a pupil, who gets a list; None for the teacher, who gets a table."""
    st.caption(
        _(TOO_HIGH if whole.bias > 0 else TOO_LOW).format(
            error=languages.decimal(100 * whole.error, 1),
            bias=languages.decimal(100 * abs(whole.bias), 1),
            close=whole.close,
            people=whole.people,
            points=f"{100 * guesses.CLOSE:.0f}",
            pairs=whole.right_pairs,
        )
    )
    st.plotly_chart(
        class_predictions.class_predictions([(one.name, one.guess.accuracy, one.accuracy) for one in found]),
        key=f"assignment-guesses-{assignment.code}",
        config=figure_download.savable("predictions"),
        alt=_("Predicted against actual validation accuracy, a point for each person; on the line, both are the same."),
    )
    if mine is None:
        _table_of_predictions(found)
    else:  # on a phone, the last columns of a table would be out of sight
        rows = [Row(0, one.name, "", _predicted_details(one), is_own=one.run in mine) for one in found]
        st.html(ranked.markup(rows, _("Everyone's predictions and the results.")))


def _predicted_details(outcome: Outcome) -> str:
    parts = {
        _("Predicted"): formatting.fraction(outcome.guess.accuracy),
        _("Actual"): formatting.fraction(outcome.accuracy),
        _("Predicted pair"): ", ".join(outcome.guess.confused),
        _("Most confused"): ", ".join(outcome.confused or ()),
    }
    return " · ".join(f"{label} {value}" for label, value in parts.items() if value)


def _table_of_predictions(found: Sequence[Outcome]) -> None:
    st.dataframe(
        {
            _("Name"): [one.name for one in found],
            _("Predicted"): [formatting.fraction(one.guess.accuracy) for one in found],
            _("Actual"): [formatting.fraction(one.accuracy) for one in found],
            _("Predicted pair"): [", ".join(one.guess.confused) for one in found],
            _("Most confused"): [", ".join(one.confused) if one.confused else "–" for one in found],
        },
        hide_index=True,
        height=formatting.table_height(len(found)),
        alt=_("Everyone's predictions and the results."),
    )
