"""Home: the canvas with its answer, the cards, and the runs to continue with."""

from streamlit.components.v2 import manifest_scanner

from tests.support.pages import component, html_of, is_intact, opened, shipped, text_of

SEVEN = [60, 22, 12, 100, 22, 12, 80, 70, 12, 70, 100, 12]


def bars(app) -> dict:
    return component(app, "probability_bars")


def test_a_drawing_on_home_is_recognised_and_stays_for_the_predict_page():
    run = shipped("digits")
    app = opened("home")
    assert bars(app)["prediction"] is None and "the more probable the class" in bars(app)["text"]
    assert component(app, "canvas")["digit"] == "3", "a faint digit says what the empty canvas is for"
    app.session_state["canvas"] = {
        "drawing": {"edition": 0, "number": 1, "pen": 12, "isDone": True, "strokes": [SEVEN]}
    }
    assert bars(app.run())["prediction"] == "7"
    assert app.session_state["drawn"].drawing.as_lists() == [SEVEN]
    assert run.id == "digits" and is_intact(app)


def test_cards_show_results_of_shipped_models():
    for name in ("digits", "fashion", "cifar10"):
        shipped(name)
    app = opened("home")
    assert is_intact(app)
    for text in ("Handwritten digits", "accuracy rise", "A confusion matrix", "Worst mistake: predicted", "99.5%"):
        assert text in html_of(app)
    for text in ("Accuracy by epoch:", "Errors by class, and the two most confident ones", "which classes it mixes up"):
        assert text in html_of(app)
    assert html_of(app).count('class="picture-caption"') == 3, "the titles of the cards align"
    assert [one.value for one in app.header] == ["Ready-made models"], "they are nobody's own"


def test_without_a_model_for_drawings_there_is_no_canvas_and_the_cards_remain():
    app = opened("home")
    shown = {one.proto.component_name for one in app.get("bidi_component")}
    assert not shown & {"imgcls.canvas", "imgcls.probability_bars"}
    labels = [one.label for one in app.button]
    assert labels == ["Train a model", "Browse the data", "Choose and start", "Evaluate a model"]
    assert "No model for drawings yet." in text_of(app), "instead of an invitation to draw"
    assert is_intact(app)


def test_only_the_first_page_of_all_tests_looks_for_components_in_the_installed_packages():
    looked = manifest_scanner.scan_component_manifests.cache_info
    opened("home")
    before = looked()
    opened("home")
    assert (looked().misses, looked().hits) == (before.misses, before.hits + 1)
