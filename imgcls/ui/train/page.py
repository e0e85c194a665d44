"""The Train page: the form before a training run, or the run that the URL names."""

from collections.abc import Callable, Container
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from imgcls import jobs, runs, sharing, studies
from imgcls.config import Config
from imgcls.errors import RunError
from imgcls.jobs import backends, fair_use
from imgcls.jobs.classroom.assignments.assignment import settings_of
from imgcls.jobs.classroom.assignments.attempts import Entry
from imgcls.languages import N_, ngettext
from imgcls.languages import gettext as _
from imgcls.runs import Run, run_name
from imgcls.runs.index import trained_seeds, unused_names
from imgcls.sharing import Action
from imgcls.studies import plan
from imgcls.ui.app import errors, links
from imgcls.ui.app.assignments import attempt, fixed_controls, form
from imgcls.ui.app.errors import plain
from imgcls.ui.app.lessons import run_names
from imgcls.ui.cache import predictions
from imgcls.ui.data import dataset_select, summary
from imgcls.ui.train import (
    augmentation,
    backbone,
    detailed,
    model_summary,
    opening,
    preflight,
    presets,
    run_page,
    search,
    settings_form,
)
from imgcls.ui.train.search import Varied
from imgcls.ui.visitors import rights
from imgcls.ui.widgets import sections

MOST_SEEDS = 50
SEEDS = N_(
    "Trains this many runs that differ only in the seed. The Runs page shows their mean with an interval, and compares "
    "two settings over all seeds."
)


def show(manage: Callable[[Run], None]) -> None:
    """The whole page. `manage`: as for `run_page.show`."""
    opening.receive(links.take_preset())
    if not _show_run(manage):
        opening.restore()
        _show_form()


def _show_run(manage: Callable[[Run], None]) -> bool:
    """Shows the run that the URL names; False if it names none that exists."""
    run_id = st.query_params.get("run")
    if not run_id:
        return False
    try:
        run_page.show(runs.find(run_id), manage)
    except RunError as error:
        st.warning(plain(str(error)), icon=":material/search_off:")
        return False
    return True


def _show_form() -> None:
    """All settings of a new run, and Start."""
    st.title(_("Train a model"))
    with st.container(key="train-lead"):
        lead = _("Press **Start** and watch a network learn from these images.")
        if fixed_controls.present() is None and run_names.training_step() is None:  # these set some of the settings
            lead += " " + _("You can change everything first.")
        st.markdown(lead)
    top = st.container()
    jobs.expect()
    left, right = st.columns([5, 6], gap="large")

    with left, sections.titled():
        with st.container(horizontal=True, vertical_alignment="bottom"):
            info = dataset_select.choose()
            model = model_summary.choose() if info else ""
        if info is None:
            dataset_select.say_lost()
            return
        with st.container(gap="xsmall"):
            model_summary.samples(info)
            summary.one_line(info)
        opening.fill(model, info.name)
        if run_names.training_step() is None:  # a lesson has filled in the form: another preset would not do its task
            presets.show(model, info.name, gives_scores=not attempt.awaits_guess())
        obstacles = st.container()  # Start needs the weights, so this is outside the closed section
        prediction = st.container()  # what an assignment asks for first: right above Start
        bar = st.container(horizontal=True, vertical_alignment="center", key="start-bar")
        refusals = st.container()
        with detailed.section():
            images, values = settings_form.amount(summary.training_count(info))
            values |= settings_form.schedule(values["epochs"], values["learning_rate"])
            model_settings = settings_form.model_settings(model, images or info.counts[0])
            values |= augmentation.section(info) | settings_form.optimisation(model, info.is_multilabel)
            values |= settings_form.stopping() | settings_form.splitting(model)
            vary = st.container()
            model_summary.terms(model)
        detailed.summarise(values["epochs"], values["learning_rate"], set(filter(search.is_varied, values)))
        with obstacles:
            has_weights = backbone.show(model, model_settings, info)

    with right, errors.shown():
        config = Config(data=info.name, train_images=images, model=model, model_settings=model_settings, **values)
        with st.container():  # how many sentences there are depends on the settings
            is_ready = summary.realised_counts(config) and has_weights
        with prediction:
            entry = attempt.entry(info)
        obstacle = attempt.obstacle(entry)
        with vary:
            varied = None if entry else search.show(config)
            _expected(varied)  # here, while one edits the number of trials, and below Start
        with bar:
            skipped = _start(config, is_ready and not obstacle, entry, varied)
        with refusals:
            if skipped:
                st.caption(skipped)
            _expected(varied)
            _usage()
            attempt.say(obstacle)
        model_summary.show(config, info)
        if is_ready:
            backbone.explain_cache(config, info)
        preflight.show(config, info)
        backbone.compare(config, info)
        model_summary.details(config, info)
        with top if form.is_first() else st.container():
            form.offer("train", settings_of(config))


def _expected(varied: Varied | None) -> None:
    """How long a study will take; nothing if that is unknown, or for a single run."""
    seconds = varied.seconds if varied else None
    if seconds is not None:
        st.caption(_("Estimated time of the study: about {time}.").format(time=presets.rough(seconds)))


def _usage() -> None:
    """Why nothing can be started, or how much of the visitor's limits is used; nothing in local mode."""
    if not sharing.is_shared():
        return
    decision, visitor = sharing.decide(Action.START_RUN), sharing.current()
    if not decision.allowed:
        st.info(plain(decision.reason), icon=":material/lock:")
    elif used := fair_use.usage(visitor)[:1]:
        st.caption(plain(used[0].sentence))


