"""Folders of patients, plots, folds, videos and days, which become groups."""

from benchmarks.support.layouts.layout import SPLIT, TREES, UNSPLIT, Layout, in_folders


def lists_of_deep_fashion(paths: list[str]) -> dict[str, str]:
    """The category of each image and its part, which is "val" for Blue_Anorak and "test" for Light_Blouse."""
    names = [path.removeprefix("Img/") for path in paths]
    category = "".join(f"{name:60} {2 if 'Blouse' in name else 1}\n" for name in names)
    parts = {"Light": "test", "Blue": "val"}
    part = "".join(f"{name:60} {parts.get(name.split('/')[1].split('_')[0], 'train')}\n" for name in names)
    return {
        "Anno/list_category_img.txt": f"{len(names)}\nimage_name  category_label\n{category}",
        "Eval/list_eval_partition.txt": f"{len(names)}\nimage_name  evaluation_status\n{part}",
    }


GROUPS = {
    "folds": Layout(
        in_folders(*(f"fold{fold}/{name}" for fold in range(1, 6) for name in ("cat", "dog")), count=2),
        {"cat": (0, 0, 10), "dog": (0, 0, 10)},
        groups=5,
    ),
    "patients": Layout(
        in_folders("patient01/sick", "patient02/sick", "patient02/healthy", "patient07/healthy", count=3),
        {"healthy": UNSPLIT, "sick": UNSPLIT},
        groups=3,
    ),
    "patients inside classes": Layout(
        in_folders("sick/patient_1", "sick/patient_2", "healthy/patient_3", "healthy/patient_4", count=3),
        {"healthy": UNSPLIT, "sick": UNSPLIT},
        groups=4,
    ),
    "subjects and their sessions": Layout(
        in_folders(
            *(f"sub-0{who}/ses-{when}/{what}" for who in (1, 2) for when in (1, 2) for what in ("run", "sit")), count=3
        ),
        {"run": (0, 0, 12), "sit": (0, 0, 12)},
        groups=2,
    ),
    "specimens": Layout(
        in_folders("oak/tree_01", "oak/tree_02", "birch/tree_07", "birch/tree_09", count=3), TREES, groups=4
    ),
    "plots inside splits": Layout(
        in_folders("train/plot 1/oak", "train/plot 1/birch", "train/plot 2/oak", "train/plot 2/birch", count=3)
        | in_folders("test/plot 3/oak", "test/plot 3/birch", count=2),
        {"birch": SPLIT, "oak": SPLIT},
        groups=3,
    ),
    "videos": Layout(
        in_folders(
            *(f"{name}/v_{name}_g0{n}_c01" for name in ("Archery", "Bowling", "Diving") for n in (1, 2, 3)), count=2
        ),
        {"Archery": UNSPLIT, "Bowling": UNSPLIT, "Diving": UNSPLIT},
        groups=9,
    ),
    "days": Layout(
        in_folders("oak/2024-05-01", "oak/2024-05-02", "birch/2024-05-01", "birch/2024-05-02", count=3), TREES, 2
    ),
    "days outside": Layout(
        in_folders("20240501/oak", "20240501/birch", "20240502/oak", "20240502/birch", count=3), TREES, 2
    ),
    "garments of DeepFashion": Layout(
        in_folders(
            *(f"Img/img/{name}" for name in ("Red_Blouse", "Light_Blouse", "Red_Anorak", "Blue_Anorak")),
            ending="/img_{}.jpg",
        ),
        {"Blouse": (6, 6, 0), "Anorak": (12, 0, 0)},
        groups=4,
        texts={"Anno/list_category_cloth.txt": "2\ncategory_name  category_type\nAnorak         1\nBlouse         1\n"},
        lists=lists_of_deep_fashion,
    ),
    "numbers of patients": Layout(
        in_folders(*(f"IDC/{who}/{what}" for who in (8863, 8864, 8865, 9023) for what in "01"), count=3),
        {"0": (0, 0, 12), "1": (0, 0, 12)},
        groups=4,
    ),
    "left and right of patients": Layout(
        in_folders("P01/left", "P01/right", "P02/left", "P02/right", count=3), {"left": UNSPLIT, "right": UNSPLIT}, 2
    ),
    "a table with a row per patient": Layout(
        in_folders("scans/P101", "scans/P102", "scans/P103", "scans/P104", count=3),
        {"ill": UNSPLIT, "well": UNSPLIT},
        groups=4,
        texts={"clinical.csv": "id,age,diagnosis\nP101,50,ill\nP102,61,well\nP103,47,ill\nP104,73,well\n"},
    ),
    "codes of patients": Layout(
        in_folders(
            *(f"{who}/{what}" for who in ("a3f1c2", "b77e01", "c90fd3") for what in ("lesion", "normal")), count=2
        ),
        {"lesion": UNSPLIT, "normal": UNSPLIT},
        groups=3,
    ),
    "slides inside classes": Layout(
        in_folders(
            *(f"benign/{slide}" for slide in ("SOB_B_A-14-22549AB", "SOB_B_F-14-14134", "SOB_B_T-14-3411F")),
            *(f"malignant/{slide}" for slide in ("SOB_M_DC-14-10926", "SOB_M_LC-14-12204", "SOB_M_MC-14-13413")),
            count=2,
        ),
        {"benign": UNSPLIT, "malignant": UNSPLIT},
        groups=6,
        answers={"classes": "outer"},
    ),
    "one day": Layout(in_folders("2024-05-01/oak", "2024-05-01/birch"), TREES),
}
