"""The image view and the activations of a model, without a browser or TensorFlow."""

import json
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from imgcls.inference.activations import FILES
from imgcls.inference.explain import task
from imgcls.lessons import first_convolution
from imgcls.runs import Run
from imgcls.runs.annotations import tags
from imgcls.ui.evaluate.parts.selection.selection_state import key_of, predictions_of
from imgcls.ui.evaluate.sections import activations
from tests.support.images.drawing_pages import SEVEN, drawing
from tests.support.pages import HOSTILE, html_of, is_intact, opened, shipped, text_of


def image_of(run: Run, index: str | int, **query):
    return opened("evaluate", run=run.id, view="Single image", image=str(index), **query)


def test_a_colour_image_can_be_taken_apart_into_its_channels():
    app = image_of(shipped("cifar10"), 1816)
    section = next(found for found in app.expander if found.label == "Red, green and blue")
    assert "<figcaption>Green" not in html_of(app), "closed"
    app.session_state["channels"] = True
    app.run()
    assert section.label and is_intact(app)
    assert all(f"<figcaption>{name}</figcaption>" in html_of(app) for name in ("Red", "Green", "Blue"))
    assert "32 × 32 pixels with 3 numbers each" in text_of(app) and "3,072 numbers" in text_of(app)
    grey = image_of(shipped("digits"), 0)
    assert is_intact(grey) and "Red, green and blue" not in [found.label for found in grey.expander]


def test_an_image_has_its_prediction_heat_maps_and_similar_images(finished_run):
    app = image_of(finished_run, 17)

    assert is_intact(app), text_of(app)
    shown = html_of(app)
    with np.load(finished_run.folder / "predictions.npz") as file:
        probabilities, labels = file["probabilities"], file["labels"]
    best = int(probabilities[17].argmax())
    assert f'<div class="predicted">{best}</div>' in shown
    assert f"Test image 17: true class {labels[17]}, predicted {best}" in shown
    assert "Grad-CAM for" in shown and "Occlusion for" in shown
    assert f"Orange: covering this makes {best} less likely." in shown
    assert f"Orange: what is here raises the score of {best}." in shown
    assert re.search(r"aria-label=\"[^\"]*drop in log-odds[^\"]* Here up to [+-]\d+\.\d nats\.\">\?</b>", shown)
    assert shown.count("Training image ") == 10
    assert "nearest belong to the class" in text_of(app)
    with np.load(finished_run.folder / "neighbours.npz") as file:
        assert f"among the {len(file['labels']):,} training images stored with the run" in text_of(app)
    assert f"?run={finished_run.id}&amp;view=Single+image&amp;image=" in shown, (
        "images with similar confidence are links"
    )


@pytest.mark.parametrize("image", ["360", "-1", "1e3", "x" * 4000, "<b>", "٣", "NaN"])
def test_an_invalid_image_is_reported_and_the_worst_error_is_shown(finished_run, image):
    app = image_of(finished_run, image)
    assert is_intact(app)
    assert "There is no test image" in text_of(app)
    assert "Prediction" in text_of(app)


def test_without_an_image_in_the_link_the_worst_error_is_shown(finished_run):
    app = opened("evaluate", run=finished_run.id, view="Single image")
    with np.load(finished_run.folder / "predictions.npz") as file:
        probabilities, labels = file["probabilities"], file["labels"]
    wrong = np.flatnonzero(probabilities.argmax(1) != labels)
    worst = wrong[probabilities.max(1)[wrong].argmax()]
    assert f"Test image {worst}: " in html_of(app)


@pytest.mark.parametrize("view", ["Single image", "Activations"])
def test_a_filter_holds_where_one_image_is_shown(finished_run, view):
    with np.load(finished_run.folder / "predictions.npz") as file:
        probabilities, labels = file["probabilities"], file["labels"]
    wrong = np.flatnonzero(probabilities.argmax(1) != labels)
    worst = wrong[probabilities.max(1)[wrong].argsort()[::-1]]
    pairs = [(int(labels[one]), int(probabilities[one].argmax())) for one in worst]
    pair = next(pair for pair in pairs if pair != pairs[0] and pairs.count(pair) > 1)
    matching = [int(one) for one, of in zip(worst, pairs, strict=True) if of == pair]
    app = opened("evaluate", run=finished_run.id, view=view, cell=f"{pair[0]}-{pair[1]}")
    assert app.number_input(key="image-number").value == matching[0]
    assert app.button(key="lift-cell").label == f"{pair[0]} → {pair[1]}"
    assert app.button(key="image-next").label == "Next error"
    app.button(key="image-next").click().run()
    assert app.number_input(key="image-number").value == matching[1]
    app.button(key="lift-cell").click().run()
    assert "cell" not in app.query_params and is_intact(app)


