"""Drawings on the Predict page: predictions, comparison of models, normalisation and examples."""

import json
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from imgcls import inference
from imgcls.inference import confidence_ceiling
from imgcls.system import paths
from imgcls.ui.explain import input_quality
from imgcls.ui.predict import compare_models, example_drawings
from tests.support.images.drawing_pages import CHECKED, SEVEN, copied, draw_page, given, html, opened


def test_models_with_equal_names_are_distinguished_by_id(reader):
    copied("second")
    cards = html(opened(draw_page, strokes=[SEVEN], others=["second"]), 'class="models"')
    assert f"{reader.label} · reader<" in cards and f"{reader.label} · second<" in cards


def predict_page():
    import streamlit as st

    from imgcls import runs
    from imgcls.ui.predict import page as predict_page

    run = runs.find(st.session_state.get("asked", "reader"))
    predict_page.show(run, run.card)


def test_a_model_that_cannot_use_drawings_hides_the_canvas_only_for_itself(reader):
    photos = copied("photos")
    (photos.folder / "model.json").write_text(
        json.dumps(json.loads((photos.folder / "model.json").read_text()) | {"ink": False})
    )
    app = AppTest.from_function(predict_page, default_timeout=60).run()
    way = app.session_state["mode"]
    assert way == "Draw"
    app.session_state["asked"] = "photos"
    assert app.run().session_state["mode"] == "Upload"
    app.session_state["asked"] = "reader"
    assert app.run().session_state["mode"] == "Draw"
    app.session_state["asked"] = "photos"
    app.run()
    app.segmented_control(key="mode").set_value("Batch").run()
    app.session_state["asked"] = "reader"
    assert app.run().session_state["mode"] == "Batch", "it was selected"


def test_each_model_predicts_one_digit_and_shows_it_normalised(reader):
    copied("other")
    app = opened(draw_page, strokes=[SEVEN], others=["other"], **CHECKED)
    assert "Both models agree: 7." in html(app, 'class="models"')
    assert html(app, 'class="models"').count("<b>7</b>") == 2
    assert "Normalised: <b>7</b>" in html(app, 'class="before-after"')


def compare_page():
    from imgcls import runs
    from imgcls.ui.predict import compare_models

    compare_models.choose(runs.find("reader"))


def test_models_with_the_same_classes_are_offered_first(reader):
    for run_id in ("aaa-other", "zzz-other"):
        copied(run_id, classes=list("abcdefghij"))
    copied("mmm-alike")
    offered = AppTest.from_function(compare_page, default_timeout=60).run().multiselect(key="others").options
    assert offered[0].endswith("mmm-alike") and len(offered) >= 3


def test_the_one_of_four_models_that_disagrees_is_marked(reader, monkeypatch):
    others = ["second", "third", "fourth"]
    for run_id in others:
        copied(run_id)
    answer = inference.answer

    def fake_answer(run, source, **options):
        found = answer(run, source, **options)
        if run.id != "third":
            return found
        return replace(found, probabilities=np.roll(found.probabilities, 4))  # 7 becomes 1

    monkeypatch.setattr(compare_models.inference, "answer", fake_answer)
    app = opened(draw_page, strokes=[SEVEN], others=others)
    cards = html(app, 'class="models"')
    assert "3 of 4 models predict 7." in cards
    assert cards.count("<b>7</b>") == 3 and cards.count("<b>1</b>") == 1
    (marked,) = [card for card in cards.split("<div class=") if card.startswith('"apart"')]
    assert "<b>1</b>" in marked


def test_digit_models_ask_for_digits(reader):
    app = opened(draw_page)
    assert given(app, "canvas")["hint"] == "Draw a digit. The prediction updates as you draw."
    assert given(app, "probability_bars")["input"]["source"] == "", "no empty black box"


def test_a_deleted_model_does_not_affect_the_others(reader):
    gone = copied("other")
    app = opened(draw_page, strokes=[SEVEN], others=["other"], **CHECKED)
    gone.delete()
    app.run()
    assert not app.error
    assert "It was deleted." in html(app, 'class="models"')
    assert "<b>7</b>" in html(app, 'class="models"')
    assert "this part" in html(app, 'class="why"'), "without the room that is kept while the pen is down"
    assert html(app, 'class="input-check"')


def test_the_drawing_can_be_normalised_for_a_model_with_small_inputs(finished_run):
    finished_run.folder.rename(paths.runs_folder() / "reader")  # 8 x 8 pixels, which digits fill
    app = opened(draw_page, strokes=[SEVEN], **CHECKED)
    size = html(app, 'class="input-check"').split("Size</th>")[1]
    assert "small" in size.split("</tr>")[0]
    app.button(key="fix").click().run()
    size = html(app, 'class="input-check"').split("Size</th>")[1]
    assert "small" not in size.split("</tr>")[0]


def test_the_input_check_measures_nothing_before_it_is_opened(reader, monkeypatch):
    compared = []
    monkeypatch.setattr(input_quality, "before_and_after", lambda *given: compared.append(given) or "beside")
    app = opened(draw_page, strokes=[SEVEN])
    assert not compared and not any("input-check" in str(block.proto.body) for block in app.get("html"))
    app.session_state["input-check-chip"] = True
    assert "beside" in html(app.run(), 'class="input-check"')
    assert len(compared) == 1


def test_normalising_can_be_undone(reader):
    app = opened(draw_page, strokes=[SEVEN])
    app.button(key="fix").click().run()
    kept = app.session_state["drawn"]
    assert kept.drawing.as_lists() != [SEVEN]
    message = {"edition": 1, "number": 1, "pen": 12, "isDone": True, "strokes": kept.start}
    app.session_state["canvas"] = {"drawing": message}
    app.run().button(key="unfix").click().run()
    assert kept.drawing.as_lists() == kept.start == [SEVEN]
    assert not [button for button in app.button if button.key == "unfix"]
    assert [button for button in app.button if button.key == "fix"]


@pytest.mark.parametrize("digit", example_drawings.DIGITS)
def test_an_example_drawing_is_put_on_the_canvas_and_recognised(digit, reader):
    app = opened(draw_page)
    app.button_group(key=example_drawings.KEY).set_value(digit).run()
    assert app.button_group(key=example_drawings.KEY).value is None, "so that it can be chosen again"
    assert app.session_state["drawn"].drawing.as_lists() == example_drawings.drawing(digit).as_lists()
    answer = inference.answer(reader, example_drawings.drawing(digit))
    assert (answer.rejection, reader.card.classes[answer.index]) == (None, digit)


def test_the_page_says_why_confidence_stops_below_100(reader):
    (note,) = [str(one.proto.body) for one in opened(draw_page).get("html") if "Why not 100%?" in str(one.proto.body)]
    assert note.startswith("<details") and "<summary>Why not 100%?</summary>" in note, "it is read once"
    assert "label smoothing, here of 0.05" in note and "95.5%" in note
    assert "The other 4.5% is spread over the 9 other digits, 0.5% each." in note
    assert confidence_ceiling.ceiling(0.0, 10) == 1
