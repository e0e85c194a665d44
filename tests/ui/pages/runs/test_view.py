"""How the table of runs is shown: low rows, its columns of images, and what is selected but not in sight."""

import json
import os

import pytest

from imgcls import runs
from imgcls.runs.annotations import notes
from imgcls.runs.index import recording
from imgcls.ui.app.paths import ENTRY, PAGES
from imgcls.ui.runs import table_columns, table_controls
from imgcls.ui.runs.table_parts import table_rows
from tests.support.pages import broken_copy, button, is_intact, opened, text_of
from tests.support.runs import mutations


def test_compact_rows_and_the_columns_of_images_are_in_the_link(finished_run):
    usual = opened("runs", layout="Table").dataframe[0]
    assert usual.proto.row_height == table_rows.ROW_HEIGHT
    assert list(usual.value.columns[3:5]) == [table_columns.CURVE, table_columns.MISTAKE], "after the first scores"
    app = opened("runs", layout="Table", compact="true", columns=["Dataset", "Curve"])
    assert app.dataframe[0].proto.row_height == table_rows.COMPACT_ROW
    assert list(app.dataframe[0].value.columns) == ["Run", "Dataset", "Curve"]
    app.toggle(key="compact").set_value(False).run()
    assert is_intact(app) and app.dataframe[0].proto.row_height == table_rows.ROW_HEIGHT


def test_the_chosen_layout_outlasts_a_visit_of_other_pages():
    mutations.small_run("only-run")
    app = opened("runs")
    app.button_group(key="layout").set_value("Table").run()
    for page in ("train", "studies", "runs"):
        app.query_params.clear()
        app.switch_page(os.path.relpath(PAGES / f"{page}.py", ENTRY.parent)).run()
    assert is_intact(app) and app.dataframe and app.query_params["layout"] == "Table"


def test_what_all_runs_have_in_common_is_said_once_and_columns_keep_their_order(finished_run):
    recording.record(broken_copy(finished_run, "other-run"), {"night/f1": 0.9})
    app = opened("runs", layout="Table")
    first = [*app.dataframe[0].value.columns]
    assert is_intact(app) and "All: " in text_of(app) and not {"Dataset", "Model"} & set(first)
    filtered = [*opened("runs", layout="Table", q="night/f1>0.5").dataframe[0].value.columns]
    scores = ["Test (%)", "Validation (%)", table_columns.CURVE, table_columns.MISTAKE]
    assert [one for one in filtered if one in scores] == [one for one in first if one in scores] == scores
    app.multiselect(key="columns").set_value(["Dataset", "Model"]).run()
    assert [*app.dataframe[0].value.columns] == ["Run", "Dataset", "Model"] and "All: " not in text_of(app)


def test_archived_runs_are_no_longer_selected():
    for name in ("first-run", "second-run"):
        mutations.small_run(name)
    app = opened("runs", layout="Table", selected=["first-run", "second-run"])
    button(app, "Archive").click().run()
    assert is_intact(app) and "not shown" not in text_of(app) and not app.query_params.get("selected")


def test_own_metrics_have_columns_and_so_has_what_is_filtered_or_sorted_by():
    good = mutations.small_run("good-run")
    mutations.small_run("other-run")
    recording.record(good, {"night/f1": 0.9})
    shown = opened("runs", layout="Table").dataframe[0].value
    assert "night/f1" in shown and "learning rate" not in shown
    for written in ("night_f1", "night f1", "night/f1"):
        assert opened("runs", layout="Table", columns=written).multiselect(key="columns").value == ["night_f1"]
    link = {"layout": "Table", "columns": ["Dataset"]}
    assert list(opened("runs", **link).dataframe[0].value.columns) == ["Run", "Dataset"]
    filtered = opened("runs", q="Learning rate>0 night_f1>0.5", **link)
    assert list(filtered.dataframe[0].value.columns) == ["Run", "learning rate", "night/f1", "Dataset"]
    ordered = opened("runs", sort="batch_size", **link)
    assert is_intact(ordered) and list(ordered.dataframe[0].value.columns) == ["Run", "batch size", "Dataset"]


