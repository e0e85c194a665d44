"""What a class trains, as its teacher sees, pauses and exports it; the leaderboard."""

import csv
import io
import json

import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.jobs.classroom import leaderboard, work
from imgcls.jobs.classroom.work import Work
from imgcls.jobs.together import activities
from imgcls.runs import Run
from imgcls.sharing import NotAllowed, Role, acting_as, people
from imgcls.sharing.classroom import rooms
from tests.sharing.classroom.conftest import ADA, BEN, TEACHER


@pytest.fixture(autouse=True)
def no_queue(monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda: None)


def queued(visitor, label="A run") -> Run:
    with acting_as(people.visitor(visitor.id)):
        return jobs.begin(Config(data="mnist_sample", epochs=3), label)


def trained(run: Run, accuracy: float) -> None:
    """As a trainer would leave it."""
    plan = {"kind": "plan", "validation": 750, "parameters": 1234, "epochs": 3}
    epochs = [{"kind": "epoch", "epoch": number, "val_accuracy": accuracy} for number in (1, 2)]
    (run.folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in (plan, *epochs)))


def as_teacher():
    return acting_as(people.visitor(TEACHER.id))


def test_the_score_of_a_training_run_is_that_of_the_epoch_it_would_keep(room, join, mnist_sample):
    join(ADA, room, "Ada")
    run = queued(ADA)
    epochs = [(1, 0.97, True), (2, 0.98, False), (3, 0.96, False)]  # the second had a higher loss
    lines = [{"kind": "epoch", "epoch": at, "val_accuracy": value, "best": best} for at, value, best in epochs]
    (run.folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with as_teacher():
        (ada,) = work.of_members(room)
    assert ada.latest.val_accuracy == 0.97


def test_the_teacher_sees_what_each_pupil_trains_and_who_is_stuck(room, join, mnist_sample, monkeypatch):
    join(ADA, room, "Ada")
    join(BEN, room, "Ben")
    queued(ADA, "First")
    second = queued(ADA, "Second")
    trained(second, 0.9)
    with as_teacher():
        ada, ben = work.of_members(room)
    assert (ada.member.name, ada.attempts, ada.is_stuck) == ("Ada", 2, False)
    assert (ada.latest.name, ada.latest.state, ada.latest.data) == ("Second", "queued", "mnist_sample")
    assert (ada.latest.epoch, ada.latest.epochs, ada.latest.val_accuracy) == (2, 3, 0.9)
    assert ben.latest is None and not ben.is_stuck, "Ben has just joined"
    monkeypatch.setattr(work, "LATE_SECONDS", -1.0)
    with as_teacher():
        assert [one.is_stuck for one in work.of_members(room)] == [False, True]


def test_nobody_is_stuck_in_a_class_that_does_not_train(room, join, mnist_sample, monkeypatch):
    monkeypatch.setattr(work, "LATE_SECONDS", -1.0)
    join(ADA, room, "Ada")
    queued(TEACHER)  # as the model that the class trains together
    with as_teacher():
        assert [one.is_stuck for one in work.of_members(room)] == [False]


def test_who_draws_with_the_class_is_not_stuck(room, join, mnist_sample, monkeypatch):
    join(ADA, room, "Ada")
    join(BEN, room, "Ben")
    queued(ADA)
    with as_teacher():
        later = work.time.time() + 1_000
        monkeypatch.setattr(work.time, "time", lambda: later)
        assert [one.is_stuck for one in work.of_members(room)] == [False, True]
        activities.start_collection(room, ["a", "b"])
        assert [one.is_stuck for one in work.of_members(room)] == [False, False]
        activities.finish(room)
        assert [one.is_stuck for one in work.of_members(room)] == [False, False], "they have just drawn"


def test_teachers_do_not_compete_with_their_class(room, join, mnist_sample):
    join(ADA, room, "Ada")
    people.change(BEN.id, name="Mr X", role=Role.OWNER)
    works = [scored(ADA.id, 0.9), scored(TEACHER.id, 1.0), scored(BEN.id, 1.0)]
    assert leaderboard.competing(works, room) == works[:1]


def test_a_failed_or_damaged_run_is_stuck(room, join, mnist_sample):
    join(ADA, room, "Ada")
    run = queued(ADA)
    (run.folder / "config.json").write_text("{")
    with as_teacher():
        (ada,) = work.of_members(room)
        assert ada.latest.state == "damaged" and ada.is_stuck
        assert work.table(room)


def test_pausing_all_pauses_the_pupils_runs_and_resuming_undoes_it(room, join, mnist_sample):
    join(ADA, room, "Ada")
    pupils, teachers = queued(ADA), queued(TEACHER)
    with as_teacher():
        assert work.pause_all(room) == 1
        assert rooms.find(room.id).is_paused
    assert pupils.request.pause and not teachers.request.pause
    with as_teacher():
        assert work.resume_all(room) == 1
    assert not pupils.request.pause and not rooms.find(room.id).is_paused


@pytest.mark.parametrize("act", [work.pause_all, work.resume_all, work.table])
def test_a_pupil_cannot_pause_or_export_a_class(room, join, mnist_sample, act):
    join(ADA, room, "Ada")
    run = queued(ADA)
    ben = join(BEN, room, "Ben")
    with acting_as(ben):
        with pytest.raises(NotAllowed):
            act(room)
        with pytest.raises(NotAllowed):
            run.send_request(pause=True)
    assert not run.request.pause and not rooms.find(room.id).is_paused


def test_the_runs_of_another_class_are_its_own_and_only_its_teacher_still_sees_them(room, join, mnist_sample):
    join(ADA, room, "Ada")
    queued(ADA)
    with as_teacher():
        rooms.close(room)
        new = rooms.open_new()
    with as_teacher():
        assert work.of_room(new) == [] and len(work.of_room(room)) == 1
    people.change("U" * 22, name="Mr Gauss", role=Role.TEACHER)
    with acting_as(people.visitor("U" * 22)):
        assert work.of_room(room) == [] and runs.all_runs() == []


def test_the_table_has_all_runs_and_members_without_one_and_starts_no_formula(room, join, mnist_sample):
    join(ADA, room, "=Ada()")
    join(BEN, room, "Ben")
    trained(queued(ADA), 0.9)
    with as_teacher():
        text = work.table(room).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["name"] for row in rows] == ["'=Ada()", "Ben"]
    assert rows[0]["validation accuracy"] == "0.9" and rows[0]["state"] == "queued" and rows[0]["parameters"] == "1234"
    assert rows[1]["run"] == ""


