"""Settings and log of a run, in closed sections, and the main settings for its heading."""

from dataclasses import dataclass

import streamlit as st

from imgcls import models, sharing
from imgcls.config import PARAMS, Config, imported_model
from imgcls.datasets.augmentation import Augmentation
from imgcls.errors import UserError
from imgcls.languages import gettext as _
from imgcls.languages import ngettext
from imgcls.params import Param
from imgcls.runs import Run, metrics_log
from imgcls.sharing import Action
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.data import summary
from imgcls.ui.train.run_parts import place
from imgcls.ui.widgets import formatting

VERSION_LENGTH = 40


def show(run: Run) -> None:
    """Both sections, and where the run trains if that is elsewhere."""
    with st.expander("Settings", icon=":material/list:", key="settings", on_change="rerun") as section:
        if section.open:
            _settings(run)
    if (run.folder / metrics_log.PRINTED).exists() and sharing.decide(Action.SEE_LOG, run.folder):
        with st.expander("Log", icon=":material/terminal:", key="log", on_change="rerun") as section:
            if section.open:
                st.code(metrics_log.printed(run.folder), language=None, height=300)
    place.show_output(run)


def main_settings(run: Run) -> str:
    """What people look for first: "learning rate 0.01 · 3 epochs · seed 0"; "" if nothing was trained here."""
    if imported_model.exists(run.folder):
        return ""
    try:
        config = run.config
    except UserError:
        return ""
    rate = _("learning rate {rate}").format(rate=formatting.setting(config.learning_rate))
    epochs = ngettext("{n} epoch", "{n} epochs", config.epochs).format(n=config.epochs)
    seed = _("seed {seed}").format(seed=config.seed)
    return f"{rate} · {epochs} · {seed}"


def _imported_settings(model: imported_model.ImportedModel) -> None:
    rows = {
        "File": model.source,
        "Format": model.title,
        "Input": " × ".join(map(str, model.size)),
        "Axis order": model.layout,
        "Scaling of pixel values": model.scaling,
        "Channel order": model.channel_order,
        "Scores": model.outputs,
    }
    st.dataframe({"Setting": list(rows), "Value": list(rows.values())}, hide_index=True, alt="How the model is used.")


def _result(run: Run) -> str:
    """The test accuracy with its interval, and the version of the dataset, as sentences that go on; "" before that."""
    try:
        result = run.result or {}
    except UserError:
        return ""
    parts = []
    if interval := formatting.test_interval(result):
        tested = formatting.count(result["counts"]["test"], "test image")
        parts.append(f"Test accuracy: {formatting.fraction(result['test_accuracy'])} ({interval}, {tested})")
    if version := (data := result.get("data", {})).get("state"):
        edits = summary.edits_text(int(data["thrown_out"]), int(data["relabelled"]))
        parts.append(f"Dataset version: `{plain(version[:VERSION_LENGTH])}`{edits and f'.{edits}'}")
    return "".join(f" · {part}" for part in parts)


def _settings(run: Run) -> None:
    with shown():
        if found := imported_model.read(run.folder):
            _imported_settings(found)
            return
    try:
        config = run.config
    except UserError as error:
        st.caption(plain(str(error)))
        return
    st.caption(f"Run ID: `{run.id}`{_result(run)}")
    st.caption(f"Augmentation: {Augmentation.of(config).describe()}")
    rows = settings_rows(config, is_multilabel=bool(cached_curves.curves(run).plan.get("several")))
    st.dataframe(
        {
            "Setting": [row.label for row in rows],
            "Value": [row.value for row in rows],
            "Default": [row.default for row in rows],
        },
        hide_index=True,
        alt="All settings of this run, first those that differ from their defaults.",
    )


@dataclass(frozen=True)
class SettingRow:
    """A setting with its name on the screen, its value and its default as text."""

    label: str
    value: str
    default: str


def settings_rows(config: Config, *, is_multilabel: bool) -> list[SettingRow]:
    """All settings, first those that differ from their defaults."""
    table = config.as_dict()
    del table["version"]
    table.update(table.pop("model_settings"))
    if is_multilabel:
        table["loss"] = "binary cross-entropy (multi-label)"
    params = {param.name: param for param in (*PARAMS, *_of_model(config))}
    rows = [_row(name, value, params.get(name)) for name, value in table.items()]
    return sorted(rows, key=lambda row: row.value == row.default)


def _of_model(config: Config) -> tuple[Param, ...]:
    try:
        return models.params(config.model)
    except UserError:  # its family has been removed
        return ()


def _row(name: str, value: object, param: Param | None) -> SettingRow:
    label = _(param.label) if param else name.replace("_", " ").capitalize()
    return SettingRow(label, _text(name, value), _text(name, param.default) if param else "")


def _text(name: str, value: object) -> str:
    if name == "train_images" and value == 0:
        return "all"
    return formatting.setting(value) if isinstance(value, float) else str(value)
