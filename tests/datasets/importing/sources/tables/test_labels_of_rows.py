"""Tables of file names and labels: the label, or the labels, of each row, and rows without one."""

import json

import pytest

from imgcls.datasets import importing
from imgcls.datasets.importing.sources import values
from imgcls.datasets.importing.sources.tables import assign
from imgcls.errors import SourceError
from tests.support.importing.label_tables import (
    EXPECTED,
    NAMES,
    kind,
    labels,
    listed,
    questions,
    rows,
    skipped,
    zipped,
)
from tests.support.uploads import imported

# ---- values


@pytest.mark.parametrize(
    ("written", "meant"),
    [("1", "1"), ("1.0", "1"), (" 1.00 ", "1"), ("1.000000000000000000e+00", "1"), ("-0.0", "0"), ("nan", ""),
     ("NaN", ""), ("", ""), ("  ", ""), ("<NA>", ""), ("1.5", "1.5"), ("01", "01"), ("none", "none"), ("v1.0", "v1.0"),
     ("1e5", "1e5"), ("NA", "NA"), ("#N/A", ""), ("n/a", ""), ("NULL", "")],
)  # fmt: skip
def test_field_values_are_interpreted_consistently(written, meant):
    assert values.canonical(written) == meant


def test_floats_and_integers_are_the_same_class_in_label_tables(tmp_path):
    table = rows(["file", "label"], lambda number, name: [name, f"{number % 2}.0" if number > 5 else number % 2])
    assert set(labels(listed(tmp_path, NAMES, table)).values()) == {"0", "1"}


# ---- rows without a label


def some(*missing: int, written: str = "") -> list[list]:
    """A table in which the images with these numbers have no label."""
    return rows(["file", "label"], lambda number, name: [name, written if number in missing else kind(number)])


@pytest.mark.parametrize("written", ["", "nan", "  "])
@pytest.mark.parametrize("missing", [(4,), (4, 6)])
def test_a_few_rows_without_a_label_are_skipped_and_counted(missing, written, tmp_path):
    request = listed(tmp_path, NAMES, some(*missing, written=written))
    assert labels(request) == {name: label for name, label in EXPECTED.items() if NAMES.index(name) not in missing}
    found = importing.make_preview(request, skipped_csv=tmp_path / "skipped.csv")
    assert found.questions == [] and found.skips_many
    assert skipped(request) == {assign.UNLABELLED: len(missing)}
    lines = (tmp_path / "skipped.csv").read_text("utf-8-sig").splitlines()
    assert lines[1:] == [f'img_{number:02}.png,"{assign.UNLABELLED}",1' for number in missing]


def test_a_few_rows_without_a_label_are_skipped_inside_an_archive_too(tmp_path):
    request = zipped(tmp_path, NAMES, {"labels.csv": some(0, 11)})
    assert len(labels(request)) == 10 and skipped(request) == {assign.UNLABELLED: 2}


def test_many_rows_without_a_label_raise_a_question(tmp_path):
    missing = (3, 4, 5)
    request = listed(tmp_path, NAMES, some(*missing))
    question = questions(request)["unlabelled"]
    assert question.answer == "" and question.text.startswith("3 of 12 images in the table have no label.")
    assert [(option.value, option.detail) for option in question.options] == [
        ("skip", "9 images remain"),
        ("class", "3 images, such as without a finding"),
        ("above", "'img_03.png' is “owl”"),
    ]
    with pytest.raises(SourceError, match=r"Nothing was imported\. Choose unlabelled=skip or unlabelled=class"):
        imported(request)


@pytest.mark.parametrize(
    ("answer", "first"), [("skip", ["cat"]), ("class", ["cat", "none", "none"]), ("above", ["cat", "cat", "cat"])]
)
def test_each_answer_gives_rows_without_a_label_its_own_meaning(answer, first, tmp_path):
    table = [["file", "label"]]
    for number, name in enumerate(NAMES):
        table.append([name, ("cat", "dog")[number // 6] if number in (0, 4, 5, 6, 10, 11) else ""])
    found = list(labels(listed(tmp_path, NAMES, table, unlabelled=answer)).values())
    assert found[: len(first)] == first
    assert len(found) == (6 if answer == "skip" else 12)


def test_a_label_of_another_row_counts_for_an_image_without_one(tmp_path):
    table = some(3, 4)
    request = listed(tmp_path, NAMES, [*table, ["img_03.png", "owl"]])
    assert labels(request)["img_03.png"] == "owl" and skipped(request) == {assign.UNLABELLED: 1}


def test_labelling_that_has_just_begun_is_read(tmp_path):
    names = [f"img_{number:02}.png" for number in range(40)]
    table = [["file", "label"], *([name, kind(n) if n < 9 else ""] for n, name in enumerate(names))]
    request = zipped(tmp_path, names, {"labels.csv": table}, unlabelled="skip")
    assert len(labels(request)) == 9


def test_a_table_without_any_label_is_refused(tmp_path):
    with pytest.raises(SourceError, match=r"row 2 has no label for 'img_00\.png', and neither has any other row"):
        importing.make_preview(listed(tmp_path, NAMES, some(*range(12))))


def test_unlabelled_test_rows_are_skipped(tmp_path):
    table = rows(
        ["file", "label", "split"],
        lambda number, name: [name, kind(number), "train"] if number < 9 else [name, "", "test"],
    )
    request = listed(tmp_path, NAMES, table)
    assert len(labels(request)) == 9
    assert skipped(request) == {assign.UNLABELLED: 3}


# ---- several labels


@pytest.mark.parametrize("separator", ["; ", "|", ", ", " "])
def test_multiple_labels_in_a_field_are_detected_and_previewed(separator, tmp_path):
    sets = [("sky",), ("sky", "sea"), ("sea", "boat"), ("boat",), ("sky", "sea", "boat")]
    chosen = {name: sets[number % 5] for number, name in enumerate(NAMES)}
    table = "file,tags\n" + "".join(f'{name},"{separator.join(of)}"\n' for name, of in chosen.items())
    request = listed(tmp_path, NAMES, table)
    assert {name: set(of) for name, of in labels(request).items()} == {name: set(of) for name, of in chosen.items()}
    question = questions(request)["several_labels"]
    assert question.answer == "several"
    assert question.options[0].detail == "3 labels: boat, sea, sky"
    assert set(labels(listed(tmp_path, NAMES, table, several_labels="one")).values()) == {"sky", f"sky{separator}sea"}


@pytest.mark.parametrize(
    "names", [("golden retriever", "irish setter", "poodle"), ("Boston, MA", "Austin, TX", "Miami, FL")]
)
def test_spaces_and_commas_in_a_class_name_do_not_mean_several_labels(names, tmp_path):
    table = "file,label\n" + "".join(f'{name},"{names[number % 3]}"\n' for number, name in enumerate(NAMES))
    request = listed(tmp_path, NAMES, table)
    assert set(labels(request).values()) == set(names)
    assert questions(request) == {}


def test_json_and_bracketed_lists_are_multiple_labels(tmp_path):
    sets = [["sky"], ["sky", "sea"], ["sea"]]
    as_json = "\n".join(json.dumps({"file": name, "tags": sets[n % 3]}) for n, name in enumerate(NAMES))
    as_python = "file;tags\n" + "".join(f"{name};{sets[n % 3]}\n" for n, name in enumerate(NAMES))
    for table in (as_json, as_python):
        assert labels(listed(tmp_path, NAMES, table))["img_01.png"] == ("sky", "sea")
