"""Tables inside an archive: Kaggle, Roboflow, Hugging Face and others."""

import json

import pytest

from imgcls.datasets import importing
from imgcls.datasets.importing.sources import opened
from imgcls.errors import SourceError
from tests.support.importing.label_tables import counts, items, labels, questions, skipped, zipped
from tests.support.uploads import image, imported

KINDS = ("cat", "dog", "owl")
NAMES = [f"images/{number:02}.png" for number in range(12)]
ROWS = [["image_id", "label"], *([f"{number:02}", KINDS[number % 3]] for number in range(12))]
EXPECTED = {name: KINDS[number % 3] for number, name in enumerate(NAMES)}


def kind(number: int) -> str:
    return KINDS[number % 3]


def test_a_table_in_the_archive_provides_the_classes(tmp_path):
    request = zipped(tmp_path, NAMES, {"train.csv": ROWS})
    assert labels(request) == EXPECTED
    preview = importing.make_preview(request)
    assert preview.skipped == [] and preview.questions == []
    assert "Labels are read from 'train.csv'." in preview.notes
    assert len(importing.make_preview(request).samples) == 12
    assert imported(request)


def test_a_sample_submission_and_a_table_without_labels_are_not_labels(tmp_path):
    names = [f"train/{number:02}.png" for number in range(12)] + [f"test/{number}.png" for number in range(50, 56)]
    request = zipped(
        tmp_path,
        names,
        {
            "train.csv": ROWS,
            "test.csv": [["image_id", "width"], *([number, 12] for number in range(50, 56))],
            "sample_submission.csv": [["image_id", "label"], *([number, "cat"] for number in range(50, 56))],
        },
    )
    assert labels(request) == {f"train/{number:02}.png": kind(number) for number in range(12)}
    assert skipped(request)["in the archive, but not listed in the table"] == 6


def test_train_and_test_tables_divide_the_images(tmp_path):
    tables = {
        "train.csv": [["path", "label"], *([name, EXPECTED[name]] for name in NAMES[:9])],
        "val.csv": [["path", "label"], *([name, EXPECTED[name]] for name in NAMES[9:])],
    }
    assert counts(importing.make_preview(zipped(tmp_path, NAMES, tables))) == dict.fromkeys(KINDS, (3, 1, 0))


@pytest.mark.parametrize("folder", ["train", "train_images"])
def test_a_table_called_train_means_the_files_of_that_folder(folder, tmp_path):
    names = [f"{place}/{number:02}.png" for place in (folder, folder.replace("train", "test")) for number in range(12)]
    table = [["Id", "Category"], *([f"{number:02}.png", kind(number)] for number in range(12))]
    request = zipped(tmp_path, names, {"train.csv": table, "test.csv": [["Id"], *([f"{n:02}.png"] for n in range(12))]})
    assert labels(request) == {name: kind(number) for number, name in enumerate(names[:12])}
    assert skipped(request)["in the archive, but not listed in the table"] == 12


def test_two_different_label_tables_raise_a_question(tmp_path):
    extra = {
        "colours.csv": [["file", "colour"], *([name, ("red", "blue")[n % 2]] for n, name in enumerate(NAMES))],
        "shapes.csv": [["file", "shape"], *([name, kind(n)] for n, name in enumerate(NAMES))],
    }
    question = questions(zipped(tmp_path, NAMES, extra))["table"]
    assert question.answer == "" and [option.label for option in question.options] == ["colours.csv", "shapes.csv"]
    assert labels(zipped(tmp_path, NAMES, extra, table="2")) == EXPECTED


def test_conflicting_class_folders_and_table_are_both_shown(tmp_path):
    names = [f"site {'AB'[number % 2]}/{number:02}.png" for number in range(12)]
    extra = {"labels.csv": [["file", "label"], *([name, kind(n)] for n, name in enumerate(names))]}
    question = questions(zipped(tmp_path, names, extra))["classes_from"]
    assert question.answer == "table"
    assert [option.detail for option in question.options] == ["3 classes: cat, dog, owl", "2 classes: site A, site B"]
    assert set(labels(zipped(tmp_path, names, extra, classes_from="folders")).values()) == {"site A", "site B"}


