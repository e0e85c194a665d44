"""Probes on the page of a run, in local mode."""

import numpy as np
import pytest

from imgcls import jobs
from imgcls.config import Config
from imgcls.images import canvas_strokes
from imgcls.runs.predictions import probes
from imgcls.ui.components.canvas import CanvasState
from imgcls.ui.explain import probes as page
from tests.support.pages import is_intact, opened


@pytest.fixture(autouse=True)
def no_queue(monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda: None)


def test_a_film_strip_shows_since_when_the_prediction_stayed_and_a_probe_is_removed(mnist_sample):
    run = jobs.begin(Config(data="mnist_sample", epochs=3))
    probes.pin(run, np.zeros((28, 28, 1), np.uint8))
    for epoch, label in ((1, 3), (2, 4), (3, 4)):
        probes.append(run, epoch, [1], np.eye(10)[[label]])
    app = opened("train", run=run.id)
    app.session_state["probes"] = True
    app.run()
    assert is_intact(app)
    strip = next(element.proto.body for element in app.get("html") if 'class="frames"' in element.proto.body)
    assert "Since epoch 2, the prediction has been 4." in strip
    assert strip.index(">epoch 3<") < strip.index(">epoch 1<")  # a long strip is first seen at its end
    assert "Pin the drawing" in [button.label for button in app.button]
    app.button(key="remove-probe-1").click().run()
    assert is_intact(app) and probes.read(run) == []


def test_a_drawing_that_is_empty_is_not_pinned(mnist_sample):
    run = jobs.begin(Config(data="mnist_sample", epochs=3))
    app = opened("train", run=run.id)
    app.session_state["probes"] = True
    app.run()
    next(button for button in app.button if button.label == "Pin the drawing").click().run()
    assert is_intact(app) and "The drawing is empty" in app.toast[0].value.replace("\\", "")
    assert probes.read(run) == []


def test_the_canvas_is_empty_for_the_next_drawing_after_one_was_pinned(mnist_sample):
    run = jobs.begin(Config(data="mnist_sample", epochs=3))
    app = opened("train", run=run.id)
    app.session_state["probes"] = True
    app.session_state[page.NAME] = CanvasState(canvas_strokes.from_message({"strokes": [[140, 50, 18, 140, 230, 18]]}))
    app.run()
    pin = next(button for button in app.button if button.label == "Pin the drawing")
    pin.click().run()
    assert is_intact(app) and len(probes.read(run)) == 1
    state = app.session_state[page.NAME]
    assert (bool(state.drawing), state.edition) == (False, 1)
