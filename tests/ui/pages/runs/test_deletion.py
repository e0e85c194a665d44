"""Runs are deleted after a question, restored, and named if they were deleted elsewhere meanwhile."""

import pytest

from imgcls import jobs, runs
from imgcls.runs import trash
from imgcls.ui.runs.table_parts import deleting, table_rows
from imgcls.ui.runs.table_parts.undo_notice import Done
from tests.support.pages import button, is_intact, opened, text_of
from tests.support.runs import mutations


def test_a_selected_run_deleted_elsewhere_is_named():
    mutations.small_run("stays-here")
    gone = mutations.small_run("goes-away", **{"label.txt": b"cnn on digits"})
    app = opened("runs")
    app.session_state[table_rows.SELECTED] = ["goes-away"]
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


def test_the_last_deletion_is_named_and_can_be_undone_at_once():
    found = [mutations.small_run(f"run-{number}", **{"label.txt": b"Run %d" % number}) for number in range(4)]
    app = opened("runs")
    app.session_state[f"{deleting.NOTICE}-last"] = Done.now("Deleted", found)
    for run in found:
        jobs.delete(run)
    assert "Deleted: “Run 0”, “Run 1”, “Run 2” and 1 more." in text_of(app.run())
    app.button(key="runs-deleted-undo").click().run()
    assert is_intact(app) and "Deleted:" not in text_of(app)
    assert len(runs.all_runs()) == 4 and not trash.deleted()


def test_a_deleted_run_can_be_removed_permanently_right_away():
    jobs.delete(mutations.small_run("goes-away"))
    app = opened("runs")
    button(app, "Remove for good").click().run()
    assert trash.deleted() == []
    assert is_intact(app)


def test_the_deletion_dialog_has_a_cancel_button():
    run = mutations.small_run("stays-here")
    app = opened("runs")
    app.session_state[table_rows.SELECTED] = ["stays-here"]
    button(app.run(), "Delete").click().run()
    assert "You can restore them on the Runs page for a day" in text_of(app)
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