def test_consistent_class_folders_and_table_raise_no_question(tmp_path):
    names = [f"{kind(number)}/{number:02}.png" for number in range(12)]
    extra = {"labels.csv": [["file", "label"], *([name, kind(n)] for n, name in enumerate(names))]}
    assert questions(zipped(tmp_path, names, extra)) == {}


def test_without_a_label_table_the_folders_provide_the_classes(tmp_path):
    names = [f"{kind(number)}/{number:02}.png" for number in range(12)]
    extra = {
        "statistics.csv": [["class", "count"], *([label, 4] for label in KINDS)],
        "captions.csv": [["file", "caption"], *([name, f"picture number {n}"] for n, name in enumerate(names))],
        "README.txt": "Pets. Three classes.\n",
    }
    assert labels(zipped(tmp_path, names, extra)) == {name: kind(n) for n, name in enumerate(names)}


def test_a_damaged_table_is_an_error_and_does_not_make_folders_classes(tmp_path):
    names = [f"part {'AB'[number % 2]}/{number:02}.png" for number in range(12)]
    table = "file,label\n" + "".join(f"{name},cat\n" for name in names[:6]) + f"{names[6]},cat,dog\n"
    with pytest.raises(SourceError, match=r"'labels.csv', row 8 has 3 fields. Expected 2"):
        importing.make_preview(zipped(tmp_path, names, {"labels.csv": table}))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("label_num_to_name.json", json.dumps({"0": "cat", "1": "dog", "2": "owl"})),
        ("class_to_idx.json", json.dumps({"cat": 0, "dog": 1, "owl": 2})),
        ("classes.csv", "ClassId,Name\n0,cat\n1,dog\n2,owl\n"),
        ("classes.txt", "cat\ndog\nowl\n"),
        ("labels.txt", "0 cat\n1 dog\n2 owl\n"),
        ("data.yaml", "path: .\nnc: 3\nnames:\n  0: cat\n  1: dog\n  2: owl\n"),
        ("data.yml", "names: ['cat', 'dog', 'owl']\n"),
    ],
)
def test_class_numbers_get_their_names_from_a_neighbouring_file(name, content, tmp_path):
    table = [["image_id", "label"], *([f"{number:02}", number % 3] for number in range(12))]
    request = zipped(tmp_path, NAMES, {"train.csv": table, name: content})
    assert labels(request) == EXPECTED
    assert f"Class numbers are replaced by the names in '{name}'." in importing.make_preview(request).notes


def test_a_table_of_test_images_only_is_refused_with_the_reason(tmp_path):
    table = [["image_id", "label", "split"], *([f"{number:02}", KINDS[number % 2], "test"] for number in range(4))]
    request = zipped(tmp_path, NAMES[:4], {"labels.csv": table})
    with pytest.raises(SourceError, match="All 4 images are test images, so there are none to train on"):
        importing.make_preview(request)


def test_an_unrelated_list_of_numbers_does_not_rename_classes(tmp_path):
    table = [["image_id", "label"], *([f"{number:02}", number % 3] for number in range(12))]
    others = {
        "patients.csv": "".join(f"{number},city {number}\n" for number in range(40)),
        "two.json": json.dumps({"0": "cat", "1": "dog"}),
        "sizes.json": json.dumps({"cat": 4, "dog": 4}),
    }
    assert set(labels(zipped(tmp_path, NAMES, {"train.csv": table} | others)).values()) == {"0", "1", "2"}


# ---- Roboflow


