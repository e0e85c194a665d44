"""The Runs page: selection, filters, groups, views, cards and table."""

import json
import random
import re
from urllib.parse import parse_qs

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from imgcls import runs, studies
from imgcls.config import Config
from imgcls.jobs import waiting_list
from imgcls.runs.annotations import notes
from imgcls.runs.index import views
from imgcls.system import atomic
from imgcls.ui.app import links
from imgcls.ui.runs import cards, table_columns, table_controls
from imgcls.ui.runs.table_parts import groups, scores, table_rows
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


def test_a_link_holds_the_selected_groups_and_what_is_plotted(finished_run):
    for name in ("one", "two", "three"):
        run = broken_copy(finished_run, f"run-{name}")
        notes.tag(run, "baseline" if name == "three" else "other", given=True)
    app = opened("runs", group="Tag", groups="baseline")
    assert is_intact(app) and "1 run of 4." in text_of(app)
    assert app.query_params["groups"] == "baseline"
    app.selectbox(key="group").set_value(None).run()
    assert "4 runs." in text_of(app) and "groups" not in app.query_params
    app = opened("runs", **{"runs-cost": "Training time"})
    assert app.segmented_control(key="runs-cost").value == "Training time"


def test_runs_are_grouped_by_any_setting_and_groups_have_the_names_of_their_columns(finished_run):
    for name, rate in (("one", 0.01), ("two", 0.01), ("three", 0.1)):
        settings = finished_run.config.changed(learning_rate=rate).as_dict()
        atomic.write_json(broken_copy(finished_run, f"run-{name}").folder / "config.json", settings)
    app = opened("runs", group="learning_rate", groups="0.01")
    assert is_intact(app) and "2 runs of 4." in text_of(app)
    assert list(app.dataframe[0].value.columns[:2]) == ["Learning rate", "Runs"]
    assert opened("runs", group="Data").selectbox(key="group").value == "data", "a link of an earlier version"
    app = opened("runs", group="data")
    assert app.query_params["group"] == "Dataset" and app.dataframe[0].value.columns[0] == "Dataset"


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


def test_a_few_runs_are_cards_that_open_and_can_be_selected(finished_run, monkeypatch):
    """A damaged and a failed run have cards, too."""
    mutations.small_run("damaged-run", **{"result.json": b""})
    failed = {"version": 1, "outcome": "failed", "message": "The loss became NaN <b>at once</b>."}
    mutations.small_run("failed-run", **{"result.json": json.dumps(failed).encode()})
    gone = []
    monkeypatch.setattr(links, "go", lambda page, **query: gone.append((page, query)))
    app = opened("runs")
    assert is_intact(app) and not app.dataframe
    assert html_of(app).count("Mistake: predicted") and "The loss became NaN &lt;b&gt;" in html_of(app)
    app.checkbox(key="pick-failed-run").check().run()
    assert app.session_state[table_rows.SELECTED] == ["failed-run"] and "failed-run" in app.query_params["selected"]
    assert not button(app, "Delete").disabled
    app.checkbox(key="pick-failed-run").uncheck().run()
    assert app.session_state[table_rows.SELECTED] == []
    app.button(key=f"open-{finished_run.id}").click().run()
    assert gone == [("train.py", {"run": finished_run.id})]


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


def test_the_best_of_several_runs_on_a_dataset_has_a_mark():
    for name, score in (("good-run", 0.91), ("best-run", 0.97)):
        result = {"version": 1, "outcome": "finished", "test_accuracy": score, "val_accuracy": score}
        mutations.small_run(name, **{"result.json": json.dumps(result).encode()})
    (card,) = [one for one in html_of(opened("runs")).split("run-picture") if "Best on" in one]
    assert "97.0%" in card


def test_many_runs_are_a_table_and_the_layout_never_changes_by_itself():
    for number in range(table_controls.MOST_AT_FIRST):
        mutations.small_run(f"run-{number}")
    app = opened("runs")
    assert not app.dataframe
    mutations.small_run("one-more")
    assert not app.run().dataframe and "10 runs." in text_of(app)
    assert opened("runs").dataframe and not opened("runs", layout="Cards").dataframe


