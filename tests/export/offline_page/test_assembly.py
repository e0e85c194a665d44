"""The page that is taken home: what is in the file, and how it is verified without a browser."""

import json
import re

import numpy as np
import pytest

from imgcls.errors import RunError
from imgcls.export import exporting, formats, offline_page, records
from imgcls.export.offline_page import browser
from imgcls.inference.predictor import Predictor
from imgcls.runs import Run
from tests.support.exporting.fixed_batch import with_fixed_batch
from tests.support.exporting.offline_pages import shipped, write_page

HOSTILE = ['</script><img src=x onerror="alert(1)">', 'it\'s "quoted" & <b>bold</b>', "<!--<script>", "\ud800"]


@pytest.fixture
def single_conversion(monkeypatch):
    """Replaces the conversion by the run's own model for single images."""

    def convert(run: Run, name, path) -> None:
        path.write_bytes(with_fixed_batch((run.folder / "model.tflite").read_bytes()))

    monkeypatch.setattr(exporting, "convert", convert)


def element(page: str, name: str):
    """The content of a JSON element of a page."""
    return json.loads(re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)[1])


def test_one_file_contains_the_model_the_runtime_and_the_scores(finished_run, tmp_path):
    page = write_page(finished_run, tmp_path).read_text("utf-8")
    known = element(page, "content")

    assert offline_page.model_in(page) == with_fixed_batch((finished_run.folder / "model.tflite").read_bytes())
    assert known["classes"] == list(finished_run.card.classes) and known["title"] == "A small run"
    assert np.sum(known["matrix"]) == known["testImages"] == 360
    accuracy = known["scores"][0]
    assert accuracy["low"] < accuracy["value"] == np.trace(known["matrix"]) / 360 < accuracy["high"]
    assert all(mistake["true"] != mistake["predicted"] for mistake in known["mistakes"])
    assert len(page.encode()) < 5_000_000


def test_the_page_loads_nothing_from_elsewhere(finished_run, tmp_path):
    page = write_page(finished_run, tmp_path).read_text("utf-8")
    assert not re.findall(r'(?:src|href)="(?!data:,)', page)
    assert "default-src 'none'" in page and "connect-src" not in page


def test_hostile_names_cannot_break_out_of_their_element(finished_run, tmp_path):
    (finished_run.folder / "label.txt").write_text(HOSTILE[0], "utf-8")
    card = json.loads((finished_run.folder / "model.json").read_text("utf-8"))
    card["classes"] = [*HOSTILE, *card["classes"][len(HOSTILE) :]]
    (finished_run.folder / "model.json").write_text(json.dumps(card), "utf-8")

    page = write_page(Run(finished_run.folder), tmp_path).read_text("utf-8")
    known = element(page, "content")
    assert known["classes"][:3] == HOSTILE[:3] and known["classes"][3] == "?"
    assert "<img" not in page.replace('<img id="chosen"', "")
    assert page.count("</script>") == page.count("<script ")


def test_without_a_browser_the_embedded_model_is_compared_and_recorded(finished_run, single_conversion, monkeypatch):
    monkeypatch.setattr(browser, "find", lambda: None)
    record = exporting.make_one(finished_run, "html", exporting.verification.reference(finished_run), lambda *_: None)
    assert record.is_offered and record.images == 360 and record.largest_difference < 1e-5
    assert "no Chromium was found" in record.runtime

    page = records.file_of(finished_run, "html").read_text("utf-8")
    assert element(page, "verification")["identical"] == 1
    model = finished_run.folder / "taken.tflite"
    model.write_bytes(offline_page.model_in(page))
    images = np.random.default_rng(0).integers(0, 256, (2, *finished_run.card.shape), dtype=np.uint8)
    expected = Predictor(finished_run.folder / "model.tflite").probabilities(images)
    assert np.allclose(Predictor(model).probabilities(images), expected, atol=1e-6)


def test_a_browser_that_cannot_start_does_not_reject_the_page(finished_run, tmp_path, monkeypatch):
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o700)
    for program in (broken, tmp_path / "missing"):
        monkeypatch.setattr(browser, "find", lambda program=program: str(program))
        with formats.find("html").load(write_page(finished_run, tmp_path)) as runtime:
            assert "no Chromium was found" in runtime.name


def test_a_file_without_a_model_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(browser, "find", lambda: None)
    (tmp_path / "page.html").write_text("<p>nothing</p>")
    with pytest.raises(RunError, match="no model"):
        formats.find("html").load(tmp_path / "page.html")


@pytest.mark.parametrize("name", ["digits", "fashion", "cifar10"])
def test_its_size_is_known_before_it_is_made(name, tmp_path):
    run = shipped(name)
    size = write_page(run, tmp_path, "served.tflite").stat().st_size
    assert abs(size - offline_page.expected_bytes(run)) < 300_000
