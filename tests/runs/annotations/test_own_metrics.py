"""Values of the user's own code: recorded, read whatever the file holds, and found by filters."""

import json
import threading

import numpy as np
import pytest

from imgcls.errors import RunError, SettingError
from imgcls.runs import index
from imgcls.runs.annotations import own_metrics
from imgcls.runs.annotations.own_metrics import MOST_BYTES, MOST_METRICS, NAME
from imgcls.runs.index import Query
from imgcls.runs.index.recording import record
from imgcls.sharing import NotAllowed, Visitor, acting_as
from imgcls.ui.runs import table_columns


def line(**changes) -> str:
    return json.dumps({"at": 1.7e9, "epoch": 1, "values": {"f1": 0.5}} | changes)


def ids(text: str = "", **more) -> list[str]:
    return [row["id"] for row in index.search(Query(text=text, **more)).rows]


def test_values_are_recorded_in_their_order_with_their_epochs(make_run):
    run = make_run()
    assert own_metrics.read(run) == own_metrics.OwnMetrics()
    record(run, {"night/f1": 0.5, "mAP": np.float32(0.25)}, epoch=1)
    record(run, {"night/f1": 1}, epoch=2)
    record(run, {"latency-ms": np.int64(12)})
    found = own_metrics.read(run)
    assert found.series() == {"night/f1": [(1, 0.5), (2, 1.0)], "mAP": [(1, 0.25)], "latency-ms": [(None, 12.0)]}
    assert found.problem == "" and own_metrics.last_values(run) == {"night_f1": 1.0, "map": 0.25, "latency_ms": 12.0}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "no values to record"),
        (None, "no values to record"),
        ([("f1", 1)], "no values to record"),
        ({"": 1}, "cannot be the name of a metric: begin with a letter"),
        ({"<b>f1": 1}, "cannot be the name"),
        ({"1f": 1}, "cannot be the name"),
        ({"a" * 41: 1}, "40 characters at most"),
        ({7: 1}, "cannot be the name"),
        ({"f1": "0.5"}, "must be a number, not '0.5'"),
        ({"f1": True}, "must be a number"),
        ({"f1": [1]}, "must be a number"),
        ({"f1": float("nan")}, "must be a finite number"),
        ({"f1": 10**400}, "must be a number"),
        ({"test": 1}, "“test” is already a column or a setting of all runs. Choose another name, such as “own_test”."),
        ({"Learning-Rate": 1}, "is already a column or a setting"),
        ({"lr": 1}, "is already a column or a setting"),
        ({"F1": 1, "f1": 1}, "Use one spelling"),
    ],
)
def test_what_cannot_be_recorded_is_explained_and_nothing_is_written(make_run, values, said):
    run = make_run()
    with pytest.raises(SettingError) as raised:
        record(run, values)
    assert said in str(raised.value)
    assert own_metrics.read(run) == own_metrics.OwnMetrics()


@pytest.mark.parametrize("epoch", [-1, 1.5, "3", True, 10**9])
def test_an_epoch_is_a_whole_number(make_run, epoch):
    with pytest.raises(SettingError, match="The epoch must be a whole number from 0 to 1,000,000"):
        record(make_run(), {"f1": 1}, epoch)


