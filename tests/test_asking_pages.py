"""Batch and man against machine on the Predict page, by Streamlit's own test runner: what is odd ends in a sentence."""

import io
import zipfile

import pytest
from brought import archive, leaves, picture
from test_pages import is_whole, opened, told


@pytest.fixture
def asked(finished_run):
    """The page of a run in one of its ways: `asked("Batch")`."""
    return lambda way: opened("predict", run=finished_run.id, way=way)


def upload(app, name: str, data: bytes):
    app.file_uploader[0].upload(name, data, "application/octet-stream").run()
    return app


def pieces(app) -> str:
    return "\n".join(str(block.proto.body) for block in app.get("html"))


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("7/1.png", bytes(30_000_000))
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("bomb.zip", bomb(), "would grow from"),
        ("torn.zip", bomb()[:100], "not complete"),
        ("notes.png.zip", b"PK\x05\x06" + bytes(18), "an empty zip archive"),
    ],
    ids=["a bomb", "torn", "empty"],
)
def test_a_batch_of_nothing_that_can_be_read_says_so(name, data, message, asked):
    app = upload(asked("Batch"), name, data)
    assert is_whole(app)
    assert message in told(app)


def test_a_batch_with_hostile_names_shows_them_literally(asked, tmp_path):
    archive(tmp_path / "a.zip", leaves() | {"<img src=x onerror=alert(1)>/$x$.png": picture(1)})
    app = upload(asked("Batch"), "a.zip", (tmp_path / "a.zip").read_bytes())
    assert is_whole(app)
    assert "<img src=x onerror" not in pieces(app)
    assert "&lt;img src=x onerror" in pieces(app)
    assert "no folder is called like a class" in told(app).lower()


def test_a_model_that_is_deleted_while_the_page_is_open_ends_in_a_sentence(asked, finished_run, tmp_path):
    app = asked("Batch")
    (finished_run.folder / "model.tflite").unlink()
    archive(tmp_path / "a.zip", leaves())
    upload(app, "a.zip", (tmp_path / "a.zip").read_bytes())
    assert is_whole(app)
    assert "no trained model" in told(app)


def test_twenty_pictures_are_answered_and_both_are_compared(asked):
    app = asked("You or the model")
    for number in range(20):
        assert f"Picture {number + 1} of 20" in str(app.get("progress")[0].proto.text)
        (pills,) = [group for group in app.button_group if group.label == "Your answer"]
        pills.select(pills.options[3]).run() if number else app.button(key="versus-pass").click().run()
    assert is_whole(app)
    assert "You" in pieces(app)
    assert "1 left open" in pieces(app)
    assert sum(element.proto.component_name == "imgcls.matrix" for element in app.get("bidi_component")) == 2
    assert "chosen because the model found them hard" in told(app)
    app.button(key="versus-again").click().run()
    assert "Picture 1 of 20" in str(app.get("progress")[0].proto.text)