def scored(owner: str, accuracy: float | None, data: str = "mnist", images: int = 1_000) -> Work:
    return Work(Run(rooms.folder() / owner), owner, owner, owner, data, "cnn", "finished", 1, 1, accuracy, images)


def test_the_leaderboard_ranks_the_best_run_of_each_person_and_shares_ranks_within_the_interval():
    works = [scored("a", 0.95), scored("a", 0.97), scored("b", 0.96), scored("c", 0.80), scored("d", 0.79)]
    works += [scored("e", None), scored("f", 1.0, "other")]
    found = leaderboard.places(works, "mnist")
    assert [(place.rank, place.best.owner, place.attempts) for place in found] == [
        (1, "a", 2),
        (1, "b", 1),
        (3, "c", 1),
        (3, "d", 1),
    ]
    assert leaderboard.datasets(works) == ["mnist", "other"]


def test_with_more_images_the_same_difference_is_one():
    assert not leaderboard.is_better(scored("a", 0.97), scored("b", 0.96))
    assert leaderboard.is_better(scored("a", 0.97, images=10_000), scored("b", 0.96, images=10_000))
    assert not leaderboard.is_better(scored("a", 0.97, images=0), scored("b", 0.5, images=0))


@pytest.mark.parametrize(("name", "shown"), [("", "Teacher"), ("Ms Noether", "Ms Noether")])
def test_the_run_of_a_teacher_without_a_name_is_called_the_teachers(room, join, mnist_sample, name, shown):
    """Such as the owner of the server, whose model of the class is on its leaderboard."""
    (people.folder() / f"{TEACHER.id}.json").write_text(
        json.dumps({"version": 1, "name": name, "role": "teacher", "room": room.id, "valid_from": 0, "changed": 1})
    )
    join(ADA, room, "Ada")
    queued(ADA)
    queued(TEACHER)
    with as_teacher():
        assert sorted(one.owner_name for one in work.of_room(room)) == sorted(("Ada", shown))
