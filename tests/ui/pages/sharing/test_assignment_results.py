"""What comes of assignments: leaderboards, predictions, goals, and how far everybody is in a lesson."""

import json
from dataclasses import replace

import pytest

from imgcls import jobs
from imgcls.charts.compared.run_scatter import RunPoint
from imgcls.config import Config
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments import closing, goals
from imgcls.jobs.classroom.assignments.assignment import Assignment, Goal, settings_of
from imgcls.jobs.classroom.assignments.attempts import Attempt, Entry, Guess
from imgcls.jobs.classroom.leaderboard import Place
from imgcls.jobs.classroom.work import Work
from imgcls.sharing import Role, acting_as, people
from imgcls.sharing.classroom import guessing, rooms
from imgcls.ui.you import ranked
from imgcls.ui.you.assignments import results, status
from tests.support.pages import HOSTILE as STRINGS
from tests.support.pages import html_of, is_intact, opened, text_of
from tests.ui.pages.sharing.conftest import open_class

TEACHER, ADA, EVE = "T" * 22, "A" * 22, "E" * 22
HOSTILE = " ".join(STRINGS)
CONFIG = Config(data="mnist_sample", epochs=3)


@pytest.fixture(autouse=True)
def classroom(monkeypatch, mnist_sample):
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
    monkeypatch.setattr(jobs, "wake", lambda: None)
    monkeypatch.setattr(closing.processes, "spawn", lambda *words, **streams: None)
    guessing.forget_all()
    people.change(TEACHER, name="Ms Noether", role=Role.TEACHER)


@pytest.fixture
def room():
    return open_class(TEACHER, {ADA: "Ada"})


def give(room, page="train", state=None, **values):
    with acting_as(people.visitor(TEACHER)):
        return assignments.make(room, page, HOSTILE, settings_of(CONFIG) if state is None else state, **values)


def labelled(elements, label):
    return next(found for found in elements if found.label == label)


