"""Assignments: what is fixed is checked where a run begins; attempts, goals, predictions and the last evaluation."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from imgcls import jobs
from imgcls.errors import RunError, UserError
from imgcls.evaluation.predictions import spared_test_set
from imgcls.jobs import personal_data
from imgcls.jobs.classroom import leaderboard, work
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments import attempts, closing, goals, guesses
from imgcls.jobs.classroom.assignments.assignment import Goal, settings_of
from imgcls.jobs.classroom.assignments.attempts import Entry, Guess
from imgcls.runs import Run, trials
from imgcls.runs import assignments as records
from imgcls.runs.predictions import validation_predictions
from imgcls.sharing import NotAllowed, Role, Visitor, people
from imgcls.sharing.classroom import rooms
from tests.jobs.classroom.conftest import CONFIG, as_now, begin
from tests.sharing.classroom.conftest import ADA, BEN, EVE, TEACHER

GUESS = Guess(0.9, ("4", "9"))


def trained(run: Run, accuracy: float, parameters: int = 1234, test: float | None = None) -> Run:
    """As a trainer would leave it."""
    lines = [{"kind": "plan", "validation": 1000, "parameters": parameters, "epochs": 3}]
    lines += [{"kind": "epoch", "epoch": 1, "val_accuracy": accuracy}]
    (run.folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = {"version": 1, "outcome": "finished", "val_accuracy": accuracy, "parameters": parameters}
    result |= {"training_seconds": 9.0, "seconds": 30.0, "epochs": 1, "counts": {"test": 1000}}
    result |= {} if test is None else {"test_accuracy": test}
    (run.folder / "result.json").write_text(json.dumps(result))
    (run.folder / "queued.json").unlink(missing_ok=True)
    return run


def test_an_attempt_is_recorded_with_its_run_and_survives_a_restart(given, ada):
    task = given(fixed=("epochs",), goal=Goal(0.97, 20_000))
    assignments._read.cache_clear()
    with as_now(ADA):
        assert assignments.find(task.code.lower()) == task
    run = begin(ADA, task)
    assert records.read(run.folder) == records.AssignmentRecord(task.code, ("data", "epochs"))
    (attempt,) = attempts.of(task)
    assert (attempt.visitor, attempt.name, attempt.run) == (ADA.id, "Ada", run.id)


@pytest.mark.parametrize(
    ("changes", "label"),
    [({"epochs": 4}, "Epochs"), ({"model_settings": {"filters": 64}}, "Filters"), ({"data": "digits"}, "Dataset")],
)
def test_a_fixed_setting_that_was_changed_in_the_request_is_refused(given, ada, digits, changes, label):
    task = given(fixed=("epochs",), hidden=("cnn.filters",), why="So that all train equally long.")
    with pytest.raises(NotAllowed, match=rf"{label} is fixed to .* So that all train"):
        begin(ADA, task, CONFIG.changed(**changes))
    assert attempts.of(task) == [] and jobs.waiting() == []


def test_what_is_not_fixed_may_be_changed(given, ada):
    task = given(fixed=("epochs",), hidden=("cnn.filters",))
    begin(ADA, task, CONFIG.changed(batch_size=32))
    assert len(attempts.of(task)) == 1
    begin(ADA, task, CONFIG.changed(model="ann", model_settings={}))  # which has no filters


@pytest.mark.parametrize("code", ["", "AAAAAA", "../../x", "x" * 5000, "{code}.attempts"])
def test_a_forged_code_is_refused(given, ada, code):
    task = given()
    with as_now(ADA), pytest.raises(UserError, match="no such assignment"):
        jobs.begin(CONFIG, assignment=Entry(code.format(code=task.code)))
    assert jobs.waiting() == []


def test_only_the_teacher_gives_a_lesson_and_only_the_class_has_it(room, ada, join):
    with as_now(ADA), pytest.raises(NotAllowed):
        assignments.make(room, "lessons", "Draw", {"lesson": "draw"})
    with as_now(TEACHER):
        task = assignments.make(room, "lessons", "Draw", {"lesson": "draw"})
        with pytest.raises(UserError, match="needs a lesson"):
            assignments.make(room, "lessons", "Draw", {})
    assert assignments.lessons_of(people.visitor(ADA.id)) == {"draw"}
    assert assignments.lessons_of(people.visitor(EVE.id)) == set()
    with as_now(ADA), pytest.raises(NotAllowed):
        assignments.delete(task)
    with as_now(TEACHER):
        rooms.close(room)
    assert assignments.lessons_of(people.visitor(ADA.id)) == set()


def test_the_assignment_of_another_class_is_refused_as_if_it_did_not_exist(given, room, join):
    task = given()
    other = Visitor("U" * 22)
    people.change(other.id, name="Mr X", role=Role.TEACHER)
    with as_now(other):
        elsewhere = rooms.open_new()
        assert assignments.of_room(elsewhere) == []
        for act in (assignments.delete, closing.close, closing.evaluate_later):
            with pytest.raises(NotAllowed):
                act(task)
    join(BEN, elsewhere, "Ben")
    for visitor in (BEN, other, EVE):
        with as_now(visitor), pytest.raises(UserError, match="no such assignment"):
            assignments.find(task.code)
    with pytest.raises(UserError, match="no such assignment"):
        begin(BEN, task)
    assert attempts.of(task) == [] and assignments.load(task.code).is_open


def test_a_pupil_makes_closes_and_deletes_no_assignment(given, room, ada):
    task = given()
    with as_now(ADA):
        with pytest.raises(NotAllowed):
            assignments.make(room, "train", "Mine", {})
        for act in (assignments.delete, closing.close, closing.evaluate_later):
            with pytest.raises(NotAllowed):
                act(task)
    assert assignments.load(task.code) == task


def test_attempts_are_limited_and_deleting_a_run_gains_none(given, ada):
    task = given(attempts=2)
    with as_now(ADA):
        jobs.delete(begin(ADA, task))
    second = begin(ADA, task, run_id="second-run")
    assert begin(ADA, task, run_id="second-run") == second, "a second click starts nothing new"
    with pytest.raises(NotAllowed, match="used 2 of 2 attempts"):
        begin(ADA, task)
    begin(TEACHER, task)


def test_nobody_starts_a_run_for_a_closed_assignment(given, ada):
    task = given()
    with as_now(TEACHER):
        assert not closing.close(task).is_open
    with pytest.raises(NotAllowed, match="is closed"):
        begin(ADA, task)


def test_a_fixed_setting_cannot_be_changed_during_training(given, ada):
    run = begin(ADA, given(fixed=("learning_rate",)))
    with as_now(ADA):
        with pytest.raises(RunError, match="Learning rate is fixed"):
            run.request_learning_rate(0.1)
        run.send_request(early_stopping=True)
    assert run.request.learning_rate is None and run.request.early_stopping


@pytest.mark.parametrize(
    "values",
    [
        {"attempts": -1},
        {"goal": Goal(1.5)},
        {"goal": Goal(parameters=0)},
        {"fixed": ("nothing",)},
        {"state": {"a": [1]}},
        {"title": " \n "},
        {"page": "home"},
    ],
)
def test_an_assignment_out_of_range_is_refused(room, mnist_sample, values):
    values = {"page": "train", "title": "A", "state": settings_of(CONFIG)} | values
    with as_now(TEACHER), pytest.raises(UserError):
        assignments.make(room, **values)
    assert assignments.of_room(room) == []


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 2}', '{"version": 1, "state": 5}'])
def test_a_damaged_assignment_is_none(given, ada, content):
    task = given()
    assignments.path_of(task.code).write_text(content)
    with as_now(ADA), pytest.raises(UserError, match="no such assignment"):
        assignments.find(task.code)


def test_the_goal_is_checked_with_what_the_trainer_measured(given, ada):
    task = given(goal=Goal(0.97, 20_000))
    good, big = trained(begin(ADA, task), 0.97, 19_999), trained(begin(ADA, task), 0.99, 20_000)
    begin(ADA, task)
    with as_now(ADA):
        works = {work.run.id: work for work in closing.works(task)}
    assert goals.text_of(task.goal) == "validation accuracy ≥ 97% and fewer than 20,000 parameters"
    assert goals.is_met(task.goal, works[good.id]) and not goals.is_met(task.goal, works[big.id])
    assert [condition.is_met for condition in goals.conditions(task.goal, works[big.id])] == [True, False]
    waiting = next(work for work in works.values() if work.state == "queued")
    assert not goals.is_met(task.goal, waiting)


def test_a_prediction_is_asked_for_once_and_checked(given, ada):
    task = given(asks_guess=True)
    wrong = [None, Guess(1.2, ("4", "9")), Guess(0.9, ("4", "4")), Guess(0.9, ("4", "<b>"))]
    for guess in wrong:
        with pytest.raises(UserError):
            begin(ADA, task, guess=guess)
    assert attempts.of(task) == []
    begin(ADA, task, guess=GUESS)
    begin(ADA, task)
    assert [attempt.guess for attempt in attempts.of(task)] == [GUESS, None]


def test_the_class_sees_how_well_calibrated_it_was(given, room, join, monkeypatch):
    task = given(asks_guess=True)
    monkeypatch.setattr(guesses, "most_confused", lambda run: ("9", "4"))
    for visitor, name, guess in ((ADA, "Ada", 0.9), (BEN, "Ben", 0.99)):
        join(visitor, room, name)
        trained(begin(visitor, task, guess=Guess(guess, ("4", "9") if name == "Ada" else ("1", "7"))), 0.89)
    with as_now(TEACHER):
        found = guesses.outcomes(task)
    assert [(one.name, one.accuracy, one.is_pair_right) for one in found] == [("Ada", 0.89, True), ("Ben", 0.89, False)]
    whole = guesses.calibration(found)
    assert (whole.people, whole.close, whole.right_pairs) == (2, 1, 1)
    assert whole.bias == pytest.approx(0.055) and whole.error == pytest.approx(0.055)
    assert guesses.calibration([]) is None


def test_the_most_confused_pair_counts_both_directions(finished_run):
    found = guesses.most_confused(finished_run)
    stored = validation_predictions.read(finished_run)
    predicted, classes = stored.probabilities.argmax(1), finished_run.card.classes
    errors = {}
    for truth, guess in zip(stored.labels, predicted, strict=True):
        if truth != guess:
            pair = frozenset((classes[truth], classes[guess]))
            errors[pair] = errors.get(pair, 0) + 1
    assert errors[frozenset(found)] == max(errors.values()) if errors else found is None


def test_attempts_are_spared_the_test_set_until_the_best_of_each_person_is_evaluated_once(
    given, room, join, monkeypatch
):
    task = given()
    scores, asked = {}, []

    def evaluate(run):
        asked.append(run.id)
        trained(run, Run(run.folder).result["val_accuracy"], test=scores[run.id])

    monkeypatch.setattr(spared_test_set, "evaluate", evaluate)
    for visitor, name in ((ADA, "Ada"), (BEN, "Ben")):
        join(visitor, room, name)
    best, worse, bens = (trained(begin(who, task), value) for who, value in ((ADA, 0.95), (ADA, 0.6), (BEN, 0.9)))
    scores |= {best.id: 0.8, worse.id: 1.0, bens.id: 0.9}
    assert all(trials.is_spared(run) for run in (best, worse, bens))
    assert closing.evaluate(task) is None, "an open assignment is not evaluated"
    with as_now(TEACHER):
        closed = closing.close(task)
    late = trained(Run(worse.folder), 0.6)
    assert closing.evaluate(closed).runs == (best.id, bens.id)
    assert sorted(asked) == sorted([best.id, bens.id]) and closing.evaluate(closed) and len(asked) == 2
    with as_now(TEACHER):
        by_validation, by_test = closing.places(closed), closing.places(closed, on_test=True)
    assert [(place.best.owner_name, place.attempts) for place in by_validation] == [("Ada", 2), ("Ben", 1)]
    assert [(place.best.owner_name, place.rank) for place in by_test] == [("Ben", 1), ("Ada", 2)]
    assert late.result.get("test_accuracy") is None


def test_the_evaluation_waits_for_trainings_in_progress(given, ada, monkeypatch):
    task = given()
    run = begin(ADA, task)
    with as_now(TEACHER):
        closed = closing.close(task)
    monkeypatch.setattr(closing.time, "sleep", lambda seconds: trained(run, 0.9))
    monkeypatch.setattr(spared_test_set, "evaluate", lambda run: None)
    assert closing.evaluate(closed).runs == (run.id,)


def test_a_run_that_cannot_be_evaluated_does_not_stop_the_others(given, ada, monkeypatch):
    task = given()
    run = trained(begin(ADA, task), 0.9)
    with as_now(TEACHER):
        closed = closing.close(task)
    found = closing.evaluate(closed)
    assert found.runs == () and "no finished model" in found.failed[run.id]


def test_ties_are_named(given, room, join):
    task = given()
    for visitor, name, accuracy in ((ADA, "Ada", 0.95), (BEN, "Ben", 0.945), (EVE, "Eve", 0.5)):
        join(visitor, room, name)
        trained(begin(visitor, task), accuracy)
    with as_now(TEACHER):
        found = closing.places(task)
    said = "Place 1 is shared (Ada, Ben): these scores are statistically indistinguishable."
    assert leaderboard.ties(found) == [said]


def test_attempts_are_not_in_the_leaderboard_of_the_class(given, room, ada):
    task = given()
    entered = trained(begin(ADA, task), 0.95)
    with as_now(ADA):
        free = trained(jobs.begin(CONFIG), 0.9)
    with as_now(TEACHER):
        assert {one.run.id for one in work.of_room(room)} == {entered.id, free.id}
        assert [one.run.id for one in closing.others(room)] == [free.id]
        assignments.delete(task)
        assert len(closing.others(room)) == 2, "it would be in no list any more"


def test_the_evaluation_says_how_far_it_is_from_the_moment_of_closing(given, room, ada, join, monkeypatch):
    task = given()
    monkeypatch.setattr(closing, "_begun", {})
    join(BEN, room, "Ben")
    first = trained(begin(ADA, task), 0.95)
    trained(begin(BEN, task), 0.9)
    assert not closing.has_just_begun(task)
    with as_now(TEACHER):
        closed = closing.close(task)
        assert closing.has_just_begun(closed) and closing.progress(closed) == (0, 2)
        trained(first, 0.95, test=0.9)
        assert closing.progress(closed) == (1, 2)
    monkeypatch.setattr(closing, "START_SECONDS", 0.0)
    assert not closing.has_just_begun(closed), "a process that was killed can be started again"


def test_who_deletes_everything_about_themselves_is_in_no_assignment(given, room, join, ada):
    task = given(asks_guess=True)
    join(BEN, room, "Ben")
    begin(ADA, task, guess=GUESS)
    begin(BEN, task, guess=GUESS)
    personal_data.delete_everything(people.visitor(ADA.id))
    assert [attempt.name for attempt in attempts.of(task)] == ["Ben"]
    assert ADA.id not in assignments.path_of(task.code, attempts.KIND).read_text()


def test_two_starts_at_once_use_one_attempt_each(given, ada, monkeypatch):
    task = given(attempts=3)
    monkeypatch.setattr(jobs.fair_use, "check_new_runs", lambda configs: None)

    def one(number):
        try:
            return begin(ADA, task, run_id=f"run-{number}").id
        except NotAllowed:
            return None

    with ThreadPoolExecutor(6) as pool:
        started = [run for run in pool.map(one, range(6)) if run]
    assert len(started) == len(attempts.of(task)) == 3


def test_what_is_missing_to_a_goal_is_said_without_a_verdict(given, ada):
    run = trained(begin(ADA, given()), 0.885, parameters=21_000)
    found = work.described(run)
    assert goals.to_go(Goal(0.9, 20_000), found) == "1.5 to go"
    assert goals.to_go(Goal(0.885001), found) == "0.1 to go", "never 0.0"
    assert goals.to_go(Goal(0.8, 20_000), found) == "1,001 parameters to go"
    assert goals.to_go(Goal(seconds=5), found) == "4.0 s to go"
    assert goals.to_go(Goal(0.8), found) == goals.to_go(Goal(), found) == ""
