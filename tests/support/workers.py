"""Which worker runs a test, which tests get a second try, and which are fast.

Three workers share the tests, and two the fast ones (`-n 0` is one process without any, for a debugger). Browsers and
trainers wait more than they compute, so three keep two cores busy. What times real trainers and queues stays with one
worker, and each half of what drives a browser with another. Other files are each given to one worker.

These tests, and all that train in a separate process, get one retry, which the report lists as RERUN with its
failure: a shared machine that stalls for half a minute is not a bug of the project. A test that fails twice is.
"""

import gc
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType

import pytest

TESTS = Path(__file__).parents[1]
BROWSER = TESTS / "browser"
PAGES = tuple(BROWSER / name for name in ("data", "lessons", "look", "offline_page", "runs_and_evaluate"))
"""The half of the browser tests in which next to nothing is trained."""
WORKERS, FAST_WORKERS = 3, 2
LONGEST = ["browser", "trainers", "browser-pages"]
"""The groups that start first, as they take longest."""
TRAINED = {"warm_trainer", "cold_trainer"}
TIMED = {"forks", *TRAINED}


NOT_FAST_NAMES = {"sleep", "subprocess", "Popen", "Server"}
"""Names that a fast test, its fixtures, and the functions of their files that they call, must not use."""
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
    "evaluation/model_import",
    "images/test_long_strokes.py",
    "inference/test_answer.py",
    "inference/test_sandbox.py",
    "jobs/preflight/test_page.py",
    "repository",
    "training/export/test_converter.py",
    "training/faults",
    "training/process/test_resume.py",
    "ui/pages",
    "ui/test_startup.py",
}
"""Files and folders below tests/ that start processes, wait, or take more than a few seconds."""
NOT_FAST_TESTS = {
    "test_a_48_or_108_megapixel_photo_is_decoded_at_reduced_size",
    "test_a_bad_run_is_refused_in_one_sentence",
    "test_a_class_with_one_image_is_handled",
    "test_a_damaged_file_in_an_archive_is_an_error_or_is_read",
    "test_a_damaged_model_is_reported_before_the_server_starts",
    "test_a_damaged_single_file_is_an_error_or_is_read",
    "test_a_decompressed_size_beyond_the_limit_is_refused_before_it_fills_the_disk",
    "test_a_decompression_bomb_is_reported_as_one_unreadable_image",
    "test_a_digit_is_found_on_a_half_shaded_page",
    "test_a_file_without_a_recorded_digest_is_tried_once_then_used",
    "test_a_full_disk_leaves_an_error_message",
    "test_a_large_photo_is_not_searched_at_full_size",
    "test_a_photo_of_ink_on_unevenly_lit_paper_gives_the_drawn_digit",
    "test_a_place_that_cannot_be_written_to_is_named",
    "test_a_process_that_crashes_costs_one_request",
    "test_a_reduced_jpeg_is_not_decoded_in_full",
    "test_a_rotated_sheet_is_straightened_and_reported",
    "test_a_run_queued_while_the_queue_exits_is_still_started",
    "test_a_search_in_a_subset_finds_only_that_subset",
    "test_a_second_driver_leaves_the_study_alone",
    "test_a_shipped_model_answers_with_8_bit_weights_and_predicts_the_same",
    "test_a_stop_keeps_the_best_trial_so_far",
    "test_a_text_chunk_that_decompresses_to_megabytes_is_refused",
    "test_a_z_handwritten_data_is_sorted_and_has_no_header",
    "test_an_image_bomb_is_refused_by_its_header",
    "test_an_image_finds_itself_and_mostly_its_own_class",
    "test_an_image_without_ink_is_skipped_with_its_reason",
    "test_an_old_link_fills_the_form",
    "test_an_unrecorded_file_that_is_not_a_model_gives_a_clear_error",
    "test_any_flipped_bit_gives_one_error_or_changes_nothing",
    "test_bundled_datasets_are_prepared_offline",
    "test_concurrent_lock_readers_are_not_mistaken_for_a_trainer",
    "test_damage_to_a_file_affects_only_its_run",
    "test_data_larger_than_memory_is_read_one_batch_at_a_time",
    "test_digits_cropped_to_their_ink_are_read",
    "test_digits_of_either_polarity_become_light_on_black",
    "test_drawings_that_are_not_digits_are_rejected",
    "test_each_label_gets_the_threshold_with_its_best_f1",
    "test_equal_settings_seldom_differ_significantly",
    "test_every_figure_has_a_button_that_saves_it",
    "test_every_layer_of_a_small_network_is_labelled_and_every_layer_type_is_in_the_key",
    "test_few_images_give_a_wide_interval",
    "test_files_of_all_kinds_and_drawings_get_the_same_answer",
    "test_files_of_all_kinds_get_the_json_that_the_shell_prints",
    "test_headers_and_indices_written_by_pandas_are_not_data",
    "test_images_added_later_are_prepared_like_the_first_ones",
    "test_images_alone_would_raise_many_false_alarms",
    "test_intervals_have_about_their_nominal_coverage",
    "test_json_has_a_lower_size_limit_than_images",
    "test_many_distinct_fields_are_looked_at_quickly",
    "test_more_than_one_percent_is_many",
    "test_nearly_white_scans_are_imported_however_well_they_compress",
    "test_numbers_about_the_included_models_lie_in_their_range",
    "test_one_image_at_a_time_and_a_batch_get_the_same_answer",
    "test_only_planted_near_duplicates_are_found",
    "test_planted_errors_are_found_by_cross_validated_heads",
    "test_released_images_use_no_memory_and_can_be_read_again",
    "test_scores_match_scikit_learn",
    "test_similar_classes_are_adjacent",
    "test_the_analysis_accepts_any_image_size_and_empty_classes",
    "test_the_analysis_does_not_depend_on_the_block_size",
    "test_the_analysis_finds_planted_problems",
    "test_the_band_contains_the_truth_beyond_the_data",
    "test_the_chosen_threshold_has_the_best_mean_f1_and_is_closest_to_one_half",
    "test_the_command_speaks_the_protocol_over_stdio",
    "test_the_edge_of_a_shadow_is_not_writing",
    "test_the_estimate_matches_the_true_optimism_of_equally_good_trials",
    "test_the_intervals_match_the_bootstrap",
    "test_the_number_of_wrong_labels_is_in_its_interval_even_for_a_weak_model",
    "test_the_queue_reports_what_it_does",
    "test_the_reported_crop_does_not_depend_on_reduced_decoding",
    "test_the_sample_has_a_fixed_400_and_100_images_of_each_digit",
    "test_the_validation_split_keeps_groups_together",
    "test_tpe_finds_better_settings_than_it_began_with",
    "test_tsne_reports_progress_and_keeps_clusters_together",
    "test_two_workers_of_one_name_are_refused",
    "test_where_the_8_bit_model_answers_all_ways_of_the_app_use_it",
    "test_wrong_labels_are_told_from_the_errors_of_the_model",
}
"""Tests of other files that wait or take more than 0.3 seconds of CPU time."""


