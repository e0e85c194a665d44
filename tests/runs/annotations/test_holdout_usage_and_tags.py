"""What a page writes into a run: how often its test set was viewed, and the tags of its images."""

import json
import threading

import pytest

from imgcls.errors import RunError
from imgcls.runs.annotations import holdout_usage, tags
from imgcls.runs.run import Run


def test_test_set_views_are_counted_and_the_first_is_dated(make_run):
    run = make_run()
    assert holdout_usage.read(run) == holdout_usage.HoldoutUsage(0, None)
    holdout_usage.record(run)
    holdout_usage.record(run)

    opened = holdout_usage.read(run)
    assert opened.count == 2
    assert opened.first == json.loads((run.folder / holdout_usage.NAME).read_text().splitlines()[0])["opened"]


def test_simultaneous_visitors_are_all_counted(make_run):
    run = make_run()
    threads = [threading.Thread(target=lambda: [holdout_usage.record(run) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert holdout_usage.read(run).count == 200


def test_a_damaged_line_is_counted_without_a_date(make_run):
    run = make_run(**{holdout_usage.NAME: b'{"opened": tor\n\xff\xfe\n\n{"opened": 5}\n'})

    assert holdout_usage.read(run) == holdout_usage.HoldoutUsage(3, None)
    assert (
        holdout_usage.read(make_run("20260102-030405-0123abce", **{holdout_usage.NAME: b'{"opened": 1e999}\n'})).first
        is None
    )


def test_the_list_of_views_is_bounded(make_run):
    run = make_run(**{holdout_usage.NAME: b"{}\n" * (holdout_usage.MOST_BYTES // 3)})
    size = (run.folder / holdout_usage.NAME).stat().st_size
    holdout_usage.record(run)
    holdout_usage.record(run)

    assert (run.folder / holdout_usage.NAME).stat().st_size <= size + 60


def test_no_folder_is_created_for_a_deleted_run(make_run, tmp_path):
    assert not holdout_usage.record(Run(tmp_path / "gone"))
    assert not (tmp_path / "gone").exists()


def test_tags_are_added_read_and_removed(make_run):
    run = make_run()
    tags.change(run, "  blurred\n", [5, 3, 3], given=True)
    tags.change(run, "odd", [3], given=True)

    assert tags.read(run) == {"blurred": (3, 5), "odd": (3,)}
    assert tags.of_image(run, 3) == ("blurred", "odd")
    tags.change(run, "odd", [3], given=False)
    assert tags.read(run) == {"blurred": (3, 5)}


@pytest.mark.parametrize(
    "content",
    [b"", b"[1]", b'{"version": 9, "tags": {"a": [1]}}', b'{"version": 1, "tags": [1]}', b"\xff", b"[" * 9999],
)
def test_a_damaged_file_has_no_tags(make_run, content):
    assert tags.read(make_run(**{tags.NAME: content})) == {}


def test_invalid_numbers_are_ignored(make_run):
    run = make_run(**{tags.NAME: {"version": 1, "tags": {"a": [1, -1, True, "2", 1.5, 7], "\u202e": [1]}}})

    assert tags.read(run) == {"a": (1, 7)}


def test_empty_tags_and_too_many_tags_are_refused(make_run):
    run = make_run()
    with pytest.raises(RunError, match="at least one letter"):
        tags.change(run, " \n", [1], given=True)
    for number in range(tags.MOST_TAGS):
        tags.change(run, f"tag {number}", [number], given=True)
    with pytest.raises(RunError, match="at most 50 tags"):
        tags.change(run, "one more", [1], given=True)
    assert len(tags.read(run)) == tags.MOST_TAGS


def test_concurrent_tagging_loses_nothing(make_run):
    run = make_run()
    threads = [
        threading.Thread(target=lambda start=start: [tags.change(run, "x", [start + i], given=True) for i in range(10)])
        for start in (0, 100, 200)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(tags.read(run)["x"]) == 30
