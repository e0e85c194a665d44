"""Settings and log of a run, in closed sections."""

import streamlit as st

from imgcls import sharing
from imgcls.config import imported_model
from imgcls.datasets.augmentation import Augmentation
from imgcls.errors import UserError
from imgcls.runs import Run, metrics_log
from imgcls.sharing import Action
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.cache import curves as cached_curves
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
    if version := result.get("data", {}).get("state"):
        parts.append(f"Dataset version: `{plain(version[:VERSION_LENGTH])}`")
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
    table = config.as_dict()
    del table["version"]
    table.update(table.pop("model_settings"))
    if cached_curves.curves(run).plan.get("several"):
        table["loss"] = "binary cross-entropy (multi-label)"
    st.caption(f"Augmentation: {Augmentation.of(config).describe()}")
    st.dataframe(
        {
            "Setting": [name.replace("_", " ") for name in table],
            "Value": [str(value) for value in table.values()],
        },
        hide_index=True,
        alt="All settings of this run.",
    )
