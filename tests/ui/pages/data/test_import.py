"""Importing images on the pages: upload, preview, import, add, delete, and invalid links."""

import json
import time

import pytest
from streamlit.testing.v1 import AppTest

from imgcls import datasets, runs
from imgcls.datasets.importing.execution import job
from imgcls.datasets.importing.sources import single_images
from imgcls.ui.evaluate import sections
from tests.support.importing.import_pages import button, new
from tests.support.pages import HOSTILE, html_of, is_intact, opened, text_of
from tests.support.uploads import archive, csv, digits, image, imported, leaves


def upload(tmp_path, files, name: str = "leaves.zip") -> AppTest:
    """The page after an archive was uploaded."""
    app = opened("data")
    button(app, "Import your own images").click().run()
    archive(tmp_path / name, files)
    app.file_uploader[0].upload(name, (tmp_path / name).read_bytes(), "application/zip").run()
    return app


def finished(app: AppTest) -> AppTest:
    deadline = time.monotonic() + 60
    while job.state(new(app)).state == "running" and time.monotonic() < deadline:
        time.sleep(0.05)
    return app.run()


def test_a_zip_is_uploaded_previewed_named_imported_and_trained_on(digits_data, tmp_path):
    app = upload(tmp_path, leaves() | {"oak/notes.txt": b"x"})
    assert is_intact(app)
    assert [heading.value for heading in app.header] == ["10 images in 2 classes"]
    assert html_of(app).count("<img") == 10 and "an image of class oak" in html_of(app)
    assert "20% of each class is held out" in text_of(app)
    assert "1 not an image, judging by the file extension" in text_of(app).replace("**", "")
    assert app.text_input[0].value == "leaves"

    app.text_input[0].set_value("Garden")
    app.text_area[0].set_value("From the shed.")
    app.selectbox(key=f"side-{new(app)}").select(32)
    button(app, "Import 10 images").click().run()
    finished(app)
    assert is_intact(app)
    assert "“Garden” is ready, with 2 classes, 8 training and 2 test images." in all_text(app)
    facts = datasets.facts("own-garden")
    assert (facts.title, facts.text, facts.shape) == ("Garden", "From the shed.", (32, 32, 3))

    button(app, "View dataset").click().run()
    assert is_intact(app) and "new" not in app.query_params
    assert app.selectbox(key="data").value == "own-garden"
    assert "From the shed." in text_of(app) and "kB on disk" in text_of(app)
    train = opened("train", data="Garden")
    assert is_intact(train) and train.selectbox(key="data").value == "own-garden"
    assert not button(train, "Start").disabled


def all_text(app: AppTest) -> str:
    return text_of(app) + "\n".join(element.value for element in app.success).replace("\\", "")


@pytest.fixture
def digits_data(digits, mnist_sample):
    """The default dataset is prepared, so the Data page has something to show."""


def test_when_the_first_reading_fails_another_one_can_be_chosen(digits_data, tmp_path):
    app = upload(tmp_path, two_annotations())
    assert "not a valid COCO file" in app.error[0].value
    app.radio[0].set_value("voc").run()
    assert is_intact(app) and not app.error
    assert [heading.value for heading in app.header] == ["6 images in 2 classes"]


def two_annotations() -> dict[str, bytes]:
    """Images with a damaged COCO file and with sound Pascal VOC files."""
    files = {}
    for number in range(6):
        name = "oak" if number % 2 else "birch"
        box = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>"
        text = f"<annotation><filename>{number}.png</filename><object><name>{name}</name>{box}</object></annotation>"
        files |= {f"{number}.png": image(number), f"{number}.xml": text.encode()}
    coco = {"images": [{"id": 1, "file_name": "1.png"}], "annotations": [{"image_id": 9}], "categories": []}
    return files | {"coco.json": json.dumps(coco).encode()}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"../../x.png": b"x"}, "points outside the archive"),
        ({"oak/1.png": b"x"}, "Found class 'oak' with images"),
        ({}, "is an empty zip archive"),
    ],
)
def test_a_failed_import_shows_one_error_and_another_file_can_be_chosen(files, said, digits_data, tmp_path):
    app = upload(tmp_path, files)
    assert is_intact(app) and said in text_of(app)
    assert not any(button.label.startswith("Import") for button in app.button)
    first = new(app)
    button(app, "Choose another source").click().run()
    assert is_intact(app) and new(app) != first
    assert app.file_uploader and not job.folder_of(first).exists()