@cache
def may_be_fast(path: Path) -> bool:
    """Whether tests of this file may be fast."""
    relative = path.relative_to(TESTS)
    return not {relative.as_posix(), *(parent.as_posix() for parent in relative.parents)} & NOT_FAST_FILES


def is_fast(item: pytest.Item) -> bool:
    """Whether `-m fast` selects the test: it needs no TensorFlow, no browser, no process and no waiting."""
    if item.get_closest_marker("slow") or not may_be_fast(item.path):
        return False
    if item.function.__name__ in NOT_FAST_TESTS:
        return False
    if getattr(item.function, "is_hypothesis_test", False):  # hundreds of examples
        return False
    return not may_wait(item.function) and not any(map(may_wait, fixtures_of(item)))


def fixtures_of(item: pytest.Item) -> list[Callable]:
    """The functions of this project's fixtures that the test uses, directly or through others."""
    definitions = item._fixtureinfo.name2fixturedefs.values()  # pytest has no public name for them
    return [one.func for found in definitions for one in found if is_below_tests(one.func)]


def is_below_tests(function: Callable) -> bool:
    code = getattr(function, "__code__", None)
    return code is not None and code.co_filename.startswith(f"{TESTS}{os.sep}")


@cache
def may_wait(function: Callable) -> bool:
    """Whether a test or fixture uses one of `NOT_FAST_NAMES` or `NOT_FAST_MODULES`."""
    names = names_in(function)
    return bool(NOT_FAST_NAMES & names) or any(name.startswith(NOT_FAST_MODULES) for name in names)


def names_in(function: Callable) -> set[str]:
    """The names that a function uses, including those in the functions and classes of its own file that it uses."""
    found: set[str] = set()
    waiting, seen = [function.__code__], set()
    while waiting:
        code = waiting.pop()
        if code in seen:
            continue
        seen.add(code)
        found |= set(code.co_names)
        waiting += [part for part in code.co_consts if isinstance(part, CodeType)]
        for part in (function.__globals__.get(name) for name in code.co_names):
            if getattr(part, "__module__", "") == function.__module__:
                members = vars(part).values() if isinstance(part, type) else [part]
                waiting += [member.__code__ for member in members if hasattr(member, "__code__")]
    return found


@pytest.fixture(autouse=True)
def stays_fast(request):
    """A fast test that loads TensorFlow fails."""
    was_loaded = "tensorflow" in sys.modules
    yield
    if request.node.get_closest_marker("fast") and not was_loaded:
        assert not {"tensorflow", "keras"} & set(sys.modules), "a fast test loads TensorFlow: see NOT_FAST_MODULES"


def pytest_ignore_collect(collection_path, config):
    """With `-m fast`, files that have no fast test are not even imported."""
    if config.option.markexpr == "fast" and TESTS in collection_path.parents and not may_be_fast(collection_path):
        return True
    return None


def pytest_xdist_auto_num_workers(config):
    """For `-n auto`. Each worker collects all tests, which is a fifth of the work of the fast ones."""
    return FAST_WORKERS if config.option.markexpr == "fast" else WORKERS


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """All that is collected stays to the end: whoever looks for garbage would look at it again and again."""
    gc.disable()
    collected = yield
    gc.freeze()
    gc.enable()
    return collected


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    for item in items:
        fixtures = set(item.fixturenames)
        if is_fast(item):
            item.add_marker(pytest.mark.fast)
        in_browser = BROWSER in item.path.parents
        # A race that shows in one of many runs is reported with its traceback: "RERUN" in the summary.
        item.add_marker(pytest.mark.flaky(reruns=2 if in_browser else 1))
        if in_browser:
            group = "browser-pages" if any(folder in item.path.parents for folder in PAGES) else "browser"
        elif TIMED & fixtures:
            group = "trainers"
        else:  # Keras slows everything after it in the same process: the tests that load it come last.
            group = item.path.stem + ("-keras" if "keras" in fixtures else "")
        item.add_marker(pytest.mark.xdist_group(group))
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: LONGEST.index(name) if (name := _group(item)) in LONGEST else len(LONGEST))


def _group(item: pytest.Item) -> str:
    return item.get_closest_marker("xdist_group").args[0]
