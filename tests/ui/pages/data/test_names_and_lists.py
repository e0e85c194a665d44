"""File names, groups and lists of images on the Data page."""

import numpy as np
import pytest

from imgcls import datasets
from imgcls.datasets.analysis import cache
from imgcls.datasets.analysis.survey import survey
from imgcls.datasets.editing import image_lists
from imgcls.datasets.importing.execution import job
from tests.support.importing.import_pages import button, new
from tests.support.pages import html_of, is_intact, opened, text_of
from tests.support.uploads import archive, grouped, image, imported, leaves


@pytest.fixture
def named(tmp_path) -> str:
    files = leaves(("ash", "oak"), 10) | {f"ash/<b>odd</b> {number}.png": image(500 + number) for number in range(3)}
    return imported(archive(tmp_path / "leaves.zip", files), "Leaves")


def store_findings(name: str) -> None:
    dataset = datasets.open_dataset(name)
    folder = cache.folder_of(dataset)
    folder.mkdir(parents=True)
    np.savez(folder / "survey.npz", **survey(dataset, folder))


def downloads(app) -> list[str]:
    return [button.proto.label for button in app.get("download_button")]


def test_the_file_name_is_plain_text_below_each_image(named):
    for view in ("", "Outliers", "Edits"):
        store_findings(named) if view == "Outliers" else None
        datasets.exclude(datasets.open_dataset(named), range(18))
        app = opened("data", data="Leaves", explore=view)
        assert is_intact(app), text_of(app)
        assert 'class="file"' in html_of(app) and "ash/&lt;b&gt;odd&lt;/b&gt; " in html_of(app), view
        assert "<b>odd" not in html_of(app)


def test_a_dataset_imported_again_under_its_name_shows_the_new_file_names(named, tmp_path):
    opened("data", data="Leaves")
    datasets.delete_custom(named)
    files = {path.replace("ash/", "ash/renamed-"): data for path, data in leaves(("ash", "oak"), 10).items()}
    assert imported(archive(tmp_path / "again.zip", files), "Leaves") == named
    app = opened("data", data="Leaves")
    assert "ash/renamed-" in html_of(app) and "odd" not in html_of(app)


def test_lists_can_be_downloaded(named):
    store_findings(named)
    datasets.exclude(datasets.open_dataset(named), [1])
    for view, kind in (("Outliers", "Outliers"), ("Edits", "Edits")):
        app = opened("data", data="Leaves", explore=view)
        assert is_intact(app)
        assert downloads(app) == [f"{kind} (CSV)", f"{kind} (JSON)"]


def test_duplicates_can_be_downloaded(tmp_path):
    files = leaves(("ash", "oak"), 8) | {f"ash/copy{number}.png": image(0) for number in range(2)}
    store_findings(imported(archive(tmp_path / "leaves.zip", files), "Copies"))
    app = opened("data", data="Copies", explore="Duplicates")
    assert is_intact(app) and downloads(app) == ["Duplicates (CSV)", "Duplicates (JSON)"]


def test_edits_from_a_file_are_applied_after_a_preview(named):
    dataset = datasets.open_dataset(named)
    content = image_lists.columns(dataset, datasets.edits_of(dataset), [0, 4])
    content["action"], content["file"] = ["exclude", "exclude"], [content["file"][0], "nowhere/**b**.png"]
    content["digest"][1] = ""
    app = opened("data", data="Leaves", explore="Edits")
    expander = next(one for one in app.expander if one.label == "Apply edits from a file")
    assert expander is not None
    app.session_state["apply-edits"] = True
    app.run()
    (uploader,) = app.file_uploader
    uploader.upload("edits.csv", image_lists.to_csv(content), "text/csv").run()
    assert is_intact(app)
    assert "This file would exclude **1**." in text_of(app) and "1** are not in this dataset" in text_of(app)
    assert not datasets.edits_of(dataset).labels, "nothing happens before the click"
    button(app, "Apply to 1 image").click().run()
    assert is_intact(app)
    assert datasets.edits_of(dataset).excluded == (0,)
    assert any("applied to 1 image" in str(message.value) for message in app.success)


def test_a_file_that_is_not_a_list_is_reported(named):
    app = opened("data", data="Leaves", explore="Edits")
    app.session_state["apply-edits"] = True
    app.run()
    app.file_uploader[0].upload("edits.json", b"{", "application/json").run()
    assert is_intact(app) and "no list of images" in text_of(app)
    assert not any(one.label.startswith("Apply to") for one in app.button)


def test_groups_and_split_controls_are_in_the_form(tmp_path, monkeypatch, digits):
    request = grouped(tmp_path / "leaves.zip", monkeypatch)
    import_id = job.new_id()
    folder = job.make_folder(import_id)
    from imgcls.datasets.importing import make_preview
    from imgcls.system import atomic

    atomic.write_json(folder / "order.json", request.as_dict())
    job.write_preview(folder, make_preview(request))
    started = {}
    monkeypatch.setattr(job, "start", lambda import_id, settings: started.update(settings.as_dict()))
    app = opened("data", new=import_id)
    assert is_intact(app)
    assert "10 groups of images, such as 'p0'. Splits never divide a group" in text_of(app)
    assert "About 20% of the images are held out" in text_of(app)
    key = new(app)
    app.slider(key=f"fraction-{key}").set_value(0.35)
    app.number_input(key=f"seed-{key}").set_value(7)
    app.toggle(key=f"stratified-{key}").set_value(False)
    app.toggle(key=f"near-{key}").set_value(True).run()
    assert "About 35% of the images are held out" in text_of(app)
    button(app, "Import 120 images").click().run()
    assert {name: started[name] for name in ("test_fraction", "split_seed", "stratified", "link_duplicates")} == {
        "test_fraction": 0.35,
        "split_seed": 7,
        "stratified": False,
        "link_duplicates": True,
    }
