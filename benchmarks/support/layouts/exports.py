"""What labelling tools and cloud services export: the images, and their labels in JSON or CSV."""

import json
from collections.abc import Callable
from typing import Any

from benchmarks.support.layouts.layout import Layout

PHOTOS = {"images/cat-{}.jpg": 6, "images/dog-{}.jpg": 6}
PETS = {"a cat": (0, 0, 6), "a dog": (0, 0, 6)}
SPLIT_PETS = {"a cat": (4, 2, 0), "a dog": (4, 2, 0)}


def label(path: str) -> str:
    return f"a {path.rpartition('/')[2][:3]}"


def name(path: str) -> str:
    return path.rpartition("/")[2]


def number(path: str) -> int:
    return int("".join(filter(str.isdigit, path)))


def is_test(path: str) -> bool:
    return number(path) % 3 == 0


def lines(file: str, entry: Callable[[str], Any]) -> Callable[[list[str]], dict[str, str]]:
    """One JSON object per line and image."""
    return lambda paths: {file: "\n".join(json.dumps(entry(path)) for path in paths)}


def array(file: str, entry: Callable[[str], Any]) -> Callable[[list[str]], dict[str, str]]:
    """A JSON list with an entry per image."""
    return lambda paths: {file: json.dumps([entry(path) for path in paths])}


def ground_truth(path: str) -> dict[str, Any]:
    about = {"confidence": 0.9, "job-name": "labeling-job/pets", "class-name": label(path), "human-annotated": "yes"}
    return {"source-ref": f"s3://bucket/{path}", "pets": int("dog" in path), "pets-metadata": about}


def label_studio(path: str) -> dict[str, Any]:
    choice = {"type": "choices", "value": {"choices": [label(path)]}, "from_name": "kind", "to_name": "image"}
    return {
        "id": 1,
        "data": {"image": f"/data/upload/1/{name(path)}"},
        "annotations": [{"completed_by": 1, "result": [choice]}],
    }


def custom_vision(path: str) -> dict[str, Any]:
    tag = {"tagId": label(path)[::-1], "tagName": label(path), "created": "2024-05-01"}
    return {"id": name(path)[::-1], "originalImageUri": f"https://host/{name(path)}?sv=1", "tags": [tag], "regions": []}


def labelbox(path: str) -> dict[str, Any]:
    answer = {"name": "kind", "radio_answer": {"name": label(path)}}
    labels = [{"annotations": {"objects": [], "classifications": [answer]}}]
    return {"data_row": {"external_id": name(path)}, "projects": {"p1": {"name": "Pets", "labels": labels}}}


def vertex_csv(paths: list[str]) -> dict[str, str]:
    use = {False: "TRAINING", True: "TEST"}
    return {"all_data.csv": "".join(f"{use[is_test(path)]},gs://bucket/{path},{label(path)}\n" for path in paths)}


def vertex_lines(path: str) -> dict[str, Any]:
    use = {"aiplatform.googleapis.com/ml_use": "test" if is_test(path) else "training"}
    kind = {"displayName": label(path)}
    return {"imageGcsUri": f"gs://b/{path}", "classificationAnnotation": kind, "dataItemResourceLabels": use}


def via_csv(paths: list[str]) -> dict[str, str]:
    """VGG's Image Annotator: JSON in the fields of a CSV file."""
    rows = [f'{name(path)},1000,"{{""kind"":""{label(path)}""}}",0,0,"{{}}","{{}}"\n' for path in paths]
    head = "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n"
    return {"via_project_csv.csv": head + "".join(rows)}


def excel_text(paths: list[str]) -> dict[str, bytes]:
    """What Excel saves as Unicode text."""
    return {
        "labels.txt": "\n".join(["file\tlabel", *(f"{name(path)}\t{label(path)}" for path in paths)]).encode("utf-16")
    }


def supervisely(paths: list[str]) -> dict[str, str]:
    """A JSON file per image, in a folder next to that of the images."""
    return {
        path.replace("/img/", "/ann/") + ".json": json.dumps({"tags": [{"name": label(path)}], "objects": []})
        for path in paths
    }


def supervisely_values(paths: list[str]) -> dict[str, str]:
    """The class as the value of a tag."""
    return {
        path.replace("/img/", "/ann/") + ".json": json.dumps(
            {"tags": [{"name": "kind", "value": label(path)}], "objects": []}
        )
        for path in paths
    }