def test_names_and_bytes_are_limited(make_run):
    run = make_run()
    for number in range(MOST_METRICS):
        record(run, {f"m{number}": number})
    with pytest.raises(RunError, match=f"at most {MOST_METRICS} metrics"):
        record(run, {"more": 1})
    record(run, {"m0": 2})
    with (run.folder / NAME).open("ab") as file:
        file.write((line(values={"m1": 5}) + "\n").encode() * (MOST_BYTES // 40))
    with pytest.raises(RunError, match="is full"):
        record(run, {"m0": 3})
    assert own_metrics.read(run).series()["m0"] == [(None, 0.0), (None, 2.0)]


def test_lines_of_a_stranger_are_left_out_and_counted(make_run):
    run = make_run()
    bad = [
        *("{", "[]", "null", '"x"', "{}", "NaN", "[" * 10_000, "\x00" * 20),
        line(values={}),
        line(values={"<img src=x onerror=alert(1)>": 1}),
        line(values={"f1": "1"}),
        line(values={"f1": True}),
        line(values={"f1": 1e40}),
        line(values=[1]),
        line(epoch="1"),
        line(epoch=-1),
        line(at=None),
        line(values={f"m{number}": 1 for number in range(2_000)}),
    ]
    content = "\n".join([line(), *bad, line(epoch=None, values={"f1": -2}), "", '{"at": 1, "epo'])
    (run.folder / NAME).write_bytes(content.encode() + b"\xff\xfe")
    found = own_metrics.read(run)
    assert found.series() == {"f1": [(1, 0.5), (None, -2.0)]}
    assert found.damaged == len(bad) + 1 and f"{len(bad) + 1} lines of {NAME} cannot be read" in found.problem
    record(run, {"f1": 3})
    assert own_metrics.read(run).series()["f1"][-1] == (None, 3.0), "a torn line spoils no later one"


def test_too_many_names_and_too_long_a_file_are_cut(make_run):
    run = make_run()
    many = [line(values={f"m{number}": 1}) for number in range(MOST_METRICS + 5)]
    (run.folder / NAME).write_text("\n".join(many) + "\n")
    found = own_metrics.read(run)
    assert len(found.series()) == MOST_METRICS and found.is_cut and f"Only {MOST_METRICS} metrics" in found.problem
    (run.folder / NAME).write_text((line() + "\n") * (MOST_BYTES // 40))
    found = own_metrics.read(run)
    assert found.is_cut and not found.damaged and set(found.series()) == {"f1"}


def test_filters_sort_and_columns_use_the_last_values(make_run):
    good, poor = make_run("run-good"), make_run("run-poor")
    make_run("run-without")
    for run, values in ((good, (0.1, 0.9)), (poor, (0.95, 0.2))):
        for value in values:
            record(run, {"night/F1": value})
    assert ids("night_f1>0.5") == ["run-good"] and ids("night/F1<=50%") == ["run-poor"]
    assert ids(sort="night_f1")[:2] == ["run-good", "run-poor"]
    record(poor, {"night/F1": 0.99})
    assert ids(sort="night_f1")[:2] == ["run-poor", "run-good"], "seen at once, although the file only grows"
    rows = [(run, index.row_of(run)) for run in (good, poor)]
    assert "night_f1" in table_columns.settings_of([row for _, row in rows])
    assert table_columns.table(rows, ["night_f1"])["night/F1"].to_pylist() == [0.9, 0.99]


def test_a_setting_keeps_its_name(make_run):
    run = make_run()
    (run.folder / NAME).write_text(line(values={"epochs": 7, "batch.size": 3}) + "\n")
    settings = index.row_of(run)["settings"]
    assert settings["epochs"] == run.config.epochs and settings["batch_size"] == run.config.batch_size


def test_writers_wait_for_each_other(make_run):
    run = make_run()

    def work(name: str) -> None:
        for epoch in range(20):
            record(run, {name: epoch}, epoch)

    threads = [threading.Thread(target=work, args=(f"m{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = own_metrics.read(run)
    assert not found.damaged and {name: len(values) for name, values in found.series().items()} == dict.fromkeys(
        ("m0", "m1", "m2", "m3"), 20
    )


def test_only_who_may_change_a_run_records(make_run, monkeypatch):
    run = make_run()
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
    with acting_as(Visitor("b" * 22)), pytest.raises(NotAllowed):
        record(run, {"f1": 1})


def test_a_folder_that_cannot_be_written_is_named(make_run):
    run = make_run()
    (run.folder / NAME).mkdir()
    with pytest.raises(RunError, match="could not be recorded"):
        record(run, {"f1": 1})
