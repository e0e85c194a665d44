"""Sources other than archives of folders: label tables, server folders and single images."""

import zipfile
from io import BytesIO

import pytest
from PIL import Image

from imgcls import datasets
from imgcls.datasets import importing
from imgcls.datasets.importing import ImportRequest
from imgcls.datasets.importing.execution import job
from imgcls.datasets.importing.sources import single_images
from imgcls.errors import SourceError
from tests.support.importing.imported import counts, images_of
from tests.support.uploads import archive, csv, image, imported, leaves


def test_a_label_table_next_to_an_archive_is_read(tmp_path):
    files = {f"photos/{number}.png": image(number) for number in range(12)}
    archive(tmp_path / "photos.zip", files | {"photos/99.png": image(99)})
    rows = [["id", "breed"], *[[f"{number}", "dog" if number % 2 else "cat"] for number in range(12)], ["77", "cat"]]
    (tmp_path / "labels.csv").write_text(csv(rows))
    order = ImportRequest(
        "listing", str(tmp_path / "photos.zip"), "photos.zip", str(tmp_path / "labels.csv"), "labels.csv"
    )
    name = imported(order)

    assert counts(name) == {"cat": (5, 1), "dog": (5, 1)}
    skipped = {reason: first for reason, _, first in datasets.custom_dataset(name).skipped}
    assert skipped["listed in the table, but missing from the archive"][-1] == "77"
    assert skipped["in the archive, but not listed in the table"] == ("photos/99.png",)
    data = datasets.open_dataset(name)
    dogs = {images_of(files[f"photos/{number}.png"]) for number in range(1, 12, 2)}
    learnt = zip(data.x_train, data.y_train, strict=True)
    assert {array.tobytes() for array, label in learnt if label == 1} < dogs


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("file\n1.png\n", "has only one column"),
        ("file,a,b\n1.png,x,y\n", "none called 'label'"),
        ("file,label\n1.png,\n", "row 2 has no label for '1.png', and neither has any other row"),
        ("file,label\n1.png,cat\n1.png,dog\n", "row 3 labels '1.png' as 'dog', an earlier row as 'cat'"),
        ("file,label\nother.png,cat\n", "lists no image of the archive"),
        ("file,label\n1.png,cat,dog\n", "row 2 has 3 fields. Expected 2"),
    ],
)
def test_an_unusable_label_table_gives_the_reason(text, sentence, tmp_path):
    archive(tmp_path / "photos.zip", {f"{number}.png": image(number) for number in range(4)})
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(SourceError, match=sentence):
        importing.make_preview(
            ImportRequest("listing", str(tmp_path / "photos.zip"), "p.zip", str(tmp_path / "labels.csv"), "labels.csv")
        )


def test_only_folders_below_the_configured_root_can_be_imported(tmp_path, monkeypatch):
    (tmp_path / "root").mkdir()
    (tmp_path / "outside").mkdir()
    for place in ("root/leaves", "outside/leaves"):
        with zipfile.ZipFile(BytesIO(), "w"):
            for path, data in leaves(before=f"{place}/").items():
                (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / path).write_bytes(data)
    (tmp_path / "root" / "way-out").symlink_to(tmp_path / "outside")
    (tmp_path / "root" / "leaves" / "oak" / "link.png").symlink_to(tmp_path / "outside" / "leaves" / "oak" / "0.png")
    (tmp_path / "root" / "leaves" / "more").symlink_to(tmp_path / "outside" / "leaves" / "oak")
    with pytest.raises(SourceError, match="Set IMGCLS_IMPORT_ROOT"):
        importing.from_root("leaves")
    monkeypatch.setenv("IMGCLS_IMPORT_ROOT", str(tmp_path / "root"))
    for path in ("../outside/leaves", "way-out/leaves", str(tmp_path / "outside"), "leaves\0", "none"):
        with pytest.raises(SourceError):
            importing.from_root(path)
    name = imported(importing.from_root("leaves"))
    assert counts(name) == {"birch": (4, 1), "oak": (4, 1)}
    assert {reason: count for reason, count, _ in datasets.custom_dataset(name).skipped} == {"a link": 2}


def test_single_images_are_imported_class_by_class(tmp_path):
    folder = job.make_folder(job.new_id())
    for number in range(4):
        single_images.add(folder, "mug", image(number, "JPEG", 600, 900), f"{number}.jpg")
        single_images.add(folder, " pen\n", image(50 + number), "x.png")
    single_images.add(folder, "mug", image(7), "wrong.png")
    single_images.remove_last(folder, "mug")
    assert single_images.counts(folder) == {"mug": 4, "pen": 4}
    for path in (folder / "pictures").iterdir():
        assert min(Image.open(path).size) <= single_images.STORED_SIDE and path.suffix == ".png"
    with pytest.raises(SourceError, match="The class has no name"):
        single_images.add(folder, " ", image(1), "x.png")
    with (folder / "pictures.jsonl").open("a") as file:
        file.write('{"file": "0000')
    single_images.add(folder, "pen", image(60), "x.png")
    assert counts(imported(ImportRequest("pictures", str(folder), "yours"))) == {"mug": (3, 1), "pen": (4, 1)}
