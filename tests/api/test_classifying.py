"""Predictions in processes of their own are the same, and a crash of one costs one request."""

import contextlib
import json

import numpy as np
import pytest

from imgcls.api.classifying import pool
from imgcls.api.classifying.here import Here
from imgcls.api.settings import Settings
from imgcls.errors import RunError
from imgcls.system import paths
from tests.support.api import TOKEN, ApiServer
from tests.support.images.drawings import FOUR, drawing
from tests.support.images.image_files import of_every_kind

PREDICT = "models/digits/predict"


@pytest.fixture
def pooled(shipped):
    """The API with one process that classifies, and this process's `Pool`."""
    shipped("digits")
    with contextlib.closing(pool.Pool(1)) as classifier:
        server = ApiServer(Settings(token=TOKEN, rate=1000.0), classifier)
        yield server, classifier
        server.close()


def test_files_of_all_kinds_and_drawings_get_the_same_answer(pooled, serve):
    server, _ = pooled
    in_threads = serve()
    with np.load(paths.repository_folder() / "saved_models" / "digits" / "gallery.npz") as file:
        files = of_every_kind(file["pictures"][0].repeat(3, axis=2))
    unreadable = [(name, files[name]) for name in ("text.png", "empty.png")]
    strokes = {"strokes": [stroke.ravel().tolist() for stroke in drawing(*FOUR).strokes]}
    for ask in (
        lambda api: api.post_files(PREDICT, files.items()),
        lambda api: api.post_files(PREDICT, unreadable),
        lambda api: api.post_json(PREDICT, strokes),
        lambda api: api.post_json(PREDICT, {"strokes": []}),
    ):
        expected, found = ask(in_threads), ask(server)
        assert (found.status, found.json) == (expected.status, expected.json)
    assert server.get("ready").status == 200


def test_a_process_that_crashes_costs_one_request(pooled):
    server, classifier = pooled
    strokes = {"strokes": [stroke.ravel().tolist() for stroke in drawing(*FOUR).strokes]}
    assert server.post_json(PREDICT, strokes).status == 200
    classifier._children[0]._process.kill()
    classifier._children[0]._process.wait()
    reply = server.post_json(PREDICT, strokes)
    assert reply.status == 500 and reply.json["message"] == pool.CRASHED
    assert server.post_json(PREDICT, strokes).status == 200


@pytest.mark.parametrize("create", [lambda: pool.Pool(1), Here], ids=["pool", "here"])
def test_a_damaged_model_is_reported_before_the_server_starts(create, make_run):
    card = json.loads((paths.repository_folder() / "saved_models" / "digits" / "model.json").read_text("utf-8"))
    run = make_run(**{"model.json": card, "model.tflite": b"no model"})
    with contextlib.closing(create()) as classifier, pytest.raises(RunError, match="damaged"):
        classifier.load(run)
