"""Files that hold images or labels which an import cannot read are named with what to do, never dropped in silence."""

import pytest

from imgcls.datasets.importing import ImportRequest, make_preview
from imgcls.errors import SourceError
from tests.datasets.importing.sources.test_layouts import read
from tests.support.uploads import archive, image

PETS = {f"{label}/{number}.png": image(10 * place + number) for place, label in enumerate("ab") for number in range(4)}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("c.zip", "in an archive within the archive: unpack it first"),
        ("walk/1.mp4", "in a video format: extract frames as images"),
        ("c/1.jp2", "in an unsupported image format: convert to JPEG"),
        ("c/1.dcm", "in a medical or microscope format: export as PNG or TIFF"),
        ("c/scan.nii.gz", "in a medical or microscope format: export as PNG or TIFF"),
        ("train_lmdb/data.mdb", "in a TFRecord, LMDB or RecordIO file: export the images as files"),
        (
            "flowers.tfrecord-00000-of-00002",
            "in a TFRecord, LMDB or RecordIO file: export the images as files",
        ),
        ("labels.xlsx", "in a spreadsheet: save it as CSV UTF-8"),
        ("features.npy", "in a file of arrays, which is only read without images next to it"),
    ],
)
def test_such_a_file_is_skipped_with_advice_and_an_open_warning(name, said, tmp_path):
    many = {f"a/more_{number}.png": image(1000 + number) for number in range(120)}
    found = make_preview(archive(tmp_path / "brought.zip", PETS | many | {name: b"some bytes"}))
    assert [(row["reason"], row["count"]) for row in found.skipped] == [(said, 1)]
    assert found.skips_many, "one file of many, but it may hold images or labels"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("walk/1.mp4", "in a video format"),
        ("a/1.dcm", "in a medical or microscope format"),
        ("a/IM0001", "1 without a file extension .images need one"),
    ],
)
def test_an_archive_of_only_such_files_is_refused_with_the_reason(name, said, tmp_path):
    with pytest.raises(SourceError, match=said):
        read(tmp_path, [name])


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            "file,label\nphoto_1.jpg,a\nphoto_2.jpg,b\n",
            "'t.csv' is not used, because the archive has no 'photo_1.jpg'.",
        ),
        (
            "Bild;A;B\n" + "".join(f"{n};0,{9 - n % 2};0,{1 + n % 2}\n" for n in range(1, 7)),
            "'t.csv' lists images, but no column",
        ),
        ("id,score\n1,0.5\n2,17.25\n3,2.5\n4,8.75\n5,1.5\n6,4.5\n", "'t.csv' lists images, but no column"),
    ],
)
def test_a_table_that_cannot_be_used_is_named_if_nothing_else_gives_the_classes(table, said, tmp_path):
    with pytest.raises(SourceError) as caught:
        read(tmp_path, [f"images/{number}.jpg" for number in range(1, 7)], {"t.csv": table})
    assert "Nothing says what the classes are" in str(caught.value) and said in str(caught.value)


def test_a_single_file_of_another_format_is_refused_with_advice(tmp_path):
    (tmp_path / "flowers.tfrecord").write_bytes(b"d\0\0\0\0\0\0\0abcd" + b"x" * 300)
    with pytest.raises(SourceError, match=r"'flowers\.tfrecord' is in a TFRecord, LMDB or RecordIO file: export"):
        make_preview(ImportRequest("file", str(tmp_path / "flowers.tfrecord"), "flowers.tfrecord"))


@pytest.mark.parametrize("file", ["labels.yaml", "notes.json"])
def test_a_file_that_names_images_in_an_unknown_form_is_named(file, tmp_path):
    names = [f"images/photo_{number}.jpg" for number in range(6)]
    text = "".join(f"photo_{number}.jpg: oak\n" for number in range(6)) + "{"
    with pytest.raises(SourceError, match=f"'{file}' names images, but not in a form that is read: save file names"):
        read(tmp_path, names, {file: text})


def test_arrays_next_to_images_without_classes_are_named(tmp_path):
    with pytest.raises(
        SourceError, match=r"'imagelabels\.mat' and 'setid\.mat' may hold labels, but arrays are not read"
    ):
        read(tmp_path, [f"jpg/image_{n:05}.jpg" for n in range(1, 9)], {"imagelabels.mat": "x", "setid.mat": "x"})


def test_one_folder_of_images_is_named_with_what_is_expected(tmp_path):
    with pytest.raises(SourceError) as caught:
        read(tmp_path, [f"UTKFace/{20 + number}_1_{number % 3}_201701.jpg" for number in range(9)])
    said = str(caught.value)
    assert (
        "only one with enough of them: 9 images are in that folder" in said and "Expected one folder per class" in said
    )


def test_a_table_of_patients_next_to_class_folders_is_used(tmp_path):
    names = [f"{label}/{label}{n}.jpg" for label in ("ill", "well") for n in range(6)]
    table = "file,patient\n" + "".join(f"{name},P{place // 3}\n" for place, name in enumerate(names))
    source = read(tmp_path, names, {"metadata.csv": table})
    assert (len(set(source.groups)), source.notes, source.skipped.rows()) == (4, [], [])


def test_a_spreadsheet_next_to_images_without_classes_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"'labels\.xlsx' cannot be read: save it as CSV UTF-8"):
        read(tmp_path, [f"images/{number}.jpg" for number in range(6)], {"labels.xlsx": "PK"})


def test_a_spreadsheet_alone_is_named(tmp_path):
    files = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}
    with pytest.raises(SourceError, match=r"'labels\.xlsx' is an Office document\. Save the sheet as"):
        make_preview(archive(tmp_path / "labels.xlsx", files))


def test_a_table_of_other_images_is_noted_next_to_class_folders(tmp_path):
    source = read(tmp_path, list(PETS), {"labels.csv": "file,label\nphoto_1.jpg,a\nphoto_2.jpg,b\n"})
    assert source.notes == ["'labels.csv' is not used, because the archive has no 'photo_1.jpg'."]
