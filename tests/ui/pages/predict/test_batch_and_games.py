"""Batch mode and the Human vs model game on the Predict page: invalid input shows one error."""

import io
import json
import re
import zipfile

import numpy as np
import pytest
from PIL import Image

from imgcls.cli.main import main
from imgcls.evaluation import predictions
from imgcls.ui.predict import batch, batch_example, human_vs_model, submission
from tests.support.pages import html_of, is_intact, opened, text_of
from tests.support.uploads import archive, image, leaves


@pytest.fixture
def asked(finished_run):
    """The page of a run in one of its ways: `asked("Batch")`."""
    return lambda mode: opened("predict", run=finished_run.id, mode=mode)


def upload(app, name: str, data: bytes):
    app.file_uploader[0].upload(name, data, "application/octet-stream").run()
    return app


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("7/1.png", bytes(30_000_000))
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("bomb.zip", bomb(), "No labelled image can be read"),
        ("truncated.zip", bomb()[:100], "is incomplete"),
        ("notes.png.zip", b"PK\x05\x06" + bytes(18), "an empty zip archive"),
    ],
    ids=["a decompression bomb", "truncated", "empty"],
)
def test_a_batch_without_readable_images_is_reported(name, data, message, asked):
    app = upload(asked("Batch"), name, data)
    assert is_intact(app)
    assert message in text_of(app)


def test_a_batch_with_hostile_names_shows_them_literally(asked, tmp_path):
    archive(tmp_path / "a.zip", leaves() | {"<img src=x onerror=alert(1)>/$x$.png": image(1)})
    app = upload(asked("Batch"), "a.zip", (tmp_path / "a.zip").read_bytes())
    assert is_intact(app)
    assert "<img src=x onerror" not in html_of(app)
    assert "&lt;img src=x onerror" in html_of(app)
    assert "folders named after the classes" in text_of(app)


def test_a_batch_without_labels_says_how_to_get_the_accuracy(asked):
    app = upload(asked("Batch"), "1.png", image(1))
    assert "upload a zip in which the images are in folders named after the classes" in text_of(app)


def test_a_batch_with_only_damaged_labelled_images_is_reported(asked, tmp_path):
    archive(tmp_path / "a.zip", {"3/broken.png": b"no picture", "other/1.png": image(1)})
    app = upload(asked("Batch"), "a.zip", (tmp_path / "a.zip").read_bytes())
    assert is_intact(app)
    assert "no labelled image can be read" in text_of(app).lower()


def test_deleting_a_model_while_the_page_is_open_shows_one_error(asked, finished_run, tmp_path):
    app = asked("Batch")
    (finished_run.folder / "model.tflite").unlink()
    archive(tmp_path / "a.zip", leaves())
    upload(app, "a.zip", (tmp_path / "a.zip").read_bytes())
    assert is_intact(app)
    assert "no trained model" in text_of(app).lower()


def test_files_above_the_total_size_limit_are_released(asked, monkeypatch):
    monkeypatch.setattr(batch, "TOTAL_MB", 0.001)
    app = upload(asked("Batch"), "1.png", image(1) + bytes(2_000))
    assert is_intact(app)
    assert "the limit for a batch is" in text_of(app)
    assert "1.png" not in html_of(app)


def test_both_tables_of_a_batch_can_be_downloaded(asked, finished_run, tmp_path):
    archive(tmp_path / "a.zip", leaves())
    app = upload(asked("Batch"), "a.zip", (tmp_path / "a.zip").read_bytes())
    assert [button.proto.label for button in app.get("download_button")] == ["CSV", "JSON"]


def test_an_example_of_test_images_is_one_click_away(asked, finished_run):
    app = asked("Batch")
    assert html_of(app).count('alt="Test image, ') == batch_example.SHOWN and is_intact(app)
    app.button(key="batch-try").click().run()
    assert is_intact(app) and "40 test images, with as many errors as usual" in text_of(app)
    assert f"<dd>{batch_example.COUNT}</dd>" in html_of(app) and "from the folder name" in html_of(app)
    found = app.session_state[batch.KEY]
    tested = predictions.read(finished_run)
    rows = [int(result.name.rpartition(" ")[2].removesuffix(".png")) for result in found.results]
    assert [result.label for result in found.results] == tested.labels[rows].tolist()
    assert (~tested.is_right[rows]).sum() == round(batch_example.COUNT * np.mean(~tested.is_right))
    app.button(key="batch-no-example").click().run()
    assert "No images at hand?" in text_of(app)


def kaggle_table(rows: int, columns: int = 64) -> bytes:
    lines = [",".join(f"pixel{number}" for number in range(columns))]
    lines += [",".join(str((row * 37 + column) % 256) for column in range(columns)) for row in range(rows)]
    return "\n".join(lines).encode()


