"""What the projector shows of an assignment: places, ties, goals, and no name that nobody has approved."""

from types import SimpleNamespace

import pytest

from imgcls import languages
from imgcls.jobs.classroom import leaderboard, projected
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments import closing, goals
from imgcls.jobs.classroom.assignments.assignment import Goal
from imgcls.jobs.together import activities, names
from imgcls.sharing.classroom import rooms
from imgcls.system import atomic
from tests.jobs.classroom.conftest import as_now, begin
from tests.jobs.classroom.test_assignments import trained
from tests.sharing.classroom.conftest import ADA, BEN, EVE, TEACHER


def board(task, room):
    with as_now(TEACHER):
        return projected.board(assignments.load(task.code), room)


def approve(room, *chosen):
    with as_now(TEACHER):
        names.moderate(room, chosen, is_shown=True)


@pytest.fixture
def members(room, join):
    for visitor, name in ((ADA, "Ada"), (BEN, "Ben"), (EVE, "Eve")):
        join(visitor, room, name)


def test_places_ties_goals_and_approved_names(room, given, members):
    task = given(goal=Goal(0.9))
    assert board(task, room).status == projected.NO_SCORES
    for visitor, accuracy in ((ADA, 0.955), (BEN, 0.95), (EVE, 0.6)):
        trained(begin(visitor, task), accuracy)
    approve(room, "Ada", "Eve")
    found = board(task, room)
    assert [(line.rank, line.name, line.score, line.is_met) for line in found.lines] == [
        (1, "Ada", "95.5%", True),
        (1, names.HIDDEN, "95.0%", True),
        (3, "Eve", "60.0%", False),
    ]
    assert (found.title, found.goal) == ("Small network", "validation accuracy ≥ 90%")
    notes = f"{leaderboard.SHARED} {goals.MEDALS_NEED_GOAL}"
    assert (found.status, found.note) == (projected.BY_VALIDATION, notes)
    assert [line.remark for line in found.lines] == ["", "", "30.0 to go"], "percentage points"
    assert [line.has_medal for line in found.lines] == [True, True, False]
    assert (found.line, found.is_final, found.lines[2].value) == (0.9, False, 0.6)
    assert len({line.key for line in found.lines}) == 3 and BEN.id not in str(found)
    assert "Ben" not in str(found)
    low, high = found.lines[0].interval.split(" – ")
    assert low < "95.5%" < high
    with languages.speaking("de"):
        assert board(task, room).lines[0].score == "95,5\N{NO-BREAK SPACE}%"


def test_a_closed_assignment_without_an_evaluation_promises_nothing(room, given, members, monkeypatch):
    task = given()
    trained(begin(ADA, task), 0.9)
    with as_now(TEACHER):
        closing.close(task)
    closing._begun.clear()
    assert board(task, room).status == projected.NOT_EVALUATED


def test_after_the_evaluation_it_ranks_by_the_test_set_and_who_has_left_has_no_name(room, given, members):
    task = given()
    best, other = trained(begin(ADA, task), 0.9, test=0.5), trained(begin(BEN, task), 0.8, test=0.7)
    approve(room, "Ada", "Ben")
    with as_now(TEACHER):
        closing.close(task)
    assert board(task, room).status.startswith("Evaluating the best run of each person")
    content = {"version": 1, "at": 1.0, "runs": [best.id, other.id], "failed": {}}
    atomic.write_json(assignments.path_of(task.code, closing.KIND), content)
    with as_now(BEN):
        rooms.leave()
    found = board(task, room)
    assert found.status == projected.BY_TEST
    assert [(line.name, line.score, line.is_met) for line in found.lines] == [
        (names.GONE, "70.0%", None),
        ("Ada", "50.0%", None),
    ]
    assert found.is_final and [line.has_medal for line in found.lines] == [True, True]


