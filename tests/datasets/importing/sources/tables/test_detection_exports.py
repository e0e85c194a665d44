"""Bounding boxes as COCO, YOLO, Pascal VOC, Create ML and tables describe them."""

import json
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from imgcls import datasets
from imgcls.datasets import importing
from imgcls.datasets.importing.pixels import decode
from imgcls.datasets.importing.sources import opened
from imgcls.errors import SourceError
from tests.support.importing.label_tables import counts, items, labels, questions, skipped, zipped
from tests.support.uploads import imported

COLOURS = {"red": (250, 10, 10), "green": (10, 250, 10), "blue": (10, 10, 250)}
WIDTH, HEIGHT = 80, 40


def test_boxes_without_a_header_raise_the_question(tmp_path):
    names = [f"{number}.png" for number in range(9)]
    lines = "".join(f"{name},2,3,20,{30 + n},{list(COLOURS)[n % 3]},{WIDTH},{HEIGHT}\n" for n, name in enumerate(names))
    assert items(zipped(tmp_path, names, {"boxes.csv": lines}, boxes="crops"))["4.png#1"].box == (2, 3, 20, 34)
    assert "boxes" in questions(zipped(tmp_path, names, {"boxes.csv": lines}))


def scene(objects: list[tuple[str, tuple[int, int, int, int]]], shade: int) -> bytes:
    """A grey image with a coloured rectangle in each box."""
    pixels = np.full((HEIGHT, WIDTH, 3), 100 + shade, np.uint8)
    for colour, (left, top, right, bottom) in objects:
        pixels[top:bottom, left:right] = COLOURS[colour]
        pixels[top : top + 2, left:right] = np.clip(np.array(COLOURS[colour]) - shade, 0, 255)  # all different
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def objects(number: int) -> list[tuple[str, tuple[int, int, int, int]]]:
    """One or two objects; the first is larger."""
    names = list(COLOURS)
    found = [(names[number % 3], (2 + number, 4, 32 + number, 24))]
    return found + [(names[(number + 1) % 3], (60, 20, 72, 36))] * (number % 2)


def files(prefix: str = "") -> dict[str, bytes]:
    return {f"{prefix}{number}.png": scene(objects(number), number) for number in range(12)}


def coco(name: str = "") -> str:
    images = [{"id": 7 + n, "file_name": f"{name}{n}.png", "width": WIDTH, "height": HEIGHT} for n in range(12)]
    annotations = [
        {"id": 1, "image_id": 7 + n, "category_id": 10 + list(COLOURS).index(label), "bbox": [x, y, r - x, b - y]}
        for n in range(12)
        for label, (x, y, r, b) in objects(n)
    ]
    categories = [{"id": 0, "name": "colours", "supercategory": "none"}]
    categories += [
        {"id": 10 + number, "name": label, "supercategory": "colours"} for number, label in enumerate(COLOURS)
    ]
    return json.dumps({"images": images, "annotations": annotations, "categories": categories})


def yolo() -> dict[str, str]:
    names = list(COLOURS)
    found = {}
    for n in range(12):
        lines = []
        for label, (x, y, r, b) in objects(n):
            centre = (x + r) / 2 / WIDTH, (y + b) / 2 / HEIGHT, (r - x) / WIDTH, (b - y) / HEIGHT
            lines.append(f"{names.index(label)} " + " ".join(f"{value:.6f}" for value in centre))
        found[f"labels/{n}.txt"] = "\n".join(lines) + "\n"
    return found


def voc() -> dict[str, str]:
    return {
        f"Annotations/{n}.xml": f"<annotation><folder>x</folder><filename>{n}.png</filename>"
        + "".join(
            f"<object><name>{label}</name><bndbox><xmin>{x}</xmin><ymin>{y}</ymin><xmax>{r}</xmax><ymax>{b}</ymax>"
            "</bndbox></object>"
            for label, (x, y, r, b) in objects(n)
        )
        + "</annotation>"
        for n in range(12)
    }


def createml() -> str:
    return json.dumps(
        [
            {
                "image": f"{n}.png",
                "annotations": [
                    {
                        "label": label,
                        "coordinates": {"x": (x + r) / 2, "y": (y + b) / 2, "width": r - x, "height": b - y},
                    }
                    for label, (x, y, r, b) in objects(n)
                ],
            }
            for n in range(12)
        ]
    )


def table() -> list[list]:
    head = ["filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax"]
    return [head, *([f"{n}.png", WIDTH, HEIGHT, label, *box] for n in range(12) for label, box in objects(n))]


