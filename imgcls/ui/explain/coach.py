"""The coach on a page: what it found about a run, a button per finding, and how its attempts turned out."""

from functools import lru_cache
from pathlib import Path

import streamlit as st

from imgcls import datasets, jobs, runs
from imgcls.errors import UserError
from imgcls.evaluation import coach
from imgcls.evaluation.coach import evidence, trying
from imgcls.evaluation.coach.finding import Finding
from imgcls.inference import activations
from imgcls.inference.explain import task
from imgcls.runs import Run, run_name
from imgcls.sharing import Action
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.visitors import rights

NOTHING = "No problems found: no overfitting, no stalled or diverging training, no leaks, and enough validation images."
LARGER, MORE = "To improve further, try a larger preset or more data.", "To improve further, train on more data."
CHECKING = "Still checking the units of the network: this needs the activations, which are being written."
TICK_SECONDS = 1.0


TERMS = {
    "dead_units": ("Unit", "ReLU", "Gradient"),
    "exploding_gradients": ("Gradient", "Learning rate"),
    "imbalance": ("Class weights",),
    "label_noise": ("Label",),
    "leakage": ("Leak",),
    "learning_rate_high": ("Learning rate", "Loss"),
    "learning_rate_low": ("Learning rate", "Loss"),
    "overfitting": ("Overfitting", "Generalisation"),
    "underfitting": ("Underfitting",),
}
"""Rule -> the terms that its findings use."""


def show(run: Run, *, has_larger: bool) -> bool:
    """The findings about a run that has ended; a sentence if there are none, or why they cannot be had. `has_larger`:
    whether there is a preset beyond its own.

    Returns: whether all is well.
    """
    st.header("Coach", anchor=False)
    is_checking = _is_checking(run)  # before the findings, which may be complete a moment later
    try:
        found = _findings(str(run.folder), _stamp(run))
    except UserError as error:
        st.caption(plain(str(error)))
        return False
    if is_checking:
        st.fragment(run_every=TICK_SECONDS)(_wait)(run)
    if not found:
        if not is_checking:
            st.caption(f":material/thumb_up: {NOTHING} {LARGER if has_larger else MORE}")
        return not is_checking
    st.caption("Based on training and validation only. Each button starts a new run; this one stays as it is.")
    with st.grid(2, min_column_width=340, gap="small"):
        for one in found:
            with st.container(border=True, height="stretch", key=f"coach-{one.rule}", gap="small"):
                _finding(run, one)
    if terms := dict.fromkeys(term for one in found for term in TERMS.get(one.rule, ())):
        from imgcls.ui.app.lessons import words  # reads the glossary

        words.show(tuple(terms))
    return False


def _is_checking(run: Run) -> bool:
    """Whether the activations, in which dead units are searched, are still being written, as after the training."""
    if 0.0 not in run.stamp(activations.FILES[0]):
        return False
    return run.is_held or task.state(run).state == "running"


def _wait(run: Run) -> None:
    if not _is_checking(run):
        st.rerun()
    st.caption(f":material/hourglass_empty: {CHECKING}")


def attempt(run: Run) -> None:
    """If the coach started this run: what for, whether it helped, and how to undo it."""
    tried = trying.read(run)
    if tried is None:
        return
    original = runs.find(tried.of)
    title = coach.rule(tried.rule).TITLE if tried.rule in coach.rule_names() else tried.rule
    with st.container(border=True, key="coach-attempt", gap="small"):
        st.markdown(f"**Coach: {plain(tried.action)}** · against “{plain(title.lower())}” in {plain(original.label)}")
        if run.has_ended:
            st.markdown(_verdict(run, original))
        else:
            st.caption("Whether it helped is judged on the validation images of both runs, once this one has ended.")
        with st.container(horizontal=True):
            if st.button("Open the original", icon=":material/arrow_back:", key="coach-original"):
                links.go("train.py", run=original.id)
            undo = (
                "Deletes this run (it can be restored for a day), undoes the exclusions made for it, and opens the "
                "original."
            )
            allowed = rights.button(Action.DELETE_RUN, run.folder, help=undo)
            if st.button("Undo", icon=":material/undo:", key="coach-undo", **allowed):
                with shown():
                    _undo(run, tried)
                    links.go("train.py", run=original.id)


def _verdict(run: Run, original: Run) -> str:
    compared = trying.verdict(run, original)
    if compared is None:
        return "The two runs have no validation images in common, so they cannot be compared image by image."
    sign = ":material/thumb_up:" if compared.difference.low > 0 else ":material/balance:"
    if compared.difference.high < 0:
        sign = ":material/thumb_down:"
    return f"{sign} {plain(compared.sentence('the original', 'this run', 'validation'))}"


def _finding(run: Run, one: Finding) -> None:
    st.markdown(f"**{one.title}**  \n{plain(one.evidence)}")
    st.caption(one.why)
    changes = ", ".join(
        f"{name.removeprefix(trying.PREFIX).replace('_', ' ')} {value}" for name, value in one.changes.items()
    )
    allowed = rights.button(Action.START_RUN, help=f"Starts a new run with {changes}." if changes else None)
    if st.button(one.action, key=f"coach-try-{one.rule}", icon=":material/healing:", **allowed):
        with shown():
            links.go("train.py", run=_begin(run, one).id)


def _begin(run: Run, one: Finding) -> Run:
    """The new run; excluded images are excluded first."""
    config = trying.changed(run.config, one)
    # A second click on its way to the server finds the same ID, so it starts nothing new.
    run_id = st.session_state.setdefault(f"coach-run-{run.id}-{one.rule}", runs.new_id())
    if one.excluded is not None:
        datasets.exclude(datasets.open_dataset(config.data), one.excluded.tolist())
    label = run_name.with_ending(run.label, f", coached: {one.title.lower()}")
    new = jobs.begin(config, label, run_id=run_id)
    trying.record(new, run, one)
    return new


def _undo(run: Run, tried: trying.Attempt) -> None:
    st.session_state.pop(f"coach-run-{tried.of}-{tried.rule}", None)
    if tried.excluded:
        datasets.restore(datasets.open_dataset(run.config.data), tried.excluded)
    jobs.delete(run)


def _stamp(run: Run) -> tuple:
    """What the findings depend on."""
    data = run.config.data
    known = (*datasets.dataset_stamp(data), *datasets.edits_stamp(data)) if datasets.is_ready(data) else ()
    return (*run.stamp("result.json", "metrics.jsonl", "validation.npz", "inside.json"), *known)


@lru_cache(32)
def _findings(folder: str, stamp: tuple) -> tuple[Finding, ...]:
    return tuple(coach.findings(evidence.of(Run(Path(folder)))))