def test_roboflow_writes_a_table_of_0_and_1_per_split(tmp_path):
    def table(numbers):
        return "filename, cat, dog\n" + "".join(f"{n}.png, {n % 2}, {int(n % 3 == 0)}\n" for n in numbers)

    parts = {"train": range(12), "valid": range(12, 18), "test": range(18, 24)}
    names = [f"{part}/{number}.png" for part, numbers in parts.items() for number in numbers]
    request = zipped(tmp_path, names, {f"{part}/_classes.csv": table(numbers) for part, numbers in parts.items()})
    found = items(request)
    assert found["train/3.png"].label == ("cat", "dog") and found["train/2.png"].label == ()
    assert found["valid/15.png"].part == "train" and found["test/21.png"].part == "test"
    assert importing.make_preview(request).multilabel_total == 24
    assert skipped(request) == {}


# ---- Hugging Face


def test_cvat_lists_its_classes_in_a_file_of_synsets(tmp_path):
    names = [f"images/{number:02}.png" for number in range(12)]
    listed = "".join(f"{name} {number % 3}\n" for number, name in enumerate(names))
    found = labels(zipped(tmp_path, names, {"default.txt": listed, "synsets.txt": "\n".join(KINDS)}))
    assert found == {name: kind(number) for number, name in enumerate(names)}


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_hugging_face_metadata_uses_paths_relative_to_itself(form, tmp_path):
    files = {}
    for part in ("train", "test"):
        rows = [{"file_name": f"{number}.png", "label": kind(number), "width": 12} for number in range(9)]
        files[f"data/{part}/metadata.{form}"] = (
            "\n".join(map(json.dumps, rows))
            if form == "jsonl"
            else [["file_name", "label", "width"], *(list(row.values()) for row in rows)]
        )
    names = [f"data/{part}/{number}.png" for part in ("train", "test") for number in range(9)]
    request = zipped(tmp_path, names, files)
    assert labels(request) == {name: kind(int(name.split("/")[-1][:-4])) for name in names}
    assert counts(importing.make_preview(request)) == dict.fromkeys(KINDS, (3, 3, 0))


def parquet(rows: list[dict], metadata: dict | None = None, **options) -> bytes:
    import pyarrow as arrow
    from pyarrow import parquet as writer

    table = arrow.Table.from_pylist(rows)
    if metadata:
        table = table.replace_schema_metadata({"huggingface": json.dumps(metadata)})
    sink = arrow.BufferOutputStream()
    writer.write_table(table, sink, **options)
    return sink.getvalue().to_pybytes()


def pictures(first: int = 0, count: int = 12) -> list[dict]:
    return [
        {"image": {"bytes": image(first + number), "path": f"{number}.png"}, "label": number % 3}
        for number in range(count)
    ]


CLASS_LABEL = {"info": {"features": {"image": {"_type": "Image"}, "label": {"names": KINDS, "_type": "ClassLabel"}}}}


def test_parquet_with_image_bytes_is_imported_with_the_names_of_its_classes(tmp_path):
    (tmp_path / "pets.parquet").write_bytes(parquet(pictures(), CLASS_LABEL, row_group_size=5))
    request = importing.of_file(tmp_path / "pets.parquet")
    preview = importing.make_preview(request)
    assert counts(preview) == dict.fromkeys(KINDS, (0, 0, 4))
    assert len(preview.samples) == 12
    from imgcls import datasets

    data = datasets.open_dataset(imported(request, side=28))
    assert data.facts.classes == KINDS and len(data.x_train) + len(data.x_test) == 12


def test_parquet_files_in_an_archive_are_the_splits_of_a_dataset(tmp_path):
    extra = {
        "data/train-00000-of-00002.parquet": parquet(pictures(0)),
        "data/train-00001-of-00002.parquet": parquet(pictures(100)),
        "data/test-00000-of-00001.parquet": parquet(pictures(200)),
    }
    found = counts(importing.make_preview(zipped(tmp_path, [], extra)))
    assert found == {str(number): (8, 4, 0) for number in range(3)}


