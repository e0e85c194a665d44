"""Below Start: choose settings to vary, and start a study instead of a single run."""

import re

import streamlit as st

from imgcls import runs, studies
from imgcls.config import Config
from imgcls.errors import SettingError
from imgcls.params import Choice, Param, Range
from imgcls.sharing import Action
from imgcls.studies import plan as plans
from imgcls.studies import proposals, space
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.visitors import rights

RANGE = re.compile(r"\s*([^\s,]+?)\s*(?:\.\.|…|–| to )\s*([^\s,]+?)(\s+log)?\s*", re.IGNORECASE)
USUAL = {"weight_decay": "0.0001 .. 0.1 log", "dropout": "0 .. 0.5", "label_smoothing": "0 .. 0.2"}
"""Ranges that are searched in practice, where one around the present value would not be."""
FIRST = ("learning_rate", "batch_size", "optimizer", "dropout")
"""Offered first, as they usually matter most."""
SAMPLERS = {"tpe": "TPE", "random": "Random", "grid": "Grid"}
PRUNERS = {"median": "Below median", "hyperband": "Hyperband", "none": "Never"}


def show(config: Config, *, is_ready: bool, backend: str = "") -> None:
    """The closed section. `backend` is where trials train."""
    with st.expander("Vary settings", icon=":material/travel_explore:", key="vary", on_change="rerun") as section:
        if section.open:
            _panel(config, is_ready, backend)


def _panel(config: Config, is_ready: bool, backend: str) -> None:
    st.caption(
        "A study trains many runs with different settings. The best one on the validation images wins, and only that "
        "one is evaluated on the test set. All other settings are taken from the form."
    )
    params = {param.name: param for param in space.variable(config)}
    names = [*(name for name in FIRST if name in params), *(name for name in params if name not in FIRST)]
    chosen = st.multiselect(
        "Settings to vary", names, format_func=lambda name: params[name].label, key=f"vary-names-{config.model}"
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
    with st.grid(min_column_width=150, gap="medium", vertical_alignment="bottom"):
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
    end, hours, kwh = _ends()
    usual = runs.default_label(config)
    title = st.text_input("Name of the study", placeholder=usual, max_chars=plans.MOST_TITLE, key="vary-title")
    may_start = rights.button(Action.START_STUDY, disabled=not (is_ready and chosen))
    if st.button("Start study", type="primary", icon=":material/play_arrow:", **may_start):
        with shown():
            vary = {name: _parsed(text) for name, text in texts.items()}
            plan = plans.Plan(
                base=config,
                vary=space.read(vary, config),
                title=title or usual,
                trials=trials,
                sampler=sampler,
                pruner=pruner,
                until=plans.end_of(end, hours) if end or hours else None,
                energy_kwh=kwh,
                backend=backend,
            )
            study = studies.create(plan)
            studies.drive(study)
            links.go("studies.py", study=study.id)


def _ends() -> tuple[str, float, float | None]:
    """When the study ends at the latest: a time of day, hours, kilowatt-hours."""
    with st.grid(min_column_width=150, gap="medium", vertical_alignment="bottom"):
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
    return ("" if end is None else f"{end:%H:%M}"), float(hours or 0.0), kwh


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


def _parsed(text: str | list) -> object:
    """A list or a range as in a study's file.

    Raises:
        SettingError: it is neither.
    """
    if isinstance(text, list):
        return text
    if found := RANGE.fullmatch(text):
        return {"from": found[1], "to": found[2]} | ({"log": True} if found[3] else {})
    values = [part.strip() for part in text.split(",") if part.strip()]
    if not values:
        raise SettingError(f"{plain(text) or 'An empty text'} is neither a list of values nor a range.")
    return values