def test_at_the_end_each_row_says_whether_the_goal_is_met_and_the_best_are_named_also_without_medals(
    room, given, members, monkeypatch
):
    def final(accuracy):
        task = given(goal=Goal(0.97, 20_000))
        found = [
            trained(begin(visitor, task), value, test=test)
            for visitor, value, test in ((ADA, accuracy, 0.966), (BEN, 0.95, 0.966), (EVE, 0.9, 0.6))
        ]
        with as_now(TEACHER):
            closing.close(task)
        content = {"version": 1, "at": 1.0, "runs": [run.id for run in found], "failed": {}}
        atomic.write_json(assignments.path_of(task.code, closing.KIND), content)
        return board(task, room)

    approve(room, "Ada", "Ben", "Eve")
    missed = final(0.958)
    assert [line.remark for line in missed.lines] == [
        f"Goal not met (validation {value}%, 1,234 parameters)" for value in (95.8, 95.0, "90.0")
    ]
    assert missed.best == "Best: Ada and Ben, 96.6%" and not any(line.has_medal for line in missed.lines)
    assert missed.goal == "validation accuracy ≥ 97% and fewer than 20,000 parameters – not met"
    met = final(0.98)
    assert met.goal.endswith("parameters – met by 1 of 3") and met.lines[0].remark == "" and met.lines[0].is_met
    assert met.best == "Best: Ada, 96.6%", "Ben shares the place, but has missed the goal"
    monkeypatch.setattr(leaderboard, "MOST_NAMES", 1)
    assert final(0.958).best == "Best: Ada and Ben, 96.6% (2 people share the place)"


def test_a_closed_assignment_says_whose_runs_it_waits_for_but_no_name_that_nobody_has_approved(room, given, members):
    task = given()
    for visitor in (ADA, BEN):
        begin(visitor, task)
    approve(room, "Ada")
    with as_now(TEACHER):
        closed = closing.close(task)
        assert closing.progress_text(closed, closing.works(closed)).startswith("Closed. Waiting for 2 runs (Ben, Ada).")
    assert board(task, room).status.startswith(f"Closed. Waiting for 2 runs ({names.HIDDEN}, Ada). Then the best run")


def test_a_run_that_is_training_counts_with_its_best_epoch(room, given, members):
    task = given(goal=Goal(0.9))
    run = begin(ADA, task)
    queued = (run.folder / "queued.json").read_bytes()
    trained(run, 0.95)
    (run.folder / "result.json").unlink()
    (run.folder / "queued.json").write_bytes(queued)
    (line,) = board(task, room).lines
    assert line.score == "95.0%" and line.is_training and line.is_met is None
    assert not line.has_medal and line.remark == "epoch 1 of 3"
    assert board(task, room).attempts == "1 attempt by 1 person. 1 is waiting."


def test_many_people_are_counted(room, given, members, monkeypatch):
    monkeypatch.setattr(projected, "MOST", 2)
    task = given()
    for visitor in (ADA, BEN, EVE):
        trained(begin(visitor, task), 0.9)
    assert (len(board(task, room).lines), board(task, room).others) == (2, 1)


def test_screens_show_names_of_collections_and_leaderboards_alone(room, given):
    assert not projected.shows_names(room) and projected.newest(room) is None
    with as_now(TEACHER):
        assignments.make(room, "data", "Look", {})
        assert not projected.shows_names(room)
        task = given()
        assert projected.shows_names(room) and projected.newest(room).code == task.code
        assignments.delete(task)
        activities.start_collection(room, ["a", "b"])
    assert projected.shows_names(room)


def test_a_class_with_many_shared_places_reads_one_sentence_about_them():
    def places(shared):
        return [SimpleNamespace(rank=rank, best=SimpleNamespace(owner_name="Ada")) for rank in range(shared)] * 2

    assert [len(leaderboard.ties(places(shared))) for shared in (0, 1, 2, 3, 15)] == [0, 1, 2, 1, 1]
    assert leaderboard.ties(places(3)) == [leaderboard.SHARED]
    assert leaderboard.ties(places(1))[0].startswith("Place 0 is shared (Ada, Ada)")
