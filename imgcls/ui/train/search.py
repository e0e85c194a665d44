"""Below Start: a switch that turns the run into a study, and the settings that it varies."""

import time
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from imgcls import languages, runs, studies
from imgcls.config import Config
from imgcls.errors import SettingError
from imgcls.jobs import backends
from imgcls.languages import N_, ngettext
from imgcls.languages import gettext as _
from imgcls.params import Choice, Param, Range
from imgcls.studies import Plan, proposals, space
from imgcls.studies import plan as plans
from imgcls.ui.app import links
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.app.errors import shown
from imgcls.ui.app.lessons import stored
from imgcls.ui.cache import curves
from imgcls.ui.components import reveal
from imgcls.ui.train import detailed

WHAT = N_(
    "Trains many runs with different settings, as a study. The best one on the validation images wins, and only that "
    "one is evaluated on the test set. All other settings are taken from the form."
)
USUAL = {
    "batch_size": "32, 64, 128",
    "filters": "16, 32, 64",
    "weight_decay": "0.0001 .. 0.1 log",
    "dropout": "0 .. 0.5",
    "label_smoothing": "0 .. 0.2",
}
"""Values that are searched in practice, where a range around the present value would not be."""
FIRST = ("learning_rate", "batch_size", "optimizer", "dropout")
"""Offered first, as they usually matter most."""
SAMPLERS = {"tpe": "TPE", "random": "Random", "grid": "Grid"}
SWITCH, PANEL, NAMES = "vary", "vary-panel", "vary-names-{}"
"""Key of the switch, of what it shows, and of the names of the settings that are varied, by model."""
VARIED = N_("Varied by the study.")
BACKEND, PARALLEL = "backend", "vary-parallel"
"""Session keys of where runs train, which the form asks beside Start, and of how many trials train at a time."""
PRUNERS = {"median": "Below median", "hyperband": "Hyperband", "none": "Never"}


TIMES = {"model", "epochs", "backbone", "input_size"}
"""If one of these is varied, the time of one run says nothing about the others."""


@dataclass(frozen=True)
class Varied:
    """Settings are varied: Start begins a study. There is no `plan` as long as the values are missing or invalid."""

    plan: Plan | None

    @property
    def label(self) -> str:
        """What Start is called."""
        if self.plan is None:
            return _("Start study")
        trials = self.plan.budget
        text = ngettext("Start study of {n} trial", "Start study of {n} trials", trials)
        return text.format(n=languages.number(trials))

    @property
    def seconds(self) -> float | None:
        """Estimated time of the study, from that of one run; None if unknown, as where runs differ too much in it."""
        if self.plan is None or TIMES & self.plan.vary.keys():
            return None
        one, plan = curves.whole_seconds(self.plan.base), self.plan
        if one is None:
            return None
        whole = one * max(1.0, plan.budget / plan.parallel)
        return whole if plan.until is None else min(whole, max(one, plan.until - time.time()))


def show(config: Config) -> Varied | None:
    """The switch and, if it is on, the controls; None if it is off."""
    if not st.toggle(_("Vary settings"), key=SWITCH, help=_(WHAT)):
        return None
    if not stored.progress().current:
        reveal.if_asked("study", f".st-key-{PANEL}")
    with st.container(border=True, key=PANEL):
        plan = None
        with shown():
            plan = _panel(config)
        return Varied(plan)


def is_varied(key: str) -> bool:
    """Whether the study varies the setting of the control with this key. Asked before the panel is drawn, below the
    form, so the session says it; an attempt at an assignment has no panel."""
    state = st.session_state
    if not state.get(SWITCH) or fixed_controls.present() is not None:
        return False
    return key.rpartition(".")[2] in state.get(NAMES.format(state.get("model")), ())


def open_form() -> None:
    """Leads to the form, with the controls of a study in view."""
    detailed.open_next()
    st.session_state[SWITCH] = True
    reveal.ask("study")
    links.go("train.py")


def start(plan: Plan, name: str, study_id: str, backend: str) -> None:
    """Begins the study and opens its page. The same ID again, as from a second click, begins nothing new."""
    if not name:
        name = studies.find(study_id).title if studies.exists(study_id) else studies.unused_title(plan.title)
    study = studies.create(plan.changed(title=name, backend=backend), study_id=study_id)
    studies.drive(study)
    links.go("studies.py", study=study.id)


