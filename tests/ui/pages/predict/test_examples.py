"""Test images of a run as examples on the Predict page: classified and explained."""

from tests.support.pages import is_intact, opened, text_of


def test_an_example_is_classified_and_explained(finished_run):
    app = opened("predict", run=finished_run.id, mode="Upload")
    app.session_state["photo-source"] = "Examples"
    app.session_state["why-photo"] = True
    app.run()

    assert is_intact(app)
    assert "A test image, unchanged. True class:" in text_of(app)
    maps = next(str(block.proto.body) for block in app.get("html") if 'class="heats"' in str(block.proto.body))
    assert 'alt="Occlusion for ' in maps
    assert maps.count("<img") >= 2


def test_nothing_is_explained_before_the_first_prediction(finished_run):
    app = opened("predict", run=finished_run.id, mode="Upload")
    app.session_state["why-photo"] = True
    app.run()

    assert is_intact(app)
    assert "Draw or upload an image first." in text_of(app)
    assert not any('class="heats"' in str(block.proto.body) for block in app.get("html"))
