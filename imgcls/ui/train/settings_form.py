"""The form of the Train page: controls derived from the parameters of `Config` and of the model families.

Every control that is not at its default is in the URL, so settings survive a reload, can be shared as a link, and other
pages can open a prefilled form.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from imgcls import datasets, models
from imgcls.config import PARAMS, Config, choice_names
from imgcls.errors import SettingError
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.models import backbones
from imgcls.models.backbones import RUN
from imgcls.params import Choice, Param, Range, RunId, Value
from imgcls.ui.app.assignments import banner, fixed_controls
from imgcls.ui.cache import backbone_runs
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.train import search
from imgcls.ui.widgets import run_select
from imgcls.ui.widgets.figures import figure_download
from imgcls.ui.widgets.sections import defaults, section

BY_NAME = {param.name: param for param in PARAMS}
STEPS = {"learning_rate": 0.0005, "batch_size": 16, "weight_decay": 0.001, "ema_decay": 0.01}
SCHEDULE_PARAMS = {
    "plateau": ("plateau_patience", "plateau_factor"),
    "step": ("step_epochs", "step_factor"),
    "one_cycle": ("warmup_fraction",),
}
"""Schedule -> the settings that only it has."""
TRANSLATED = (N_("Epochs"), N_("Learning rate"), N_("Units"), N_("Hidden layers"), N_("Filters"), N_("Blocks"))
"""Labels of the controls that are always in sight, for the catalogues; those of closed sections are English."""
SUGGESTED = ("transfer.backbone",)
"""Controls whose default depends on other settings: a link always holds their values."""
IMAGES = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)


def form_of(config: Config) -> dict[str, Any]:
    """The value of every control for exactly these settings, for `fill` or `links.train`.

    Raises:
        DatasetError: the dataset no longer exists. Checked here, where the message stays visible.
    """
    datasets.facts(config.data)
    values = {param.name: getattr(config, param.name) for param in PARAMS}
    return values | {f"{config.model}.{name}": value for name, value in config.model_settings.items()}


def query_of(values: Mapping[str, Value]) -> dict[str, str]:
    """These values as URL parameters: defaults are left out, a select box is written as its text."""
    return {
        name: _text(name, value)
        for name, value in values.items()
        if value != param_of(name).default or name in SUGGESTED
    }


def param_of(name: str) -> Param:
    """The parameter of a control; those of a model family are named FAMILY.SETTING."""
    family, _, setting = name.rpartition(".")
    return next(param for param in models.params(family) if param.name == setting) if family else BY_NAME[name]


def _text(name: str, value: Value) -> str:
    """The value of a control as text in the URL."""
    if name == "data":
        return datasets.facts(str(value)).title
    if name == "model":
        return models.family(str(value)).TITLE
    if name == "train_images":
        return f"{value:,}"
    if isinstance(param_of(name).limits, RunId):
        return str(value)
    return str(value).lower() if isinstance(value, bool) else choice_names.shown(name, str(value))


def control(param: Param, key: str, *, label: str = "", **changes: Any) -> Value:
    """The widget of a parameter, bound to the URL under `key`; `changes` override its limits."""
    limits, label = param.limits, label or _(param.label)
    common: dict[str, Any] = {"key": key, "bind": "query-params", **usable(key, param.help)}
    if param.kind is bool:
        return st.toggle(label, value=bool(param.default), **common)
    if isinstance(limits, Choice):
        index = limits.options.index(changes.get("default", param.default))
        names = partial(choice_names.shown, param.name)
        return st.selectbox(label, limits.options, index=index, format_func=names, **common)
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


def usable(key: str, help: str) -> dict[str, Any]:
    """Whether a control is disabled, because an assignment fixes it or a study varies it, and its help."""
    reason = banner.FIXED if fixed_controls.is_fixed(key) else _(search.VARIED) if search.is_varied(key) else ""
    return {"disabled": bool(reason), "help": f"{reason} {_(help)}".strip()}


def controls(params: Iterable[Param], prefix: str = "") -> dict[str, Any]:
    """Widgets for several parameters, in as many columns as fit."""
    values = {}
    with st.grid(min_column_width=190, gap="medium", vertical_alignment="bottom"):
        for param in params:
            values[param.name] = control(param, prefix + param.name)
    return values


def amount(available: int) -> tuple[int, dict[str, Any]]:
    """How much is trained: the number of images, and the epochs and the learning rate, side by side."""
    with st.grid(3, min_column_width=130, gap="small", vertical_alignment="bottom"):
        images = choose_images(available)
        values = {name: control(BY_NAME[name], name) for name in ("epochs", "learning_rate")}
    return images, values


def choose_images(available: int) -> int:
    """How many training images to use; 0 means all."""
    # A link may name a number that is not listed, e.g. "Train again" for a run from the command line.
    requested = str(st.session_state.get("train_images") or st.query_params.get("train_images", "")).replace(",", "")
    numbers = {
        *IMAGES,
        *([int(requested)] if requested.isascii() and requested.isdigit() and len(requested) < 9 else []),
    }
    options = [0, *sorted(number for number in numbers if 0 < number < available)]
    return st.selectbox(
        _("Training images"),
        options,
        format_func=lambda number: f"{number:,}" if number else f"All {available:,}",
        key="train_images",
        **usable("train_images", BY_NAME["train_images"].help),
        bind="query-params",
    )


def fill(values: Mapping[str, Value]) -> None:
    """Sets controls before they are created, and the URL for those that are not going to be created in this run."""
    shown = query_of(values)
    for name, value in values.items():
        st.session_state[name] = value
        # Streamlit updates the URL of a control that is on the page itself, and forbids setting it.
        with suppress(StreamlitAPIException):
            if name in shown:
                st.query_params[name] = shown[name]
            else:
                st.query_params.pop(name, None)


def model_settings(model: str, images: int) -> Mapping[str, Value]:
    """The controls of a model family: the first two visible, the rest in a closed section. `images`: for training."""
    params, prefix = models.params(model), f"{model}."
    if models.has_backbone(model):
        return _transfer_settings(params, prefix, images)
    values = controls(params[:2], prefix)
    return values | closed(_("More model settings"), "more-model", ":material/tune:", params[2:], prefix=prefix)


def _transfer_settings(params: tuple[Param, ...], prefix: str, images: int) -> Mapping[str, Value]:
    """The backbone and its input size (or its run); head and fine-tuning in a closed section."""
    backbone, size, run, *rest = params
    values = defaults(params)
    with st.grid(min_column_width=190, gap="medium", vertical_alignment="bottom"):
        values["backbone"] = control(backbone, prefix + backbone.name, default=backbones.suggested(images))
        second = run if values["backbone"] == RUN else size
        values[second.name] = control(second, prefix + second.name)
    epochs = st.session_state.get(f"{prefix}fine_tuning_epochs") or st.query_params.get(f"{prefix}fine_tuning_epochs")
    present = f"{epochs} epochs of fine-tuning" if epochs and str(epochs) != "0" else "no fine-tuning"
    return values | closed(_("Head and fine-tuning"), "head", ":material/tune:", rest, prefix=prefix, present=present)


def closed(
    title: str, key: str, icon: str, params: Iterable[Param], *, prefix: str = "", present: str = ""
) -> dict[str, Any]:
    """Controls in a closed section whose title summarises the `present` values."""
    params = tuple(params)
    with section(title, key, icon, params, prefix=prefix, present=present) as filled:
        return controls(params, prefix) if filled else defaults(params)


def shown_values(names: Iterable[str]) -> dict[str, Value]:
    """The values of controls by their keys, those of a model family being FAMILY.SETTING; as `value_of`."""
    query = st.query_params.to_dict()
    return {name: _value(param_of(name), query, name) for name in names}


def value_of(name: str) -> Value:
    """The value of a control further down the page: from the session, else the URL, else the default."""
    return values_of(name)[name]


def values_of(*names: str) -> dict[str, Any]:
    """`value_of` for several controls. The URL is read only once, as each read costs as much as a small control."""
    query = st.query_params.to_dict()
    return {name: _value(BY_NAME[name], query) for name in names}


def _value(param: Param, query: Mapping[str, str], key: str = "") -> Value:
    key = key or param.name
    value = st.session_state.get(key)  # "in" would copy the whole state
    if value is not None:
        return value
    try:
        return param.parsed(choice_names.read(key, query[key])) if key in query else param.default
    except SettingError:
        return param.default


def _named(setting: str) -> str:
    """The present value of a select box, as the box calls it."""
    return choice_names.shown(setting, str(value_of(setting)))


def _used(model: str, *names: str) -> tuple[str, ...]:
    """The settings that the model uses."""
    return tuple(name for name in names if name not in getattr(models.family(model), "IGNORES", ()))


def optimisation(model: str, is_multilabel: bool = False) -> dict[str, Any]:
    """Optimiser, loss and normalisation. Multi-label datasets have only one loss."""
    names: tuple[str, ...] = ("optimizer", "batch_size", "loss", "label_smoothing", "class_weights", "normalisation")
    names = tuple(name for name in names if name != "loss" or not is_multilabel)
    names = _used(model, *names, "weight_decay", "ema_decay")
    loss = "binary cross-entropy" if is_multilabel else _named("loss").lower()
    present = f"{_named('optimizer')}, batch size {value_of('batch_size')}, {loss}"
    icon = ":material/trending_down:"
    values = closed(_("Optimisation"), "optimisation", icon, (BY_NAME[name] for name in names), present=present)
    if not is_multilabel and values["loss"] == "sparse_categorical_crossentropy" and values["label_smoothing"]:
        st.info(
            "Label smoothing needs one-hot labels, so it is off with the sparse loss. Otherwise the two losses are "
            "equivalent.",
            icon=":material/info:",
        )
        values["label_smoothing"] = 0.0
    return values


def schedule(epochs: int, learning_rate: float) -> dict[str, Any]:
    """The learning-rate schedule, with its curve."""
    names = ("schedule", *SCHEDULE_PARAMS.get(str(value_of("schedule")), ()))
    params = [BY_NAME[name] for name in names]
    present = _named("schedule").lower()
    with section(_("Learning-rate schedule"), "rates", ":material/show_chart:", params, present=present) as filled:
        if not filled:
            return defaults(params)
        values = controls(params)
        config = Config(epochs=epochs, learning_rate=learning_rate, **values)
        st.plotly_chart(
            cached_curves.schedule(config),
            key="schedule-curve",
            config=figure_download.savable("schedule"),
            alt=f"Planned learning rate over {epochs} epochs: {present}.",
        )
        if values["schedule"] == "plateau":
            st.caption("Drops on a plateau cannot be predicted; the curve shows the schedule without them.")
    return values


def stopping() -> dict[str, Any]:
    """When training ends early."""
    present = "off"
    if value_of("early_stopping"):
        present = f"patience {value_of('patience')}"
    names = ("monitor", "early_stopping", "patience")
    return closed(
        _("Early stopping"), "stopping", ":material/flag:", (BY_NAME[name] for name in names), present=present
    )


def splitting(model: str) -> dict[str, Any]:
    """The validation fraction, the seed and the precision."""
    names = ("validation_fraction", "validation_minimum", "folds", "seed", "precision", "deterministic")
    present = f"{100 * value_of('validation_fraction'):g}% for validation, seed {value_of('seed')}"
    params = (BY_NAME[name] for name in _used(model, *names))
    return closed(_("Split, seed and precision"), "splitting", ":material/call_split:", params, present=present)
