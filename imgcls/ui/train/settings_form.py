"""The form of the Train page: controls made from knobs, a `Config` out of them.

Every control stands in the URL as soon as it differs from its default, so settings survive F5 and can be sent to
somebody, and another page can open a prepared form.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from imgcls import datasets, models
from imgcls.config import PARAMS, Config
from imgcls.datasets import DatasetInfo
from imgcls.errors import SettingError
from imgcls.models.backbones import RUN
from imgcls.params import Choice, Param, Range, RunId, Value
from imgcls.runs import recipes
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.train import backbone_runs
from imgcls.ui.widgets import formatting, run_select
from imgcls.ui.widgets.sections import defaults, section

BY_NAME = {param.name: param for param in PARAMS}
STEPS = {"learning_rate": 0.0005, "batch_size": 16, "weight_decay": 0.001, "ema_decay": 0.01}
SCHEDULE_PARAMS = {
    "plateau": ("plateau_patience", "plateau_factor"),
    "step": ("step_epochs", "step_factor"),
    "one_cycle": ("warmup_fraction",),
}
"""A schedule -> the settings that it alone has."""
IMAGES = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)


def form_of(config: Config) -> dict[str, Value]:
    """What fills the form with exactly these settings: the value of each control, for `put_in` or `pick.train`.

    Raises:
        DatasetError: there is no such data set any more. It is looked for here, where the message stays in sight.
    """
    datasets.facts(config.data)
    values = {param.name: getattr(config, param.name) for param in PARAMS}
    return values | {f"{config.model}.{name}": value for name, value in config.model_settings.items()}


def query_of(values: Mapping[str, Value]) -> dict[str, str]:
    """How these values of controls stand in the URL: those at their defaults not at all, a select box by its words."""
    return {name: _text(name, value) for name, value in values.items() if value != _param(name).default}


def _param(name: str) -> Param:
    """Of a control: a model family's are called by the family and the setting."""
    family, _, setting = name.rpartition(".")
    return next(param for param in models.params(family) if param.name == setting) if family else BY_NAME[name]


