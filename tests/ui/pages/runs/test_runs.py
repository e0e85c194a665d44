"""The Runs page: selection, filters, layout, table and scores."""

import json
import random

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from imgcls import runs, studies
from imgcls.config import Config
from imgcls.jobs import waiting_list
from imgcls.system import atomic
from imgcls.ui.runs import table_columns, table_controls
from imgcls.ui.runs.table_parts import scores, table_rows
from imgcls.ui.widgets.figures import run_points
from tests.support.pages import broken_copy, button, html_of, is_intact, opened, text_of
from tests.support.runs import mutations
from tests.support.studies import planned


def test_a_selected_run_stays_selected_as_the_list_changes():
    for name in ("first-run", "second-run"):
        mutations.small_run(name)
    app = opened("runs", layout="Table")
    assert button(app, "Open").disabled
    app.session_state[table_rows.SELECTED] = ["second-run"]
    assert not button(app.run(), "Open").disabled
    queued = runs.create(Config(), "Queued", run_id="queued-run", place=1.0)
    assert not button(app.run(), "Open").disabled
    waiting_list.take_out(queued)
    queued.delete()
    assert not button(app.run(), "Open").disabled
    button(app, "Rename").click().run()
    assert "second-run" in [one.value for one in app.text_input]


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
    app = opened("runs", layout="Table")
    assert is_intact(app)
    shown = app.dataframe[0]
    assert any(str(url).startswith("data:image/png") for url in shown.value[table_columns.MISTAKE])
    assert any(curve is not None and len(curve) > 1 for curve in shown.value[table_columns.CURVE])
    assert shown.proto.placeholder == "–"


def test_runs_are_compared_by_accuracy_and_cost(finished_run):
    assert not [one for one in opened("runs").get("plotly_chart") if "runs-scatter" in one.proto.id]
    copy = broken_copy(finished_run, "20260102-120000-0badcafe")
    assert copy.is_tested
    app = opened("runs")
    (figure,) = [json.loads(one.proto.spec) for one in app.get("plotly_chart") if "runs-scatter" in one.proto.id]
    assert sum(len(line["x"]) for line in figure["data"]) == 2


def test_a_link_may_name_columns_groups_and_states_as_filters_do(finished_run):
    mutations.small_run("damaged-run", **{"result.json": b""})
    words = {"columns": "learning_rate", "sort": "learning_rate", "filter-state": "finished", "filter-model": "ann"}
    app = opened("runs", layout="Table", group="tag", **words)
    assert is_intact(app)
    assert app.multiselect(key="columns").value == ["learning_rate"]
    assert app.selectbox(key="sort").value == "learning_rate"
    assert app.selectbox(key="group").value == "tag"
    assert app.query_params["group"] == "Tag"
    assert is_intact(app.run())
    app = opened("runs", **{"filter-data": "mnist_sample"})
    assert app.button_group(key="filter-data").value == "mnist_sample"
    assert app.query_params["filter-data"] == "MNIST sample"


def test_an_active_filter_is_a_chip_that_removes_it():
    for name, model in (("one", "ann"), ("two", "cnn")):
        run = mutations.small_run(f"run-{name}")
        atomic.write_json(run.folder / "config.json", Config(model=model).as_dict())
    app = opened("runs", **{"filter-model": "cnn"})
    assert is_intact(app) and "1 run of 2." in text_of(app)
    assert "CNN" in app.query_params["filter-model"], "the URL holds the filter"
    app.button(key="remove-model").click().run()
    assert "2 runs." in text_of(app) and "filter-model" not in app.query_params
    assert not [found for found in app.button if str(found.key).startswith("remove-")]


def test_the_scores_of_selected_runs_stand_beside_each_other_with_their_differences(finished_run):
    result = {"version": 1, "outcome": "finished", "test_accuracy": 0.5, "val_accuracy": 0.75, "training_seconds": 61}
    result |= {"counts": {"test": 100}, "data": {"state": "ab12cd3456", "thrown_out": 0, "relabelled": 0}}
    mutations.small_run("other-run", **{"result.json": json.dumps(result).encode()})
    app = opened("runs", selected=["other-run", finished_run.id])
    assert is_intact(app)
    (shown,) = (found.value for found in app.dataframe if "Validation: difference" in found.value)
    assert set(shown["Run"]) == {runs.find("other-run").label, finished_run.label}
    (row,) = (line for line in shown.to_dict("records") if line["Run"] == runs.find("other-run").label)
    assert (row["Test accuracy"], row["Validation accuracy"], row["Training time"]) == ("50.0%", "75.0%", "1 min 01 s")
    assert (row["95% CI"], row["Dataset version"]) == ("40.4–59.6%", "ab12cd34")


