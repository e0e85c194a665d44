"""How far somebody is in the lessons is kept for them alone, and goes with everything else about them."""

import json
import os
from dataclasses import replace

import pytest

from imgcls.sharing import Visitor, lesson_progress, people
from imgcls.sharing.lesson_progress import Progress, Standing
from imgcls.sharing.visitors import NOBODY, SERVER

SOME = Progress("draw", {"draw": Standing(2, 5.0, {0: 1}, frozenset({0, 1}), True, {0: {"said": "7"}})})


def test_progress_is_read_as_it_was_written(ada, ben):
    lesson_progress.write(ada, SOME)
    assert lesson_progress.read(ada) == SOME
    assert lesson_progress.read(ben) == Progress()
    assert [person.id for person in people.everybody()] == [ada.id, ben.id], "it is nobody's file of a person"


def test_in_local_mode_there_is_one_person():
    lesson_progress.write(SERVER, SOME)
    assert lesson_progress.read(SERVER) == SOME


def test_nothing_is_stored_for_somebody_without_a_cookie(shared):
    for visitor in (NOBODY, Visitor("../../x")):
        lesson_progress.write(visitor, SOME)
        assert lesson_progress.read(visitor) == Progress()
    assert not people.folder().exists()


def test_it_is_forgotten_with_the_person(ada):
    lesson_progress.write(ada, SOME)
    people.forget(ada.id)
    assert lesson_progress.read(ada) == Progress() and list(people.folder().glob("*.json")) == []


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"version": 2}',
        '{"version": 1, "current": "a", "lessons": []}',
        '{"version": 1, "current": "a", "lessons": {"a": {"step": -1, "since": 0, "answers": {}, "done": []}}}',
        '{"version": 1, "current": "a", "lessons": {"a": {"step": 1, "since": "x", "answers": {}, "done": []}}}',
        '{"version": 1, "current": "a", "lessons": {"a": {"step": 1, "since": 0, "answers": {}, "done": [], '
        '"is_finished": false, "found": {"0": 5}}}}',
    ],
)
def test_a_damaged_file_is_a_new_beginning(ada, content):
    lesson_progress.path_of(ada).write_text(content)
    assert lesson_progress.read(ada) == Progress()


def test_a_file_from_before_values_were_kept_is_read(ada):
    lesson_progress.write(ada, SOME)
    path = lesson_progress.path_of(ada)
    content = json.loads(path.read_text())
    del content["lessons"]["draw"]["found"]
    path.write_text(json.dumps(content))
    assert lesson_progress.read(ada).of("draw") == replace(SOME.of("draw"), found={})


def test_a_lesson_goes_on_where_it_was_left_or_begins_again():
    begun = Progress().begun("draw")
    left = begun.changed("draw", Standing(3, begun.of("draw").since), current="")
    assert left.begun("draw").of("draw").step == 3 and left.begun("draw").current == "draw"
    assert left.begun("draw", again=True).of("draw").step == 0


def test_a_finished_lesson_stays_finished_while_it_is_repeated():
    finished = Progress().changed("draw", Standing(4, 1.0, is_finished=True))
    repeated = finished.begun("draw", again=True).of("draw")
    assert repeated.is_finished and repeated.step == 0 and not repeated.done


def test_old_progress_is_swept(ada, ben):
    lesson_progress.write(ada, SOME)
    lesson_progress.write(ben, SOME)
    os.utime(lesson_progress.path_of(ada), (1, 1))
    lesson_progress.sweep(60)
    assert lesson_progress.read(ada) == Progress() and lesson_progress.read(ben) == SOME
