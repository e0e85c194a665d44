"""Assignments on the pages: banner, controls that stay fixed, the prediction before Start, and the teacher's form."""

from dataclasses import replace

import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.datasets.recipes import presets
from imgcls.datasets.recipes.presets import Measured
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments import attempts, closing
from imgcls.jobs.classroom.assignments.assignment import Goal, settings_of
from imgcls.jobs.classroom.assignments.attempts import Entry, Guess
from imgcls.sharing import NotAllowed, Role, acting_as, lesson_progress, people
from imgcls.sharing.classroom import guessing, rooms
from imgcls.sharing.lesson_progress import Progress
from imgcls.system import atomic
from imgcls.ui.app.assignments import attempt as attempt_page
from imgcls.ui.app.assignments import form
from imgcls.ui.you.assignments import lists
from tests.support.pages import HOSTILE as STRINGS
from tests.support.pages import html_of, is_intact, opened, prepared, text_of
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


def test_the_card_names_who_has_not_started_and_a_closed_one_has_no_link(look_as, room, monkeypatch):
    monkeypatch.setattr(lists.join_link, "address", lambda url: "http://192.0.2.7:8501")
    task = give(room, instructions="Do it\n\nand more")
    look_as(TEACHER)
    app = opened("class", tab="assignments")
    assert "Not started: Ada" in text_of(app)
    order = [str(getattr(one, "label", "") or getattr(one, "value", "")) for one in app.main]
    (status,) = [at for at, text in enumerate(order) if text.startswith("Not started")]
    assert order.index("Set a task") < status < order.index("Close and evaluate"), "two buttons, then the status"
    assert {"Link for your pupils", "Instructions"} <= {one.label for one in app.expander}
    with acting_as(people.visitor(TEACHER)):
        closing.close(task)
    app = opened("class", tab="assignments")
    labels = [one.label for one in app.expander]
    assert "Link for your pupils" not in labels and any("closed" in label for label in labels)


def test_a_closed_assignment_stays_open_while_it_waits_and_as_the_latest_one(look_as, room):
    task = give(room, goal=Goal(0.9))
    with acting_as(people.visitor(ADA)):
        jobs.begin(CONFIG, assignment=Entry(task.code, None))
    look_as(TEACHER)
    app = opened("class", tab="assignments")
    labelled(app.button, "Close and evaluate").click().run()
    app.button(key="assignment-close-cancel").click().run()
    assert assignments.load(task.code).is_open, "Cancel does nothing"
    labelled(app.button, "Close and evaluate").click().run()
    app.button(key="assignment-close").click().run()
    (card,) = [one for one in app.expander if "closed" in one.label]
    assert card.proto.expanded and "Waiting for 1 run" in card.info[0].value and "Ada" in card.info[0].value
    boards = opened("class", tab="leaderboards")
    assert "Waiting for 1 run" in text_of(boards) and "When the assignment is closed" not in text_of(boards)
    content = {"version": 1, "at": 1.0, "runs": [], "failed": {}}
    atomic.write_json(assignments.path_of(task.code, closing.KIND), content)
    (card,) = [one for one in opened("class", tab="assignments").expander if "closed" in one.label]
    assert card.proto.expanded and not card.info, "the results are read next"
    later = give(room)
    with acting_as(people.visitor(TEACHER)):
        closing.close(later)
    shown = [one.proto.expanded for one in opened("class", tab="assignments").expander if "closed" in one.label]
    assert shown == [True, False], "the latest first"


def test_a_pupil_is_offered_no_form(look_as, room):
    look_as(ADA)
    assert "Turn this page into an assignment" not in [found.label for found in opened("train").expander]


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
    assert is_intact(app) and "has been added" in app.success[0].value
    assert not app.toast, "it would cover the box, which says the same"
    assert not [one for one in app.text_input if one.key == "assignment-title"], "the box is closed again"
    look_as(ADA)
    assert not [one for one in opened("class", tab="assignments").button if one.label == "New assignment"]


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
    assert app.button(key="preset-best").label == "**Best**\nabout 40\N{NO-BREAK SPACE}s", (
        "of two epochs, and no accuracy of others"
    )
    for name in ("best", "good"):
        app.button(key=f"preset-{name}").click().run()
        cards = {one: app.button(key=f"preset-{one}").proto.type for one in ("quick", "good", "best")}
        assert [one for one, kind in cards.items() if kind == "primary"] == [name]
    assert app.number_input(key="epochs").value == 2
    assert "You can change everything first." in text_of(opened("train"))
