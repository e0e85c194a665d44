"""Models over HTTP, and predictions that are the same as in the shell and on the page."""

import json

import numpy as np
import pytest

from imgcls import runs
from imgcls.cli.main import main
from imgcls.inference import answer
from imgcls.system import paths
from tests.support.images.drawings import FOUR, ONE, SEVEN, drawing
from tests.support.images.image_files import of_every_kind

PREDICT = "models/digits/predict"


@pytest.fixture(scope="module")
def gallery() -> np.ndarray:
    """Test images of the digits: uint8 (n, height, width, 3)."""
    with np.load(paths.repository_folder() / "saved_models" / "digits" / "gallery.npz") as file:
        return file["pictures"].repeat(3, axis=3)


@pytest.fixture(scope="module")
def files(gallery) -> dict[str, bytes]:
    return of_every_kind(gallery[0])


def entries_in_shell(model: str, files: dict[str, bytes], folder, monkeypatch, capsys) -> list[dict]:
    """What `imgcls predict MODEL FILES --json` prints for these files, in a new folder that becomes the current one."""
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    main(["predict", model, *files, "--json"])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("model", ["digits", "cifar10"])
def test_files_of_all_kinds_get_the_json_that_the_shell_prints(
    model, shipped, serve, files, tmp_path, monkeypatch, capsys
):
    shipped(model)
    in_shell = entries_in_shell(model, files, tmp_path / "files", monkeypatch, capsys)
    reply = serve().post_files(f"models/{model}/predict", files.items())
    assert reply.status == 200
    assert reply.json["images"] == in_shell
    assert reply.json["classes"] == list(runs.find(model).card.classes)
    unreadable = {entry["file"] for entry in in_shell if entry["problem"]}
    expected = {"tiny.png", "strip.png", "cut.png", "empty.png", "text.png", "bomb.png"}
    assert expected <= unreadable and len(unreadable) <= len(files) / 2
    assert any(entry["notes"] for entry in in_shell)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["digits", "fashion", "cifar10"])
def test_500_files_get_the_json_that_the_shell_prints(model, shipped, serve, gallery, tmp_path, monkeypatch, capsys):
    shipped(model)
    api = serve()
    for number in range(20):
        files = of_every_kind(gallery[number])
        in_shell = entries_in_shell(model, files, tmp_path / str(number), monkeypatch, capsys)
        assert api.post_files(f"models/{model}/predict", files.items()).json["images"] == in_shell


def test_an_entry_is_the_answer_of_the_page(api, gallery, files):
    entry = api.post_files(PREDICT, [("a.png", files["colour.png"])]).json["images"][0]
    expected = answer(runs.find("digits"), files["colour.png"])
    assert entry["prediction"] == expected.prediction
    assert entry["probabilities"] == pytest.approx(expected.probabilities.tolist(), abs=1e-6)
    assert entry["notes"] == list(expected.notes)


def test_one_image_can_be_the_whole_body(api, files):
    reply = api.send("POST", PREDICT, files["grey.png"], {"Content-Type": "image/png"})
    in_form = api.post_files(PREDICT, [("image", files["grey.png"])])
    assert reply.status == 200 and reply.json == in_form.json


@pytest.mark.parametrize("strokes", [[ONE], [SEVEN], FOUR], ids=["one", "seven", "four"])
def test_strokes_get_the_answer_of_the_canvas(api, strokes):
    drawn = drawing(*strokes)
    reply = api.post_json(PREDICT, {"strokes": [stroke.ravel().tolist() for stroke in drawn.strokes]})
    expected = answer(runs.find("digits"), drawn)
    (entry,) = reply.json["images"]
    assert entry["prediction"] == expected.prediction
    assert entry["probabilities"] == pytest.approx(expected.probabilities.tolist(), abs=1e-6)
    assert (entry["rejection"] or {}).get("title") == (expected.rejection and expected.rejection.title)


def test_a_scribble_is_rejected_with_a_reason(api):
    zigzag = [number for x in range(40, 240, 4) for number in (x, 60 if x % 8 else 220, 12)]
    (entry,) = api.post_json(PREDICT, {"strokes": [zigzag]}).json["images"]
    assert entry["prediction"] and entry["rejection"]["title"] == entry["warning"]
    assert entry["rejection"]["text"].endswith(".")


