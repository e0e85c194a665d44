"""Import a model on the Runs page; every page shows an imported run, or says why it cannot."""

import io
import json

import numpy as np
import pytest

from imgcls import runs
from imgcls.errors import RunError
from imgcls.evaluation.label_errors import training_set
from imgcls.evaluation.model_import import create_run, inspection, task
from imgcls.evaluation.model_import.answers import Answers
from imgcls.runs import Run
from imgcls.ui.evaluate import sections
from tests.support.foreign_models import linear_onnx
from tests.support.pages import button, is_intact, opened, text_of


def content() -> bytes:
    """A poor classifier of small digits: each class is the brightness of one pixel."""
    return linear_onnx([1, 8, 8], np.eye(64, 10, -10), np.zeros(10))


@pytest.fixture
def imported_run(tmp_path, digits) -> Run:
    path = tmp_path / "pixels.onnx"
    path.write_bytes(content())
    facts, found = inspection.inspect(path, path.name, lambda fraction, text: None)
    return create_run.make(facts, found, Answers(digits, scaling="0-1"), lambda fraction, text: None)


def test_every_section_shows_an_imported_run_or_explains_why_not(imported_run):
    reasons = {
        "Training curves": "This model was imported, so there are no learning curves.",
        "Epoch history": "This model was imported, so its epochs are not known.",
        "Export": "This model was imported, so you have its file already.",
        "Activations": "This model was imported, so they cannot be computed.",
    }
    said = {}
    for title in sections.available(sections.SINGLE):
        app = opened("evaluate", run=imported_run.id, view=title)
        assert is_intact(app), title
        said[title] = text_of(app)
    for title in reasons.keys() & said.keys():
        assert reasons[title] in said[title], title
    assert {"Training curves", "Export", "Activations"} <= said.keys()
    with pytest.raises(RunError, match="This model was imported"):
        training_set.start(imported_run)


def test_the_run_page_shows_the_origin_of_its_model(imported_run):
    app = opened("train", run=imported_run.id)
    assert is_intact(app)
    assert "Imported from pixels.onnx (ONNX)." in text_of(app)
    assert not [one for one in app.button if one.label == "Train again with changes"]


def test_a_model_can_be_uploaded_inspected_and_evaluated_on_the_runs_page(digits, wait_until):
    import_id = task.new("pixels.onnx", io.BytesIO(content()))
    wait_until(lambda: task.inspection_of(import_id).state().state == "ready", seconds=60)
    app = opened("runs", **{"import": import_id})
    assert is_intact(app)
    assert "ONNX · input 1 × 8 × 8, float32 · 10 scores · 650 weights" in text_of(app)
    app.selectbox(key="model-data").select(digits)
    app.selectbox(key="model-scaling").select("0-1")
    app.text_input(key="model-label").input("Pixels").run()
    assert task.evaluation_of(import_id).state().state == "idle"
    button(app, "Import and evaluate").click().run()
    wait_until(lambda: task.evaluation_of(import_id).state().state != "running", seconds=60)
    assert "was imported and evaluated" in "".join(one.value for one in app.run().success)
    assert [run.label for run in runs.all_runs()] == ["Pixels"]


def test_an_invalid_file_is_refused_with_a_reason_and_can_be_replaced(wait_until):
    import_id = task.new("shopping.onnx", io.BytesIO(b"milk"))
    wait_until(lambda: task.inspection_of(import_id).state().state == "failed", seconds=60)
    app = opened("runs", **{"import": import_id})
    assert "The file was not imported. This is not an ONNX model" in text_of(app)
    button(app, "Choose another file").click().run()
    assert not task.exists(import_id)
    assert is_intact(opened("runs", **{"import": "../../etc"}))


def test_a_large_keras_file_gets_more_only_if_its_user_allows_it(wait_until):
    import_id = task.new("large.keras", io.BytesIO(b"no model"))
    inspecting = task.inspection_of(import_id)
    wait_until(lambda: inspecting.state().state == "failed", seconds=60)
    said = {"state": "failed", "share": 0, "text": f"It takes too long. {inspection.NEEDS_MORE}"}
    (inspecting.folder / "inspect.progress.json").write_text(json.dumps(said), "utf-8")
    app = opened("runs", **{"import": import_id})
    assert inspection.NEEDS_MORE in text_of(app) + "".join(one.value for one in app.error)
    button(app, "Allow more time and memory").click().run()
    assert json.loads((inspecting.folder / "upload.json").read_text("utf-8")) == {
        "name": "large.keras",
        "is_large": True,
    }
    wait_until(lambda: "damaged" in inspecting.state().text, seconds=60)