def test_a_thumbnail_in_a_repository_of_parquet_files_is_skipped(tmp_path):
    request = zipped(tmp_path, ["repo/thumbnail.png"], {"repo/data/train-00000-of-00001.parquet": parquet(pictures())})
    assert counts(importing.make_preview(request)) == {str(number): (0, 0, 4) for number in range(3)}
    assert skipped(request) == {"an image next to a file that holds the dataset": 1}


def test_parquet_with_two_label_columns_raises_a_question(tmp_path):
    rows = [{"img": image(n), "shape": kind(n), "colour": ("red", "blue")[n % 2]} for n in range(12)]
    (tmp_path / "pets.parquet").write_bytes(parquet(rows))
    request = importing.of_file(tmp_path / "pets.parquet")
    assert [option.value for option in questions(request)["label_column"].options] == ["shape", "colour"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda: parquet([{"text": "a", "label": 1}]), "has no column with image files"),
        (lambda: parquet(pictures())[:-40], "damaged, or is not a parquet file"),
        (lambda: b"PAR1" + bytes(100), "damaged, or is not a parquet file"),
    ],
)
def test_parquet_without_images_gives_the_reason(content, said, tmp_path):
    (tmp_path / "pets.parquet").write_bytes(content())
    with pytest.raises(SourceError, match=said):
        importing.make_preview(importing.of_file(tmp_path / "pets.parquet"))


@pytest.mark.parametrize("part", ["test", "val"])
def test_a_table_of_the_test_images_completes_class_folders(part, tmp_path):
    names = [f"train/{label}/{n}.png" for label in ("cat", "dog", "owl") for n in range(8)]
    tested = [f"{part}/img_{n}.png" for n in range(9)]
    table = [["file", "label"], *([name.rpartition("/")[2], kind(n)] for n, name in enumerate(tested))]
    request = zipped(tmp_path, names + tested, {f"{part}.csv": table})
    assert counts(importing.make_preview(request)) == dict.fromkeys(("cat", "dog", "owl"), (8, 3, 0))
    assert not questions(request) and f"'{part}.csv'" in importing.make_preview(request).notes[0]


def test_a_table_of_other_labels_than_the_folders_counts_alone(tmp_path):
    names = [f"train/{label}/{n}.png" for label in ("cat", "dog") for n in range(4)]
    tested = [f"test/img_{n}.png" for n in range(9)]
    table = [["file", "label"], *([name.rpartition("/")[2], ("day", "night")[n % 2]] for n, name in enumerate(tested))]
    request = zipped(tmp_path, names + tested, {"test.csv": table})
    assert set(labels(request).values()) == {"day", "night"} and importing.make_preview(request).skips_many


def test_tables_of_several_folds_raise_a_question(tmp_path):
    extra = {}
    for fold in (0, 1):
        for part in ("train", "val"):
            chosen = [n for n in range(12) if (n // 3 % 2 == fold) == (part == "val")]
            extra[f"{part}_fold{fold}.csv"] = [["file", "label"], *([f"{n:02}.png", kind(n)] for n in chosen)]
    question = questions(zipped(tmp_path, NAMES, extra))["fold"]
    assert question.answer == ""
    assert [option.label for option in question.options] == [
        "train_fold0.csv, val_fold0.csv",
        "train_fold1.csv, val_fold1.csv",
    ]
    found = importing.make_preview(zipped(tmp_path, NAMES, extra, fold="2"))
    assert counts(found) == dict.fromkeys(KINDS, (2, 2, 0))
    with opened(zipped(tmp_path, NAMES, extra, fold="2")) as source:
        assert {item.name for item in source.items if item.part == "test"} == set(NAMES[3:6] + NAMES[9:])


def test_names_in_links_match(tmp_path):
    names = [f"p/my cat {n}.png" for n in range(12)]
    links = [["url", "label"], *([f"https://host/a/my%20cat%20{n}.png?dl=1", kind(n)] for n in range(12))]
    assert labels(zipped(tmp_path, names, {"t.csv": links})) == {name: kind(n) for n, name in enumerate(names)}
