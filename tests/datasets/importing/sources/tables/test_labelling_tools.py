"""What labelling tools and cloud services export, each with its expected import."""

import json
from dataclasses import replace

import pytest

from imgcls.datasets import importing
from imgcls.datasets.importing.sources.tables import assign
from imgcls.errors import SourceError
from tests.support.importing.label_tables import KINDS, counts, items, kind, labels, numbered, skipped, zipped
from tests.support.uploads import csv


def test_google_cloud_writes_split_uri_and_label_without_a_header(tmp_path):
    names = numbered("img")
    lines = [
        f"{('TRAIN', 'TRAIN', 'TRAIN', 'VALIDATION', 'TEST', 'TEST')[n // 3 % 6]},gs://bucket/pets/{name},{kind(n)}"
        for n, name in enumerate(names)
    ]
    lines[9:] = [line.replace("VALIDATION", "TEST") for line in lines[9:]]
    request = zipped(tmp_path, names, {"import.csv": "\n".join(lines)})
    assert counts(importing.make_preview(request)) == dict.fromkeys(KINDS, (3, 1, 0))


def test_sagemaker_manifests_have_names_in_nested_metadata(tmp_path):
    names = numbered("img")
    lines = [
        {
            "source-ref": f"s3://bucket/{name}",
            "pets": n % 3,
            "pets-metadata": {"class-name": kind(n), "confidence": 0.9, "type": "groundtruth/image-classification"},
        }
        for n, name in enumerate(names)
    ]
    request = zipped(tmp_path, names, {"output.manifest": "\n".join(map(json.dumps, lines))})
    assert labels(request) == {name: kind(n) for n, name in enumerate(names)}


def test_azure_writes_json_lines_with_urls(tmp_path):
    names = numbered("fridge/")
    lines = [{"image_url": f"AmlDatastore://store/{name}", "label": kind(n)} for n, name in enumerate(names)]
    request = zipped(tmp_path, names, {"fridge.jsonl": "\n".join(map(json.dumps, lines))})
    assert labels(request) == {name: kind(n) for n, name in enumerate(names)}


@pytest.mark.parametrize("form", ["csv", "json"])
def test_label_studio_prefixes_file_names_with_a_code(form, tmp_path):
    names = numbered("cat dog ")
    rows = [{"id": n, "image": f"/data/upload/3/{n:08x}-{name}", "choice": kind(n)} for n, name in enumerate(names)]
    content = json.dumps(rows) if form == "json" else csv([rows[0], *(row.values() for row in rows)])
    assert labels(zipped(tmp_path, names, {f"export.{form}": content})) == {
        name: kind(n) for n, name in enumerate(names)
    }


def test_labelme_has_flags_for_the_image_as_a_whole(tmp_path):
    names = numbered("data/")
    flags = [{label: label == kind(n) for label in KINDS} for n in range(len(names))]
    files = {f"{name[:-4]}.json": json.dumps({"flags": flags[n], "shapes": []}) for n, name in enumerate(names)}
    assert labels(zipped(tmp_path, names, files)) == {name: kind(n) for n, name in enumerate(names)}


def test_label_studio_writes_several_choices_as_json(tmp_path):
    names = numbered("images/")
    both = '"{""choices"":[""cat"",""dog""]}"'
    rows = "".join(f"{name[7:]},{both if n % 3 == 2 else kind(n)}\n" for n, name in enumerate(names))
    found = labels(zipped(tmp_path, names, {"a.csv": f"image,choice\n{rows}"}))
    assert found == {name: (("cat",), ("dog",), ("cat", "dog"))[n % 3] for n, name in enumerate(names)}


def test_fiftyone_numbers_the_classes_of_a_list(tmp_path):
    names = numbered("data/")
    content = {"classes": list(KINDS), "labels": {name[5:-4]: n % 3 for n, name in enumerate(names)}}
    request = zipped(tmp_path, names, {"labels.json": json.dumps(content)})
    assert labels(request) == {name: kind(n) for n, name in enumerate(names)}