def test_a_filter_that_keeps_correct_images_or_none_is_said_where_one_image_is_shown(finished_run):
    app = opened("evaluate", run=finished_run.id, view="Single image", predictions="right")
    assert "✓ correct" in html_of(app) and app.button(key="image-next").label == "Next image"
    app = opened("evaluate", run=finished_run.id, view="Single image", confidence="0-1")
    assert "No stored image matches the filters, so they are not applied here." in text_of(app)


@pytest.mark.parametrize("view", ["Export", "Compare", "Report"])
def test_a_section_without_filters_says_that_they_are_off(finished_run, view):
    app = opened("evaluate", run=finished_run.id, view=view, cell="3-5")
    assert "Off in this section:" in text_of(app) and app.button(key="lift-cell").label == "3 → 5"
    assert "Off in this section:" not in text_of(opened("evaluate", run=finished_run.id, view=view))


def test_the_heat_map_can_explain_the_true_class(finished_run):
    with np.load(finished_run.folder / "predictions.npz") as file:
        probabilities, labels = file["probabilities"], file["labels"]
    index = int(np.flatnonzero(probabilities.argmax(1) != labels)[0])
    app = image_of(finished_run, index)
    assert f"Grad-CAM for {probabilities[index].argmax()}:" in html_of(app)
    control = next(group for group in app.segmented_control if group.label == "Heat map for")
    control.set_value(int(labels[index])).run()
    assert is_intact(app) and f"Grad-CAM for {labels[index]}:" in html_of(app)


def test_a_tag_is_stored_with_the_run(finished_run):
    app = image_of(finished_run, 17)
    group = next(group for group in app.pills if group.label == "Tags of this image")
    group.set_value(["wrong label"]).run()
    assert is_intact(app) and tags.read(finished_run) == {"wrong label": (17,)}

    app = image_of(finished_run, 17)
    next(group for group in app.pills if group.label == "Tags of this image").set_value([]).run()
    assert tags.read(finished_run) == {}


def test_names_with_markup_are_shown_literally(finished_run):
    model = json.loads((finished_run.folder / "model.json").read_text())
    model["classes"][:4] = HOSTILE
    (finished_run.folder / "model.json").write_text(json.dumps(model))
    for view in ("Single image", "Activations"):
        app = opened("evaluate", run=finished_run.id, view=view, image="3")
        assert is_intact(app)
        assert "<img src=x" not in html_of(app)


@pytest.mark.parametrize("view", ["Single image", "Activations"])
def test_an_older_run_offers_to_compute_activations(finished_run, view):
    for name in FILES:
        (finished_run.folder / name).unlink()
    app = opened("evaluate", run=finished_run.id, view=view, image="17")
    assert is_intact(app)
    assert "have not been stored yet" in text_of(app)
    assert any(button.label == "Compute activations" for button in app.button)
    if view == "Single image":
        assert "Occlusion for" in html_of(app), "which only needs the model"


def test_the_button_computes_missing_data_in_a_background_process(finished_run, wait_until):
    for name in FILES:
        (finished_run.folder / name).unlink()
    app = opened("evaluate", run=finished_run.id, view="Activations", image="17")
    next(button for button in app.button if button.label == "Compute activations").click().run()
    assert task.state(finished_run).state == "running"
    task.start(finished_run)  # a second click, in another tab
    wait_until(lambda: task.state(finished_run).state != "running", seconds=120)
    assert task.state(finished_run).state == "ready", task.state(finished_run).text
    assert all((finished_run.folder / name).exists() for name in FILES)
    assert "<b>block1_conv1</b>" in html_of(opened("evaluate", run=finished_run.id, view="Activations", image="17"))


