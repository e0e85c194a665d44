"""Altered copies of an image stay in the split of the image."""

import pytest

from imgcls import datasets
from imgcls.datasets.importing.sources.folder_tree import altered_copies
from tests.datasets.importing.sources.test_layouts import read
from tests.support.cost import relative_cost
from tests.support.uploads import archive, image, imported

SUFFIXES = {
    "google photos": ("", "-edited"),
    "augmented": ("", "_flip", "_rot90"),
    "without the original": ("_aug_0", "_aug_1", "_aug_2"),
    "turned and mirrored": ("", "_270deg", "_flipLR", "_new30degFlipLR"),
    "thumbnails": ("", "_thumb"),
    "copied by Windows": ("", " - Copy", " - Copy (2)"),
    "roboflow": (".rf.00112233445566778899aabbccddeeff", ".rf.ff112233445566778899aabbccddeeff"),
}


@pytest.mark.parametrize("kind", SUFFIXES)
def test_versions_of_an_image_form_a_group(kind, tmp_path):
    names = [f"{label}/IMG_{n:04}{end}.jpg" for label in ("oak", "ash") for n in range(5) for end in SUFFIXES[kind]]
    source = read(tmp_path, names)
    groups = {item.name: item.group for item in source.items}
    assert groups == {name: name[: name.index("/") + 9] for name in names}
    assert "they stay in the same split" in source.notes[-1] and "IMG_0000" in source.notes[-1]


@pytest.mark.parametrize(
    "ends", [("", " (1)"), ("-a", "-b"), ("_1", "_2"), ("_0001", "_0002"), (" copycat", " flipper"), ("_rot", "")]
)
def test_other_endings_mean_other_images(ends, tmp_path):
    names = [f"{label}/tree{end}.jpg" for label in ("oak", "ash", "elm") for end in (*ends, "_x")]
    if "_rot" in ends:
        names = [f"{label}/{word}_rot.jpg" for label in ("oak", "ash", "elm") for word in ("leaf", "bark", "root")]
    assert not any(item.group for item in read(tmp_path, names).items)


def test_a_name_that_very_many_images_share_is_no_copy(tmp_path):
    names = [f"{label}/walk1_rot_{n}.jpg" for label in ("oak", "ash") for n in range(60)]
    assert not any(item.group for item in read(tmp_path, names).items)


def test_a_group_that_a_table_or_folder_gives_counts(tmp_path):
    ends = ("", "_flip")
    names = [
        f"{label}/patient{p}/{n}{end}.jpg"
        for label in ("oak", "ash")
        for p in range(3)
        for n in range(2)
        for end in ends
    ]
    assert {item.group for item in read(tmp_path, names).items} == {"patient0", "patient1", "patient2"}


def test_no_split_divides_them(tmp_path):
    files = {
        f"{label}/IMG_{n}{end}.png": image(1000 * place + 10 * n + len(end))
        for place, label in enumerate(("oak", "ash"))
        for n in range(10)
        for end in ("", "_flip", "_rot90")
    }
    data = datasets.open_dataset(imported(archive(tmp_path / "trees.zip", files)))
    train, test = (
        {name.removesuffix(".png").replace("_flip", "").replace("_rot90", "") for name in names}
        for names in (data.records.names["train"], data.records.names["test"])
    )
    assert train and test and not train & test


@pytest.mark.parametrize(
    "name", ["_" * 50_000, "1_flip" * 8_000, "_flip" + "flip" * 12_000 + "x", "_rot1" * 10_000 + "x"]
)
def test_a_hostile_name_takes_no_time(name):
    _, cost = relative_cost(lambda: altered_copies._source(name, set()))
    assert cost < 2
