"""The runs in groups: their table, their sections, and what the link knows of them."""

import json

import pytest

from imgcls.runs.annotations import notes
from imgcls.runs.index import recording
from imgcls.system import atomic
from imgcls.ui.runs.table_parts import groups, table_rows
from tests.support.pages import broken_copy, button, is_intact, opened, text_of
from tests.support.runs import mutations


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
    table = opened("runs", layout="Table", group="learning_rate", groups="0.01")
    assert any(one.label.startswith(r"**Learning rate 0\.01** · 2 runs") for one in table.expander)
    assert opened("runs", group="Data").selectbox(key="group").value == "data", "a link of an earlier version"
    app = opened("runs", group="data")
    assert app.query_params["group"] == "Dataset" and app.dataframe[0].value.columns[0] == "Dataset"


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


def test_groups_have_the_mean_of_own_metrics_as_of_the_accuracy(finished_run):
    for name, tag, values in (
        ("one", "low", {"night/f1": 0.5}),
        ("two", "low", {"night/f1": 0.6}),
        ("three", "high", {}),
    ):
        run = broken_copy(finished_run, f"run-{name}")
        notes.tag(run, tag, given=True)
        if values:
            recording.record(run, {"night/f1": 0.1})
            recording.record(run, values)
    shown = opened("runs", group="tag").dataframe[0].value.set_index("Tag")["night/f1, mean ± SD"]
    assert shown["low"] == "0.550 ± 0.071 (n = 2)" and shown.isna()["high"]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((12.0, 14.0), "13.0 ± 1.4 (n = 2)"),
        ((1234.0,), "1,234 (n = 1)"),
        ((2e-6, 4e-6), "3.00e-06 ± 1.41e-06 (n = 2)"),
        ((0.0, 0.0), "0.00 ± 0.00 (n = 2)"),
        ((-0.5, -0.7), "-0.600 ± 0.141 (n = 2)"),
        ((), None),
    ],
)
def test_means_of_own_metrics_have_three_digits(values, text):
    assert groups._mean(values, groups._significant(values)) == text


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
    epochs = f"epochs {finished_run.config.epochs + 1}"
    assert any(name.endswith((f", {epochs}", f"({epochs})")) for name in shown["Settings except the seed"])
    assert any(one.label == "**Not finished, or not tested** · 1 run" for one in app.expander)


def test_of_two_runs_with_the_same_seed_the_newest_counts(finished_run):
    for name, seed, started, score in (("a", 1, 10, 0.5), ("b", 2, 20, 0.6), ("c", 1, 30, 0.7)):
        run = broken_copy(finished_run, f"run-{name}")
        changed = finished_run.config.changed(seed=seed, epochs=finished_run.config.epochs + 1)
        atomic.write_json(run.folder / "config.json", changed.as_dict())
        atomic.write_json(run.folder / "trainer.json", {"started": started})
        atomic.write_json(run.folder / "result.json", run.result | {"val_accuracy": score, "test_accuracy": score})
    app = opened("runs", layout="Table", group="repeats")
    shown = app.dataframe[0].value
    row = list(shown["Runs"]).index(3)
    assert is_intact(app) and shown["Validation, mean ± SD (%)"][row] == "65.0 ± 7.1 (n = 2)"
    assert shown["Mean test (%)"][row] == pytest.approx(65)
    assert list(app.dataframe[-1].value["Seeds"]) == [2], "as below Repeated seeds"
    assert groups.ONE_A_SEED in app.dataframe[0].proto.columns
    app = opened("runs", layout="Table", group="data")
    assert "(n = 4)" in app.dataframe[0].value["Validation, mean ± SD (%)"][0]


def test_the_heading_of_a_group_counts_a_study_once(digits):
    for number in range(3):
        record = json.dumps({"version": 1, "study": "my-study", "number": number, "params": {}}).encode()
        mutations.small_run(f"trial-{number}", **{"trial.json": record})
    mutations.small_run("alone-here")
    app = opened("runs", layout="Table", group="data")
    assert any("1 run, 1 study (3 trials)" in one.label for one in app.expander)
    assert any(" · 4 runs" in one.label for one in opened("runs", layout="Table", group="data", trials="true").expander)


def test_groups_of_several_datasets_say_so_in_place_of_scores(finished_run):
    other = broken_copy(finished_run, "run-other")
    atomic.write_json(other.folder / "config.json", finished_run.config.changed(data="fashion").as_dict())
    for run in (finished_run, other):
        notes.tag(run, "mixed", given=True)
    shown = opened("runs", group="tag").dataframe[0].value
    assert list(shown["Dataset"]) == ["2 datasets"] and shown["Mean test (%)"].isna().all()
    assert opened("runs", group="data").dataframe[0].value["Mean test (%)"].notna().all()
