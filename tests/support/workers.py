"""Which worker runs a test, which tests get a second try, and which are fast.

Two workers share the tests (`-n 0` is one process without any, for a debugger). What drives a browser, or times real
trainers and queues, stays with one of them, one after the other, so that two of a kind never wait for each other. Other
files are each given to one worker.

These tests, and all that train in a separate process, get one retry, which the report lists as RERUN with its
failure: a shared machine that stalls for half a minute is not a bug of the project. A test that fails twice is.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType

import pytest

TESTS = Path(__file__).parents[1]
BROWSER = TESTS / "browser"
TIMED = {"forks"}
TRAINED = {"warm_trainer", "cold_trainer"}


NOT_FAST_FIXTURES = {"keras", "write_weights", "trained_folder", "wait_until", *TIMED, *TRAINED}
"""They load TensorFlow, train, or wait."""
NOT_FAST_NAMES = {"sleep", "subprocess", "Popen"}
"""Names that a fast test, and the functions of its file that it calls, must not use."""
NOT_FAST_MODULES = ("keras", "tensorflow", "imgcls.training.model_builder")
"""Modules that they must not import."""
NOT_FAST_FILES = {
    "browser",
    "cli/test_former_names.py",
    "datasets/importing/execution/test_job.py",
    "datasets/importing/test_hostile_archives.py",
    "datasets/importing/test_import_properties.py",
    "datasets/importing/test_imports.py",
    "datasets/preparing/test_fetch.py",
    "inference/test_answer.py",
    "repository",
    "training/export/test_converter.py",
    "training/faults",
    "training/process/test_resume.py",
    "ui/pages",
    "ui/test_startup.py",
}
"""Files and folders below tests/ that start processes, wait, or take more than a few seconds."""
NOT_FAST_TESTS = {
    "test_a_full_disk_leaves_an_error_message",
    "test_an_old_link_fills_the_form",
    "test_any_flipped_bit_gives_one_error_or_changes_nothing",
    "test_any_input_becomes_valid_settings_or_a_clear_error",
    "test_any_split_is_disjoint_keeps_each_class_and_has_the_announced_counts",
    "test_any_url_gives_a_valid_class_edit_that_round_trips",
    "test_any_url_is_parsed_and_round_trips",
    "test_bundled_datasets_are_prepared_offline",
    "test_data_larger_than_memory_is_read_one_batch_at_a_time",
    "test_intervals_have_about_their_nominal_coverage",
    "test_the_analysis_does_not_depend_on_the_block_size",
    "test_the_intervals_match_the_bootstrap",
    "test_the_sample_has_a_fixed_400_and_100_images_of_each_digit",
    "test_tsne_reports_progress_and_keeps_clusters_together",
}
"""Tests of other files that take more than a few seconds."""


def may_be_fast(path: Path) -> bool:
    """Whether the tests of this file are fast, except those that use one of `NOT_FAST_FIXTURES`."""
    relative = path.relative_to(TESTS)
    return not {relative.as_posix(), *(parent.as_posix() for parent in relative.parents)} & NOT_FAST_FILES


def is_fast(item: pytest.Item) -> bool:
    """Whether `-m fast` selects the test: it needs no TensorFlow, no browser, no process and no waiting."""
    if item.get_closest_marker("slow") or not may_be_fast(item.path):
        return False
    if item.function.__name__ in NOT_FAST_TESTS or NOT_FAST_FIXTURES & set(item.fixturenames):
        return False
    names = names_in(item.function)
    return not NOT_FAST_NAMES & names and not any(name.startswith(NOT_FAST_MODULES) for name in names)


def names_in(function: Callable) -> set[str]:
    """The names that a test uses, including those in the functions of its own file that it calls."""
    found: set[str] = set()
    waiting, seen = [function.__code__], set()
    while waiting:
        code = waiting.pop()
        if code in seen:
            continue
        seen.add(code)
        found |= set(code.co_names)
        waiting += [part for part in code.co_consts if isinstance(part, CodeType)]
        called = [function.__globals__.get(name) for name in code.co_names]
        waiting += [
            part.__code__
            for part in called
            if getattr(part, "__module__", "") == function.__module__ and hasattr(part, "__code__")
        ]
    return found


@pytest.fixture(autouse=True)
def stays_fast(request):
    """A fast test that loads TensorFlow fails."""
    was_loaded = "tensorflow" in sys.modules
    yield
    if request.node.get_closest_marker("fast") and not was_loaded:
        assert not {"tensorflow", "keras"} & set(sys.modules), "a fast test loads TensorFlow: see NOT_FAST_FIXTURES"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    for item in items:
        fixtures = set(item.fixturenames)
        if is_fast(item):
            item.add_marker(pytest.mark.fast)
        is_alone = BROWSER in item.path.parents or TIMED & fixtures
        if is_alone or TRAINED & fixtures:
            item.add_marker(pytest.mark.flaky(reruns=1))
        # Keras slows everything after it in the same process: the tests that load it come last.
        group = "alone" if is_alone else item.path.stem + ("-keras" if "keras" in fixtures else "")
        item.add_marker(pytest.mark.xdist_group(group))
    if hasattr(config, "workerinput"):  # the longest group starts immediately
        items.sort(key=lambda item: item.get_closest_marker("xdist_group").args[0] != "alone")
