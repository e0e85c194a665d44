"""Notes, tags and the archive; the page of a run, from which it is managed, and its lineage."""

from streamlit.testing.v1 import AppTest

from imgcls import runs
from imgcls.config import Config
from imgcls.runs.annotations import notes
from imgcls.system import atomic
from imgcls.ui.runs.table_parts import table_rows, tagging
from tests.support.pages import broken_copy, button, html_of, is_intact, opened, text_of
from tests.support.runs import mutations


def test_the_lineage_names_a_pretrained_network_and_the_dataset(finished_run):
    run = broken_copy(finished_run, "run-transferred")
    atomic.write_json(run.folder / "config.json", Config(data="digits", model="transfer").as_dict())
    app = opened("train", run=run.id)
    app.session_state["notes"] = True
    app.run()
    assert is_intact(app) and "Backbone: EfficientNet-Lite0." in text_of(app)
    assert "Dataset: Small digits, version" in text_of(app)


def test_a_run_without_relatives_has_notes(finished_run):
    """No run of this folder has the setting `backbone_run`, which a filter would refuse as misspelt."""
    app = opened("train", run=finished_run.id)
    app.session_state["notes"] = True
    app.run()
    assert is_intact(app) and any(area.label == "Note" for area in app.text_area)


def test_archived_runs_are_named_and_can_be_brought_back():
    for name in ("first-run", "second-run"):
        mutations.small_run(name)
    app = opened("runs", layout="Table")
    app.session_state[table_rows.SELECTED] = ["first-run", "second-run"]
    button(app.run(), "Archive").click().run()
    assert is_intact(app) and "0 runs." in text_of(app)
    assert "2 runs archived." in [one.value for one in app.toast]
    button(app, "2 archived runs are hidden · Show").click().run()
    assert is_intact(app) and "2 runs." in text_of(app) and app.query_params["archived"] == "true"
    app.button(key="remove-archived").click().run()
    assert "0 runs." in text_of(app) and "archived" not in app.query_params
    assert "Archived: “second-run”, “first-run”." in text_of(app) and "View → Show archived runs" in text_of(app)
    shown = opened("runs", layout="Table", archived="true").dataframe[0].value
    assert list(shown["Archived"]) == ["Archived", "Archived"], "told apart by text"
    assert html_of(opened("runs", layout="Cards", archived="true")).count("<span>Archived</span>") == 2
    button(app, "Undo").click().run()
    assert is_intact(app) and "2 runs." in text_of(app) and "Archived:" not in text_of(app)
    assert not any(notes.read(run).archived for run in runs.all_runs())
    assert "Archived" not in app.dataframe[0].value.columns


def test_tags_are_added_with_enter_or_chosen_and_removed():
    def script():
        from imgcls import runs
        from imgcls.ui.runs.table_parts import tagging

        tagging.form([run for run in runs.all_runs() if run.id != "other-run"])

    found = [mutations.small_run(name) for name in ("first-run", "second-run")]
    notes.tag(found[0], "old", given=True)
    for name in ("seen", "old"):
        notes.tag(mutations.small_run("other-run") if name == "seen" else runs.find("other-run"), name, given=True)
    form = AppTest.from_function(script, default_timeout=60).run()
    assert [one.label for one in form.button] == ["old · 1 of 2", "Add", "old", "seen", *tagging.SUGGESTED]
    add = button(form, "Add")
    assert add.form_id == form.text_input[0].form_id != "" and not add.disabled, "Enter presses it"
    form.text_input[0].set_value("baseline")
    add.click().run()
    assert is_intact(form) and all("baseline" in notes.read(run).tags for run in found)
    button(form, "seen").click().run()
    assert is_intact(form) and all("seen" in notes.read(run).tags for run in found)
    button(form, "old · 1 of 2").click().run()
    button(form, "baseline").click().run()
    assert [notes.read(run).tags for run in found] == [("seen",), ("seen",)]
    assert notes.read(runs.find("other-run")).tags == ("seen", "old"), "not selected"
    form.text_input[0].set_value("")
    button(form, "Add").click().run()
    assert "needs at least one letter or digit" in text_of(form)


def test_a_run_has_one_editor_of_tags_on_its_page(finished_run):
    app = opened("train", run=finished_run.id)
    app.session_state["notes"] = True
    app.run()
    assert is_intact(app) and not app.multiselect and app.button(key="runs-tags").label == "Tag"


def test_the_tags_have_a_column_once_there_is_one():
    run = mutations.small_run("first-run")
    assert "Tags" not in opened("runs", layout="Table").dataframe[0].value
    notes.tag(run, "baseline", given=True)
    assert list(opened("runs", layout="Table").dataframe[0].value["Tags"]) == ["baseline"]


def test_a_note_is_saved_when_its_field_is_left(finished_run):
    app = opened("train", run=finished_run.id)
    app.session_state["notes"] = True
    app.run()
    next(one for one in app.text_area if one.label == "Note").set_value("loss jumps").run()
    assert is_intact(app) and notes.read(finished_run).note == "loss jumps"


def test_a_run_is_managed_on_its_page_and_leads_to_its_relatives(finished_run):
    child, sibling = broken_copy(finished_run, "run-child"), broken_copy(finished_run, "run-sibling")
    atomic.write_json(child.folder / "parent.json", {"run": finished_run.id})
    changed = finished_run.config.changed(seed=finished_run.config.seed + 1)
    atomic.write_json(sibling.folder / "config.json", changed.as_dict())
    app = opened("train", run=finished_run.id)
    app.session_state["notes"] = app.session_state["settings"] = True
    app.run()
    labels = [one.label for one in app.button]
    assert is_intact(app) and {"Runs", "Rename", "Tag", "Archive", "Delete"} <= set(labels)
    assert any("Continued as" in label for label in labels)
    assert any("Same settings, other seed" in label for label in labels)
    assert any("Same settings, same seed" in label for label in labels)
    assert f"Run ID: `{finished_run.id}` · Test accuracy: " in text_of(app)
    button(app, "Archive").click().run()
    assert is_intact(app) and notes.read(finished_run).archived
    app.button(key="runs-archived-undo").click().run()
    assert is_intact(app) and not notes.read(finished_run).archived
