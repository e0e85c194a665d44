"""Images of one patient, traffic sign, or video, as their names say, stay in one split."""

import pytest

from imgcls import datasets
from tests.datasets.importing.sources.test_layouts import read
from tests.support.uploads import archive, image, imported

NAMES = {
    "tracks": [
        f"signs/{label:05}/{track:05}_{frame:05}.ppm" for label in range(2) for track in range(4) for frame in range(3)
    ],
    "patients": [
        f"{label}/person{person}_{label}_{7 * n + 3}.jpeg"
        for start, label in ((0, "virus"), (10, "bacteria"))
        for person in range(start, start + 4)
        for n in range(3)
    ],
    "frames": [
        f"{label}/v_{label}_g{n:02}_c01_frame{f:04}.jpg" for label in "ab" for n in range(4) for f in range(1, 4)
    ],
    "slices": [
        f"{c}/OAS1_{10 * (c == 'ill') + s:04}_MR1_mpr-1_{100 + n}.jpg"
        for c in ("ill", "well")
        for s in range(4)
        for n in range(3)
    ],
    "leaves": [f"{c}/blatt{n}_{side}.jpg" for c in ("ahorn", "linde") for n in range(4) for side in ("oben", "unten")],
    "plants": [
        f"{c}/plant{n + 4 * (c == 'ill'):02}_day{day}.png"
        for c in ("ill", "well")
        for n in range(4)
        for day in (1, 3, 7)
    ],
    "numbers in parentheses": [
        f"{c}/Patient ({n + 4 * (c == 'ill')})-{k}.png" for c in ("ill", "well") for n in range(4) for k in (1, 2, 5)
    ],
    "The Cancer Genome Atlas": [
        f"{c}/TCGA-{c[:2]}-{4244 + n}-01Z_{k}.png" for c in ("luad", "sarc") for n in range(4) for k in (10, 35, 72)
    ],
    "bursts": [
        f"{c}/IMG_20240501_10{c == 'linde':d}{n}15_BURST{f:03}.jpg"
        for c in ("ahorn", "linde")
        for n in range(4)
        for f in range(3)
    ],
    "eyes": [
        f"{label}/{10 * label + n}_{side}.png" for label in (1, 2) for n in range(4) for side in ("left", "right")
    ],
}


@pytest.mark.parametrize("kind", NAMES)
def test_images_of_a_series_form_a_group(kind, tmp_path):
    source = read(tmp_path, NAMES[kind])
    (question,) = source.findings.questions
    sizes = {sum(other.group == item.group for other in source.items) for item in source.items}
    assert sizes == {2 if kind in ("eyes", "leaves") else 3} and "" not in source.groups
    assert kind != "tracks" or question.text.endswith("'00000/00000_00000.ppm' and '00000/00000_00001.ppm'?")
    assert question.answer == "together" and question.options[0].detail.startswith("8 groups, the largest with")


def test_the_user_may_say_that_images_stand_alone(tmp_path):
    assert not any(item.group for item in read(tmp_path, NAMES["tracks"], series="apart").items)


@pytest.mark.parametrize(
    "pattern",
    [
        "{label}/{label}_{n:04}.jpg",  # numbered within the class
        "{label}/2024-05-{n:02}.jpg",  # a photo a day
        "{label}/IMG_202405{n:02}_101{n:02}5.jpg",  # named by the time
        "{label}/video{n}.jpg",  # numbered within the class
        "{n}_{label}.jpg",  # numbered within the class, which follows
        "{label}/{n}_100.jpg",  # the same number at the end of every name
        "{label}/00{label}7_{n:04}.jpg",  # the number of the class
    ],
)
def test_other_numbers_say_nothing_about_series(pattern, tmp_path):
    source = read(tmp_path, [pattern.format(label=label, n=n) for label in ("oak", "ash") for n in range(1, 13)])
    assert not any(item.group for item in source.items) and not source.findings.questions


def test_a_series_is_in_one_split(tmp_path):
    files = {
        f"{label}/{track:03}_{frame:03}.png": image(100 * place + 10 * track + frame)
        for place, label in enumerate(("stop", "yield"))
        for track in range(6)
        for frame in range(4)
    }
    data = datasets.open_dataset(imported(archive(tmp_path / "signs.zip", files)))
    train, test = ({name.rpartition("_")[0] for name in data.records.names[part]} for part in ("train", "test"))
    assert train and test and not train & test


def test_a_folder_of_a_patient_is_a_group_for_images_that_a_table_labels(tmp_path):
    names = [f"train/patient{who:05}/study1/view{n}.jpg" for who in range(8) for n in range(2)]
    labels = "".join(f"{name},{('ill', 'well')[n // 2 % 2]}\n" for n, name in enumerate(names))
    source = read(tmp_path, names, {"train.csv": f"Path,Finding\n{labels}"})
    assert {item.group for item in source.items} == {f"patient{who:05}" for who in range(8)}
