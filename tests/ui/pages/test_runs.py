"""The Runs page: selection, undoable deletion, and runs deleted elsewhere meanwhile."""

import json
import random

import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.jobs import waiting_list
from imgcls.runs import trash
from imgcls.ui.runs import table
from tests.support.pages import broken_copy, is_intact, opened, text_of
from tests.support.runs import mutations


@pytest.fixture(autouse=True)
def no_queue(monkeypatch):
    monkeypatch.setattr(jobs, "_call", lambda: None)


def button(app, label: str):
    return next(one for one in app.button if one.label == label)


def test_a_selected_run_stays_selected_as_the_list_changes():
    for name in ("first-run", "second-run"):
        mutations.small_run(name)
    app = opened("runs")
    assert button(app, "Open").disabled
    app.session_state[table.SELECTED] = ["second-run"]
    assert not button(app.run(), "Open").disabled
    queued = runs.create(Config(), "Queued", run_id="queued-run", place=1.0)
    assert not button(app.run(), "Open").disabled
    waiting_list.take_out(queued)
    queued.delete()
    assert not button(app.run(), "Open").disabled
    button(app, "Rename").click().run()
    assert "second-run" in [one.value for one in app.text_input]


def test_a_selected_run_deleted_elsewhere_is_named():
    mutations.small_run("stays-here")
    gone = mutations.small_run("goes-away", **{"label.txt": b"cnn on digits"})
    app = opened("runs")
    app.session_state[table.SELECTED] = ["goes-away"]
    app.run()
    gone.delete()
    app.run()
    assert "“cnn on digits” was deleted a moment ago." in text_of(app)
    assert is_intact(app)
    assert "was deleted" not in text_of(app.run())


def test_a_deletion_can_be_undone_on_the_page():
    run = mutations.small_run("comes-back", **{"label.txt": b"Comes back"})
    jobs.delete(run)
    app = opened("runs")
    assert runs.all_runs() == []
    assert "Comes back" in text_of(app)
    button(app, "Restore").click().run()
    assert runs.all_runs() == [run]
    assert run.state == "finished"
    assert is_intact(app)
    assert not [one for one in app.button if one.label == "Restore"]


def test_a_deleted_run_can_be_removed_permanently_right_away():
    jobs.delete(mutations.small_run("goes-away"))
    app = opened("runs")
    button(app, "Remove for good").click().run()
    assert trash.deleted() == []
    assert is_intact(app)


def test_the_deletion_dialog_has_a_cancel_button():
    run = mutations.small_run("stays-here")
    app = opened("runs")
    app.session_state[table.SELECTED] = ["stays-here"]
    button(app.run(), "Delete").click().run()
    assert "You can restore them on this page for a day" in text_of(app)
    assert [one.label for one in app.button if one.label in ("Cancel", "Delete")] == ["Delete", "Delete", "Cancel"]
    assert run.state == "finished"


@pytest.mark.parametrize("page", ["evaluate", "predict"])
def test_deleting_the_selected_model_does_not_switch_to_another(page):
    mutations.complete_run("other-run")
    mine = mutations.complete_run("mine-run")
    app = opened(page, run="mine-run")
    assert is_intact(app)
    mine.delete()
    app = opened(page, run="mine-run")
    for _ in range(2):
        assert "was deleted a moment ago. You can restore it on the Runs page." in text_of(app)
        assert app.selectbox[0].value is None
        assert "mine-run" in app.query_params["run"]
        app.run()
    assert is_intact(app)
    app.selectbox[0].select("other-run").run()
    assert "other-run" in app.query_params["run"]
    assert "was deleted" not in text_of(app)


def test_a_page_without_a_run_in_its_link_selects_one():
    mutations.complete_run("only-run")
    assert opened("evaluate").selectbox[0].value == "only-run"


def test_every_kind_of_damaged_run_leaves_all_pages_working(digits):
    """Each damaged small file is a separate run next to an intact one."""
    sound = mutations.complete_run("sound-run")
    number = 0
    for name in ("config.json", "result.json", "model.json", "trainer.json", "queued.json", "metrics.jsonl"):
        path = sound.folder / name
        chosen = random.Random(name)
        found = list(mutations.damages(path, chosen, 1))
        for _, content in chosen.sample(found, min(25, len(found))):
            number += 1
            run = mutations.small_run(f"damaged-{number:03}")
            for needed in ("model.json", "model.tflite", "predictions.npz", "metrics.jsonl"):
                (run.folder / needed).symlink_to(sound.folder / needed)
            (run.folder / name).unlink(missing_ok=True)
            (run.folder / name).write_bytes(content)
    assert len(runs.all_runs()) == number + 1
    for page in ("home", "runs", "train", "data"):
        app = opened(page)
        assert is_intact(app), (page, text_of(app))
    for page in ("train", "evaluate", "predict"):
        app = opened(page, run="sound-run")
        assert is_intact(app), (page, text_of(app))
    for run in runs.all_runs()[:: max(1, number // 20)]:
        for page in ("train", "evaluate", "predict"):
            app = opened(page, run=run.id)
            assert is_intact(app), (page, run.id, text_of(app))


def test_the_table_shows_curves_and_mistakes_and_no_none(finished_run):
    mutations.small_run("unfinished", **{"result.json": b""})
    app = opened("runs")
    assert is_intact(app)
    shown = app.dataframe[0]
    assert any(str(url).startswith("data:image/png") for url in shown.value[table.MISTAKE])
    assert any(curve is not None and len(curve) > 1 for curve in shown.value[table.CURVE])
    assert shown.proto.placeholder == "–"


def test_runs_are_compared_by_accuracy_and_cost(finished_run):
    assert not [one for one in opened("runs").get("plotly_chart") if "runs-scatter" in one.proto.id]
    copy = broken_copy(finished_run, "20260102-120000-0badcafe")
    assert copy.is_tested
    app = opened("runs")
    (figure,) = [json.loads(one.proto.spec) for one in app.get("plotly_chart") if "runs-scatter" in one.proto.id]
    assert sum(len(line["x"]) for line in figure["data"]) == 2
