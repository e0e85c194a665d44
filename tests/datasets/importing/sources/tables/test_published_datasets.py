"""Datasets from papers, labs and Kaggle with a table, each with its expected import."""

import json

from imgcls.datasets import importing
from imgcls.datasets.importing.sources import opened
from tests.support.importing.label_tables import KINDS, counts, items, kind, labels, numbered, questions, zipped


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


def test_open_images_has_rows_for_absent_labels(tmp_path):
    names = numbered("")
    rows = [["ImageID", "Source", "LabelName", "Confidence"]]
    for n, name in enumerate(names):
        rows += [[name[:-4], "verification", kind(n), 1], [name[:-4], "verification", kind(n + 1), 0]]
    request = zipped(tmp_path, names, {"annotations.csv": rows})
    assert labels(request) == {name: kind(n) for n, name in enumerate(names)}
    assert any("12 are left out" in note for note in importing.make_preview(request).notes)


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