EXPORTS = {
    "COCO": lambda: files("images/") | {"annotations/instances.json": coco()},
    "YOLO": lambda: files("images/") | yolo() | {"data.yaml": "nc: 3\nnames: ['red', 'green', 'blue']\n"},
    "VOC": lambda: files("JPEGImages/") | voc(),
    "Create ML": lambda: files() | {"_annotations.createml.json": createml()},
    "table": lambda: files() | {"_annotations.csv": table()},
}


def request_of(export: str, tmp_path, **answers: str):
    return zipped(tmp_path, [], EXPORTS[export](), **answers)


@pytest.mark.parametrize("export", EXPORTS)
def test_the_user_chooses_how_boxes_are_used(export, tmp_path):
    request = request_of(export, tmp_path)
    question = questions(request)["boxes"]
    assert question.answer == ""
    assert [option.value for option in question.options] == ["several", "largest", "crops"]
    assert question.options[2].detail == "18 images, 3 classes: blue, green, red"
    with pytest.raises(SourceError, match="Choose boxes=several or boxes=largest or boxes=crops"):
        imported(request)


@pytest.mark.parametrize("export", EXPORTS)
def test_crops_contain_only_the_object(export, tmp_path):
    request = request_of(export, tmp_path, boxes="crops")
    assert skipped(request) == {}
    name = imported(request, side=28)
    data = datasets.open_dataset(name)
    assert len(data.x_train) + len(data.x_test) == 18
    for images, numbers in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        for pixels, number in zip(images, numbers, strict=True):
            assert np.abs(pixels.mean((0, 1)) - COLOURS[data.facts.classes[number]]).max() < 12


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("is_fraction", [True, False])
def test_objects_in_photos_of_48_megapixels_can_be_cropped(orientation, is_fraction):
    upright = np.zeros((75, 100, 3), np.uint8)
    upright[10:60, 5:45] = (250, 0, 0)
    stored = np.rot90(upright) if orientation == 6 else upright
    photo = Image.fromarray(stored).resize([80 * side for side in stored.shape[1::-1]], Image.Resampling.NEAREST)
    exif = photo.getexif()
    exif[0x0112] = orientation
    file = BytesIO()
    photo.save(file, "JPEG", exif=exif, quality=90)
    box = (0.05, 10 / 75, 0.45, 60 / 75) if is_fraction else (400, 800, 3600, 4800)
    pixels = decode.image_of(file.getvalue(), decode.Target(28, 3, "crop"), box).pixels
    assert np.abs(pixels.astype(int) - (250, 0, 0)).max() < 20


@pytest.mark.parametrize("export", EXPORTS)
def test_full_images_get_all_labels_or_that_of_the_largest_box(export, tmp_path):
    found = {
        name.split("/")[-1]: label for name, label in labels(request_of(export, tmp_path, boxes="several")).items()
    }
    assert found == {f"{n}.png": tuple(label for label, _ in objects(n)) for n in range(12)}
    found = {
        name.split("/")[-1]: label for name, label in labels(request_of(export, tmp_path, boxes="largest")).items()
    }
    assert found == {f"{n}.png": objects(n)[0][0] for n in range(12)}


def test_crops_of_one_image_form_a_group(tmp_path):
    found = items(request_of("COCO", tmp_path, boxes="crops"))
    assert {item.group for name, item in found.items() if name.startswith("images/1.png")} == {"images/1.png"}


def test_the_preview_shows_the_crops(tmp_path):
    preview = importing.make_preview(request_of("YOLO", tmp_path, boxes="crops"))
    assert preview.typical_size == "30×20" and len(preview.samples) == 18


def test_a_class_per_image_without_boxes_raises_no_question(tmp_path):
    content = json.loads(coco())
    content["annotations"] = [{"image_id": 7 + n, "category_id": 10 + n % 3} for n in range(12)]
    request = zipped(tmp_path, [], files() | {"labels.json": json.dumps(content)})
    assert questions(request) == {}
    assert counts(importing.make_preview(request)) == dict.fromkeys(sorted(COLOURS), (0, 0, 4))


def test_coco_images_of_one_sequence_form_a_group(tmp_path):
    content = json.loads(coco())
    content["images"] = [image | {"seq_id": f"s{n // 4}"} for n, image in enumerate(content["images"])]
    found = items(zipped(tmp_path, [], files() | {"annotations.json": json.dumps(content)}, boxes="largest"))
    assert {name: item.group for name, item in found.items()} == {f"{n}.png": f"s{n // 4}" for n in range(12)}


def test_annotations_of_a_few_other_images_do_not_hide_class_folders(tmp_path):
    names = [f"pets/{label}/{n}.png" for label in ("cat", "dog") for n in range(20)]
    annotation = next(iter(voc().values())).replace("0.png", "other.png")
    request = zipped(tmp_path, [*names, "detection/other.png"], {"detection/other.xml": annotation}, classes="inner")
    assert set(labels(request).values()) == {"cat", "dog"}


