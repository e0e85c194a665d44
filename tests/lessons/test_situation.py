"""What counts as done by the visitor: in a class, everybody sees the runs of the others."""

from dataclasses import replace
from types import SimpleNamespace

from imgcls import lessons, runs
from imgcls.config import Config
from imgcls.lessons import Situation
from imgcls.sharing import Role, Visitor, acting_as

ADA, BEN = (Visitor(letter * 22, Role.MEMBER, name, "ROOM22") for letter, name in (("A", "Ada"), ("B", "Ben")))
SETTINGS = lessons.find("shuffled").DENSE


def test_the_run_of_a_classmate_does_not_do_the_task(monkeypatch):
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
    with acting_as(ADA):
        run = runs.create(Config(**SETTINGS))
        assert Situation().started(SETTINGS) == [run] == Situation().started(SETTINGS, earlier=True)
    with acting_as(BEN):
        assert runs.all_runs() == [run], "he sees it"
        assert Situation().started(SETTINGS) == [] == Situation().started(SETTINGS, earlier=True)
    with acting_as(Visitor("", Role.MEMBER)):
        assert Situation().started(SETTINGS, earlier=True) == []


def test_an_empty_canvas_says_nothing():
    assert Situation().said == "–"


def test_lesson_2_wants_a_5_and_says_so_without_clear_as_its_canvas_is_empty():
    step = lessons.find("pixels").STEPS[0]
    assert step.do.startswith("Draw a 5")
    for digit, is_done in (("5", True), ("7", False)):
        situation = Situation()
        situation.__dict__["answer"] = SimpleNamespace(prediction=digit, rejection=None)
        assert step.is_done(situation) is is_done


def test_the_steps_about_filters_count_once_another_one_was_chosen_and_once_there_is_a_drawing():
    another, drawing = lessons.find("convolution").STEPS[4:6]
    situation = Situation(page="evaluate", query={"view": "Activations"})
    for step, state, is_done in (
        (another, {"by-hand-map": 8, "by-hand-strongest": 8}, False),
        (another, {"by-hand-map": 2, "by-hand-strongest": 8}, True),
        (drawing, {"activations-source": "Drawing"}, False),
        (drawing, {"activations-source": "Drawing", "activations-drawn": True}, True),
        (drawing, {"activations-source": "Test image", "activations-drawn": True}, False),
    ):
        assert step.is_done(replace(situation, state=state)) == is_done


def test_the_step_about_colour_counts_once_the_channels_of_a_photo_were_opened():
    step = lessons.find("pixels").STEPS[3]
    situation = Situation(page="evaluate", query={"run": "cifar10", "view": "Single image"})
    assert not step.is_done(situation)
    assert step.is_done(replace(situation, state={"channels": True}))


def test_only_the_cell_that_a_step_asks_for_counts_and_another_one_gets_a_hint():
    for name, at, run, right, others in (
        ("clothing", 1, "fashion", ["6-0", "2-4"], ["6-6", "5-7", "6-8", "", "x"]),
        ("photos", 1, "cifar10", ["3-5", "5-3"], ["3-3", "0-8", ""]),
        ("honest", 1, "fashion", ["6-0"], ["0-6", "6-6", "6-4", ""]),
    ):
        step = lessons.find(name).STEPS[at]
        for cell in right + others:
            situation = Situation(page="evaluate", query={"run": run, "cell": cell})
            assert step.is_done(situation) == (cell in right), (name, cell)
            assert step.is_hinted(situation) == ("-" in cell)
    assert (
        not lessons.find("clothing")
        .STEPS[1]
        .is_done(Situation(page="evaluate", query={"run": "sample", "cell": "6-0"}))
    )


def test_the_worst_errors_count_once_the_next_one_was_looked_at():
    step = lessons.find("clothing").STEPS[2]
    situation = Situation(page="evaluate", query={"run": "fashion", "view": "Single image"})
    assert not step.is_done(situation)
    assert step.is_done(replace(situation, query={**situation.query, "image": "17"}))
