"""Trials are chosen by dragging over an axis of the parallel coordinates; settings are named in plain words."""

from types import SimpleNamespace

import plotly.graph_objects as go
import pytest

from imgcls.config import Config
from imgcls.studies import Plan, space
from imgcls.ui.app import links
from imgcls.ui.runs.studies import brushing, words
from imgcls.ui.widgets.figures import run_points
from tests.support.pages import is_intact, opened


def test_chosen_trials_alone_are_in_the_table_until_all_are_shown(few):
    app = opened("studies", study="mine")
    assert "show-all-trials" not in [one.key for one in app.button]
    runs = [trial.run.id for trial in few.trials()]
    app.session_state[brushing._key(few)] = runs[1:3]
    app.run()
    assert is_intact(app) and set(app.dataframe[-1].value["Trial"]) == {1, 2}
    assert app.button(key="show-all-trials").label == "2 of 5 trials"
    app.button(key="show-all-trials").click().run()
    assert len(app.dataframe[-1].value) == 5


def test_a_second_choice_narrows_the_first_and_the_same_one_does_not_draw_the_page_again(few, monkeypatch):
    state, drawn = {}, []
    monkeypatch.setattr(brushing.st, "session_state", state)
    monkeypatch.setattr(brushing.st, "rerun", lambda: drawn.append(brushing.chosen(few)))
    for run_ids in (["a", "b", "c"], ["a", "b", "c"], [], ["d"], ["c", "d", "b"]):
        brushing.choose(few, run_ids)
    assert drawn == [["a", "b", "c"], ["c", "b"]]


@pytest.mark.parametrize(
    ("box", "points", "found", "opens"),
    [
        ([{"x": [0, 1]}], [{"customdata": ["a"]}, {"customdata": "b"}, {"customdata": ["a"]}], ["a", "b"], []),
        ([], [{"customdata": ["a"]}], [], ["a"]),
        ([], [], [], []),
    ],
)
def test_a_box_chooses_runs_and_a_click_opens_one(monkeypatch, box, points, found, opens):
    opened_runs = []
    monkeypatch.setattr(links, "go", lambda page, **query: opened_runs.append(query["run"]))
    event = SimpleNamespace(selection=SimpleNamespace(points=points, box=box))
    monkeypatch.setattr(run_points.st, "plotly_chart", lambda figure, **options: event)
    figure = go.Figure()
    assert run_points.show_brushed(figure, key="x", file_name="x", alt="x") == found and opened_runs == opens
    assert figure.layout.dragmode == "select", "Streamlit would pan"


def test_settings_have_the_words_of_the_form_and_say_what_they_do():
    base = Config(data="mnist_sample", model="deep_cnn")
    plan = Plan(base=base, vary=space.read({"width": [8, 16], "learning_rate": [0.1], "ema_decay": [0, 0.9]}, base))
    assert [words.of(plan, name) for name in plan.vary] == ["width (filters)", "learning rate", "EMA decay"]
    assert (
        words.of(plan, "of_another_model") == "of another model" and words.explained(plan, "of_another_model") is None
    )
    assert "- **width (filters)**: Filters in the first block" in words.list_of(plan)
