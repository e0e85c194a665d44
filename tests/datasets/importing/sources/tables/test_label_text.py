"""Words separated by spaces are several labels if they recur in other combinations, and a name otherwise."""

from collections import Counter
from dataclasses import replace

import pytest

from imgcls.datasets import importing
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.tables import label_text
from imgcls.errors import SourceError
from tests.support.importing.label_tables import EXPECTED, NAMES, kind, labels, numbered, questions, zipped
from tests.support.uploads import imported

SATELLITE = (
    "haze primary", "agriculture clear primary water", "clear primary", "cloudy", "partly_cloudy primary",
    "agriculture clear habitation primary road", "haze primary water", "agriculture clear cultivation primary water",
)  # fmt: skip
PROPERTIES = tuple(f"{state} {fruit}" for state in ("fresh", "rotten") for fruit in ("apple", "banana", "orange"))
CARDS = ("joker", *(f"{rank} of {suit}" for rank in ("ace", "two", "ten") for suit in ("clubs", "hearts", "spades")))
WEATHER = ("sunny warm", "rainy cold", "sunny cold", "rainy warm", "cloudy warm windy", "sunny warm windy")


@pytest.mark.parametrize(
    "fields",
    [
        SATELLITE,
        ("beach sunset", "people beach", "sunset people", "sunset beach", "dog people"),
        [f"{a} {b}" for a in "abcdef" for b in "abcdef" if a < b],
        ("16 0", "7 1 2 0", "5", "1", "18", "0", "2 0", "7", "0 1"),
    ],
    ids=["satellite tags", "any order", "always two", "numbers"],
)
def test_words_in_many_combinations_are_labels(fields):
    assert label_text.is_several(fields)
    findings = Findings()
    assert label_text.ask_separator(fields, findings) == " "
    assert findings.questions[0].answer == "several"


@pytest.mark.parametrize(
    "fields",
    [
        ("golden retriever", "labrador retriever", "poodle", "beagle"),
        ("aquarium fish", "flatfish", "oak tree", "palm tree", "pine tree", "lawn mower", "sweet pepper", "train"),
        ("left atrial enlargement", "left bundle branch block", "right bundle branch block", "normal"),
        ("tumor", "no tumor", "mass", "no mass"),
        ("cherry", "cherry 1", "cherry 2", "apple", "apple 1", "apple 2"),
        CARDS,
    ],
    ids=["dogs", "things", "findings", "negations", "numbered", "cards"],
)
def test_names_of_several_words_raise_no_question(fields):
    findings = Findings()
    assert label_text.ask_separator(fields, findings) == ""
    assert findings.questions == []


def test_combinations_of_two_properties_are_classes_unless_the_user_says_otherwise():
    findings = Findings()
    assert label_text.ask_separator(PROPERTIES, findings) == ""
    assert [(q.key, q.answer) for q in findings.questions] == [(label_text.QUESTION, "one")]
    assert label_text.ask_separator(PROPERTIES, Findings({label_text.QUESTION: "several"})) == " "


def test_many_distinct_fields_are_looked_at_quickly():
    fields = [f"a{n % 97} b{n % 89} c{n}" for n in range(50_000)]
    assert not label_text.is_several(Counter(fields))


def test_the_labels_of_satellite_images_are_shown_before_the_import(tmp_path):
    names = numbered("train/", 24)
    rows = [["image_name", "tags"], *([name[6:-4], SATELLITE[n % 8]] for n, name in enumerate(names))]
    request = zipped(tmp_path, names, {"train_v2.csv": rows})
    assert labels(request)["train/001.png"] == ("agriculture", "clear", "primary", "water")
    assert questions(request)["several_labels"].options[0].detail.startswith("10 labels: agriculture, clear, cloudy")
    assert importing.make_preview(request).is_multilabel


def test_fields_that_may_be_either_have_to_be_answered(tmp_path):
    names = numbered("", 36)
    rows = [["file", "weather"], *([name, WEATHER[n % 6]] for n, name in enumerate(names))]
    request = zipped(tmp_path, names, {"table.csv": rows})
    assert questions(request)["several_labels"].answer == ""
    with pytest.raises(SourceError, match="several_labels=several"):
        imported(request)
    assert labels(replace(request, answers={"several_labels": "several"}))["000.png"] == ("sunny", "warm")
    assert labels(replace(request, answers={"several_labels": "one"}))["000.png"] == "sunny warm"


def test_lists_of_one_label_each_are_classes(tmp_path):
    table = [["file", "label"], *([name, f"['{kind(number)}']"] for number, name in enumerate(NAMES))]
    assert labels(zipped(tmp_path, NAMES, {"a.csv": table})) == EXPECTED