def test_failed_activations_give_their_reason_and_can_be_retried(finished_run):
    (finished_run.folder / "inside.json").unlink()
    task.task_of(finished_run).write_progress("failed", 0.0, "The <b>disk</b> is full.")
    app = opened("evaluate", run=finished_run.id, view="Activations")
    assert "The <b>disk</b> is full." in text_of(app)
    assert any(button.label == "Try again" for button in app.button)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("view", ["Single image", "Activations"])
def test_a_damaged_file_gives_one_clear_error(finished_run, view, name):
    (finished_run.folder / name).write_bytes(b"truncated")
    app = opened("evaluate", run=finished_run.id, view=view, image="17")
    assert is_intact(app)
    if view == "Single image" or name != "neighbours.npz":
        assert "damaged" in text_of(app) or name == "inside.npz"


def test_activations_show_filters_layers_and_their_statistics(finished_run):
    app = opened("evaluate", run=finished_run.id, view="Activations", image="17")
    assert is_intact(app), text_of(app)
    shown = html_of(app)
    assert "filters of 3×3 pixels" in shown
    assert "<b>block1_conv1</b> (Conv2D)" in shown and "8×8×8 values" in shown, "the first convolution"
    assert "</td>" not in shown, "the table is closed"
    slider = next(one for one in app.select_slider if one.label == "Layer")
    slider.set_value("block2_pool").run()
    assert "<b>block2_pool</b> (MaxPooling2D)" in html_of(app)
    app.session_state[activations.TABLE] = True
    app.run()
    shown = html_of(app)
    for layer in ("block1_conv1", "block2_pool", "dense", "logits", "probabilities"):
        assert f">{layer}</td>" in shown


def test_a_convolution_by_hand_comes_first_and_opens_where_a_filter_responds_most(finished_run):
    app = opened("evaluate", run=finished_run.id, view="Activations", image="17")
    titles = [header.value for header in app.header]
    assert titles == ["A convolution by hand", "Filters of the first layer", "Activations of every layer"]
    (sent,) = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "imgcls.unit_by_hand"]
    content = json.loads(json.loads(sent.json)["content"])
    row, column = content["start"]
    test_images = predictions_of(key_of(finished_run))
    found = first_convolution.of_image(finished_run, test_images.images[test_images.row_of[17]])
    assert found.outputs[row, column, content["map"]] == found.outputs[..., content["map"]].max() > 0
    assert app.session_state["by-hand-map"] == content["map"] + 1


def test_filters_and_feature_maps_have_the_numbers_by_which_they_are_chosen(finished_run):
    shown = html_of(opened("evaluate", run=finished_run.id, view="Activations", image="17"))
    assert "numbered like their feature maps" in shown
    for number in range(1, 9):
        assert shown.count(f'%">{number}</span>') == 2


def test_a_mean_that_rounds_to_zero_has_no_sign():
    assert [activations._two_digits(value) for value in (-0.001, 0.0, -0.5, 1.234)] == ["0.00", "0.00", "−0.50", "1.23"]


def test_activations_can_be_shown_for_an_uploaded_image(finished_run):
    app = opened("evaluate", run=finished_run.id, view="Activations")
    way = next(group for group in app.segmented_control if group.label == "Image")
    assert "Drawing" in way.options, "a digit model"
    way.set_value("Your image").run()
    written = np.full((60, 60, 3), 255, np.uint8)
    written[12:48, 27:33] = 0  # a one in black ink
    file = BytesIO()
    Image.fromarray(written).save(file, "PNG")
    app.file_uploader[0].upload("mine <b>.png", file.getvalue()).run()
    assert is_intact(app), text_of(app)
    assert "for mine &lt;b&gt;.png" in html_of(app)
    app.file_uploader[0].upload("broken.png", b"no picture").run()
    assert is_intact(app) and "broken.png" in text_of(app)


def test_a_drawing_for_activations_is_made_on_the_canvas_of_the_other_pages(finished_run):
    app = opened("evaluate", run=finished_run.id, view="Activations")
    next(group for group in app.segmented_control if group.label == "Image").set_value("Drawing").run()
    (sent,) = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "imgcls.canvas"]
    assert json.loads(sent.json)["hint"] == "Draw one large digit."
    assert app.session_state["activations-drawn"] is False and "your drawing" not in html_of(app)
    app.session_state["activations"].drawing = drawing(SEVEN)
    app.run()
    assert is_intact(app) and app.session_state["activations-drawn"] is True
    assert "for your drawing: " in html_of(app)
