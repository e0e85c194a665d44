"""The Predict page with drawings on its canvas, and what it then sends to the browser."""

import json
import shutil

from streamlit.testing.v1 import AppTest

from imgcls.images.canvas_strokes import Handwriting, from_message
from imgcls.inference import rejection
from imgcls.runs import Run
from imgcls.system import paths

ONE = [20, 20, 12, 20, 60, 12, 20, 100, 12]
SEVEN = [60, 22, 12, 100, 22, 12, 80, 70, 12, 70, 100, 12]
SCRIBBLE = [value for i in range(20) for value in (10 + 12 * i, 40 if i % 2 else 240, 12)]
HEART = [140, 240, 18, 30, 130, 18, 50, 60, 18, 100, 40, 18, 140, 90, 18, 180, 40, 18, 230, 60, 18, 250, 130, 18]
SHAPES = ["heart", "spiral", *(f"shape {number}" for number in range(8))]
TWO = "Two digits: 1 and 7"
UNKNOWN = rejection.OUT_OF_DISTRIBUTION
CHECKED = {"input-check-chip": True}
"""The session in which the input check is open."""


def copied(run_id: str = "reader", classes: list[str] | None = None) -> Run:
    """A copy of the shipped digit model, optionally with other class names."""
    folder = paths.runs_folder() / run_id
    shutil.copytree(paths.repository_folder() / "saved_models" / "digits", folder)
    run = Run(folder)
    if classes:
        (folder / "model.json").write_text(
            json.dumps(json.loads((folder / "model.json").read_text()) | {"classes": classes})
        )
    return run


def draw_page():
    from imgcls import runs
    from imgcls.ui.predict import draw

    run = runs.find("reader")
    draw.show(run, run.card)


def game_page():
    from imgcls import runs
    from imgcls.ui.predict import drawing_game

    run = runs.find("reader")
    drawing_game.show(run, run.card)


def image_page():
    import streamlit as st

    from imgcls import inference, runs
    from imgcls.images.loading import Prepared
    from imgcls.ui.predict import answer

    run, source = runs.find("reader"), Prepared(st.session_state["pixels"])
    found = inference.answer(run, source)
    answer.show(run, run.card, found, source=source)
    answer.show_explanations(run, run.card, found, source)


def opened(page, canvas: str = "canvas", strokes=(), is_done: bool = True, **session) -> AppTest:
    """The page after these strokes were drawn on its canvas."""
    app = AppTest.from_function(page, default_timeout=60).run()
    message = {"edition": 0, "number": 3, "pen": 12, "isDone": is_done, "strokes": list(strokes)}
    app.session_state[canvas] = {"drawing": message}
    for name, value in session.items():
        app.session_state[name] = value
    return app.run()


def given(app: AppTest, component: str) -> dict:
    """The data sent to the browser for one of our components."""
    found = [it.proto for it in app.get("bidi_component") if it.proto.component_name == f"imgcls.{component}"]
    return json.loads(found[0].json)


def html(app: AppTest, of: str) -> str:
    return next(str(block.proto.body) for block in app.get("html") if of in str(block.proto.body))


def drawing(*strokes) -> Handwriting:
    return from_message({"strokes": list(strokes)})