def test_the_class_page_shows_the_leaderboard_and_the_predictions(look_as, room):
    task = give(room, asks_guess=True, goal=Goal(0.9), instructions="Do it\n\nwell")
    with acting_as(people.visitor(ADA)):
        run = jobs.begin(CONFIG, HOSTILE, assignment=Entry(task.code, Guess(0.8, ("4", "9"))))
    lines = [{"kind": "plan", "parameters": 1234, "epochs": 3, "validation": 750}]
    lines += [{"kind": "epoch", "epoch": 1, "val_accuracy": 0.9, "accuracy": 0.8, "loss": 0.5, "val_loss": 0.4}]
    (run.folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = {"version": 1, "outcome": "finished", "val_accuracy": 0.9, "parameters": 1234, "epochs": 1}
    result |= {"training_seconds": 9.0, "seconds": 30.0}
    (run.folder / "result.json").write_text(json.dumps(result))
    (run.folder / "queued.json").unlink()
    for visitor in (TEACHER, ADA):
        look_as(visitor)
        app = opened("class", tab="assignments")
        assert is_intact(app)
        assert "1 attempt by 1 person. Goal met: 1 of 1." in text_of(app) and "Finished: 1" in text_of(app)
        assert "off by 10.0 percentage points, 10.0 too low" in text_of(app)
        assert len(app.get("plotly_chart")) == 1, "one point is no chart of the leaderboard"
        assert html_of(app).count('<ol class="ranked"') == 1, "one leaderboard for each assignment"
        assert ("Your place: **1 of 1**, with **90.0%**" in text_of(app)) is (visitor == ADA)
        assert "Instructions" in [found.label for found in app.expander], "closed: the place comes first"
        assert len(app.dataframe) == (2 if visitor == TEACHER else 0), "a phone has no room for a table"
        assert ("Predicted 80.0% · Actual 90.0% · Predicted pair 4, 9" in html_of(app)) is (visitor == ADA)
        assert len([found for found in app.expander if found.label == "All numbers"]) == (visitor == TEACHER)
    look_as(ADA)
    app = opened("train", run=run.id)
    assert "<dt>Goal</dt><dd>≥ 90%</dd>" in html_of(app) and "Images per second" not in html_of(app)
    assert not app.toast
    assert "You predicted 80.0%; the validation accuracy is 90.0%." in text_of(app)
    assert "**Goal met.**" in [found.value for found in app.success], "a moment to see"
    look_as(TEACHER)
    assert "You predicted" not in text_of(opened("train", run=run.id))
    boards = opened("class", tab="leaderboards")
    assert is_intact(boards) and html_of(boards).count('<ol class="ranked"') == 1
    assert STRINGS[0] in text_of(boards), "under the title of the assignment"
    app = opened("class", tab="assignments")
    labelled(app.button, "Close and evaluate").click().run()
    app.button(key="assignment-close").click().run()
    assert is_intact(app) and not assignments.load(task.code).is_open
    look_as(ADA)
    assert "Close and evaluate" not in [found.label for found in opened("class", tab="assignments").button]
    assert "See the leaderboard" in [found.label for found in opened("train", assignment=task.code).get("page_link")]
    with acting_as(people.visitor(TEACHER)):
        rooms.close(room)
    app = opened("class")
    assert is_intact(app) and "This class is closed." in text_of(app)
    texts = [found.value for found in app.main if hasattr(found, "value") and "Your place:" in str(found.value)]
    assert len(texts) == 2 and "trophy" in texts[0], "first with the titles of the assignments, then in their cards"
    assert [found.label for found in app.expander][-1] == "Join another class"


def work_of(owner, state, accuracy=None, **values):
    return Work(None, owner, owner, "run", "mnist_sample", "cnn", state, val_accuracy=accuracy, **values)


def test_attempts_in_progress_are_named_and_no_goal_is_missed_meanwhile():
    task = Assignment("AAAAAA", "room", "train", "One", goal=Goal(0.9))
    entered = [Attempt(name, name, name, 0.0) for name in ("Ada", "Ben")]
    begun = [work_of("Ada", "running"), work_of("Ben", "queued")]
    text = status.standing(task, entered, begun)
    assert text.startswith("2 attempts by 2 people. &nbsp;")
    assert "Waiting: 1 \\(Ben\\)" in text and "Running: 1 \\(Ada\\)" in text
    ended = [work_of("Ada", "finished", 0.89), work_of("Ben", "finished", 0.91)]
    assert "2 people. Goal met: 1 of 2." in status.standing(task, entered, ended)


def test_the_list_says_what_ranks_and_what_the_goal_is_about():
    task = Assignment("AAAAAA", "room", "train", "One", goal=Goal(0.9))
    best = [work_of("Ada", "finished", 0.91, test_accuracy=0.95), work_of("Ben", "running", 0.85, test_accuracy=0.8)]
    places = [Place(number, one, 2) for number, one in enumerate(best, start=1)]
    first, second = results.rows(places, task, "Ben", on_test=True)
    assert (first.score, first.details) == ("95.0%", "validation 91.0% · ✓ goal met · 2 attempts")
    assert second.is_own and "still training" in second.details and "goal" not in second.details
    assert first.has_medal and not second.has_medal, "no medal without the goal"
    assert results.rows(places, task, "", on_test=False)[0].score == "91.0%"
    missed = [Place(1, work_of("Ada", "finished", 0.85, test_accuracy=0.95), 1)]
    assert results.rows(missed, task, "", on_test=True)[0].details == "Goal not met (validation 85.0%) · 1 attempt"


def test_the_first_three_have_a_medal_in_words_and_names_stay_text():
    rows = [ranked.Row(rank, HOSTILE, "90.0%", is_own=rank == 2) for rank in range(1, 5)]
    found = ranked.markup(rows, "Leaderboard")
    assert [found.count(f">{medal}<") for medal in ("Gold", "Silver", "Bronze", "you")] == [1, 1, 1, 1]
    assert "<img" not in found and found.count("<li") == 4 and found.count("<li class=own") == 1
    assert ranked.own_place(rows) == "Your place: **2 of 4**, with **90.0%**"
    both = [replace(row, rank=1) for row in rows]
    assert ranked.own_place(both) == "Your place: **1 of 4**, shared, with **90.0%**"
    missed = ranked.markup([ranked.Row(1, "Ada", "90.0%", "1.0 to go", has_medal=False)], "Leaderboard")
    assert ">Gold<" not in missed and "1.0 to go" in missed


def test_people_at_the_same_point_of_the_leaderboard_share_a_label():
    points = [RunPoint(name, "best runs", 1_000.0, 0.9) for name in ("Ada", "Ben", "Eve")]
    assert [point.name for point in results.merged(points)] == ["Ada and 2 others"]
    assert [point.name for point in results.merged([*points[:2], replace(points[2], cost=5.0)])] == ["Ada, Ben", "Eve"]


def ended(run, accuracy):
    lines = [{"kind": "plan", "parameters": 1234, "epochs": 3, "validation": 750}]
    (run.folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = {"version": 1, "outcome": "finished", "val_accuracy": accuracy, "training_seconds": 9.0, "epochs": 1}
    (run.folder / "result.json").write_text(json.dumps(result))
    (run.folder / "queued.json").unlink(missing_ok=True)


def test_a_missed_goal_says_how_far_it_is_and_what_to_do_next(look_as, room):
    task = give(room, goal=Goal(0.9), attempts=2)
    with acting_as(people.visitor(ADA)):
        run = jobs.begin(CONFIG, assignment=Entry(task.code))
    look_as(ADA)
    assert ":gray-badge[validation accuracy" in text_of(opened("train", run=run.id)), "not missed while it waits"
    ended(run, 0.893)
    app = opened("train", run=run.id)
    assert is_intact(app) and "So close: 0.7 percentage points below the goal. Train for more epochs" in text_of(app)
    assert "The next run counts for the assignment" in text_of(app) and "1 of 2 attempts used." in text_of(app)
    primary = [one.label for one in app.button if one.proto.type == "primary"]
    assert primary == ["Next attempt, with changes"] and "New run" not in [one.label for one in app.button]
    assert labelled(opened("class", tab="assignments").button, "Continue the assignment")
    with acting_as(people.visitor(TEACHER)):
        closing.close(task)
    labels = [one.label for one in opened("train", run=run.id).button]
    assert "Train again with changes" in labels and "Next attempt, with changes" not in labels


@pytest.mark.parametrize(
    ("goal", "work", "fixed", "said"),
    [
        (Goal(0.9), {"accuracy": 0.9}, (), ""),
        (Goal(0.9), {"accuracy": 0.89999}, (), "So close: 0.1 percentage points below the goal. Train for more"),
        (Goal(0.9), {"accuracy": 0.5}, ("epochs",), "40.0 percentage points below the goal. Change a setting that"),
        (Goal(None, 20_000), {"accuracy": 0.5, "parameters": 21_000}, (), "1,001 parameters too many."),
        (Goal(None, None, 10.0), {"accuracy": 0.5, "seconds": 12.5}, (), "2.5 s too slow."),
    ],
)
def test_how_far_a_run_is_from_the_goal(goal, work, fixed, said):
    found = goals.shortfall(goal, work_of("Ada", "finished", **work), fixed)
    assert found.startswith(said) and bool(found) == bool(said)
