"""Assignments on the pages: banner, controls that stay fixed, the prediction before Start, and the teacher's form."""

import json
from dataclasses import replace

import pytest

from imgcls import jobs, runs
from imgcls.charts.compared.run_scatter import RunPoint
from imgcls.config import Config
from imgcls.datasets.recipes import presets
from imgcls.datasets.recipes.presets import Measured
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments import attempts, closing, goals
from imgcls.jobs.classroom.assignments.assignment import Assignment, Goal, settings_of
from imgcls.jobs.classroom.assignments.attempts import Attempt, Entry, Guess
from imgcls.jobs.classroom.leaderboard import Place
from imgcls.jobs.classroom.work import Work
from imgcls.sharing import NotAllowed, Role, acting_as, lesson_progress, people
from imgcls.sharing.classroom import guessing, rooms
from imgcls.sharing.lesson_progress import Progress
from imgcls.ui.app.assignments import attempt as attempt_page
from imgcls.ui.app.assignments import form
from imgcls.ui.you import ranked
from imgcls.ui.you.assignments import lists, results
from tests.support.pages import HOSTILE as STRINGS
from tests.support.pages import html_of, is_intact, opened, prepared, text_of

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
    with acting_as(people.visitor(TEACHER)):
        room = rooms.open_new()
    with acting_as(people.visitor(ADA)):
        rooms.join(room.code, "Ada")
    return room


def give(room, page="train", state=None, **values):
    with acting_as(people.visitor(TEACHER)):
        return assignments.make(room, page, HOSTILE, settings_of(CONFIG) if state is None else state, **values)


def labelled(elements, label):
    return next(found for found in elements if found.label == label)


def test_a_pupil_trains_with_the_fixed_settings_after_a_prediction(look_as, room):
    task = give(room, fixed=("epochs",), instructions=HOSTILE, attempts=2, asks_guess=True, goal=Goal(0.97, 20_000))
    look_as(ADA)
    app = opened("train", assignment=task.code)
    assert is_intact(app)
    assert "validation accuracy ≥ 97% and fewer than 20,000 parameters" in text_of(app)
    assert "Fixed: Dataset, Epochs." in text_of(app) and "0 of 2 attempts used." in text_of(app)
    assert "Fest: Datensatz, Epochen." in text_of(opened("train", assignment=task.code, lang="de"))
    assert labelled(app.number_input, "Epochs").disabled and labelled(app.number_input, "Epochs").value == 3
    assert not labelled(app.number_input, "Learning rate").disabled
    labelled(app.button, "Start").click().run()
    assert is_intact(app) and attempts.of(task) == []
    assert [toast.value for toast in app.toast] == [attempt_page.FIRST], "its fields may be out of sight"
    assert ".st-key-guess-accuracy input" in html_of(app)
    figures = [one.label for one in app.button if str(one.key).startswith("preset-")]
    assert figures and not any("%" in label for label in figures), "they would give the prediction away"
    keys = [element.key for element in app.main if getattr(element, "key", None) in ("guess-second", "epochs")]
    assert keys == ["guess-second", "epochs"], "it is above Start and the settings"
    app.number_input(key="guess-accuracy").set_value(90.0)
    labelled(app.button, "Start").click().run()
    assert ".st-key-guess-first input" in html_of(app), "the first that is empty"
    app.selectbox(key="guess-first").select("4")
    app.selectbox(key="guess-second").select("9").run()
    labelled(app.button, "Start").click().run()
    assert is_intact(app)
    (attempt,) = attempts.of(task)
    assert attempt.guess == Guess(0.9, ("4", "9"))
    assert runs.find(attempt.run).config.epochs == 3
    assert "validation accuracy ≥ 97%" in text_of(app)


def test_a_value_that_was_sent_for_a_fixed_control_is_set_back(look_as, room):
    task = give(room, fixed=("epochs",))
    look_as(ADA)
    app = opened("train", assignment=task.code, epochs="50")
    assert labelled(app.number_input, "Epochs").value == 3
    app.session_state["epochs"] = 50
    app.run()
    assert labelled(app.number_input, "Epochs").value == 3
    labelled(app.button, "Start").click().run()
    assert runs.find(attempts.of(task)[0].run).config.epochs == 3


def test_without_the_code_a_run_is_no_attempt(look_as, room):
    give(room, fixed=("epochs",))
    look_as(ADA)
    app = opened("train", epochs="5")
    labelled(app.button, "Start").click().run()
    with acting_as(people.visitor(ADA)):
        (run,) = runs.all_runs()
    assert run.config.epochs == 5 and not (run.folder / "assignment.json").exists()


