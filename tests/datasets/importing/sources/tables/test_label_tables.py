"""Tables of file names and labels: the role of each column, and the file of each row."""

from collections import Counter
from dataclasses import replace

import pytest

from imgcls.datasets import importing
from imgcls.datasets.importing.sources.tables import assign
from imgcls.errors import SourceError
from tests.support.importing.label_tables import (
    EXPECTED,
    KINDS,
    NAMES,
    counts,
    items,
    kind,
    labels,
    listed,
    questions,
    rows,
    skipped,
    zipped,
)
from tests.support.uploads import imported


def counts_of_groups(request) -> list[int]:
    """The sizes of the groups of an archive."""
    return sorted(Counter(item.group for item in items(request).values()).values())


# ---- columns


@pytest.mark.parametrize(
    "table",
    [
        rows(["file", "label"], lambda number, name: [name, kind(number)]),
        rows(["label", "file"], lambda number, name: [kind(number), name]),
        rows(["", "file", "label"], lambda number, name: [number, name, kind(number)]),
        rows(["Unnamed: 0", "file", "dx"], lambda number, name: [number, name, kind(number)]),
        rows(["image_id", "diagnosis"], lambda number, name: [name[:-4], kind(number)]),
        rows(["photo", "label"], lambda number, name: [f"{name[:-4]}.HEIC", kind(number)]),
        rows(["whatever", "something"], lambda number, name: [name, kind(number)]),
        [[name, kind(number)] for number, name in enumerate(NAMES)],
    ],
    ids=[
        "file first",
        "label first",
        "unnamed index",
        "Unnamed: 0",
        "stems",
        "another ending",
        "any names",
        "no header",
    ],
)
def test_file_and_label_columns_are_found_in_any_position(table, tmp_path):
    request = listed(tmp_path, NAMES, table)
    assert labels(request) == EXPECTED
    assert skipped(request) == {}
    assert questions(request) == {}


def test_the_header_is_never_counted_as_a_skipped_file(tmp_path):
    request = listed(tmp_path, NAMES, rows(["image", "kind"], lambda number, name: [name, kind(number)]))
    assert importing.make_preview(request).skipped == []


def test_a_first_row_that_names_a_missing_file_is_data(tmp_path):
    table = [["img_99.png", "cat"], *([name, kind(number)] for number, name in enumerate(NAMES))]
    request = listed(tmp_path, NAMES, table)
    assert labels(request) == EXPECTED
    assert skipped(request) == {"listed in the table, but missing from the archive": 1}


@pytest.mark.parametrize("order", [1, -1])
def test_numeric_labels_that_match_file_names_are_still_labels(order, tmp_path):
    names = [f"{number}.png" for number in range(12)]
    table = [["id", "label"][::order], *([number, number % 3][::order] for number in range(12))]
    assert labels(listed(tmp_path, names, table)) == {f"{number}.png": str(number % 3) for number in range(12)}


def test_an_index_that_matches_file_names_does_not_replace_the_file_column(tmp_path):
    names = [f"{number}.png" for number in range(12)]
    shuffled = [(5 * number) % 12 for number in range(12)]
    table = [["", "id", "label"], *([place, number, kind(number)] for place, number in enumerate(shuffled))]
    assert labels(listed(tmp_path, names, table)) == {f"{number}.png": kind(number) for number in range(12)}


def test_two_possible_label_columns_raise_a_question(tmp_path):
    table = rows(["file", "shape", "colour"], lambda number, name: [name, kind(number), ("red", "blue")[number % 2]])
    request = listed(tmp_path, NAMES, table)
    question = questions(request)["label_column"]
    assert question.answer == ""
    assert [(option.value, option.detail) for option in question.options] == [
        ("shape", "3 classes: cat, dog, owl"),
        ("colour", "2 classes: blue, red"),
    ]
    with pytest.raises(SourceError, match="Choose label_column=shape or label_column=colour"):
        imported(request)
    assert set(labels(listed(tmp_path, NAMES, table, label_column="colour")).values()) == {"red", "blue"}


def test_a_question_is_shown_even_if_its_first_answer_fails(tmp_path):
    table = rows(["file", "breed", "species"], lambda n, name: [name, f"breed {n // 2}", kind(n)])
    with pytest.raises(SourceError) as caught:
        labels(zipped(tmp_path, NAMES, {"a.csv": table}))
    assert "label_column" in [question.key for question in caught.value.questions]


