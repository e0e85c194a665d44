"""The page of a run shows the values that the user's own code has recorded, whatever the file holds."""

import json

from imgcls.runs.annotations import own_metrics
from imgcls.runs.index.recording import record
from imgcls.ui.train.run_parts import own_metrics as section
from tests.support.pages import is_intact, opened, text_of


def test_own_metrics_are_a_table_and_curves(finished_run):
    assert "Own metrics" not in text_of(opened("train", run=finished_run.id))
    for epoch, value in enumerate((0.5, 0.75), 1):
        record(finished_run, {"night/f1": value}, epoch)
    record(finished_run, {"auc": 0.9})
    app = opened("train", run=finished_run.id)
    assert is_intact(app) and "Own metrics" in [one.value for one in app.header]
    table = next(one.value for one in app.dataframe if "Metric" in one.value)
    assert table.values.tolist()[0] == ["night/f1", 0.75, 2, 0.5, 0.75, 2]
    assert list(table["Metric"]) == ["night/f1", "auc"] and table["Epoch"].isna().tolist() == [False, True]
    assert [one.proto.id.rpartition("-")[2] for one in app.get("plotly_chart") if "own-" in one.proto.id] == [
        "night_f1"
    ]
    runs_page = opened("runs", layout="Table", q="night_f1>0.7", columns=["night_f1"])
    assert is_intact(runs_page) and list(runs_page.dataframe[0].value["night/f1"]) == [0.75]


def test_a_file_of_a_stranger_does_not_break_the_page(finished_run):
    lines = [
        {"at": 1, "epoch": 1, "values": {"<script>alert(1)</script>": 1}},
        {"at": 1, "epoch": 1e300, "values": {"f1": 1}},
        *({"at": 1, "epoch": 1, "values": {f"m{number}": 1e30, "a.b/c-d": -1e30}} for number in range(3_000)),
    ]
    path = finished_run.folder / own_metrics.NAME
    path.write_text("\n".join(map(json.dumps, lines)) + "\n[[[", "utf-8")
    app = opened("train", run=finished_run.id)
    assert is_intact(app) and "<script>" not in text_of(app)
    assert "3 lines of own" in text_of(app) and "Only 40 metrics" in text_of(app)
    assert is_intact(opened("runs", layout="Table", columns=["m1"]))


def test_the_section_is_renewed_only_while_a_run_trains_that_has_own_metrics(make_run, monkeypatch):
    asked, fragment = [], section.st.fragment

    def recorded(*given, run_every=None):
        asked.append(run_every)
        return fragment(*given, run_every=run_every)

    monkeypatch.setattr(section.st, "fragment", recorded)
    run = make_run("run-trains", heartbeat=0)
    section.show(run, "running")
    record(run, {"f1": 1})
    section.show(run, "running")
    section.show(run, "finished")
    assert asked == [None, section.TICK_SECONDS, None]
