"""Tables of file names and labels: the role of each column, and the file of each row."""

import json

import pytest

from imgcls.datasets import importing
from imgcls.datasets.importing.sources import values
from imgcls.datasets.importing.sources.tables import assign
from imgcls.errors import SourceError
from tests.support.importing.label_tables import counts, items, labels, listed, questions, skipped, zipped
from tests.support.uploads import imported

NAMES = [f"img_{number:02}.png" for number in range(12)]
KINDS = ("cat", "dog", "owl")


def kind(number: int) -> str:
    return KINDS[number % 3]


EXPECTED = {name: kind(number) for number, name in enumerate(NAMES)}


def rows(header: list, make) -> list[list]:
    return [header, *(make(number, name) for number, name in enumerate(NAMES))]


# ---- columns


@pytest.mark.parametrize(
    "table",
    [
        rows(["file", "label"], lambda number, name: [name, kind(number)]),
        rows(["label", "file"], lambda number, name: [kind(number), name]),
        rows(["", "file", "label"], lambda number, name: [number, name, kind(number)]),
        rows(["Unnamed: 0", "file", "dx"], lambda number, name: [number, name, kind(number)]),
        rows(["image_id", "diagnosis"], lambda number, name: [name[:-4], kind(number)]),
        rows(["whatever", "something"], lambda number, name: [name, kind(number)]),
        [[name, kind(number)] for number, name in enumerate(NAMES)],
    ],
    ids=["file first", "label first", "unnamed index", "Unnamed: 0", "stems", "any names", "no header"],
)
def test_file_and_label_columns_are_found_in_any_position(table, tmp_path):
    request = listed(tmp_path, NAMES, table)
    assert labels(request) == EXPECTED
    assert skipped(request) == {}
    assert questions(request) == {}


@pytest.mark.parametrize(
    ("header", "sharp"),
    [("#,file,label", ""), ("n,file,label", "#"), ("# written by a microscope\nn,file,label", "")],
    ids=["header", "labels", "comment"],
)
def test_a_line_beginning_with_a_hash_is_only_a_comment_if_it_has_other_fields(header, sharp, tmp_path):
    order = [2, 1, 0] if sharp else [0, 1, 2]  # the label first, so that its lines begin with "#"
    names = header.rpartition("\n")[2].split(",")
    fields = [[str(number), name, sharp + kind(number)] for number, name in enumerate(NAMES)]
    top = [header] if "\n" in header or not sharp else [",".join(names[place] for place in order)]
    text = "\n".join([*top, *(",".join(row[place] for place in order) for row in fields)])
    request = listed(tmp_path, NAMES, text)
    assert labels(request) == {name: sharp + label for name, label in EXPECTED.items()}
    assert skipped(request) == {}


def test_files_may_begin_with_a_hash(tmp_path):
    names = [f"#{name}" for name in NAMES]
    request = listed(tmp_path, names, [["file", "label"], *([name, kind(n)] for n, name in enumerate(names))])
    assert labels(request) == {f"#{name}": label for name, label in EXPECTED.items()}


def test_a_table_of_excel_may_begin_with_its_separator(tmp_path):
    text = "\ufeffsep=;\r\nDatei;Klasse\r\n" + "".join(f"{name};{kind(n)}\r\n" for n, name in enumerate(NAMES))
    assert labels(listed(tmp_path, NAMES, text)) == EXPECTED


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


def test_folders_called_train_and_test_divide_the_images_of_one_table(tmp_path):
    names = [f"{'train' if number < 9 else 'test'}/{number}.png" for number in range(12)]
    request = zipped(
        tmp_path, names, {"labels.csv": [["file", "label"], *([name, kind(n)] for n, name in enumerate(names))]}
    )
    assert counts(importing.make_preview(request)) == dict.fromkeys(KINDS, (3, 1, 0))


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


# ---- values


@pytest.mark.parametrize(
    ("written", "meant"),
    [("1", "1"), ("1.0", "1"), (" 1.00 ", "1"), ("1.000000000000000000e+00", "1"), ("-0.0", "0"), ("nan", ""),
     ("NaN", ""), ("", ""), ("  ", ""), ("<NA>", ""), ("1.5", "1.5"), ("01", "01"), ("none", "none"), ("v1.0", "v1.0"),
     ("1e5", "1e5"), ("NA", "NA")],
)  # fmt: skip
def test_field_values_are_interpreted_consistently(written, meant):
    assert values.canonical(written) == meant


def test_floats_and_integers_are_the_same_class_in_label_tables(tmp_path):
    table = rows(["file", "label"], lambda number, name: [name, f"{number % 2}.0" if number > 5 else number % 2])
    assert set(labels(listed(tmp_path, NAMES, table)).values()) == {"0", "1"}


@pytest.mark.parametrize("written", ["", "nan", "  "])
def test_a_row_without_a_label_is_named(written, tmp_path):
    table = rows(["file", "label"], lambda number, name: [name, written if number == 4 else kind(number)])
    with pytest.raises(SourceError, match=r"'labels.csv', row 6 has no label for 'img_04.png'"):
        importing.make_preview(listed(tmp_path, NAMES, table))


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


# ---- other table formats


def test_commas_inside_labels_do_not_hide_semicolon_delimiters(tmp_path):
    table = "file;label\n" + "".join(f"{name};{('a,b', 'c')[number % 2]}\n" for number, name in enumerate(NAMES))
    assert set(labels(listed(tmp_path, NAMES, table, several_labels="one")).values()) == {"a,b", "c"}


def test_a_space_separated_list_with_comments_is_read(tmp_path):
    table = "# image class\n" + "".join(f"{name} {number % 3}\n" for number, name in enumerate(NAMES))
    assert labels(listed(tmp_path, NAMES, table)) == {name: str(number % 3) for number, name in enumerate(NAMES)}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([{"image": name, "class": label} for name, label in EXPECTED.items()]),
        json.dumps(EXPECTED),
        json.dumps({name: {"class": label} for name, label in EXPECTED.items()}),
        json.dumps({"items": [{"image": name, "class": label} for name, label in EXPECTED.items()]}),
        "\n".join(json.dumps({"file_name": name, "label": label}) for name, label in EXPECTED.items()),
    ],
    ids=["list", "mapping", "nested mapping", "list in an object", "lines"],
)
def test_json_is_read_in_its_common_forms(content, tmp_path):
    assert labels(listed(tmp_path, NAMES, content)) == EXPECTED


def test_a_quoted_line_break_belongs_to_its_field(tmp_path):
    table = "file,label,remark\n" + "".join(f'{n},{label},"two\nlines"\n' for n, label in EXPECTED.items())
    assert labels(listed(tmp_path, NAMES, table)) == EXPECTED


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"file": ["img_00.png"', "is not valid JSON"),
        ("[" * 5000 + "]" * 5000, "nested too deeply|not valid JSON|no list of objects"),
        ("[1, 2]", "holds no list of objects"),
        ('{"file": "img_00.png", "label": "cat"}\n[1]', "row 2 is not a JSON object"),
        ("file,label\n" + "x" * 1_000_001, "row 2 is longer than 1 MB"),
    ],
)
def test_invalid_tables_give_the_reason(content, said, tmp_path):
    with pytest.raises(SourceError, match=said):
        importing.make_preview(listed(tmp_path, NAMES, content))
