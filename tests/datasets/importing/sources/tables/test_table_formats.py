"""Tables of file names and labels: delimiters, comments, JSON, and what is no table."""

import json

import pytest

from imgcls.datasets import importing
from imgcls.errors import SourceError
from tests.support.importing.label_tables import EXPECTED, NAMES, kind, labels, listed, skipped


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