def test_coco_files_per_split_divide_the_images(tmp_path):
    parts = {
        part: files(f"{part}/") | {f"{part}/_annotations.coco.json": coco()} for part in ("train", "valid", "test")
    }
    request = zipped(tmp_path, [], parts["train"] | parts["valid"] | parts["test"], boxes="largest")
    assert counts(importing.make_preview(request)) == dict.fromkeys(sorted(COLOURS), (8, 4, 0))


@pytest.mark.parametrize(
    "names",
    [
        "names:\n  0: red\n  1: green\n  2: blue\n",
        "path: x\nnames:\n- red\n- 'green'\n- blue # dark\nnc: 3\n",
        'names: ["red",\n  "green", "blue"]\n',
        "names: {0: red, 1: green, 2: blue}\n",
    ],
)
def test_yolo_class_names_are_read_as_tools_write_them(names, tmp_path):
    request = zipped(tmp_path, [], files("images/") | yolo() | {"data.yaml": names}, boxes="largest")
    assert set(labels(request).values()) == set(COLOURS)


def test_yolo_files_next_to_the_images_use_a_class_list(tmp_path):
    texts = {path.removeprefix("labels/"): text for path, text in yolo().items()}
    request = zipped(tmp_path, [], files() | texts | {"classes.txt": "red\ngreen\nblue\n"}, boxes="largest")
    assert labels(request) == {f"{n}.png": objects(n)[0][0] for n in range(12)}
    assert skipped(request) == {}


def test_yolo_polygons_become_bounding_boxes(tmp_path):
    texts = {f"labels/{n}.txt": f"{n % 3} 0.1 0.2 0.5 0.2 0.5 0.8 0.3 0.9\n" for n in range(12)}
    request = zipped(tmp_path, [], files("images/") | texts, boxes="crops")
    assert items(request)["images/0.png#1"].box == (0.1, 0.2, 0.5, 0.9)
    assert any("numbers" in note or "names of the classes" in note for note in importing.make_preview(request).notes)


def test_an_invalid_yolo_line_is_named(tmp_path):
    texts = yolo() | {"labels/11.txt": "0 0.5 0.5 0.2 0.2\n0 0.5 1.7 0.2 0.2\n"}
    texts |= {f"labels/{n}.txt": "0 0.5 0.5 0.2 0.2\n" for n in range(100, 130)}
    pictures = files("images/") | {f"images/{n}.png": scene([], n - 100) for n in range(100, 130)}
    with pytest.raises(SourceError, match=r"'labels/11.txt', line 2 is '0 0.5 1.7 0.2 0.2'"):
        importing.make_preview(zipped(tmp_path, [], pictures | texts))


def test_xml_with_entities_is_refused(tmp_path):
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><annotation><filename>0.png</filename></annotation>'
    with pytest.raises(SourceError, match="declares XML entities"):
        importing.make_preview(zipped(tmp_path, [], files("JPEGImages/") | voc() | {"Annotations/0.xml": bomb}))


def test_a_damaged_coco_file_is_named(tmp_path):
    content = json.loads(coco())
    del content["annotations"][3]["category_id"]
    with pytest.raises(SourceError, match=r"'x.json' is not a valid COCO file: an entry lacks 'category_id'"):
        importing.make_preview(zipped(tmp_path, [], files() | {"x.json": json.dumps(content)}))


def test_a_box_outside_the_image_is_reported_and_the_rest_imported(tmp_path):
    content = json.loads(coco())
    content["annotations"][0]["bbox"] = [200, 200, 20, 20]
    content["annotations"][1]["bbox"] = [5, 5, 1, 1]
    request = zipped(tmp_path, [], files() | {"x.json": json.dumps(content)}, boxes="crops")
    stored = datasets.custom_dataset(imported(request))
    assert {reason: count for reason, count, _ in stored.skipped} == {
        "boxes smaller than 3 pixels": 1,
        "with a box outside the image": 1,
    }


def test_one_box_per_image_in_a_table_means_full_images_by_default(tmp_path):
    rows = [["Path", "Roi.X1", "Roi.Y1", "Roi.X2", "Roi.Y2", "ClassId"]]
    rows += [[f"Train/{n}.png", *objects(n)[0][1], n % 3] for n in range(12)]
    request = zipped(tmp_path, [], files("Train/") | {"Train.csv": rows})
    assert questions(request)["boxes"].answer == "one"
    assert labels(request) == {f"Train/{n}.png": str(n % 3) for n in range(12)}
    with opened(zipped(tmp_path, [], files("Train/") | {"Train.csv": rows}, boxes="crops")) as source:
        assert source.items[0].box == (2, 4, 32, 24)
