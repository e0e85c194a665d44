"""File names and groups of a run's test images, which outlive the dataset."""

import numpy as np
import pytest

from imgcls.datasets.store.records import Records
from imgcls.evaluation import predictions
from imgcls.evaluation.report import predictions_csv
from imgcls.runs.predictions import test_records as records_of_run

GROUPS = np.array([[1, 1], [0, 0], [-1, -1]], np.int32)


def test_records_are_read_as_written(make_run):
    run = make_run()
    records_of_run.write(run, Records({"test": ["a/1.png", "b/ü.png", ""]}, {"test": GROUPS}, ["Ann", "Bob"]))
    found = records_of_run.read(run, 3)
    assert [found.name("test", row) for row in range(3)] == ["a/1.png", "b/ü.png", ""]
    assert [found.group("test", row) for row in range(3)] == ["Bob", "Ann", ""]


def test_without_names_there_is_no_file_and_an_old_one_is_removed(make_run):
    run = make_run()
    records_of_run.write(run, Records({"test": ["a"]}))
    assert (run.folder / records_of_run.NAME).exists()
    records_of_run.write(run, Records())
    assert not (run.folder / records_of_run.NAME).exists()
    assert records_of_run.read(run, 1).names == {}


@pytest.mark.parametrize("damage", ["nothing", "other count", "no group names", "group out of range"])
def test_a_damaged_file_hides_names_and_breaks_nothing(make_run, damage):
    run = make_run()
    records_of_run.write(run, Records({"test": ["a", "b", "c"]}, {"test": GROUPS}, ["Ann", "Bob"]))
    path = run.folder / records_of_run.NAME
    with np.load(path) as file:
        arrays = dict(file)
    if damage == "nothing":
        path.write_bytes(b"")
    elif damage == "no group names":
        np.savez(path, **{name: array for name, array in arrays.items() if name != "group_names"})
    elif damage == "group out of range":
        np.savez(path, **arrays | {"groups": GROUPS + 5})
    found = records_of_run.read(run, 4 if damage == "other count" else 3)
    assert "test" not in found.groups


def test_predictions_and_csv_name_the_file_of_each_image(finished_run):
    count = len(predictions.read(finished_run).labels)
    names = [f"digit/{number}.png" for number in range(count)]
    groups = np.column_stack([np.arange(count) % 2] * 2).astype(np.int32)
    records_of_run.write(finished_run, Records({"test": names}, {"test": groups}, ["=Ann", "Bob"]))
    found = predictions.read(finished_run)
    assert found.file_name(7) == "digit/7.png"
    lines = predictions_csv(found).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("image,file,group,true class") and lines[8].startswith("7,digit/7.png,Bob,")
    assert lines[1].startswith("0,digit/0.png,'=Ann,")