def _text(name: str, value: Value) -> str:
    """A control's value as it stands in the URL."""
    if name == "data":
        return datasets.facts(value).title
    if name == "model":
        return models.family(value).TITLE
    if name == "train_images":
        return f"{value:,}"
    if isinstance(_param(name).limits, RunId):
        return str(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def control(param: Param, key: str, *, label: str = "", **changes: Any) -> Value:
    """The widget of a knob, bound to the URL under `key`; `changes` override what the knob says."""
    limits, label = param.limits, label or param.label
    common = {"key": key, "help": param.help, "bind": "query-params"}
    if param.kind is bool:
        return st.toggle(label, value=param.default, **common)
    if isinstance(limits, Choice):
        return st.selectbox(label, limits.options, index=limits.options.index(param.default), **common)
    if isinstance(limits, RunId):
        return run_select.select(label, backbone_runs.titles(), key=key, parameter=key, help=param.help)
    if not isinstance(limits, Range):
        raise TypeError(f"no widget for {param}")
    if limits.unit:
        label = f"{label} ({limits.unit})"
    low, high = param.kind(limits.low), param.kind(changes.get("high", limits.high))
    value = param.kind(param.default)
    if limits.step:
        return st.slider(label, low, high, value, param.kind(limits.step), **common)
    if param.kind is float:
        return st.number_input(label, low, high, value, step=STEPS.get(param.name), format="%g", **common)
    return st.number_input(label, low, high, value, step=STEPS.get(param.name, 1), **common)


def controls(params: Iterable[Param], prefix: str = "") -> dict[str, Value]:
    """Widgets for several knobs in as many columns as fit."""
    values = {}
    with st.grid(min_column_width=190, gap="medium", vertical_alignment="bottom"):
        for param in params:
            values[param.name] = control(param, prefix + param.name)
    return values


def choose_data() -> DatasetInfo:
    """Which data set."""
    names = datasets.names()
    titles = {name: datasets.facts(name).title for name in names}
    name = st.selectbox(
        "Data set",
        names,
        format_func=lambda name: titles.get(name, name),
        key="data",
        help=BY_NAME["data"].help,
        bind="query-params",
    )
    return datasets.facts(name)


def choose_model() -> str:
    """Which architecture."""
    names = models.names()
    titles = {name: models.family(name).TITLE for name in names}
    return st.selectbox(
        "Model",
        names,
        index=names.index(Config.model),
        format_func=lambda name: titles.get(name, name),
        key="model",
        help=BY_NAME["model"].help,
        bind="query-params",
    )


def choose_images(available: int) -> int:
    """How many training pictures; 0 means all."""
    # A link may ask for another number, as "Train again" does for a run from a shell.
    asked = str(st.session_state.get("train_images") or st.query_params.get("train_images", "")).replace(",", "")
    numbers = {*IMAGES, *([int(asked)] if asked.isascii() and asked.isdigit() and len(asked) < 9 else [])}
    options = [0, *sorted(number for number in numbers if 0 < number < available)]
    return st.selectbox(
        "Pictures",
        options,
        format_func=lambda number: f"{number:,}" if number else f"All {available:,}",
        key="train_images",
        help=BY_NAME["train_images"].help,
        bind="query-params",
    )


def offer_recipe(model: str, data: str) -> None:
    """A button that puts the settings into the form that suit this model, where its file names some."""
    values = recipes.recipe(model, data)
    if not values:
        return
    follows = values_of(*values) == dict(values)
    st.button(
        "The recipe is in use" if follows else "Use its recipe",
        icon=":material/done:" if follows else ":material/bolt:",
        disabled=follows,
        key="recipe",
        on_click=put_in,
        args=(values,),
        help=f"Sets {', '.join(BY_NAME[name].label.lower() for name in values)} as this model learns fastest.",
    )


def put_in(values: Mapping[str, Value]) -> None:
    """Sets controls, before they are made; those that are not, too, so that they stand in the URL as the others do."""
    shown = query_of(values)
    for name, value in values.items():
        st.session_state[name] = value
        # Streamlit itself keeps the URL of a control that stands on the page, and forbids to set it.
        with suppress(StreamlitAPIException):
            if name in shown:
                st.query_params[name] = shown[name]
            else:
                st.query_params.pop(name, None)


def model_settings(model: str) -> Mapping[str, Value]:
    """The controls of a model family: the first two in sight, the rest in a closed section."""
    params, prefix = models.params(model), f"{model}."
    if models.has_backbone(model):
        return _transfer_settings(params, prefix)
    values = controls(params[:2], prefix)
    return values | closed("More model settings", "more-model", ":material/tune:", params[2:], prefix=prefix)


def _transfer_settings(params: tuple[Param, ...], prefix: str) -> Mapping[str, Value]:
    """The base, beside it its size or the run that it comes from; head and fine-tuning in a closed section."""
    base, size, run, *rest = params
    values = defaults(params)
    with st.grid(min_column_width=190, gap="medium", vertical_alignment="bottom"):
        values["base"] = control(base, prefix + base.name)
        second = run if values["base"] == RUN else size
        values[second.name] = control(second, prefix + second.name)
    tuned = st.session_state.get(f"{prefix}fine_tuning_epochs") or st.query_params.get(f"{prefix}fine_tuning_epochs")
    present = f"{tuned} epochs of fine-tuning" if tuned and str(tuned) != "0" else "no fine-tuning"
    return values | closed("Head and fine-tuning", "head", ":material/tune:", rest, prefix=prefix, present=present)


def closed(
    title: str, key: str, icon: str, params: Iterable[Param], *, prefix: str = "", present: str = ""
) -> dict[str, Value]:
    """Controls in a closed section, the title of which tells what is `present`."""
    params = tuple(params)
    with section(title, key, icon, params, prefix=prefix, present=present) as filled:
        return controls(params, prefix) if filled else defaults(params)


def value_of(name: str) -> Value:
    """The value of a control that is drawn further below: from the session, else the URL, else the default."""
    return values_of(name)[name]


def values_of(*names: str) -> dict[str, Value]:
    """`value_of` for several. The URL is looked at once: each look costs as much as a small control."""
    asked = st.query_params.to_dict()
    return {name: _value(BY_NAME[name], asked) for name in names}


def _value(param: Param, asked: Mapping[str, str]) -> Value:
    value = st.session_state.get(param.name)  # "in" would copy the whole state
    if value is not None:
        return value
    try:
        return param.parsed(asked[param.name]) if param.name in asked else param.default
    except SettingError:
        return param.default


def _used(model: str, *names: str) -> tuple[str, ...]:
    """Those settings that mean something to the model."""
    return tuple(name for name in names if name not in getattr(models.family(model), "IGNORES", ()))


def optimisation(model: str, is_multilabel: bool = False) -> dict[str, Value]:
    """Optimiser, loss, normalisation; where a picture may have several labels there is only one loss."""
    names = ("optimizer", "batch_size", "loss", "label_smoothing", "class_weights", "normalisation")
    names = tuple(name for name in names if name != "loss" or not is_multilabel)
    names = _used(model, *names, "weight_decay", "ema_decay")
    loss = "binary cross-entropy" if is_multilabel else value_of("loss").replace("_", " ")
    present = f"{value_of('optimizer')}, batches of {value_of('batch_size')}, {loss}"
    icon = ":material/trending_down:"
    values = closed("Learning", "optimisation", icon, (BY_NAME[name] for name in names), present=present)
    if not is_multilabel and values["loss"] == "sparse_categorical_crossentropy" and values["label_smoothing"]:
        st.info(
            "Label smoothing needs one-hot labels, so it is off with the sparse loss. Otherwise both learn the same.",
            icon=":material/info:",
        )
        values["label_smoothing"] = 0.0
    return values


def schedule(epochs: Value, learning_rate: Value) -> dict[str, Value]:
    """How the learning rate moves, drawn before anything is trained."""
    names = ("schedule", *SCHEDULE_PARAMS.get(value_of("schedule"), ()))
    params = [BY_NAME[name] for name in names]
    present = value_of("schedule").replace("_", "-")
    with section("Learning-rate schedule", "rates", ":material/show_chart:", params, present=present) as filled:
        if not filled:
            return defaults(params)
        values = controls(params)
        config = Config(epochs=epochs, learning_rate=learning_rate, **values)
        st.plotly_chart(
            cached_curves.schedule(config),
            key="schedule-curve",
            config={"displayModeBar": False},
            alt=f"The planned learning rate over {epochs} epochs: {present}.",
        )
        if values["schedule"] == "plateau":
            st.caption("When validation stalls, nobody knows before: the line is what is planned without it.")
    return values


def stopping() -> dict[str, Value]:
    """When training ends by itself."""
    present = "after the last epoch"
    if value_of("early_stopping"):
        present = f"early after {formatting.count(value_of('patience'), 'epoch')} without progress"
    names = ("monitor", "early_stopping", "patience")
    return closed("Stopping", "stopping", ":material/flag:", (BY_NAME[name] for name in names), present=present)


def splitting(model: str) -> dict[str, Value]:
    """The validation share, the seed, and how exact the numbers are."""
    present = f"{value_of('validation_fraction'):.0%} for validation, seed {value_of('seed')}"
    params = (BY_NAME[name] for name in _used(model, "validation_fraction", "seed", "precision", "deterministic"))
    return closed("Split, seed and precision", "splitting", ":material/call_split:", params, present=present)