def test_an_unambiguous_column_name_is_the_default_and_can_be_changed(tmp_path):
    table = rows(
        ["lesion_id", "image_id", "dx", "sex", "age"],
        lambda number, name: [
            f"L{number // 2}",
            name[:-4],
            kind(number),
            ("male", "female")[number // 2 % 2],
            40.5 + number,
        ],
    )
    request = listed(tmp_path, NAMES, table)
    assert labels(request) == EXPECTED
    assert questions(request)["label_column"].answer == "dx"
    assert [option.value for option in questions(request)["label_column"].options] == ["dx", "sex"]
    assert set(labels(listed(tmp_path, NAMES, table, label_column="sex")).values()) == {"male", "female"}


def test_class_number_and_class_name_are_one_label(tmp_path):
    table = rows(["file", "label", "label_name"], lambda number, name: [name, number % 3, kind(number)])
    request = listed(tmp_path, NAMES, table)
    assert labels(request) == EXPECTED
    assert "label_column" not in questions(request)


def test_a_split_column_divides_the_images(tmp_path):
    table = rows(
        ["filepaths", "labels", "data set"],
        lambda number, name: [name, kind(number), ("train", "test", "valid")[number // 3 % 3]],
    )
    found = counts(importing.make_preview(listed(tmp_path, NAMES, table)))
    assert found == dict.fromkeys(KINDS, (3, 1, 0))


@pytest.mark.parametrize(
    ("column", "rest", "test"),
    [("is_valid", "False", "True"), ("is_test", 0, 1), ("isTrain", "yes", "no"), ("Is Validation", "0.0", "1.0")],
)
def test_a_column_of_yes_and_no_divides_the_images(column, rest, test, tmp_path):
    table = rows(["name", "label", column], lambda number, name: [name, kind(number), test if number < 3 else rest])
    request = listed(tmp_path, NAMES, table)
    assert counts(importing.make_preview(request)) == dict.fromkeys(KINDS, (3, 1, 0))
    assert "label_column" not in questions(request)


def test_the_user_says_which_number_in_a_split_column_means_test_images(tmp_path):
    table = rows(["name", "label", "split"], lambda number, name: [name, kind(number), number // 3 % 3])
    request = listed(tmp_path, NAMES, table)
    question = questions(request)["test_value"]
    assert not question.answer and [option.value for option in question.options] == ["2", "1", "0", "none"]
    assert counts(importing.make_preview(replace(request, answers={"test_value": "0"}))) == dict.fromkeys(
        KINDS, (2, 2, 0)
    )
    assert counts(importing.make_preview(replace(request, answers={"test_value": "none"}))) == dict.fromkeys(
        KINDS, (0, 0, 4)
    )


def test_folders_called_train_and_test_divide_the_images_of_one_table(tmp_path):
    names = [f"{'train' if number < 9 else 'test'}/{number}.png" for number in range(12)]
    request = zipped(
        tmp_path, names, {"labels.csv": [["file", "label"], *([name, kind(n)] for n, name in enumerate(names))]}
    )
    assert counts(importing.make_preview(request)) == dict.fromkeys(KINDS, (3, 1, 0))


def test_a_part_of_the_images_that_a_table_lists_is_enough(tmp_path):
    table = "file,label\n" + "".join(f"img_{n:02}.png,{kind(n)}\n" for n in range(60))
    request = zipped(tmp_path, NAMES, {"train.csv": table})
    assert labels(request) == EXPECTED and skipped(request)[assign.MISSING] == 48


def test_a_damaged_row_is_named_even_if_files_are_called_by_numbers(tmp_path):
    names = [f"images/{15000 + n}.jpg" for n in range(9)]
    lines = [f"{15000 + n},{kind(n)}" for n in range(9)]
    request = zipped(tmp_path, names, {"styles.csv": "\n".join(["id,kind", *lines[:4], f"{lines[4]},x", *lines[5:]])})
    with pytest.raises(SourceError, match="row 6 has 3 fields"):
        questions(request)


# ---- groups


def test_an_unambiguous_group_column_is_used_and_can_be_changed(tmp_path):
    table = rows(
        ["file", "label", "patient_id", "scanner"],
        lambda number, name: [name, kind(number), f"P{number // 3}", f"model {'ABC'[number // 4]}"],
    )
    request = listed(tmp_path, NAMES, table, label_column="label")
    question = questions(request)["group_column"]
    assert question.text == "Which images belong together?" and question.answer == "patient_id"
    assert [option.value for option in question.options] == ["none", "patient_id", "scanner"]
    assert question.options[1].detail == "4 groups, the largest with 3 images"
    assert {name: item.group for name, item in items(request).items()} == {
        name: f"P{number // 3}" for number, name in enumerate(NAMES)
    }
    other = listed(tmp_path, NAMES, table, label_column="label", group_column="none")
    assert {item.group for item in items(other).values()} == {""}


@pytest.mark.parametrize("column", ["Patient No.", "ID_Patient", "subj", "case-id", "PlantNr"])
def test_a_group_column_may_have_a_word_for_its_number(column, tmp_path):
    table = rows(["file", "fold", "label", column], lambda n, name: [name, n % 4, kind(n), n // 2])
    assert counts_of_groups(zipped(tmp_path, NAMES, {"a.csv": table})) == [2] * 6


def test_an_ambiguous_group_column_is_offered_but_not_used(tmp_path):
    table = rows(["file", "label", "camera"], lambda number, name: [name, kind(number), f"Canon {number // 4}"])
    request = listed(tmp_path, NAMES, table)
    assert questions(request)["group_column"].answer == "none"
    assert {item.group for item in items(request).values()} == {""}
    assert {item.group for item in items(listed(tmp_path, NAMES, table, group_column="camera")).values()} == {
        "Canon 0",
        "Canon 1",
        "Canon 2",
    }


# ---- matching rows to files


@pytest.mark.parametrize(
    "written",
    ["{kind}\\{name}", "./{kind}/{name}", "/home/ann/pets/{kind}/{name}", "C:\\Users\\Ann\\pets\\{kind}\\{name}",
     "old/pets/{kind}/{name}", "s3://bucket/pets/{kind}/{name}", "file:///x/pets/{kind}/{name}", "{kind}/{stem}",
     "../pets/{kind}/{name}", "{kind}/{upper}"],
)  # fmt: skip
def test_names_match_by_their_longest_common_suffix(written, tmp_path):
    names = [f"photos/{kind(number)}/{number // 3:03}.png" for number in range(12)]  # each file name three times
    table = [["path", "label"]]
    for number, name in enumerate(names):
        last = name.split("/")[-1]
        path = written.format(kind=kind(number), name=last, stem=last[:-4], upper=f"{last[:-4]}.PNG")
        table.append([path, f"class {kind(number)}"])
    request = listed(tmp_path, names, table)
    assert labels(request) == {name: f"class {kind(number)}" for number, name in enumerate(names)}
    assert skipped(request) == {}


def test_numbers_without_leading_zeros_or_as_floats_match(tmp_path):
    names = [f"{number:05}.png" for number in range(12)]
    table = [["id", "label"], *([f"{number}.0", kind(number)] for number in range(12))]
    assert labels(listed(tmp_path, names, table)) == {name: kind(number) for number, name in enumerate(names)}


def test_a_row_for_the_test_folder_never_labels_a_file_of_the_training_folder(tmp_path):
    names = [f"train/{number}.png" for number in range(12)]
    table = [["path", "label"], *([name, kind(number)] for number, name in enumerate(names))]
    table += [[f"test/{number}.png", "none"] for number in range(12)]
    request = listed(tmp_path, names, table)
    assert labels(request) == {name: kind(number) for number, name in enumerate(names)}
    assert skipped(request) == {"listed in the table, but missing from the archive": 12}


def test_an_ambiguous_file_name_is_refused(tmp_path):
    names = [f"{folder}/{number}.png" for folder in "ab" for number in range(6)]
    table = [["file", "label"], *([f"{number}.png", kind(number)] for number in range(6))]
    with pytest.raises(SourceError, match=r"row 2 lists '0.png', but several files in the archive have that name"):
        importing.make_preview(listed(tmp_path, names, table))


def test_images_are_preferred_to_masks_of_the_same_name(tmp_path):
    names = [f"{folder}/{number}.png" for folder in ("images", "masks") for number in range(12)]
    table = [["id", "label"], *([number, kind(number)] for number in range(12))]
    assert labels(listed(tmp_path, names, table)) == {f"images/{number}.png": kind(number) for number in range(12)}