def datumaro(paths: list[str]) -> dict[str, str]:
    names = sorted(set(map(label, paths)))
    items = [
        {
            "id": name(path).removesuffix(".jpg"),
            "annotations": [{"id": 0, "type": "label", "label_id": names.index(label(path))}],
            "image": {"path": name(path)},
        }
        for path in paths
    ]
    categories = {"label": {"labels": [{"name": one, "parent": ""} for one in names]}}
    return {"annotations/default.json": json.dumps({"info": {}, "categories": categories, "items": items})}


def parts_of_lists(paths: list[str]) -> dict[str, str]:
    """The lists of CoOp: file, number and name of the class."""
    names = sorted(set(map(label, paths)))
    entries = {
        part: [[name(path), names.index(label(path)), label(path)] for path in paths if is_test(path) == wanted]
        for part, wanted in (("train", False), ("test", True))
    }
    return {"split.json": json.dumps(entries)}


def parts_of_records(paths: list[str]) -> dict[str, str]:
    entries = {
        part: [{"file": name(path), "label": label(path)} for path in paths if is_test(path) == wanted]
        for part, wanted in (("train", False), ("test", True))
    }
    return {"index.json": json.dumps(entries)}


def aircraft(paths: list[str]) -> dict[str, str]:
    """Names of classes with spaces after the file, and several tables of the same images."""
    return {
        f"images_{what}_{part}.txt": "".join(
            f"{name(path).removesuffix('.jpg')} {named(path)}\n" for path in paths if is_test(path) == wanted
        )
        for part, wanted in (("train", False), ("test", True))
        for what, named in (("variant", label), ("sex", lambda path: ("tom", "queen in pairs")[number(path) % 2]))
    }


def spectrograms(paths: list[str]) -> dict[str, str]:
    """A table of the sounds that the images show."""
    rows = "".join(f"{name(path).removesuffix('.jpg')}.wav,{label(path)}\n" for path in paths)
    return {"meta/esc50.csv": f"filename,category\n{rows}"}


def v7(paths: list[str]) -> dict[str, str]:
    return {
        f"annotations/{name(path).removesuffix('.jpg')}.json": json.dumps(
            {"item": {"name": name(path)}, "annotations": [{"name": label(path), "tag": {}}]}
        )
        for path in paths
    }


EXPORTS = {
    "Supervisely": Layout(
        {path.replace("images/", "ds0/img/"): count for path, count in PHOTOS.items()}, PETS, lists=supervisely
    ),
    "Supervisely, with values": Layout(
        {path.replace("images/", "ds0/img/"): count for path, count in PHOTOS.items()}, PETS, lists=supervisely_values
    ),
    "Datumaro": Layout(PHOTOS, PETS, lists=datumaro),
    "parts of lists in JSON": Layout(PHOTOS, SPLIT_PETS, lists=parts_of_lists),
    "parts of records in JSON": Layout(PHOTOS, SPLIT_PETS, lists=parts_of_records),
    "FGVC-Aircraft": Layout(PHOTOS, SPLIT_PETS, answers={"table": "2"}, lists=aircraft),
    "spectrograms of ESC-50": Layout(PHOTOS, PETS, lists=spectrograms),
    "V7": Layout(PHOTOS, PETS, lists=v7),
    "Amazon's Ground Truth": Layout(PHOTOS, PETS, lists=lines("output.manifest", ground_truth)),
    "Label Studio": Layout(PHOTOS, PETS, lists=array("project-1.json", label_studio)),
    "Azure's Custom Vision": Layout(PHOTOS, PETS, lists=array("images.json", custom_vision)),
    "Labelbox": Layout(PHOTOS, PETS, lists=lines("export.ndjson", labelbox)),
    "Google's Vertex as CSV": Layout(PHOTOS, SPLIT_PETS, lists=vertex_csv),
    "Google's Vertex as JSON lines": Layout(PHOTOS, SPLIT_PETS, lists=lines("data.jsonl", vertex_lines)),
    "VGG's Image Annotator": Layout(PHOTOS, PETS, lists=via_csv),
    "Excel's Unicode text": Layout(PHOTOS, PETS, lists=excel_text),
}