@pytest.mark.parametrize("layout", ["Table", "Cards"])
def test_a_filter_without_hits_is_named_and_can_be_cleared(layout):
    mutations.small_run("only-run")
    notes.archive(mutations.small_run("old-one"), archived=True)
    app = opened("runs", layout=layout, q="old")
    assert "No run matches “old”. 1 archived run would." in text_of(app) and not app.dataframe
    app.button(key="runs-clear-filter").click().run()
    assert is_intact(app) and "1 run." in text_of(app) and app.text_input(key="q").value == ""


def test_a_phone_starts_with_cards(monkeypatch):
    for number in range(table_controls.MOST_AT_FIRST + 1):
        mutations.small_run(f"run-{number}")
    assert opened("runs").dataframe
    monkeypatch.setattr(table_columns, "is_phone", lambda: True)
    assert not opened("runs").dataframe and opened("runs", layout="Table").dataframe


@pytest.mark.parametrize("layout", ["Table", "Cards"])
def test_selected_runs_that_are_not_shown_are_counted_and_left_alone(layout):
    for name in ("first-run", "second-run", "third-run"):
        mutations.small_run(name)
    selected = ["first-run", "second-run"]
    assert "not shown" not in text_of(opened("runs", layout=layout, selected=selected))
    app = opened("runs", layout=layout, q="second", selected=selected)
    assert "2 selected, 1 not shown." in text_of(app) and "1 of 2\n" in text_of(app)
    button(app, "Archive").click().run()
    assert [name for name in selected if notes.read(runs.find(name)).archived] == ["second-run"]
    app = opened("runs", layout=layout, q="third", selected=selected)
    assert "2 selected, 2 not shown." in text_of(app) and button(app, "Delete").disabled
    app.button(key="runs-clear").click().run()
    assert is_intact(app) and "not shown" not in text_of(app) and not app.query_params.get("selected")


def test_the_table_is_as_high_as_its_rows_up_to_twenty():
    row = table_rows.ROW_HEIGHT
    assert row <= 44 and [table_rows.height_of(rows, row) // row for rows in (3, 20, 25)] == [3, 20, 20]


def test_curves_share_a_scale_that_makes_no_crash_of_half_a_point(finished_run):
    run = broken_copy(finished_run, "other-run")
    lines = ({"kind": "epoch", "epoch": at, "val_accuracy": one} for at, one in ((1, 0.871), (2, 0.875), (3, 0.87)))
    (run.folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (table,) = opened("runs", layout="Table", q="other-run").dataframe
    about = json.loads(table.proto.columns)[table_columns.CURVE]["type_config"]
    assert (about["y_min"], about["y_max"]) == pytest.approx((0.8, 1.0))


def test_tag_and_study_are_filters_and_the_conditions_are_folded():
    notes.tag(mutations.small_run("tagged-run"), "baseline", given=True)
    for number in range(2):
        record = {"version": 1, "study": "my-study", "number": number, "params": {}}
        mutations.small_run(f"trial-{number}", **{"trial.json": json.dumps(record).encode()})
    app = opened("runs", layout="Table")
    assert is_intact(app) and "Search by conditions" in [one.label for one in app.expander]
    app.button_group(key="filter-tags").set_value("baseline").run()
    assert list(app.dataframe[0].value["Run"]) == ["tagged-run"]
    linked = opened("runs", layout="Table", **{"filter-study": "my-study"})
    assert sorted(linked.dataframe[0].value["Run"]) == ["trial-0", "trial-1"], "each trial has a row"
    linked.button(key="remove-study").click().run()
    assert len(linked.dataframe[0].value["Run"]) == 2 and "filter-study" not in linked.query_params