def test_cvat_writes_tags_and_boxes_into_one_file(tmp_path):
    names = numbered("images/")
    tags = "".join(
        f'<image id="{n}" name="{name[7:]}"><tag label="{kind(n)}"/></image>' for n, name in enumerate(names)
    )
    request = zipped(tmp_path, names, {"annotations.xml": f"<annotations><meta/>{tags}</annotations>"})
    assert labels(request) == {name: kind(n) for n, name in enumerate(names)}
    box = '<box label="{}" xtl="1.5" ytl="2" xbr="9" ybr="11"/>'
    boxed = "".join(f'<image name="{name[7:]}">{box.format(kind(n))}</image>' for n, name in enumerate(names))
    request = zipped(tmp_path, names, {"annotations.xml": f"<annotations>{boxed}</annotations>"}, boxes="crops")
    assert items(request)["images/000.png#1"].box == (1.5, 2.0, 9.0, 11.0)


def test_tasks_without_an_annotation_are_skipped(tmp_path):
    names = numbered("images/")
    chosen = [{"was_cancelled": False, "result": [{"value": {"choices": [kind(n)]}}]} for n in range(12)]
    chosen[10:] = [{"was_cancelled": True, "result": []}] * 2
    tasks = [
        {"id": n, "data": {"image": f"/data/upload/1/{n:08x}-{name[7:]}"}, "annotations": [chosen[n]]}
        for n, name in enumerate(names)
    ]
    request = zipped(tmp_path, names, {"export.json": json.dumps(tasks)})
    assert labels(request) == {name: kind(n) for n, name in enumerate(names[:10])}
    assert skipped(request) == {assign.UNLABELLED: 2}


def test_a_project_of_via_has_labels_of_files_next_to_its_settings(tmp_path):
    names = numbered("images/")
    images = {
        f"{name}77": {"filename": name[7:], "size": 77, "regions": [], "file_attributes": {"class": kind(n)}}
        for n, name in enumerate(names)
    }
    project = {"_via_settings": {"ui": {}}, "_via_img_metadata": images, "_via_attributes": {"file": {}}}
    request = zipped(tmp_path, names, {"via_project.json": json.dumps(project)})
    assert labels(request) == {name: kind(n) for n, name in enumerate(names)}


def test_cvat_writes_tracks_over_the_frames_of_a_video(tmp_path):
    names = [f"images/frame_{n:06}.PNG" for n in range(12)]
    box = '<box frame="{}" outside="{}" xtl="1.5" ytl="2" xbr="9" ybr="11"/>'
    tracks = "".join(
        f'<track id="{n}" label="{kind(n)}">{box.format(n, 0)}{box.format(n + 1, 1)}</track>' for n in range(12)
    )
    extra = {"annotations.xml": f"<annotations><version>1.1</version>{tracks}</annotations>"}
    assert labels(zipped(tmp_path, names, extra, boxes="one")) == {name: kind(n) for n, name in enumerate(names)}
    assert items(zipped(tmp_path, names, extra, boxes="crops"))[f"{names[0]}#1"].box == (1.5, 2.0, 9.0, 11.0)
    damaged = {"annotations.xml": f"<annotations>{tracks.replace('frame=', 'at=')}</annotations>"}
    with pytest.raises(SourceError, match="a track without numbers of frames"):
        labels(zipped(tmp_path, names, damaged))


def test_labelme_writes_a_file_per_image(tmp_path):
    names = numbered("")
    shapes = {
        f"{n:03}.json": json.dumps(
            {"version": "5", "imagePath": name, "shapes": [{"label": kind(n), "points": [[2, 1], [9, 3], [5, 11]]}]}
        )
        for n, name in enumerate(names)
    }
    request = zipped(tmp_path, names, shapes, boxes="crops")
    assert items(request)["001.png#1"].label == "dog" and items(request)["001.png#1"].box == (2, 1, 9, 11)
    assert labels(replace(request, answers={"boxes": "one"})) == {name: kind(n) for n, name in enumerate(names)}


def test_webdataset_stores_the_class_next_to_each_image(tmp_path):
    names = [f"{n:06}.png" for n in range(12)]
    request = zipped(tmp_path, names, {f"{n:06}.cls": str(n % 3) for n in range(12)})
    assert labels(request) == {name: str(n % 3) for n, name in enumerate(names)}
    assert skipped(request) == {}


def test_several_labels_in_a_list_of_objects_are_several_labels(tmp_path):
    entries = [
        {"url": f"https://host/{name}?v=1", "tags": [{"tagName": kind(n)}, *([{"tagName": "wet"}] if n % 2 else [])]}
        for n, name in enumerate(numbered(""))
    ]
    found = labels(zipped(tmp_path, numbered(""), {"images.json": json.dumps(entries)}))
    assert found["000.png"] == ("cat",) and found["001.png"] == ("dog", "wet")
