"""The Export section through Streamlit's own test runner."""

import pytest

from imgcls.export import exporting, formats, records
from imgcls.export.records import Record
from imgcls.inference import served_model
from imgcls.system.tasks import TaskState
from imgcls.ui.app import links
from imgcls.ui.runs import table as table_of_runs
from tests.support.exporting.exports import quick_conversion as quick_conversion
from tests.support.pages import html_of, is_intact, opened, shipped, text_of


def section(run):
    return opened("evaluate", run=run.id, view="Export")


def cards(app) -> list[str]:
    """What the cards of the exported files say, as HTML."""
    return [str(block.proto.body) for block in app.get("html") if '<dl class="export-values"' in str(block.proto.body)]


def programmers(app):
    """The section with all formats but the page to take home."""
    (found,) = [one for one in app.expander if one.label == "For programmers"]
    return found


@pytest.fixture
def exported(finished_run, quick_conversion):
    """The small run with two verified files."""
    exporting.make(finished_run, ["litert", "litert_dynamic"], lambda fraction, text: None)
    return finished_run


def test_which_file_answers_in_the_app_is_said_where_models_are_exported(finished_run, monkeypatch):
    monkeypatch.setattr(served_model, "is_wanted", lambda: True)
    run = shipped("cifar10")
    assert "8-bit version" not in html_of(opened("evaluate", run=run.id)), "beside the score, it is in the way"
    text = text_of(section(run))
    assert "8-bit version" in text and "test images" in text
    assert "8-bit version" not in text_of(section(finished_run))


def test_formats_are_offered_and_start_a_background_task(finished_run, monkeypatch):
    started = []
    monkeypatch.setattr(exporting, "start", lambda run, names: started.append((run.id, names)))
    app = section(finished_run)
    assert is_intact(app)
    assert "A file that does not match is not offered." in text_of(app)
    assert "- **Keras**: The model as Keras saves it" in text_of(app), "a list, not a paragraph"
    primary = [button.label for button in app.button if button.proto.type == "primary"]
    assert primary == ["Take it home"], "one button is the main one"

    next(button for button in app.button if button.label == "Export and verify").click().run()
    assert started[0][0] == finished_run.id and started[0][1][:2] == ["keras", "litert_dynamic"]


def test_formats_for_programmers_are_folded_away_until_there_are_files(finished_run, quick_conversion):
    app = section(finished_run)
    assert not programmers(app).proto.expanded
    assert any(button.label == "Export and verify" for button in programmers(app).button)
    assert not any(button.label == "Take it home" for button in programmers(app).button)
    exporting.make(finished_run, ["litert"], lambda fraction, text: None)
    app = section(finished_run)
    assert programmers(app).proto.expanded
    app.session_state["export-programmers"] = False
    app.run()
    assert not programmers(app).proto.expanded, "it stays as the visitor left it"


def test_a_failed_export_is_tried_again_with_the_same_formats(finished_run, monkeypatch):
    started = []
    monkeypatch.setattr(exporting, "start", lambda run, names: started.append(list(names)))
    app = section(finished_run)
    next(button for button in app.button if button.label == "Take it home").click().run()
    state = TaskState("failed", 0.4, "No space left.")
    monkeypatch.setattr(exporting.Task, "state", lambda task: state)
    app.run()
    next(button for button in app.button if button.label == "Try again").click().run()
    assert started == [["html"], ["html"]]


def test_verified_files_are_compared_and_can_be_downloaded(exported):
    app = section(exported)
    assert is_intact(app)
    assert len(cards(app)) == 2
    for card in cards(app):
        assert "100.00%" in card and "95% CI" in card and "Identical predictions" in card
    assert "Compared on 360 test images" in text_of(app)
    labels = [button.proto.label for button in app.get("download_button")]
    assert sum(label.startswith("LiteRT") for label in labels) == 2
    assert labels.count("Bundle with model card and script") == 2


def test_a_file_that_cannot_be_run_here_says_so(exported):
    path = records.file_of(exported, "coreml")
    path.write_bytes(b"zip")
    records.write(exported, Record("coreml", "Core ML", "2026", file="run-coreml.mlpackage.zip", bytes=3))
    app = section(exported)
    assert is_intact(app)
    assert "parity not checked on this platform" in cards(app)[-1] and "Compared on 360 test images" in text_of(app)
    assert any(button.proto.label.startswith("Core ML") for button in app.get("download_button"))