def test_a_table_can_be_uploaded(digits_data):
    app = opened("data")
    button(app, "Import your own images").click().run()
    app.get("button_group")[0].set_value("CSV table").run()
    app.file_uploader[0].upload("digits.csv", csv(digits(20)).encode(), "text/csv").run()
    assert [heading.value for heading in app.header] == ["20 images in 2 classes"]


def test_images_and_webcam_photos_are_added_class_by_class(digits_data):
    app = opened("data")
    button(app, "Import your own images").click().run()
    app.get("button_group")[0].set_value("Images").run()
    assert "Enter a class name" in text_of(app)
    for place, label in enumerate(("mug", "<b>pen</b>")):
        app.text_input[0].set_value(label).run()
        for number in range(4):
            app.file_uploader[0].upload(f"{number}.png", image(10 * place + number), "image/png")
        app.file_uploader[0].upload("bad.png", b"bad", "image/png").run()
        assert is_intact(app) and "'bad.png' is not a supported image" in text_of(app)
    assert single_images.counts(job.folder_of(new(app))) == {"mug": 4, "<b>pen</b>": 4}
    assert "&lt;b&gt;pen&lt;/b&gt;" in html_of(app) and "<b>pen" not in html_of(app)
    button(app, "Undo last image").click().run()
    assert single_images.counts(job.folder_of(new(app)))["<b>pen</b>"] == 3

    app.get("button_group")[0].set_value("Webcam").run()
    app.camera_input[0].upload("shot.jpg", image(50, "JPEG"), "image/jpeg").run()
    assert single_images.counts(job.folder_of(new(app)))["<b>pen</b>"] == 4
    button(app, "Continue").click().run()
    assert [heading.value for heading in app.header] == ["8 images in 2 classes"]
    button(app, "Back to the images").click().run()
    assert single_images.counts(job.folder_of(new(app)))["mug"] == 4, "images added one by one are not discarded"


def test_a_server_folder_is_offered_only_if_one_is_configured(digits_data, tmp_path, monkeypatch):
    app = opened("data", new=job.new_id())
    assert len(app.get("button_group")[0].options) == 4
    monkeypatch.setenv("IMGCLS_IMPORT_ROOT", str(tmp_path / "root"))
    for path, data in leaves(before="root/leaves/").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    app = opened("data", new=job.new_id())
    app.get("button_group")[0].set_value("Server folder").run()
    app.selectbox(key="server-path").select("leaves")
    button(app, "Inspect").click().run()
    assert is_intact(app)
    assert [heading.value for heading in app.header] == ["10 images in 2 classes"]


@pytest.mark.parametrize("link", ["", "../../x", "0" * 16, "f" * 17, "🙂", "a" * 5000])
def test_an_invalid_import_in_the_link_is_reported_or_restarted(link, digits_data):
    app = opened("data", new=link, into="own-none")
    assert is_intact(app)
    assert "is no longer on this machine" in text_of(app)
    button(app, "Import your own images").click().run()
    assert is_intact(app) and new(app) != link
    assert is_intact(opened("data", new=link))


