"""Benchmarks are run by hand; these tests check that they start and that their last line can be parsed."""

import importlib
import json
import os
import pkgutil
import sys

import pytest

import benchmarks
from benchmarks.support import report_line, server
from benchmarks.support.reference import Reference

NAMES = [entry.name for entry in pkgutil.iter_modules(benchmarks.__path__) if not entry.ispkg]
RENAMED = [entry.name for entry in pkgutil.iter_modules([f"{benchmarks.__path__[0]}/renamed"])]
MEASURING = [name for name in NAMES if name not in ("plain_keras", *RENAMED)]
BEFORE_1_0 = [
    "augmentation_cost",
    "bfloat16_accuracy",
    "bfloat16_gain",
    "checkpoint_cost",
    "compare",
    "digit_model",
    "doubts",
    "drawing_latency",
    "evaluate_click",
    "evaluate_first_paint",
    "explain_latency",
    "first_classifier",
    "first_paint",
    "import_zip",
    "large_set",
    "live_rate",
    "pause_latency",
    "photo_latency",
    "plain_keras",
    "predict_throughput",
    "rerun_cpu",
    "robustness",
    "side_by_side",
    "start_to_first_point",
    "stop_latency",
    "stroke_blame",
    "time_to_accuracy",
    "train_overhead",
    "transfer_epoch",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_documents_its_command_and_has_a_main(name):
    module = importlib.import_module(f"benchmarks.{name}")
    assert f"python -m benchmarks.{name}" in module.__doc__
    assert callable(module.main)


def test_every_former_benchmark_name_still_runs():
    assert set(BEFORE_1_0) <= set(NAMES)


def test_a_time_is_printed_relative_to_a_reference_from_the_same_run():
    empty = Reference("click on an empty Streamlit page", 50.0, "ms")
    content = json.loads(report_line.line("evaluate_click", 125.0, "ms", 500, "lower", reference=empty))
    assert content["ratio_to_reference"] == 2.5
    assert content["reference"] == {"what": "click on an empty Streamlit page", "value": 50.0, "unit": "ms"}
    assert empty.ratio(0.1, "s") == 2.0


def test_the_package_lists_every_benchmark():
    assert sorted(MEASURING) == sorted(
        name for name in NAMES if f"python -m benchmarks.{name}" in str(benchmarks.__doc__)
    )


def test_the_last_line_is_json_with_the_result_first():
    text = report_line.line("first_paint", 1.21, "ratio", 1.5, "lower", pairs=5)
    assert "\n" not in text
    content = json.loads(text)
    assert list(content)[:5] == ["benchmark", "value", "unit", "target", "better"]
    assert (content["benchmark"], content["value"], content["unit"]) == ("first_paint", 1.21, "ratio")
    assert (content["target"], content["better"], content["pairs"]) == (1.5, "lower", 5)
    assert content["machine"]["cores"] >= 1


def test_the_last_line_refuses_values_outside_json():
    with pytest.raises(ValueError):
        report_line.line("first_paint", float("nan"), "ratio", 1.5, "lower")
    with pytest.raises(ValueError, match="'lower' or 'higher'"):
        report_line.line("first_paint", 1.0, "ratio", 1.5, "smaller")


def test_missing_requirements_give_one_message_and_exit_code_2(capsys):
    def main():
        raise report_line.Missing("There is no browser.")

    assert report_line.run(main) == 2
    assert capsys.readouterr().err == "There is no browser.\n"
    assert report_line.run(lambda: None) == 0


def test_a_server_that_a_benchmark_has_killed_is_no_problem():
    with server.started([sys.executable, "-c", "import time; time.sleep(600)"], dict(os.environ)) as process:
        process.kill()
        process.wait()
    assert not process.is_running()


def test_medians_and_percentiles_are_computed_from_the_values():
    assert report_line.percentile([5.0, 1.0, 3.0, 2.0, 4.0], 0.95) == 5.0
    assert report_line.medians([{"a": 1.0}, {"a": 9.0}, {"a": 2.0}]) == {"a": 2.0}
