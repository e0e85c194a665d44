"""The sections of the Evaluate page with damaged runs, and the report."""

import json
import shutil

import numpy as np
import pytest

from imgcls.evaluation import report
from imgcls.runs import Run
from imgcls.system import paths
from imgcls.ui.cache import predictions
from tests.support.pages import HOSTILE, html_of, is_intact, opened
from tests.support.runs.evaluations import stored_robustness, stored_suspects


def test_the_report_is_created_on_request(finished_run):
    app = opened("evaluate", run=finished_run.id, view="Report")

    assert is_intact(app)
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels == ["Report (HTML)", "All numbers (JSON)", "Scores by class (CSV)", "All predictions (CSV)"]
    (files,) = [one for one in app.markdown if one.value.startswith("The same numbers for")]
    assert "start with an apostrophe" in files.proto.help
    assert not any("apostrophe" in one.value for one in app.caption), "only behind the “?”"


def broken(run: Run, how: str) -> None:
    """Makes a run invalid."""
    if how == "predictions that are not numbers":
        with np.load(run.folder / "predictions.npz", allow_pickle=False) as file:
            content = dict(file)
        content["probabilities"][::3] = np.nan
        np.savez(run.folder / "predictions.npz", **content)
    elif how == "one class in the test set":
        with np.load(run.folder / "predictions.npz", allow_pickle=False) as file:
            content = dict(file)
        np.savez(run.folder / "predictions.npz", **content | {"labels": np.full_like(content["labels"], 3)})
    elif how == "no images and no settings":
        for name in ("gallery.npz", "config.json", "result.json", "metrics.jsonl"):
            (run.folder / name).unlink()
    elif how == "names of any text":
        model = json.loads((run.folder / "model.json").read_text())
        names = [*HOSTILE, "line\nbreak", "half \ud83d", "", " ", "a" * 300, "=1+1"]
        (run.folder / "model.json").write_text(json.dumps(model | {"classes": names}))
    else:
        (paths.cache_folder() / "datasets" / "digits" / "dataset.json").unlink(missing_ok=True)


@pytest.mark.parametrize(
    "how",
    [
        "predictions that are not numbers",
        "one class in the test set",
        "no images and no settings",
        "names of any text",
        "the dataset is gone",
    ],
)
def test_every_view_survives_invalid_runs(finished_run, how):
    stored_robustness(finished_run)
    stored_suspects(finished_run)
    shutil.copytree(finished_run.folder, finished_run.folder.with_name("other"))
    other = Run(finished_run.folder.with_name("other"))
    for run in (finished_run, other):
        broken(run, how)

    for view in ("Compare", "Robustness", "Label errors", "Report"):
        app = opened("evaluate", run=finished_run.id, view=view, other="other")
        assert is_intact(app), view
        assert "<img src=x" not in html_of(app)
    assert is_intact(
        opened("evaluate", run=finished_run.id, view="Label errors", suspects="Training images", other="other")
    )
    tested = predictions.single_label_predictions(finished_run)
    assert report.page(finished_run, tested).count("<script") == 0
    json.dumps(report.collect(finished_run, tested), allow_nan=False)
    assert report.scores_csv(tested) and report.predictions_csv(tested)