def test_images_can_be_added_and_deleted_datasets_are_not_offered(digits_data, tmp_path):
    name = imported(archive(tmp_path / "one.zip", leaves()), "Leaves")
    app = opened("data", data="Leaves")
    assert "20% is held out as the test set" in text_of(app)
    button(app, "Name and note").click().run()
    assert app.text_input[0].value == "Leaves"

    app = opened("data", data="Leaves")
    button(app, "Add images").click().run()
    archive(tmp_path / "two.zip", leaves(("oak", "pine"), 4, first=50))
    app.file_uploader[0].upload("two.zip", (tmp_path / "two.zip").read_bytes(), "application/zip").run()
    button(app, "Add images").click().run()
    finished(app)
    assert "“Leaves” now has 3 classes" in all_text(app)
    assert sum(datasets.custom_dataset(name).counts) == 18

    app = opened("data", data="Leaves")
    button(app, "Delete").click().run()
    assert "and its 18 images will be permanently deleted from disk" in text_of(app)
    datasets.delete_custom(name)
    app = opened("data", data="Leaves")
    assert is_intact(app) and app.selectbox(key="data").value is None
    assert "There is no dataset “Leaves”. It may have been deleted; choose another one." in text_of(app)


def test_a_dataset_that_is_renamed_stays_on_the_page(digits_data, tmp_path):
    name = imported(archive(tmp_path / "one.zip", leaves()), "Leaves")
    app = opened("data", data="Leaves")
    datasets.describe_custom(name, "Trees", "")
    app.query_params["data"] = "Leaves"
    assert is_intact(app.run()) and app.selectbox(key="data").value == name
    assert "There is no dataset" not in text_of(app)
    app.selectbox(key="data").select("mnist_sample").run()
    assert is_intact(app) and app.selectbox(key="data").value == "mnist_sample"


def test_hostile_names_are_shown_literally(digits_data, tmp_path):
    labels = [label.replace("/", "-").replace("\\", "") for label in HOSTILE]
    files = leaves(labels, 4)
    app = upload(tmp_path, files, "![](x).zip")
    assert is_intact(app)
    for shown in (html_of(app), raw(app)):
        assert "<img src=x" not in shown
    imported(archive(tmp_path / "two.zip", files), "![](http://evil.example/p.png) $x$")
    for page in ("data", "train", "home", "runs"):
        app = opened(page, data="![](http://evil.example/p.png) $x$")
        assert is_intact(app)
        assert "![](" not in raw(app) and "<img src=x" not in html_of(app)


def raw(app: AppTest) -> str:
    """All Markdown of the page, with its backslashes."""
    kinds = (app.markdown, app.caption, app.error, app.warning, app.info, app.success, app.title, app.header)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def test_a_run_with_a_deleted_dataset_is_evaluated_from_its_own_files(finished_run, tmp_path):
    name = imported(archive(tmp_path / "one.zip", leaves()), "Leaves")
    folder = finished_run.folder
    (folder / "config.json").write_text(json.dumps(finished_run.config.changed(data=name).as_dict()))
    datasets.delete_custom(name)
    run = runs.Run(folder)
    for page in ("home", "train", "runs", "evaluate", "predict"):
        app = opened(page, run=run.id)
        assert is_intact(app), (page, text_of(app))
    assert "it was deleted" in text_of(opened("train", run=run.id))
    app = opened("train", run=run.id)
    button(app, "Train again").click().run()
    assert is_intact(app) and "it was deleted" in text_of(app)


@pytest.mark.parametrize("view", list(sections.available(sections.SINGLE)))
def test_every_section_of_a_run_works_after_its_dataset_was_deleted(finished_run, tmp_path, view):
    name = imported(archive(tmp_path / "one.zip", leaves()), "Leaves")
    folder = finished_run.folder
    (folder / "config.json").write_text(json.dumps(finished_run.config.changed(data=name).as_dict()))
    card = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(card | {"data": name}))
    datasets.delete_custom(name)
    app = opened("evaluate", run=finished_run.id, view=view)
    assert is_intact(app), text_of(app)
    if view == "Robustness":
        assert "it was deleted" in text_of(app)
