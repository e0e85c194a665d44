"""Files from labs, Kaggle, Hugging Face and labelling tools, each with its expected import."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest

from imgcls import datasets
from imgcls.datasets import importing
from imgcls.datasets.importing.sources import opened
from imgcls.errors import SourceError
from tests.support.importing.label_tables import counts, items, labels, photos, questions, rows_of, skipped, zipped
from tests.support.uploads import csv, imported, smooth, table

KINDS = ("cat", "dog", "owl")


def kind(number: int) -> str:
    return KINDS[number % 3]


def numbered(folder: str, count: int = 12, digits: int = 3) -> list[str]:
    return [f"{folder}{number:0{digits}}.png" for number in range(count)]


def test_ham10000_has_lesions_as_groups_and_dx_as_classes(tmp_path):
    names = [f"HAM10000_images_part_{1 + n // 6}/ISIC_{n:07}.png" for n in range(12)]
    rows = [["lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization"]]
    for n in range(12):
        where, how = ("back", "face", "trunk")[n // 2 % 3], ("histo", "follow_up")[n % 2]
        rows.append([f"HAM_{n // 2}", f"ISIC_{n:07}", ("nv", "mel", "bkl")[n % 3], how, f"{40 + n}.0", "male", where])
    request = zipped(tmp_path, names, {"HAM10000_metadata.csv": rows})
    asked = questions(request)
    assert asked["label_column"].answer == "dx" and asked["group_column"].answer == "lesion_id"
    assert {name: (item.label, item.group) for name, item in items(request).items()} == {
        name: (("nv", "mel", "bkl")[n % 3], f"HAM_{n // 2}") for n, name in enumerate(names)
    }


def test_chest_x_rays_have_bar_separated_findings_and_patients(tmp_path):
    names = numbered("images/0000")
    findings = ("No Finding", "Edema", "Edema|Mass", "Mass")
    rows = [["Image Index", "Finding Labels", "Follow-up #", "Patient ID", "Patient Age", "View Position"]]
    rows += [[name.split("/")[1], findings[n % 4], n % 2, n // 3, 50 + n, "PA"] for n, name in enumerate(names)]
    request = zipped(tmp_path, names, {"Data_Entry_2017.csv": rows})
    found = items(request)
    assert found[names[2]].label == ("Edema", "Mass") and found[names[0]].label == ("No Finding",)
    assert questions(request)["group_column"].answer == "Patient ID" and found[names[4]].group == "1"


def test_gtsrb_has_a_semicolon_table_per_class_and_boxes(tmp_path):
    names = [f"Images/{label:05}/{n:05}.png" for label in range(3) for n in range(4)]
    head = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n"
    tables = {
        f"Images/{label:05}/GT-{label:05}.csv": head
        + "".join(f"{n:05}.png;12;12;1;1;11;11;{label}\n" for n in range(4))
        for label in range(3)
    }
    request = zipped(tmp_path, names, tables)
    assert labels(request) == {name: str(int(name.split("/")[1])) for name in names}
    assert questions(request)["boxes"].answer == "one"


def test_celeba_has_a_row_count_and_attributes_of_1_and_minus_1(tmp_path):
    names = numbered("img_align_celeba/", 12, 6)
    lines = ["12", "Bald Smiling Young"]
    chosen = {name: [(n % 2), int(n % 3 == 0), 1] for n, name in enumerate(names)}
    lines += [f"{name.split('/')[1]}  " + " ".join("1" if flag else "-1" for flag in of) for name, of in chosen.items()]
    lines[1] = f"image_id {lines[1]}"
    found = labels(zipped(tmp_path, names, {"list_attr_celeba.txt": "\n".join(lines)}))
    titles = ("Bald", "Smiling", "Young")
    assert found == {
        name: tuple(title for title, flag in zip(titles, of, strict=True) if flag) for name, of in chosen.items()
    }


def test_isic_ground_truth_is_one_hot_with_floats(tmp_path):
    names = numbered("ISIC2018_Training_Input/ISIC_")
    rows = [["image", "MEL", "NV", "BCC"]]
    rows += [
        [name.split("/")[1][:-4], *(f"{int(n % 3 == place)}.0" for place in range(3))] for n, name in enumerate(names)
    ]
    request = zipped(tmp_path, names, {"ISIC2018_Training_GroundTruth.csv": rows})
    assert labels(request) == {name: ("MEL", "NV", "BCC")[n % 3] for n, name in enumerate(names)}


def test_isic_2020_class_names_are_preferred_to_target_numbers(tmp_path):
    names = numbered("train/ISIC_")
    rows = [["image_name", "patient_id", "sex", "benign_malignant", "target"]]
    words = ("benign", "malignant")
    rows += [
        [n[6:-4], f"IP_{i // 4}", ("male", "female")[i // 4 % 2], words[i % 2], i % 2] for i, n in enumerate(names)
    ]
    request = zipped(tmp_path, names, {"train.csv": rows})
    assert questions(request)["label_column"].answer == "benign_malignant"
    assert labels(request) == {name: words[i % 2] for i, name in enumerate(names)}


def test_cassava_names_its_class_numbers_in_a_json_file(tmp_path):
    names = numbered("train_images/")
    rows = [["image_id", "label"], *([name.split("/")[1], n % 3] for n, name in enumerate(names))]
    request = zipped(
        tmp_path,
        names,
        {"train.csv": rows, "label_num_to_disease_map.json": json.dumps(dict(zip("012", KINDS, strict=True)))},
    )
    assert labels(request) == {name: kind(n) for n, name in enumerate(names)}


def test_the_human_protein_atlas_has_space_separated_numbers(tmp_path):
    names = numbered("train/")
    sets = ("16 0", "7 1", "0", "7", "1 0", "16")
    rows = [["Id", "Target"], *([name.split("/")[1][:-4], sets[n % 6]] for n, name in enumerate(names))]
    found = labels(zipped(tmp_path, names, {"train.csv": rows}))
    assert found == {name: tuple(sets[n % 6].split()) for n, name in enumerate(names)}


def test_plant_pathology_has_space_separated_labels_and_a_healthy_class(tmp_path):
    names = numbered("train_images/", 15)
    sets = ("healthy", "scab", "rust scab", "rust", "rust complex scab")
    rows = [["image", "labels"], *([name.split("/")[1], sets[n % 5]] for n, name in enumerate(names))]
    request = zipped(tmp_path, names, {"train.csv": rows})
    assert labels(request)[names[4]] == ("rust", "complex", "scab")
    assert questions(request)["several_labels"].options[0].detail == "4 labels: complex, healthy, rust, scab"


def test_kaggles_birds_have_folders_and_a_table_that_agree(tmp_path):
    names = [f"{part}/{kind(n).upper()}/{n:03}.png" for part in ("train", "valid", "test") for n in range(9)]
    rows = [["class id", "filepaths", "labels", "data set"]]
    rows += [[f"{n % 3}.0", name, kind(n).upper(), name.split("/")[0]] for name in names for n in [int(name[-7:-4])]]
    request = zipped(tmp_path, names, {"birds.csv": rows})
    assert questions(request) == {}
    assert counts(importing.make_preview(request)) == {label.upper(): (6, 3, 0) for label in KINDS}


def test_food_101_lists_the_images_of_each_class_and_split(tmp_path):
    names = [f"food/images/{kind(n)}/{1000 + n}.png" for n in range(18)]
    meta = {
        f"food/meta/{part}.json": json.dumps(
            {label: [f"{label}/{1000 + n}" for n in numbers if kind(n) == label] for label in KINDS}
        )
        for part, numbers in (("train", range(12)), ("test", range(12, 18)))
    }
    assert counts(importing.make_preview(zipped(tmp_path, names, meta))) == dict.fromkeys(KINDS, (4, 2, 0))


def test_places_lists_paths_and_numbers_with_names_in_another_file(tmp_path):
    names = numbered("data/")
    lists = "".join(f"{name} {n % 3}\n" for n, name in enumerate(names))
    categories = "".join(f"/{name[0]}/{name} {n}\n" for n, name in enumerate(KINDS))
    request = zipped(tmp_path, names, {"places_train.txt": lists, "categories_places.txt": categories})
    assert labels(request) == {name: f"/{kind(n)[0]}/{kind(n)}" for n, name in enumerate(names)}


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


def test_open_images_has_rows_for_absent_labels(tmp_path):
    names = numbered("")
    rows = [["ImageID", "Source", "LabelName", "Confidence"]]
    for n, name in enumerate(names):
        rows += [[name[:-4], "verification", kind(n), 1], [name[:-4], "verification", kind(n + 1), 0]]
    request = zipped(tmp_path, names, {"annotations.csv": rows})
    assert labels(request) == {name: kind(n) for n, name in enumerate(names)}
    assert any("12 are left out" in note for note in importing.make_preview(request).notes)


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


# ---- arrays


def test_skin_lesion_tables_have_numbered_pixels_and_the_label_last(tmp_path):
    pixels = smooth(30, side=28)
    head = [*(f"pixel{n:04}" for n in range(28 * 28 * 3)), "label"]
    rows = [[*image.reshape(-1).tolist(), n % 3] for n, image in enumerate(pixels)]
    request = table(tmp_path / "hmnist_28_28_RGB.csv", csv([head, *rows]))
    assert counts(importing.make_preview(request, seconds=30)) == {str(n): (0, 0, 10) for n in range(3)}
    with opened(request) as source:
        assert np.array_equal(np.stack([image for *_, image in source.table.rows()]), pixels)


def test_a_z_handwritten_data_is_sorted_and_has_no_header(tmp_path):
    letters = smooth(390, side=28, channels=1)[..., 0] // 2
    letters[:, -1] = letters[:, 0] = 0  # margins
    rows = [[n // 15, *image.reshape(-1).tolist()] for n, image in enumerate(letters)]
    request = table(tmp_path / "A_Z Handwritten Data.csv", csv(rows))
    found = counts(importing.make_preview(request, seconds=60))
    assert found == {str(n): (0, 0, 15) for n in range(26)} and "label_column" not in questions(request)


def cifar(count: int, first: int, labels_: int) -> tuple[bytes, np.ndarray]:
    pixels = smooth(count, side=32, seed=first)
    rows = [bytes([n % 3] * labels_) + image.transpose(2, 0, 1).tobytes() for n, image in enumerate(pixels)]
    return b"".join(rows), pixels


def test_binary_cifar_keeps_colours_splits_and_names(tmp_path):
    files = {f"cifar/data_batch_{n}.bin": cifar(12, n, 1)[0] for n in (1, 2)} | {
        "cifar/test_batch.bin": cifar(9, 3, 1)[0]
    }
    request = zipped(tmp_path, [], files | {"cifar/batches.meta.txt": "cat\ndog\nowl\n\n"})
    assert counts(importing.make_preview(request)) == dict.fromkeys(KINDS, (8, 3, 0))
    with opened(request) as source:
        assert np.array_equal(next(source.table.rows())[3], cifar(12, 1, 1)[1][0])
    with pytest.raises(SourceError, match=r"'cifar/test_batch.bin' is incomplete"):
        importing.make_preview(zipped(tmp_path, [], files | {"cifar/test_batch.bin": cifar(9, 3, 1)[0][:-7]}))


def test_svhn_has_images_on_the_last_axis_and_labels_zero_as_ten(tmp_path):
    from scipy.io import savemat

    def saved(count: int) -> bytes:
        file = io.BytesIO()
        labels_ = (np.arange(count) % 3 + 8)[:, None]
        savemat(file, {"X": smooth(count, side=32).transpose(1, 2, 3, 0), "y": labels_})
        return file.getvalue()

    request = zipped(tmp_path, [], {"train_32x32.mat": saved(30), "test_32x32.mat": saved(9)})
    assert counts(importing.make_preview(request)) == {"0": (10, 3, 0), "8": (10, 3, 0), "9": (10, 3, 0)}
    (tmp_path / "data.mat").write_bytes(saved(30))
    with opened(importing.of_file(tmp_path / "data.mat")) as source:
        assert rows_of(source) == {("8", ""): 10, ("9", ""): 10, ("10", ""): 10}
    (tmp_path / "data.mat").write_bytes(saved(30)[:300])
    with pytest.raises(SourceError, match="is damaged, or is not a MATLAB file"):
        importing.make_preview(importing.of_file(tmp_path / "data.mat"))


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


def test_chexpert_has_empty_and_uncertain_fields_which_are_no_labels(tmp_path):
    names = [f"train/patient{n // 2:05}/study1/view{n % 2}.png" for n in range(12)]
    rows = [["Path", "Sex", "Age", "No Finding", "Edema", "Pneumonia", "Fracture"]]
    for n, name in enumerate(names):
        flags = ("1.0" if n % 3 == 0 else "", float(n % 3 == 1), (1.0, 1.0, -1.0)[n % 3], "1.0" if n == 3 else "")
        rows.append([f"CheXpert-v1.0/{name}", "MF"[n % 2], 50 + n, *flags])
    request = zipped(tmp_path, names, {"train.csv": rows})
    found = labels(request)
    assert found[names[0]] == ("No Finding", "Pneumonia") and found[names[2]] == ()
    assert found[names[1]] == ("Edema", "Pneumonia")
    with opened(request) as source:
        assert any("an empty field or -1 (uncertain) is read as 0" in note for note in source.notes)


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


def test_several_labels_in_a_list_of_objects_are_several_labels(tmp_path):
    entries = [
        {"url": f"https://host/{name}?v=1", "tags": [{"tagName": kind(n)}, *([{"tagName": "wet"}] if n % 2 else [])]}
        for n, name in enumerate(numbered(""))
    ]
    found = labels(zipped(tmp_path, numbered(""), {"images.json": json.dumps(entries)}))
    assert found["000.png"] == ("cat",) and found["001.png"] == ("dog", "wet")


def test_a_table_of_classes_and_their_families_is_asked_about(tmp_path):
    names = [f"{label}/{n}.png" for label in ("oak", "beech", "birch", "alder") for n in range(3)]
    rows = [["class", "family"], ["oak", "F"], ["beech", "F"], ["birch", "B"], ["alder", "B"]]
    request = zipped(tmp_path, names, {"classes.csv": rows})
    assert questions(request)["classes_from"].answer == ""
    answered = replace(request, answers={"classes_from": "folders"})
    assert set(labels(answered).values()) == {"oak", "beech", "birch", "alder"}