@pytest.mark.parametrize("code", ["AAAAAA", "../x", HOSTILE])
def test_a_forged_code_shows_a_sentence(look_as, room, code):
    look_as(ADA)
    app = opened("train", assignment=code)
    assert is_intact(app) and "There is no such assignment in your class" in text_of(app)


def test_who_is_not_in_the_class_sees_nothing_of_its_assignment(look_as, room):
    task = give(room, instructions="Secret")
    look_as(EVE)
    app = opened("train", assignment=task.code)
    assert "There is no such assignment in your class" in text_of(app) and "Secret" not in text_of(app)


def test_another_page_is_an_assignment_with_its_state(look_as, room, finished_run):
    task = give(room, "evaluate", {"view": "Per class"}, fixed=("view",), instructions="Look closely.")
    look_as(ADA)
    app = opened("evaluate", assignment=task.code)
    assert is_intact(app) and "Look closely." in text_of(app) and "Fixed: Section." in text_of(app)
    assert app.session_state["view"] == "Per class"
    app.session_state["view"] = "Errors"
    app.run()
    assert app.session_state["view"] == "Per class"


def blocks(node):
    """The blocks of a page, at any depth."""
    for child in getattr(node, "children", {}).values():
        yield child
        yield from blocks(child)


def test_the_teacher_makes_an_assignment_of_the_form(look_as, room):
    look_as(TEACHER)
    app = opened("train", epochs="4")
    app.session_state["make-assignment"] = True
    app.run()
    assert not next(block.proto.form for block in blocks(app.main) if block.type == "form").enter_to_submit
    app.text_input(key="assignment-title").input("Four epochs")
    assert app.multiselect(key="assignment-fixed").options[:2] == ["Dataset: MNIST sample", "Training images: all"]
    options = app.multiselect(key="assignment-fixed").options
    assert app.multiselect(key="assignment-fixed").proto.wrap, "in one row, all but the last would be out of sight"
    assert {"Model: Convolutional network (CNN)", "Flip: off", "Validation fraction: 15%"} <= set(options)
    assert options.index("Flip: off") < options.index("Batch size: 64") < options.index("Filters: 16")
    app.multiselect(key="assignment-fixed").select("epochs")
    labelled(app.number_input, "Validation accuracy, % at least").set_value(97.0)
    labelled(app.button, "Assign to the class").click().run()
    assert is_intact(app)
    (made,) = assignments.of_room(room)
    assert (made.title, made.state["epochs"], made.goal) == ("Four epochs", 4, Goal(0.97))
    assert set(made.fixed) == {"data", "model", "epochs"}
    assert "“Four epochs” has been added to your class's list." in app.success[0].value.replace("\\", "")


def test_an_assignment_of_an_earlier_class_is_assigned_again_filled_in(look_as, room):
    more = {"why": "fair", "asks_guess": True, "fixed": ("data", "epochs")}
    task = give(room, instructions="- one", goal=Goal(0.9, 5000), attempts=3, **more)
    with acting_as(people.visitor(TEACHER)):
        rooms.close(room)
        new = rooms.open_new()
    look_as(TEACHER)
    app = opened("class", **{"class": room.id}, tab="assignments")
    assert not app.button(key=f"again-{task.code}").disabled
    app = opened("train", assignment=task.code)  # an old link
    app.session_state["make-assignment"] = True
    app.run()
    assert app.text_input(key=f"assignment-title-{task.code}").value == task.title
    labelled(app.button, "Assign to the class").click().run()
    (made,) = assignments.of_room(new)
    for name in ("title", "instructions", "goal", "attempts", "why", "asks_guess", "fixed", "hidden"):
        assert getattr(made, name) == getattr(task, name), name
    assert made.fixed_state == task.fixed_state and made.code != task.code


def test_title_and_instructions_of_an_assignment_are_edited(look_as, room):
    task = give(room, goal=Goal(0.9))
    look_as(TEACHER)
    app = opened("class", tab="assignments")
    app.button(key=f"edit-{task.code}").click().run()
    app.text_input(key=f"edited-title-{task.code}").input("Other")
    app.text_area(key=f"edited-instructions-{task.code}").input("**Read** this")
    app.button(key="edited-save").click().run()
    (found,) = assignments.of_room(room)
    assert (found.title, found.instructions, found.goal) == ("Other", "**Read** this", task.goal)
    with acting_as(people.visitor(ADA)), pytest.raises(NotAllowed):
        assignments.describe(found, "Mine", "")