def test_the_curves_of_repeated_runs_are_their_mean_or_every_run(finished_run):
    ids = [finished_run.id]
    for seed in (1, 2):
        run = broken_copy(finished_run, f"run-seed-{seed}")
        changed = finished_run.config.changed(seed=finished_run.config.seed + seed)
        atomic.write_json(run.folder / "config.json", changed.as_dict())
        ids.append(run.id)

    def names(app):
        (spec,) = [one.proto.spec for one in app.get("plotly_chart") if "compare-loss" in one.proto.id]
        return [line["name"] for line in json.loads(spec)["data"] if line.get("showlegend") is not False]

    app = opened("runs", selected=ids)
    assert is_intact(app) and "mean ± standard deviation (SD)" in text_of(app)
    (name,) = names(app)
    assert name.endswith("(3 runs, mean ± SD)")
    (table,) = (found.value for found in app.dataframe if "Seeds" in found.value and "Validation loss" in found.value)
    assert " ± " in table["Validation accuracy"][0]
    every = opened("runs", selected=ids, **{"runs-curves": "Every run"})
    assert is_intact(every) and len(names(every)) == 3 and "mean ± standard deviation" not in text_of(every)
    single = opened("runs", selected=ids[:1])
    assert is_intact(single) and not [one for one in single.segmented_control if one.key == "runs-curves"]
    app.session_state["seed-curves"] = True
    app.run()
    assert is_intact(app) and [one for one in app.get("plotly_chart") if "seed-curves-loss" in one.proto.id]


@pytest.mark.parametrize(
    ("data", "score", "text"), [("a", 0.25, "−25.0"), ("a", 0.512, "+1.2"), ("b", 0.25, "–"), ("a", None, "–")]
)
def test_a_difference_of_scores_is_in_points_and_of_one_dataset(data, score, text):
    assert scores.difference({"data": data, "test": score}, {"data": "a", "test": 0.5}, "test") == text


def test_many_runs_are_a_table_and_the_layout_never_changes_by_itself():
    for number in range(table_controls.MOST_AT_FIRST):
        mutations.small_run(f"run-{number}")
    app = opened("runs")
    assert not app.dataframe
    mutations.small_run("one-more")
    assert not app.run().dataframe and "10 runs." in text_of(app)
    assert opened("runs").dataframe and not opened("runs", layout="Cards").dataframe


def test_the_column_of_names_is_as_wide_as_they_are_in_low_rows():
    def width(length, *, is_wrapped):
        names = pa.table({"Run": ["a", "x" * length]})
        return table_columns.configuration(names, is_wrapped=is_wrapped)["Run"]["width"]

    assert width(60, is_wrapped=True) == width(5, is_wrapped=False) == table_columns.NAME_WIDTH
    assert table_columns.NAME_WIDTH < width(40, is_wrapped=False) < width(60, is_wrapped=False)


def test_scores_come_before_images_and_on_a_phone_names_leave_room_for_them(finished_run):
    columns = list(opened("runs", layout="Table").dataframe[0].value.columns)
    assert columns[:5] == ["Run", "Test (%)", "Validation (%)", "Curve", "Mistake"]
    shown = pa.table({"Run": ["x" * 60], "Dataset": ["MNIST sample"], "Model": ["Convolutional network (CNN)"]})
    narrow, wide = (table_columns.configuration(shown, is_wrapped=True, is_narrow=one) for one in (True, False))
    assert narrow["Run"]["width"] < wide["Run"]["width"]
    assert wide["Dataset"]["width"] >= 12 * table_columns.LETTER, "no word breaks"
    assert wide["Model"]["width"] < 27 * table_columns.LETTER, "a long title has two lines"


