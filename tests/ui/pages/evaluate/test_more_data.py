"""The section More data queues ordinary runs once, and shows the estimate when they have finished."""

import re

import filelock

from imgcls import jobs, runs
from imgcls.jobs.queue import LOCK
from imgcls.system import paths
from tests.support.pages import html_of, is_intact, opened, shipped, text_of
from tests.support.runs.repeated import at_sizes

FALLING = {144: (100, 110), 259: (60, 66), 460: (36, 40), 805: (20, 24), 0: (10, 12)}
BUTTON = "Train the learning curve"


def test_the_button_queues_what_is_missing(finished_run):
    paths.runs_folder().mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(paths.runs_folder() / LOCK):
        app = opened("evaluate", run=finished_run.id, view="More data")
        assert is_intact(app) and "4 different numbers" in text_of(app)
        assert "Is it worth collecting more images?" in html_of(app), "what the section will show"
        assert re.search(r"as long as \d\.\d full runs, \d+", text_of(app)), "and in minutes"
        next(button for button in app.button if button.label == BUTTON).click().run()
        assert is_intact(app)
        queued = [run for run in runs.all_runs() if run.is_waiting]
        assert len(queued) == 9 and all(run.config.seed < 2 for run in queued)
        assert not [button for button in app.button if button.label == BUTTON], "not while they train"
        for run in queued:
            jobs.take_out(run)


def test_the_estimate_is_shown(finished_run):
    at_sizes(finished_run, FALLING)
    app = opened("evaluate", run=finished_run.id, view="More data")
    assert is_intact(app)
    assert "Twice the images" in text_of(app) and "an estimate" in text_of(app)
    assert len(app.dataframe[0].value) == 10 and len(app.get("plotly_chart")) == 1


def test_without_the_images_there_is_only_the_way_to_them():
    app = opened("evaluate", run=shipped("fashion").id, view="More data")
    assert is_intact(app) and "prepare Fashion-MNIST" in text_of(app)
    assert [button.label for button in app.button if button.key == "curve-data"] == ["Open the Data page"]
    assert not [one for one in app.number_input if one.key == "curve-seeds"], "seeds of what cannot be trained"