def test_the_card_names_who_has_not_started_and_a_closed_one_is_folded_without_its_link(look_as, room, monkeypatch):
    monkeypatch.setattr(lists.join_link, "address", lambda url: "http://192.0.2.7:8501")
    task = give(room, instructions="Do it")
    look_as(TEACHER)
    app = opened("class", tab="assignments")
    assert "Not started: Ada" in text_of(app)
    assert {"Link for your pupils", "Instructions"} <= {one.label for one in app.expander}
    with acting_as(people.visitor(TEACHER)):
        closing.close(task)
    app = opened("class", tab="assignments")
    labels = [one.label for one in app.expander]
    assert "Link for your pupils" not in labels and any("closed" in label for label in labels)


def test_a_pupil_is_offered_no_form(look_as, room):
    look_as(ADA)
    assert "Turn this page into an assignment" not in [found.label for found in opened("train").expander]


def test_the_class_page_shows_the_leaderboard_and_the_predictions(look_as, room):
    task = give(room, asks_guess=True, goal=Goal(0.9), instructions="Do it")
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
        assert ("Your place: **1 of 1**" in text_of(app)) is (visitor == ADA)
        assert "Instructions" in [found.label for found in app.expander], "closed: the place comes first"
        assert len(app.dataframe) == (2 if visitor == TEACHER else 0), "a phone has no room for a table"
        assert ("Predicted 80.0% · Actual 90.0% · Predicted pair 4, 9" in html_of(app)) is (visitor == ADA)
        assert len([found for found in app.expander if found.label == "All numbers"]) == (visitor == TEACHER)
    look_as(ADA)
    app = opened("train", run=run.id)
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
    assert "Your place: **1 of 1**" in text_of(app), "also when the class is over"


def work_of(owner, state, accuracy=None, **values):
    return Work(None, owner, owner, "run", "mnist_sample", "cnn", state, val_accuracy=accuracy, **values)


def test_attempts_in_progress_are_named_and_no_goal_is_missed_meanwhile():
    task = Assignment("AAAAAA", "room", "train", "One", goal=Goal(0.9))
    entered = [Attempt(name, name, name, 0.0) for name in ("Ada", "Ben")]
    begun = [work_of("Ada", "running"), work_of("Ben", "queued")]
    text = lists.standing(task, entered, begun)
    assert text.startswith("2 attempts by 2 people. &nbsp;")
    assert "Waiting: 1 \\(Ben\\)" in text and "Running: 1 \\(Ada\\)" in text
    ended = [work_of("Ada", "finished", 0.89), work_of("Ben", "finished", 0.91)]
    assert "2 people. Goal met: 1 of 2." in lists.standing(task, entered, ended)


def test_the_list_says_what_ranks_and_what_the_goal_is_about():
    task = Assignment("AAAAAA", "room", "train", "One", goal=Goal(0.9))
    best = [work_of("Ada", "finished", 0.91, test_accuracy=0.95), work_of("Ben", "running", 0.85, test_accuracy=0.8)]
    places = [Place(number, one, 2) for number, one in enumerate(best, start=1)]
    first, second = results.rows(places, task, "Ben", on_test=True)
    assert (first.score, first.details) == ("95.0%", "validation 91.0% · ✓ goal met · 2 attempts")
    assert second.is_own and "still training" in second.details and "goal" not in second.details
    assert first.has_medal and not second.has_medal, "no medal without the goal"
    assert results.rows(places, task, "", on_test=False)[0].score == "91.0%"


def test_the_first_three_have_a_medal_in_words_and_names_stay_text():
    rows = [ranked.Row(rank, HOSTILE, "90.0%", is_own=rank == 2) for rank in range(1, 5)]
    found = ranked.markup(rows, "Leaderboard")
    assert [found.count(f">{medal}<") for medal in ("Gold", "Silver", "Bronze", "you")] == [1, 1, 1, 1]
    assert "<img" not in found and found.count("<li") == 4 and found.count("<li class=own") == 1
    missed = ranked.markup([ranked.Row(1, "Ada", "90.0%", "1.0 to go", has_medal=False)], "Leaderboard")
    assert ">Gold<" not in missed and "1.0 to go" in missed


def test_people_at_the_same_point_of_the_leaderboard_share_a_label():
    points = [RunPoint(name, "best runs", 1_000.0, 0.9) for name in ("Ada", "Ben", "Eve")]
    assert [point.name for point in results.merged(points)] == ["Ada and 2 others"]
    assert [point.name for point in results.merged([*points[:2], replace(points[2], cost=5.0)])] == ["Ada, Ben", "Eve"]


