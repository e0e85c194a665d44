"""The step from the winner of a study to an honest number: the same settings with seeds that chose nothing."""

import streamlit as st

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.evaluation import repeated_seeds
from imgcls.evaluation.metrics.percent import interval, percent
from imgcls.jobs import fair_use
from imgcls.runs import run_name
from imgcls.sharing import Action
from imgcls.studies import Plan, Study, Trial, space
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.visitors import rights
from imgcls.ui.widgets import formatting

SEEDS = 3
MOST_ID = 30
"""Characters of the study's ID in those of the runs, which may have 41."""
HELP = (
    "The winner is the best of many, so its score is partly luck. Runs with its settings and other seeds chose "
    "nothing: their mean test accuracy is unbiased, and their spread shows what the seed does."
)


def offer(study: Study, plan: Plan, winner: Trial) -> None:
    """The button; once the runs exist, a button that leads to them."""
    if runs.exists(_ids(study, winner)[0]):
        if st.button("Show the repetitions", icon=":material/repeat:"):
            links.go("runs.py", q=_label(study))
        return
    st.button(
        f"Repeat the winner with {SEEDS} seeds",
        icon=":material/repeat:",
        on_click=_start,
        args=(study, plan, winner),
        **rights.button(Action.START_RUN, help=HELP),
    )


def say(study: Study, winner: Trial) -> None:
    """How far the runs are, or what they say about the winner's settings; nothing before they were started."""
    found = [runs.find(run_id) for run_id in _ids(study, winner) if runs.exists(run_id)]
    if not found:
        return
    groups = repeated_seeds.groups(found)
    ended = sum(run.state in runs.ENDED for run in found)
    if ended == len(found) and groups:
        mean, count = groups[0].mean(), len(groups[0].runs)
        st.markdown(
            plain(f"With {count} other seeds: mean test accuracy ")
            + f"**{plain(percent(mean.value))}**"
            + plain(f" (95% CI {interval(mean.low, mean.high)}).")
        )
    else:
        st.caption(f"Repetitions of the winner: {ended} of {formatting.count(len(found), 'run')} ended.")


def _ids(study: Study, winner: Trial) -> list[str]:
    """The IDs of the runs: known, so that a second click starts nothing new."""
    return [f"{study.id[:MOST_ID]}-r{winner.number}-{at}" for at in range(1, SEEDS + 1)]


def _label(study: Study) -> str:
    return run_name.clean(f"{study.title} winner")


def _configs(plan: Plan, winner: Trial) -> list[Config]:
    """The settings of the winner with the seeds that follow its own."""
    config = space.config_of(plan.base, winner.params)
    return [config.changed(seed=config.seed + at) for at in range(1, SEEDS + 1)]


def _start(study: Study, plan: Plan, winner: Trial) -> None:
    """A callback."""
    with shown():
        configs = _configs(plan, winner)
        fair_use.check_new_runs(configs)
        for run_id, config in zip(_ids(study, winner), configs, strict=True):
            jobs.begin(config, run_name.with_ending(_label(study), f", seed {config.seed}"), run_id=run_id)
