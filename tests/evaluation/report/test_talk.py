"""A prepared talk: the file of its steps, and the page made of it."""

import json
import re

import pytest

from imgcls.errors import RunError, SettingError
from imgcls.evaluation.report import replay, talk
from tests.support.exporting.offline_pages import shipped

STEPS = """
title: A talk
steps:
  - {title: Draw, page: "/predict?run=digits", notes: "Ask for a seven."}
  - {title: Watch, replay: digits}
  - title: </script><b>Questions
"""


def read(folder, text: str, name: str = "talk.yaml"):
    path = folder / name
    path.write_text(text, "utf-8")
    return talk.read(path)


def known(page: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="content">(.*?)</script>', page, re.DOTALL)[1])


@pytest.fixture
def replays(monkeypatch):
    """Runs are found among the shipped ones."""
    monkeypatch.setattr(talk.runs, "run_from_argument", shipped)


def test_the_page_holds_the_steps_and_their_replays(tmp_path, replays):
    page = talk.page(read(tmp_path, STEPS))
    found = known(page)
    assert found["address"] == talk.ADDRESS
    assert [(step["title"], step["page"], step["replay"]) for step in found["steps"]] == [
        ("Draw", "/predict?run=digits", ""),
        ("Watch", "", "digits"),
        ("</script><b>Questions", "", ""),
    ]
    assert found["replays"] == {"digits": replay.page(shipped("digits"))}
    assert page.count("</script>") == page.count("<script ") == 2 and "<b>" not in page
    assert not re.findall(r'(?:src|href)="(?!data:)', page) and "default-src 'none'" in page


def test_a_talk_may_be_json_and_is_named_after_its_file(tmp_path):
    found = read(tmp_path, '{"address": "https://example.org/app/", "steps": [{"title": "a"}]}', "open-day.json")
    assert (found["title"], found["address"]) == ("open-day", "https://example.org/app")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("steps: [", "The file of the talk talk.yaml is not valid YAML in line"),
        ("- a", "must have a list “steps”"),
        ("steps: []", "at least one step"),
        ("steps: [{title: a}]\nstage: b", "The file talk.yaml has an unknown entry “stage”"),
        ("steps: [{title: a}, {title: b, note: c}]", "Step 2 has an unknown entry “note”. It may have: notes, page"),
        ("steps: [{notes: a}]", "Step 1 needs a title"),
        ("steps: [a]", "Step 1 must have entries"),
        ("steps: [{title: a, page: /b, replay: c}]", "Step 1 has a page and a replay"),
        ("steps: [{title: a, page: 'javascript:alert(1)'}]", "must begin with one “/”"),
        ("steps: [{title: a, page: //elsewhere.org}]", "must begin with one “/”"),
        ("steps: [{title: a}]\naddress: 'javascript:alert(1)'", "The address must be like"),
        ("steps: [{title: a}]\naddress: 'http://['", "The address must be like"),
        (json.dumps({"steps": [{"title": "a"}] * 101}), "at most 100 steps"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path, text, message):
    with pytest.raises(SettingError, match=re.escape(message)):
        read(tmp_path, text)


def test_a_run_that_cannot_be_replayed_is_named_with_its_step(tmp_path):
    found = read(tmp_path, "steps: [{title: a}, {title: b, replay: no-such-run}]")
    with pytest.raises(RunError, match=r"Step 2 \(replay: no-such-run\): There is no run"):
        talk.page(found)