def test_the_test_table_of_kaggle_becomes_a_submission(asked, finished_run, tmp_path):
    table = kaggle_table(5)
    app = upload(asked("Batch"), "test.csv", table)
    assert is_intact(app)
    assert "5 predictions for Kaggle's Digit Recognizer" in app.success[0].value
    assert [button.proto.label for button in app.get("download_button")] == ["submission.csv"]
    (tmp_path / "test.csv").write_bytes(table)
    main(["predict", finished_run.id, str(tmp_path / "test.csv"), "--submission", str(tmp_path / "submission.csv")])
    made = app.session_state[submission.KEY]
    assert made.content == (tmp_path / "submission.csv").read_bytes()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (kaggle_table(2, 784), "because this model reads images of 8×8 pixels"),
        (b"label," + kaggle_table(1), "it is the training table"),
        (b"\xff\xfe", "is not a CSV file in UTF-8"),
    ],
    ids=["of another size", "the training table", "binary"],
)
def test_another_table_is_refused_with_the_reason(asked, table, message):
    app = upload(asked("Batch"), "test.csv", table)
    assert is_intact(app)
    assert message in text_of(app) and not app.get("download_button")


def test_a_double_click_answers_only_one_image(asked, monkeypatch):
    monkeypatch.setattr(human_vs_model, "DOUBLE_CLICK", 600.0)  # seconds; a busy machine may need some for a click
    app = asked("Human vs model")
    app.button(key="versus-pass").click().run()
    (pills,) = [group for group in app.button_group if group.label == "Your prediction"]
    pills.select(pills.options[3]).run()  # at once
    assert "Image 2 of 20." in text_of(app)
    monkeypatch.setattr(human_vs_model, "DOUBLE_CLICK", 0.0)
    (pills,) = [group for group in app.button_group if group.label == "Your prediction"]
    assert pills.value is None, "it can still be chosen"
    pills.select(pills.options[3]).run()
    assert "Image 3 of 20." in text_of(app)


def matrices(app) -> int:
    return sum(element.proto.component_name == "imgcls.confusion_matrix" for element in app.get("bidi_component"))


def test_twenty_images_are_answered_and_user_and_model_compared(asked, monkeypatch):
    monkeypatch.setattr(human_vs_model, "DOUBLE_CLICK", 0)
    app = asked("Human vs model")
    for number in range(20):
        assert f"Image {number + 1} of 20." in text_of(app)
        (pills,) = [group for group in app.button_group if group.label == "Your prediction"]
        pills.select(pills.options[3]).run() if number else app.button(key="versus-pass").click().run()
        if number < 19:
            said = "3" if number else "skipped"
            assert re.search(
                rf"Image {number + 1} was \*\*\d\*\*\. :(green|red)-badge\[:material/(check|close): You: {said}\] "
                r":(green|red)-badge\[:material/(check|close): Model: \d\]",
                text_of(app),
            )
            assert f'alt="Test image {number + 1} of 20" class="versus-thumbnail"' in html_of(app), "it is gone above"
        assert html_of(app).count('class="now"') == 2 * (number < 19), "the round of both players"
    assert is_intact(app)
    assert html_of(app).count('class="won"') + html_of(app).count('class="lost"') == 40
    assert "1 skipped" in text_of(app) and 'class="numbers"' not in html_of(app), "both scores are above the dots"
    assert 'class="tiles"' in html_of(app) and not matrices(app), "the images come first"
    app.session_state["versus-matrices"] = True
    assert matrices(app.run()) == 2 and is_intact(app)
    assert "chosen because the model finds them hard" in text_of(app)
    app.button(key="versus-again").click().run()
    assert "Image 1 of 20." in text_of(app)


def test_a_batch_of_a_multi_label_model_shows_all_labels_and_no_accuracy(finished_run, tmp_path):
    path = finished_run.folder / "model.json"
    card = json.loads(path.read_text()) | {"several": True, "threshold": 1e-9}
    path.write_text(json.dumps(card))
    written = Image.new("L", (28, 28))
    written.paste(255, (12, 4, 15, 24))
    written.save(file := io.BytesIO(), "PNG")
    archive(tmp_path / "a.zip", {f"{card['classes'][0]}/1.png": file.getvalue()})
    app = upload(opened("predict", run=finished_run.id, mode="Batch"), "a.zip", (tmp_path / "a.zip").read_bytes())
    assert is_intact(app)
    (labels,) = re.findall(r"<td><b>(.*?)</b>", html_of(app))
    assert sorted(labels.split("; ")) == sorted(card["classes"])
    assert "a folder names only one, so accuracy cannot be computed" in text_of(app)