def test_a_link_holds_the_page_of_the_cards():
    for number in range(cards.A_PAGE + 1):
        mutations.small_run(f"run-{number:02}")
    first, second = (opened("runs", layout="Cards", **{cards.PAGE: page}) for page in ("1", "2"))
    assert len([one for one in first.checkbox if one.key.startswith("pick-")]) == cards.A_PAGE
    assert len([one for one in second.checkbox if one.key.startswith("pick-")]) == 1
    linked = opened("runs", layout="Cards", q="run-0", **{cards.PAGE: "2"})
    assert is_intact(linked) and "10 runs of 13." in text_of(linked), "the filter leaves one page"


def test_the_column_of_names_is_as_wide_as_they_are_in_low_rows():
    def width(length, *, is_wrapped):
        names = pa.table({"Run": ["a", "x" * length]})
        return table_columns.configuration(names, is_wrapped=is_wrapped)["Run"]["width"]

    assert width(60, is_wrapped=True) == width(5, is_wrapped=False) == table_columns.NAME_WIDTH
    assert table_columns.NAME_WIDTH < width(40, is_wrapped=False) < width(60, is_wrapped=False)


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


def test_a_view_is_saved_with_enter_or_with_the_button():
    mutations.small_run("only-run")
    app = opened("runs", layout="Table", q="only")
    save = button(app, "Save view")
    assert not save.disabled and save.form_id == app.text_input(key="view-new").form_id != ""
    save.click().run()
    assert is_intact(app) and "A view needs a name" in text_of(app) and views.read() == {}
    app.text_input(key="view-new").set_value("mine")
    button(app, "Save view").click().run()
    assert is_intact(app) and parse_qs(views.read()["mine"]) == {"q": ["only"], "layout": ["Table"]}
    assert app.selectbox(key="view-name").value == "mine" and "View saved." in [one.value for one in app.success]


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


def test_groups_are_sorted_as_the_runs_and_show_the_spread(finished_run):
    for name, tag, score in (("one", "low", 0.5), ("two", "low", 0.6), ("three", "low", 0.7), ("four", "high", 0.9)):
        run = broken_copy(finished_run, f"run-{name}")
        atomic.write_json(run.folder / "result.json", run.result | {"val_accuracy": score, "test_accuracy": score})
        notes.tag(run, tag, given=True)
    shown = opened("runs", group="tag", sort="Validation (%)").dataframe[0].value
    assert list(shown["Tag"]) == ["high", "low"]
    assert list(shown["Validation, mean ± SD (%)"]) == ["90.0 (n = 1)", "60.0 ± 10.0 (n = 3)"]
    shown = opened("runs", group="tag", sort="Validation (%)", order="Ascending").dataframe[0].value
    assert list(shown["Tag"]) == ["low", "high"]


def test_groups_are_opened_and_closed_and_the_link_knows_which(finished_run):
    for name, tags in (("one", ("a",)), ("two", ("a", "b")), ("three", ())):
        run = broken_copy(finished_run, f"run-{name}")
        for tag in tags:
            notes.tag(run, tag, given=True)
    a = groups.section_key("tag", "a")

    def tables(app):
        return [
            set(found.value["Run"]) for found in app.dataframe if "Run" in found.value and "Test (%)" in found.value
        ]

    app = opened("runs", layout="Table", group="tag")
    labels = [one.label for one in app.expander if "runs" in one.label or "1 run" in one.label]
    assert is_intact(app) and tables(app) == []
    assert [label.split(" · ")[:2] for label in labels] == [
        ["**a**", "2 runs"],
        ["**b**", "1 run"],
        ["**No tag**", "2 runs"],
    ]
    assert "(n = 2)" in labels[0]
    app.session_state[a] = True
    app.run()
    assert len(tables(app)) == 1 and app.query_params["open"] == "a"
    linked = opened("runs", layout="Table", group="tag", open=["b", "(none)"])
    assert is_intact(linked) and len(tables(linked)) == 2 and linked.query_params["open"] == ["b", "(none)"]
    button(linked, "Expand all").click().run()
    assert len(tables(linked)) == 3
    button(linked, "Collapse all").click().run()
    assert tables(linked) == [] and "open" not in linked.query_params
    linked.session_state[table_rows.SELECTED] = ["run-two"]
    assert button(linked.run(), "Delete").disabled and "1 selected, 1 not shown." in text_of(linked), (
        "in a closed group"
    )
    assert len(tables(opened("runs", layout="Table", group="tag", groups="b"))) == 1, "a selected group is open"
    linked.selectbox(key="group").set_value(None).run()
    assert is_intact(linked) and "open" not in linked.query_params and len(tables(linked)) == 1


