"""What the columns and rows of a table mean: classes, groups, flags, votes; and what only the user can say."""

from dataclasses import replace

import pytest

from imgcls import datasets
from imgcls.datasets.importing.sources import opened
from tests.support.importing.label_tables import KINDS, items, kind, labels, numbered, photos, questions, zipped
from tests.support.uploads import imported


def test_several_rows_per_image_are_multiple_labels_or_votes(tmp_path):
    names = numbered("")
    rows = [["ImageID", "LabelName"]]
    for n, name in enumerate(names):
        rows += [[name[:-4], kind(n)], [name[:-4], kind(n)], [name[:-4], kind(n + n % 2)]]
    request = zipped(tmp_path, names, {"annotations.csv": rows})
    question = questions(request)["repeated_rows"]
    assert question.answer == "" and question.text.startswith("6 images are in several rows")
    assert labels(replace(request, answers={"repeated_rows": "several"}))["001.png"] == ("dog", "owl")
    assert labels(replace(request, answers={"repeated_rows": "most"})) == {
        name: kind(n) for n, name in enumerate(names)
    }


def test_a_fold_keeps_its_images_together(tmp_path):
    names = numbered("images/")
    rows = [["filename", "fold", "category"], *([name[7:], n // 4, kind(n)] for n, name in enumerate(names))]
    request = zipped(tmp_path, names, {"meta.csv": rows})
    assert questions(request)["group_column"].answer == "fold" and "label_column" not in questions(request)
    assert items(request)[names[5]].group == "1"


def test_labels_in_several_forms_raise_a_question(tmp_path):
    names = numbered("images/")
    voc = "<annotation><filename>{}</filename><object><name>{}</name></object></annotation>"
    files = {f"annotations/{n:03}.xml": voc.format(name[7:], kind(n)) for n, name in enumerate(names)}
    files["labels.csv"] = [["file", "label"], *([name, ("red", "blue")[n % 2]] for n, name in enumerate(names))]
    question = questions(zipped(tmp_path, names, files))["labels_from"]
    assert question.answer == "" and [option.value for option in question.options] == ["voc", "label_table"]
    assert set(labels(zipped(tmp_path, names, files, labels_from="label_table")).values()) == {"red", "blue"}


def test_images_imported_from_a_table_keep_group_and_name(tmp_path):
    names = numbered("images/", 30)
    rows = [["file", "label", "patient"], *([name[7:], kind(n), f"P{n // 3}"] for n, name in enumerate(names))]
    request = zipped(tmp_path, names, {"labels.csv": rows})
    stored = datasets.open_dataset(imported(request))
    assert len(stored.x_train) + len(stored.x_test) == 30


def test_every_photo_is_labelled_by_its_own_row(tmp_path):
    names = numbered("photos/", 30)
    rows = [["name", "class"], *([name[7:], kind(n * n)] for n, name in enumerate(names))]
    expected = {data: kind(n * n) for n, data in enumerate(photos(names).values())}
    with opened(zipped(tmp_path, names, {"x.csv": rows})) as source:
        assert {source.bytes_of(item): item.label for item in source.items} == expected


def test_two_columns_of_flags_next_to_a_column_of_classes_are_asked_about(tmp_path):
    rows = [["file", "is_blurred", "is_cropped", "kind"]]
    rows += [[f"{n:03}.png", int(n % 2 == 0), int(n % 3 == 0), kind(n)] for n in range(12)]
    request = zipped(tmp_path, numbered(""), {"table.csv": rows})
    assert questions(request)["label_column"].answer == ""


def test_counters_that_are_always_0_are_no_labels(tmp_path):
    rows = [["file", "regions", "region", "kind"], *([f"{n:03}.png", 0, 0, kind(n)] for n in range(12))]
    assert set(labels(zipped(tmp_path, numbered(""), {"table.csv": rows})).values()) == set(KINDS)


def test_a_table_that_r_wrote_has_no_name_for_its_first_column(tmp_path):
    lines = ["kind size", *(f"{n:03}.png {kind(n)} {n + 0.5}" for n in range(12))]
    found = labels(zipped(tmp_path, numbered(""), {"table.txt": "\n".join(lines)}))
    assert found == {name: kind(n) for n, name in enumerate(numbered(""))}


def test_a_list_of_files_gives_no_names_of_classes(tmp_path):
    names = [f"images/{label}/{n}.png" for label in "ab" for n in range(6)]
    lists = {
        "folds/train.txt": "\n".join(f"{name} {int('/b/' in name)}" for name in names if "/5" not in name),
        "folds/test.txt": "images/a/5.png 0\nimages/b/5.png 1",
    }
    assert set(labels(zipped(tmp_path, names, lists)).values()) == {"0", "1"}


def test_a_table_of_classes_and_their_families_is_asked_about(tmp_path):
    names = [f"{label}/{n}.png" for label in ("oak", "beech", "birch", "alder") for n in range(3)]
    rows = [["class", "family"], ["oak", "F"], ["beech", "F"], ["birch", "B"], ["alder", "B"]]
    request = zipped(tmp_path, names, {"classes.csv": rows})
    assert questions(request)["classes_from"].answer == ""
    answered = replace(request, answers={"classes_from": "folders"})
    assert set(labels(answered).values()) == {"oak", "beech", "birch", "alder"}


@pytest.mark.parametrize(
    ("yes", "no"),
    [("WAHR", "FALSCH"), ("VRAI", "FAUX"), ("VERDADERO", "FALSO"), ("Ja", "Nein"), ("ИСТИНА", "ЛОЖЬ"), ("x", "")],
)
def test_words_for_yes_and_no_of_other_languages_and_crosses_are_flags(yes, no, tmp_path):
    names = numbered("")
    table = [["file", "cat", "dog"], *([name, *((yes, no)[:: (1, -1)[n % 2]])] for n, name in enumerate(names))]
    request = zipped(tmp_path, names, {"labels.csv": table})
    assert labels(request) == {name: ("cat", "dog")[n % 2] for n, name in enumerate(names)}
    assert questions(request) == {}


def test_columns_with_the_same_two_unknown_words_are_not_taken_for_one_label(tmp_path):
    names = numbered("")
    table = [["file", "cat", "dog"], *([name, *(("ano", "ne")[:: (1, -1)[n % 2]])] for n, name in enumerate(names))]
    question = questions(zipped(tmp_path, names, {"labels.csv": table}))["label_column"]
    assert question.answer == "" and [option.value for option in question.options] == ["cat", "dog"]


def test_a_single_column_of_yes_and_no_is_the_class(tmp_path):
    names = numbered("")
    table = [["file", "Schaden"], *([name, ("ja", "nein")[n % 2]] for n, name in enumerate(names))]
    assert set(labels(zipped(tmp_path, names, {"labels.csv": table})).values()) == {"ja", "nein"}


def test_a_table_of_dataverse_is_read(tmp_path):
    names = numbered("images/")
    lines = ["lesion_id\timage_id\tdx", *(f"L{n}\t{name[7:-4]}\t{kind(n)}" for n, name in enumerate(names))]
    request = zipped(tmp_path, names, {"metadata.tab": "\n".join(lines)})
    assert labels(request) == {name: kind(n) for n, name in enumerate(names)}


def test_of_several_tables_the_one_that_lists_most_images_comes_first(tmp_path):
    names = numbered("Train/") + [f"Meta/{n}.png" for n in range(3)]
    few = [["Path", "Shape", "Colour"], *([f"Meta/{n}.png", n % 2, "red"] for n in range(3))]
    many = [["Width", "ClassId", "Path"], *([12, kind(n), name] for n, name in enumerate(names[:12]))]
    request = zipped(tmp_path, names, {"Meta.csv": few, "Train.csv": many})
    assert set(labels(request).values()) == set(KINDS)