def test_a_teacher_gives_a_lesson_and_sees_how_far_each_member_is(look_as, room):
    look_as(TEACHER)
    app = opened("class", tab="assignments")
    app.selectbox(key="lesson-to-give").select("draw").run()
    next(found for found in app.button if found.label == "Assign to the class").click().run()
    assert (
        is_intact(app) and "**Draw, and see it recognised**" in text_of(app) and "0 of 1 finished it." in text_of(app)
    )
    (given,) = assignments.of_room(room)
    assert (given.page, given.state) == ("lessons", {"lesson": "draw"})

    begun = lesson_progress.read(people.visitor(ADA)).begun("draw").of("draw")
    at_third = replace(begun, step=2, done=frozenset({0}), answers={0: 0, 1: 0})
    lesson_progress.write(people.visitor(ADA), Progress("draw", {"draw": at_third}))
    table = next(one.value for one in opened("class", tab="assignments").dataframe if "Progress" in one.value)
    assert table.to_dict("records") == [
        {"Name": "Ada", "Progress": "Step 3 of 5", "Tasks done": "1 of 4", "Guesses right": "1 of 2"}
    ]


def test_a_teacher_gives_the_lesson_on_its_own_page_once(look_as, room):
    look_as(TEACHER)
    app = opened("lessons", lesson="draw")
    app.button(key="lesson-assign").click().run()
    (given,) = assignments.of_room(room)
    assert is_intact(app) and given.state == {"lesson": "draw"}
    assert app.button(key="lesson-assign").disabled
    look_as(ADA)
    assert not [one for one in opened("lessons", lesson="draw").button if one.key == "lesson-assign"]


def test_a_member_sees_the_lesson_of_the_class_and_only_their_own_progress(look_as, room):
    give(room, "lessons", {"lesson": "draw"})
    look_as(ADA)
    app = opened("class", tab="assignments")
    assert is_intact(app) and "Not started. Your teacher sees your progress." in text_of(app)
    assert not [one for one in app.dataframe if "Progress" in one.value]
    assert not [one for one in app.selectbox if one.key == "lesson-to-give"]
    assert "For your class" in html_of(opened("lessons"))
    people.change(EVE, name="Eve")
    look_as(EVE)
    assert "For your class" not in html_of(opened("lessons"))


def test_a_lesson_of_another_version_and_a_closed_one_do_no_harm(look_as, room):
    former = give(room, "lessons", {"lesson": "former"})
    look_as(ADA)
    assert is_intact(opened("class", tab="assignments")) and "does not have this lesson" in text_of(
        opened("class", tab="assignments")
    )
    with acting_as(people.visitor(TEACHER)):
        closing.close(former)
    assert assignments.lessons_of(people.visitor(ADA)) == set() and is_intact(opened("class", tab="assignments"))


def test_new_assignment_leads_to_the_open_box_which_says_that_there_will_be_a_leaderboard(look_as, room):
    look_as(TEACHER)
    app = opened("class", tab="assignments")
    labelled(app.button, "New assignment").click().run()
    assert is_intact(app) and "a leaderboard" in text_of(app)
    app = prepared("train")
    app.session_state[form.BOX] = app.session_state[form.FIRST] = True
    app.run()
    app.text_input(key="assignment-title").input("Small networks")
    labelled(app.button, "Assign to the class").click().run()
    assert is_intact(app) and "has been added" in app.success[0].value and "has been added" in app.toast[0].value
    assert not [one for one in app.text_input if one.key == "assignment-title"], "the box is closed again"
    look_as(ADA)
    assert not [one for one in opened("class", tab="assignments").button if one.label == "New assignment"]


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


def test_with_fixed_epochs_a_preset_is_chosen_by_the_rest_and_has_their_time(look_as, room, monkeypatch):
    found = presets.presets("cnn", "mnist_sample")
    epochs = int(found[2].settings["epochs"])
    measured = [replace(one, measured=Measured(20.0 * epochs, 0.9, 1)) for one in found]
    monkeypatch.setattr(presets, "presets", lambda model, data: tuple(measured))
    task = give(room, state=settings_of(replace(CONFIG, model="cnn", epochs=2)), fixed=("data", "model", "epochs"))
    look_as(ADA)
    app = opened("train", assignment=task.code)
    assert is_intact(app) and "You can change everything first." not in text_of(app)
    assert "A preset sets everything except what is fixed: Epochs." in text_of(app)
    assert app.button(key="preset-best").label == "**Best**\nabout 40 s", "of two epochs, and no accuracy of others"
    for name in ("best", "good"):
        app.button(key=f"preset-{name}").click().run()
        cards = {one: app.button(key=f"preset-{one}").proto.type for one in ("quick", "good", "best")}
        assert [one for one, kind in cards.items() if kind == "primary"] == [name]
    assert app.number_input(key="epochs").value == 2
    assert "You can change everything first." in text_of(opened("train"))