def test_take_it_home_builds_the_page_on_the_first_click_and_offers_it_afterwards(finished_run, monkeypatch):
    started = []
    monkeypatch.setattr(exporting, "start", lambda run, names: started.append(names))
    app = section(finished_run)
    next(button for button in app.button if button.label == "Take it home").click().run()
    assert started == [["html"]]

    records.file_of(finished_run, "html").parent.mkdir()
    records.file_of(finished_run, "html").write_text("<!doctype html>")
    record = Record("html", "Take it home", "2026", file="page.html", bytes=15, images=360)
    records.write(finished_run, record)
    app = section(finished_run)
    assert is_intact(app)
    assert [button.proto.label for button in app.get("download_button")] == ["Take it home (0 kB)"]
    assert not any(button.label == "Take it home" for button in app.button)
    assert "`page.html` is ready. Download it and open it in any browser" in text_of(app)


def test_a_file_that_does_not_match_is_not_offered_and_the_page_gives_the_reason(exported):
    records.write(exported, Record("litert", "LiteRT", "2026", problem="Its probabilities differ by up to 0.5."))
    app = section(exported)
    assert is_intact(app)
    assert "LiteRT is not offered" in text_of(app)
    labels = [button.proto.label for button in app.get("download_button")]
    assert [label.partition(" (")[0] for label in labels if label.startswith("LiteRT")] == ["LiteRT dynamic range"]


def test_images_whose_prediction_changes_are_listed_with_links(exported):
    record = records.read(exported, "litert")
    change = {"image": 17, "true": "3", "stored": "3", "exported": "<8>"}
    values = record.as_json() | {"changed": (change,), "changed_count": 1, "only_stored_right": 1, "p_value": 1.0}
    records.write(exported, Record(**values))
    app = section(exported)
    assert is_intact(app)
    frame = next(frame.value for frame in app.dataframe if "Exported file" in frame.value)
    assert frame.to_dict("records") == [
        {
            "Image": f"?run={exported.id}&view=Single+image&image=17",
            "Label": "3",
            "Stored prediction": "3",
            "Exported file": "<8>",
        }
    ]
    assert "1 now wrong, 0 now right; p = 1" in "".join(cards(app))


def test_without_the_dataset_the_page_says_what_was_compared(exported, tmp_path, monkeypatch):
    monkeypatch.setenv("IMGCLS_CACHE", str(tmp_path / "empty"))
    exporting.make(exported, ["litert"], lambda fraction, text: None)
    assert "The dataset is not prepared on this machine" in text_of(section(exported))


def test_a_running_export_shows_its_progress_and_a_failed_one_its_reason(finished_run, monkeypatch):
    state = TaskState("running", 0.4, "LiteRT: comparing predictions")
    monkeypatch.setattr(exporting.Task, "state", lambda task: state)
    app = section(finished_run)
    assert is_intact(app)
    assert any(button.label == "Cancel" for button in app.button)
    assert not any(button.label == "Export and verify" for button in app.button)

    state = TaskState("failed", 0.4, "No space left.")
    app = section(finished_run)
    assert "The export failed" in text_of(app) and "No space left" in text_of(app)
    assert any(button.label == "Try again" for button in app.button)


def test_a_missing_package_gives_an_installation_hint(finished_run, monkeypatch):
    monkeypatch.setattr(formats, "find_spec", lambda package: None)
    app = section(finished_run)
    assert is_intact(app)
    assert "pip install" in text_of(app)


def test_a_run_without_its_keras_model_is_reported(finished_run):
    (finished_run.folder / "model.keras").unlink()
    app = section(finished_run)
    assert is_intact(app)
    assert "no saved model" in text_of(app)


def test_the_runs_table_links_to_the_export(finished_run, monkeypatch):
    gone = []
    monkeypatch.setattr(links, "go", lambda page, **query: gone.append((page, query)))
    app = opened("runs")
    app.session_state[table_of_runs.SELECTED] = [finished_run.id]
    app.run()
    next(button for button in app.button if button.label == "Export").click().run()
    assert gone == [("evaluate.py", {"run": finished_run.id, "view": "Export"})]