class Seeds(NamedTuple):
    """How many runs Start begins that differ only in the seed, the seeds to train, and what is said of the others."""

    number: int
    train: list[int]
    skipped: str = ""


def _seeds(config: Config, place: DeltaGenerator, *, is_ready: bool) -> Seeds:
    count = int(place.number_input(_("Seeds"), 1, MOST_SEEDS, 1, key="seeds", help=_(SEEDS), width=130))
    wanted = list(range(config.seed, config.seed + count))
    known: Container[int] = ()
    if count > 1 and is_ready:
        known = trained_seeds.trained(config, predictions.training_data(config.data).edits.version)
    existing = [seed for seed in wanted if seed in known]
    if not existing or not st.checkbox(_("Skip seeds that are trained already"), True, key="skip-seeds"):
        return Seeds(count, wanted)
    rest = [seed for seed in wanted if seed not in existing]
    text = ngettext("Seed {seeds} exists", "Seeds {seeds} exist", len(existing))
    said = text.format(seeds=trained_seeds.numbers(existing))
    more = ngettext("trains seed {seeds}", "trains seeds {seeds}", len(rest)) if rest else _("nothing to train")
    return Seeds(count, rest, f"{said}; {more.format(seeds=trained_seeds.numbers(rest))}.")


def _options(config: Config, usual: str, *, is_study: bool, has_seeds: bool, is_ready: bool) -> tuple[str, str, Seeds]:
    """The name, the backend and the seeds, closed beside Start: a first run needs none of them."""
    count = int(st.session_state.get("seeds", 1)) if has_seeds else 1
    label = ngettext("× {n} seed", "× {n} seeds", count).format(n=count) if count > 1 else _("Name")
    if has_seeds and count == 1:
        label = _("Name, seeds")
    about = _("Name the study") if is_study else _("Name the run, or repeat it with other seeds")
    with (
        st.popover(label, key="repeat", icon=":material/edit:", help=about),
        st.container(width=340, gap="small"),
    ):
        beside = st.container(horizontal=True)  # one row, as there is little room below Start on a laptop
        if is_study:
            name = beside.text_input(_("Study name"), placeholder=usual, max_chars=plan.MOST_TITLE, key="vary-title")
        else:
            name = beside.text_input(_("Run name"), placeholder=usual, max_chars=runs.LABEL_LENGTH)
        seeds = _seeds(config, beside, is_ready=is_ready) if has_seeds else Seeds(1, [config.seed])
        backend = _choose_backend()
        if seeds.skipped:
            st.caption(seeds.skipped)
        return name, backend, seeds


def _start(config: Config, is_ready: bool, entry: Entry | None, varied: Varied | None) -> str:
    """The name, the number of seeds and the Start button of a run or, if settings are varied, those of a study: one
    button, so that you cannot start the other one by mistake. An attempt at an assignment is one run. Returns what is
    said of seeds that are not trained again, or why a study cannot start."""
    usual = run_names.of(config) or runs.default_label(config)
    button = st.container()  # Start comes first
    has_seeds = not entry and varied is None
    name, backend, seeds = _options(config, usual, is_study=varied is not None, has_seeds=has_seeds, is_ready=is_ready)
    if varied is None:
        may = is_ready and bool(seeds.train)
        label, may_start = _("Start"), rights.button(Action.START_RUN, disabled=not may, help=seeds.skipped or None)
    else:
        missing = "" if varied.plan else _("First choose the settings to vary, and their values.")
        seeds = seeds._replace(skipped=missing)
        is_ready, label = is_ready and varied.plan is not None, varied.label
        may_start = rights.button(Action.START_STUDY, disabled=not is_ready, help=missing or None)
    icon = ":material/play_arrow:"
    is_started = button.button(label, type="primary", icon=icon, width="stretch", key="start", **may_start)
    run_id = st.session_state.setdefault("new_run_id", runs.new_id())
    study_id = f"study-{run_id}"
    if is_started and attempt.lacks_guess(entry):
        attempt.ask_for_guess()
    elif is_started and fixed_controls.is_preview():
        attempt.say_preview()
    elif is_started and varied is not None and varied.plan is not None:
        search.start(varied.plan, name, study_id, backend)
    elif is_started and seeds.number > 1:
        repeated = [config.changed(seed=seed) for seed in seeds.train]
        fair_use.check_new_runs(repeated)
        endings = [f", seed {one.seed}" for one in repeated]
        shared = name or unused_names.based_on(usual, endings)
        for one, ending in zip(repeated, endings, strict=True):
            jobs.begin(one, run_name.with_ending(shared, ending), run_id=f"{run_id}-{one.seed}", backend=backend)
        st.session_state["new_run_id"] = runs.new_id()
        links.go("runs.py")
    elif is_started:
        # A second click on its way to the server finds the same id, so it starts nothing new.
        run = jobs.begin(config, name or unused_names.based_on(usual), run_id=run_id, assignment=entry, backend=backend)
        st.query_params.from_dict({"run": run.id})
        st.rerun()
    if runs.exists(run_id) or studies.exists(study_id):
        st.session_state["new_run_id"] = runs.new_id()
    return seeds.skipped


def _choose_backend() -> str:
    """Where the run trains: a choice if IMGCLS_BACKEND lists several backends, else "", the only one."""
    found = backends.configured()
    if len(found) == 1:
        return ""
    return st.selectbox(
        "Train on", found, format_func=backends.title, key=search.BACKEND, help="Set by IMGCLS_BACKEND."
    )
