"""A canvas with a trained model, three steps to a model of one's own, and the latest runs to continue with."""

import html
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from imgcls import runs
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs import ENDED, Run
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.home import hero, pictures
from imgcls.ui.runs import run_list, thumbnails
from imgcls.ui.visitors import exposure
from imgcls.ui.widgets import formatting

LATEST = 4


@dataclass(frozen=True)
class Step:
    """A card that leads to a page; its picture is drawn from the run of this ID, if that exists."""

    page: str
    title: str
    text: str
    button: str
    icon: str
    run: str
    picture: Callable[[Run], str]


STEPS = (
    Step(
        "data.py",
        N_("Look at the images"),
        N_("Browse the images that a model learns from, and find wrong labels."),
        N_("Browse the data"),
        ":material/photo_library:",
        "digits",
        pictures.digits,
    ),
    Step(
        "train.py",
        N_("Train your first model"),
        N_("5,000 digits are ready. Press Start and watch it learn for a minute."),
        N_("Choose and start"),
        ":material/model_training:",
        "cifar10",
        pictures.curves,
    ),
    Step(
        "evaluate.py",
        N_("See what it gets wrong"),
        N_("See which images it gets wrong, and which classes it mixes up."),
        N_("Evaluate a model"),
        ":material/fact_check:",
        "fashion",
        pictures.matrix,
    ),
)


def show() -> None:
    """The whole page below its title."""
    if warning := exposure.warning():
        st.warning(plain(warning), icon=":material/lock_open:")
    hero.show()
    existing = {run.id: run for run in runs.all_runs()}
    with st.grid(3, min_column_width=260, gap="medium"):
        for step in STEPS:
            with st.container(border=True, height="stretch", key=f"card-{step.page[:-3]}", gap="small"):
                _step(step, existing.get(step.run))
    _continue(list(existing.values())[:LATEST])


def _step(step: Step, run: Run | None) -> None:
    with errors.shown():
        picture = step.picture(run) if run is not None and run.is_tested else ""
        st.html(f"{picture}<h2>{_(step.title)}</h2><p>{_(step.text)}</p>")
        if st.button(_(step.button), icon=step.icon, type="tertiary", key=step.page):
            links.go(step.page)


def _continue(latest: list[Run]) -> None:
    are_examples = latest and all(run.is_example for run in latest)
    st.header(_("Ready-made models") if are_examples else _("Continue"), anchor=False)
    if not latest:
        st.caption(_("No runs yet. Start your first run with “{title}” above.").format(title=_(STEPS[1].title)))
        return
    with st.grid(max(3, len(latest)), min_column_width=220, gap="medium"):
        for run in latest:
            with st.container(border=True, height="stretch", key=f"card-run-{run.id}", gap="small"), errors.shown():
                _run(run)


def _run(run: Run) -> None:
    """A run's worst mistake and its curve, its name as a link, and how it ended."""
    about = run_list.summary(run)
    mistake = thumbnails.worst_mistake(run)
    image = thumbnails.picture(mistake.url, _("Worst mistake: {text}").format(text=mistake.text)) if mistake else ""
    values = thumbnails.accuracies(run)
    alt = _("Validation accuracy")
    if values:
        alt = _("Validation accuracy, from {first} to {last}").format(
            first=formatting.fraction(values[0]), last=formatting.fraction(values[-1])
        )
    word = formatting.word(about.state)
    best = _("validation accuracy, highest {accuracy}").format(accuracy=formatting.fraction(max(values, default=0.0)))
    curve = thumbnails.accuracy_curve(values, alt, best, has_ends=False)  # two bare numbers would puzzle a visitor
    if not curve and about.state not in ENDED:
        curve = run_list.under_way(run, about.state)
    score, name = (about.macro_f1, "macro F1") if about.macro_f1 is not None else (about.test, _("test accuracy"))
    big = f"<b>{formatting.fraction(score)}</b> {name}" if score is not None else f"<b>{word}</b>"
    st.html(
        f'<div class="glance">{image}<div class="curve">{curve}</div></div><p class="score">{big}</p>'
        f"<p>{html.escape(about.data)} · {formatting.age(about.created)}</p>"
    )
    if st.button(plain(run.label), key=f"open-{run.id}", type="tertiary"):
        links.go("train.py", run=run.id)