@pytest.mark.parametrize(
    ("body", "kind", "status", "part"),
    [
        (b"{}", "application/json", 422, "strokes"),
        (b"[]", "application/json", 422, "object"),
        (b"{", "application/json", 400, "not JSON"),
        (b"[" * 500_000, "application/json", 400, "nested"),
        (b'{"strokes": []}', "application/json", 422, "empty"),
        (b'{"strokes": [[1, 2]]}', "application/json", 422, "invalid points"),
        (b'{"strokes": [[1, NaN, 3]]}', "application/json", 422, "invalid points"),
        (b"GIF89a", "text/plain", 415, "text/plain"),
        (b"GIF89a", "", 415, "no content type"),
        (b"", "image/png", 422, "empty"),
        (b"no image", "image/png", 422, "could not be read"),
        (b"nothing", "multipart/form-data", 400, "boundary"),
        (b"nothing", "multipart/form-data; boundary=x", 400, ""),
        (b"--x--\r\n", "multipart/form-data; boundary=x", 422, "no file"),
    ],
)
def test_a_body_that_is_something_else_gets_one_sentence(api, body, kind, status, part):
    reply = api.send("POST", PREDICT, body, {"Content-Type": kind} if kind else {})
    assert reply.status == status, reply.body
    assert part.lower() in reply.json["message"].lower()
    assert "Traceback" not in reply.body.decode()


def test_if_no_image_can_be_read_the_answer_is_an_error_with_the_reasons(api, files):
    reply = api.post_files(PREDICT, [(name, files[name]) for name in ("text.png", "empty.png")])
    assert reply.status == 422 and reply.json["status"] == 422
    assert [entry["problem"] for entry in reply.json["images"]] == ["not a readable image", "empty"]


def test_more_images_than_allowed_are_refused(shipped, serve, files):
    shipped("digits")
    reply = serve(max_images=2).post_files(PREDICT, [("a.png", files["grey.png"])] * 3)
    assert reply.status == 400 and "2" in reply.json["message"]


def test_a_file_name_is_only_shown(api, files):
    reply = api.post_files(PREDICT, [("../../etc/passwd\x1b[31m", files["grey.png"])])
    assert reply.status == 200 and "\x1b" not in reply.json["images"][0]["file"]


def test_a_model_of_photos_reads_no_drawings(shipped, serve):
    shipped("cifar10")
    reply = serve().post_json("models/cifar10/predict", {"strokes": [[10, 10, 12, 90, 90, 12]]})
    assert reply.status == 422 and "image file" in reply.json["message"]


@pytest.mark.parametrize("run", ["nothing", "..", "%2e%2e%2fdigits", "x" * 500])
def test_an_unknown_model_is_not_found(api, run):
    assert api.get(f"models/{run}").status == 404
    assert api.send("POST", f"models/{run}/predict", b"", {"Content-Type": "image/png"}).status == 404


def test_an_unfinished_run_has_no_model(api, make_run):
    run = make_run()
    reply = api.get(f"models/{run.id}")
    assert reply.status == 404 and "no trained model" in reply.json["message"]
    assert [model["id"] for model in api.get("models").json["models"]] == ["digits"]


def test_a_damaged_model_is_one_sentence(serve, make_run, files):
    card = json.loads((paths.repository_folder() / "saved_models" / "digits" / "model.json").read_text("utf-8"))
    run = make_run(**{"model.json": card, "model.tflite": b"no model"})
    reply = serve().post_files(f"models/{run.id}/predict", [("a.png", files["grey.png"])])
    assert reply.status == 500 and "damaged" in reply.json["message"]
    assert set(reply.json) == {"status", "error", "message"}


def test_a_model_says_what_it_reads_and_answers(api):
    model = api.get("models/digits").json
    assert model["classes"] == list("0123456789") and model["input"] == {"height": 28, "width": 28, "channels": 1}
    assert model["accepts_strokes"] is True and model["multilabel"] is False and model["thresholds"] is None
    assert 0.9 < model["test_accuracy"] <= 1 and len(model["sha256"]) == 64


def test_a_server_of_one_run_has_no_other(shipped, serve):
    shipped("digits")
    shipped("cifar10")
    api = serve(run=runs.find("digits"))
    assert [run["id"] for run in api.get("runs").json["runs"]] == ["digits"]
    assert api.get("models/cifar10").status == 404
    assert api.send("POST", "runs", b"{}", {"Content-Type": "application/json"}).status == 405