def _panel(config: Config) -> Plan | None:
    """The controls. None as long as no setting is chosen.

    Raises:
        SettingError: a value is invalid.
    """
    params = {param.name: param for param in space.variable(config)}
    names = [*(name for name in FIRST if name in params), *(name for name in params if name not in FIRST)]
    chosen = st.multiselect(
        "Settings to vary",
        names,
        format_func=lambda name: params[name].label,
        key=NAMES.format(config.model),
        placeholder="Choose a setting to vary",
        select_all=False,  # a study of all settings ends at no result
    )
    texts = {}
    with st.grid(min_column_width=190, gap="medium", vertical_alignment="bottom"):
        for name in chosen:
            texts[name] = _values(params[name], config)
    if chosen:
        st.caption(
            "Write a list such as 16, 32, 64, or a range such as 0.1 .. 0.5. Add “log” for a logarithmic scale, as in "
            "0.0001 .. 0.1 log."
        )
    most = min(plans.MOST_PARALLEL, _most_at_once())
    fields = _fields(3 if most < 2 else 2)
    with fields:
        trials = int(st.number_input("Trials", 2, plans.MOST_TRIALS, 20, key="vary-trials"))
        available = [name for name in plans.SAMPLERS if name != "tpe" or proposals.is_installed()]
        sampler = st.selectbox(
            "Search",
            available,
            format_func=SAMPLERS.__getitem__,
            key="vary-sampler",
            help="TPE proposes settings near those of good trials (tree-structured Parzen estimator). Random draws "
            "evenly. Grid tries every combination; a range gives four values.",
        )
        pruner = st.selectbox(
            "End trials early",
            plans.PRUNERS,
            format_func=PRUNERS.__getitem__,
            key="vary-pruner",
            help="Ends a trial whose validation score is worse than that of other trials after the same number of "
            "epochs.",
        )
        parallel = _parallel(most)
    with fields if most < 2 else _fields(3):
        end, hours, kwh = _ends()
    if not chosen:
        return None
    vary = {name: space.typed(text) if isinstance(text, str) else text for name, text in texts.items()}
    plan = Plan(
        base=config,
        vary=space.read(vary, config),
        title=runs.default_label(config),
        trials=trials,
        sampler=sampler,
        pruner=pruner,
        parallel=parallel,
    )
    return plan.limited(end, hours, kwh)


def _fields(columns: int) -> DeltaGenerator:
    """So many fields in a row, fewer on a phone. There are three fields, and three ends beside them: as one grid they
    fill it on both. With *Parallel* there are four fields, and the ends are a row of their own."""
    return st.grid(columns, min_column_width=120, gap="small", vertical_alignment="bottom")


def _parallel(most: int) -> int:
    """Trials at a time; 1 without a control where only one run trains at a time."""
    if most < 2:
        return 1
    if st.session_state.get(PARALLEL, 1) > most:  # chosen for another backend
        st.session_state[PARALLEL] = most
    text = "Trials that train at the same time. TPE learns less from each of them."
    return int(st.number_input("Parallel", 1, most, key=PARALLEL, help=text))


def _most_at_once() -> int:
    """How many runs train at a time where the form says that the trials will train."""
    try:
        found = backends.configured()
    except SettingError:  # as the bar with Start says
        return 1
    chosen = st.session_state.get(BACKEND)
    most = backends.most_at_once(chosen if chosen in found else found[0])
    return plans.MOST_PARALLEL if most is None else most


def _ends() -> tuple[str, float, float]:
    """When the study ends at the latest: a time of day, hours, kilowatt-hours."""
    end = st.time_input(
        "Overnight: end at",
        None,
        key="vary-until",
        help="At this time on the server's clock, running trials stop at their best epoch, and the best trial "
        "wins. Leave it empty to run all trials.",
    )
    hours = st.number_input("or after, hours", 0.1, float(plans.MOST_HOURS), None, key="vary-hours")
    kwh = st.number_input(
        "or after, kWh",
        plans.LEAST_KWH,
        float(plans.MOST_KWH),
        None,
        key="vary-energy",
        help="The energy of everything that runs on the machine: measured where the processor's counters can be "
        "read, otherwise estimated with 10 W per busy core.",
    )
    return ("" if end is None else f"{end:%H:%M}"), float(hours or 0.0), float(kwh or 0.0)


def _values(param: Param, config: Config) -> str | list:
    """The control for the values of one setting: a choice, or a text with a list or a range."""
    key = f"vary-{config.model}-{param.name}"
    if param.kind is bool:
        st.caption(f"{param.label}: on and off")
        return [True, False]
    if isinstance(param.limits, Choice):
        return st.multiselect(param.label, param.options, default=param.options[:2], key=key)
    present = getattr(config, param.name, None)
    present = config.model_settings.get(param.name) if present is None else present
    return st.text_input(param.label, _suggestion(param, present), help=param.help, key=key)


def _suggestion(param: Param, present: object) -> str:
    """A usual range, or one around the present value."""
    if param.name in USUAL:
        return USUAL[param.name]
    if not isinstance(param.limits, Range) or isinstance(present, bool) or not isinstance(present, int | float):
        return ""
    low, high = param.limits.low, param.limits.high
    is_log = param.limits.logarithmic and present > 0
    if is_log:
        ends = max(low, present / 10), min(high, present * 10)
    else:
        ends = max(low, present / 2), min(high, present * 2 if present else min(high, low + (high - low) / 2))
    return " .. ".join(f"{round(end) if param.kind is int else end:g}" for end in ends) + " log" * is_log