def test_runs_can_be_grouped_by_what_they_share_besides_the_seed(finished_run):
    for seed, epochs in ((1, 1), (2, 1), (1, 2)):
        run = broken_copy(finished_run, f"run-{seed}-{epochs}")
        changed = finished_run.config.changed(seed=seed, epochs=finished_run.config.epochs + epochs)
        atomic.write_json(run.folder / "config.json", changed.as_dict())
    mutations.small_run("unfinished", **{"result.json": b""})
    app = opened("runs", layout="Table", group="repeats")
    assert is_intact(app) and app.query_params["group"] == "Settings except the seed"
    shown = app.dataframe[0].value
    assert sorted(shown["Runs"]) == [1, 1, 2] and len(set(shown["Settings except the seed"])) == 3
    assert any(
        name.endswith(f", epochs {finished_run.config.epochs + 1}") for name in shown["Settings except the seed"]
    )
    assert any(one.label == "**Not finished, or not tested** · 1 run" for one in app.expander)


def test_groups_of_several_datasets_say_so_in_place_of_scores(finished_run):
    other = broken_copy(finished_run, "run-other")
    atomic.write_json(other.folder / "config.json", finished_run.config.changed(data="fashion").as_dict())
    for run in (finished_run, other):
        notes.tag(run, "mixed", given=True)
    shown = opened("runs", group="tag").dataframe[0].value
    assert list(shown["Dataset"]) == ["2 datasets"] and shown["Mean test (%)"].isna().all()
    assert opened("runs", group="data").dataframe[0].value["Mean test (%)"].notna().all()


def test_the_training_time_is_the_same_on_all_pages(finished_run):
    run = broken_copy(finished_run, "run-timed")
    atomic.write_json(run.folder / "result.json", run.result | {"training_seconds": 12.3, "seconds": 45.0})
    page = html_of(opened("train", run=run.id))
    assert "12 s" in page and "total time 45 s" in page
    shown = opened("runs", layout="Table", columns=["Training time", "Total time"], q="run-timed").dataframe[0].value
    assert (list(shown["Training time"]), list(shown["Total time"])) == (["12 s"], ["45 s"])
    assert "training time 12 s" in html_of(opened("runs", layout="Cards", q="run-timed"))


def test_runs_opens_with_the_default_view_unless_a_link_has_its_own(finished_run):
    views.save("rates", "q=test%3E0.1&sort=Parameters")
    app = opened("runs")
    app.selectbox(key="view-name").set_value("rates").run()
    app.checkbox(key="view-default-rates").check().run()
    assert is_intact(app) and views.default() == "rates"

    app = opened("runs")
    assert is_intact(app) and app.text_input(key="q").value == "test>0.1"
    assert (app.query_params["q"], app.query_params["sort"]) == ("test>0.1", "Parameters")
    assert app.selectbox(key="view-name").value == "rates"
    app.text_input(key="q").set_value("").run()
    assert app.text_input(key="q").value == "", "only at the first visit"
    assert opened("runs", layout="Table").text_input(key="q").value == "", "a link has its own view"

    app.checkbox(key="view-default-rates").uncheck().run()
    assert views.default() is None and opened("runs").text_input(key="q").value == ""


def scripts(app: AppTest) -> str:
    return " ".join(str(one.proto.body) for one in app.get("html"))


def test_a_saved_view_is_applied_when_it_is_chosen(finished_run):
    views.save("rates", "q=test%3E0.1&columns=learning+rate&columns=test&group=Model&secret=1")
    app = opened("runs", layout="Table")
    app.selectbox(key="view-name").set_value("rates").run()
    assert is_intact(app)
    (link,) = re.findall(r"pushState\(null, '', '\?([^']+)'", scripts(app))
    query = parse_qs(link)
    assert query == {"q": ["test>0.1"], "columns": ["learning rate", "test"], "group": ["Model"]}
    assert is_intact(opened("runs", **query))
    assert "pushState(null" not in scripts(app.run()), "once"