def test_a_click_on_a_point_opens_its_run():
    assert run_points.run_of([]) == run_points.run_of([{"x": 1}]) == ""
    for single in ("my-run", ["my-run"], {"0": "my-run"}):
        assert run_points.run_of([{"customdata": single}]) == "my-run"
    for several in (["a name", "my-run"], {"0": "a name", "1": "my-run"}):
        assert run_points.run_of([{"customdata": several}], at=1) == "my-run"


def test_the_layout_is_always_in_the_url():
    mutations.small_run("only-run")
    app = opened("runs")
    assert app.query_params["layout"] == "Cards"
    app.button_group(key="layout").set_value("Table").run()
    assert app.query_params["layout"] == "Table" and app.dataframe
    app = opened("runs", layout="Table", columns="Time")
    assert app.query_params["layout"] == "Table" and app.dataframe
    assert app.multiselect(key="columns").value == ["Training time"], "a link of an earlier version"
    assert opened("runs", layout="nonsense").query_params["layout"] == "Cards"


def test_a_refused_filter_lists_no_runs_and_says_why():
    for name in ("first-run", "second-run"):
        mutations.small_run(name)
    app = opened("runs", layout="Table", q="lerning_rate<1")
    assert is_intact(app) and not len(app.dataframe) and "Delete" not in [one.label for one in app.button]
    assert "Did you mean learning_rate?" in text_of(app) and "For example: model=cnn" in text_of(app)
    refused = opened("runs", layout="Cards", q='note="open')
    assert is_intact(refused) and "runs." not in text_of(refused).split("For example")[0]
    assert "2 runs." in text_of(opened("runs", q="Learning rate > 0"))


def test_a_study_is_one_row_until_its_trials_are_shown():
    mutations.small_run("alone-here")
    for number in range(3):
        record = {"version": 1, "study": "my-study", "number": number, "params": {}}
        result = {"version": 1, "outcome": "finished", "val_accuracy": 0.5 + 0.1 * number}
        files = {"trial.json": record, "result.json": result}
        mutations.small_run(f"trial-{number}", **{name: json.dumps(one).encode() for name, one in files.items()})
    app = opened("runs", layout="Table")
    assert is_intact(app) and "1 run, 1 study (3 trials)." in text_of(app)
    assert sorted(app.dataframe[0].value["Run"]) == ["alone-here", "my-study: best of 3 trials"]
    button(app, "3 trials of study “my-study” in one row · Show all").click().run()
    assert "4 runs." in text_of(app) and app.query_params["trials"] == "true"
    assert "4 runs." in text_of(opened("runs", trials="true"))
    app.button(key="remove-trials").click().run()
    assert "1 run, 1 study (3 trials)." in text_of(app) and "trials" not in app.query_params
    assert "3 runs of 4." in text_of(opened("runs", q="study=my-study"))
    assert "my-study: best of 3 trials" in html_of(opened("runs", layout="Cards"))


def test_the_row_of_a_study_has_the_state_of_the_study(monkeypatch):
    study = studies.create(planned(), study_id="mine")
    monkeypatch.setattr(type(study), "is_driven", True)
    for number in range(2):
        record = {"version": 1, "study": "mine", "number": number, "params": {}}
        result = {"version": 1, "outcome": "finished", "val_accuracy": 0.5}
        files = {"trial.json": record, "result.json": result}
        mutations.small_run(f"mine-{number:04d}", **{name: json.dumps(one).encode() for name, one in files.items()})
    assert list(opened("runs", layout="Table").dataframe[0].value["State"]) == ["Running, 2 of 6"]
    assert "Running, 2 of 6" in html_of(opened("runs", layout="Cards"))


def test_the_training_time_is_the_same_on_all_pages(finished_run):
    run = broken_copy(finished_run, "run-timed")
    atomic.write_json(run.folder / "result.json", run.result | {"training_seconds": 12.3, "seconds": 45.0})
    page = html_of(opened("train", run=run.id))
    assert "12 s" in page and "total time 45\N{NO-BREAK SPACE}s" in page
    shown = opened("runs", layout="Table", columns=["Training time", "Total time"], q="run-timed").dataframe[0].value
    assert (list(shown["Training time"]), list(shown["Total time"])) == (["12 s"], ["45 s"])
    assert "training time 12 s" in html_of(opened("runs", layout="Cards", q="run-timed"))


def scripts(app: AppTest) -> str:
    return " ".join(str(one.proto.body) for one in app.get("html"))
