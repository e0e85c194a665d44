"""What an import keeps besides pixels and labels: file names, and groups that no split divides."""

from dataclasses import replace

import numpy as np
import pytest

from imgcls import datasets
from imgcls.config import Config
from imgcls.datasets.importing import ImportSettings, drawings, make_preview
from imgcls.datasets.importing.splits import holdout, units
from imgcls.datasets.importing.splits.holdout import Holdout
from imgcls.errors import SettingError, SourceError
from imgcls.system import paths
from tests.support.uploads import archive, csv, digits, grouped, image, imported, leaves, pixels, smooth, table


def by_name(name: str) -> dict[str, tuple[str, np.ndarray, str]]:
    """File name -> part, pixels and group of the image."""
    data = datasets.open_dataset(name)
    return {
        data.records.name(part, row): (part, np.array(images[row]), data.records.group(part, row))
        for part, images in (("train", data.x_train), ("test", data.x_test))
        for row in range(len(images))
    }


def divided(name: str) -> set[str]:
    """The groups that have both training and test images."""
    of = {"train": set(), "test": set()}
    for part, _, group in by_name(name).values():
        of[part].add(group)
    return of["train"] & of["test"]


# ---- names


def test_each_image_keeps_its_file_name(tmp_path):
    files = leaves(("oak", "birch"), 8, before="my leaves/")
    name = imported(archive(tmp_path / "leaves.zip", files), side=28)
    found = by_name(name)
    assert set(found) == set(files)
    for place, label in enumerate(("oak", "birch")):
        for number in range(8):
            # Resized to 28 pixels, the image is still nearest to the one with its name.
            expected = np.asarray(pixels(1000 * place + number, 28, 28)).astype(float)
            path = f"my leaves/{label}/{number}.png"
            nearest = min(found, key=lambda other: np.abs(found[other][1] - expected).mean())
            assert nearest == path


def test_adding_images_keeps_all_file_names(tmp_path):
    name = imported(archive(tmp_path / "a.zip", leaves(count=6)))
    before = by_name(name)
    imported(archive(tmp_path / "b.zip", leaves(count=6, before="more/", first=300)), into=name)
    after = by_name(name)
    assert set(after) == set(before) | set(leaves(count=6, before="more/"))
    assert all(np.array_equal(after[path][1], before[path][1]) for path in before)


def test_images_can_be_added_to_a_dataset_without_file_names(tmp_path):
    name = imported(archive(tmp_path / "a.zip", leaves(count=6)))
    for path in (paths.own_folder() / name / "1").glob("name*"):
        path.unlink()  # like an import by an earlier version
    imported(archive(tmp_path / "b.zip", leaves(count=6, before="more/", first=300)), into=name)
    data = datasets.open_dataset(name)
    names = [*data.records.names["train"], *data.records.names["test"]]
    assert names.count("") == 12 and set(names) - {""} == set(leaves(count=6, before="more/"))


def test_a_table_row_is_named_by_its_number(tmp_path):
    name = imported(table(tmp_path / "digits.csv", csv(digits())), side=28, channels=1)
    assert datasets.open_dataset(name).records.name("train", 0).startswith("row ")


def test_a_path_traversal_name_is_only_text(tmp_path):
    files = leaves(count=5) | {"oak/%2e%2e%2fhidden name.png": image(77)}
    name = imported(archive(tmp_path / "leaves.zip", files))
    assert "oak/%2e%2e%2fhidden name.png" in by_name(name)
    assert not list(tmp_path.glob("**/*hidden*"))


def test_drawings_open_without_file_names(tmp_path):
    for number in range(8):
        drawing = np.zeros((28, 28, 1), np.uint8)
        drawing[number : number + 5, 3:20] = 255
        drawings.add(drawing, "one" if number % 2 else "two")
    dataset = datasets.open_dataset(drawings.NAME)
    assert dataset.records.names == {}


# ---- groups


def test_a_group_is_in_one_split_only(tmp_path, monkeypatch):
    name = imported(grouped(tmp_path / "leaves.zip", monkeypatch))
    assert {group for _, _, group in by_name(name).values()} == {f"p{number}" for number in range(10)}
    assert divided(name) == set()
    data = datasets.open_dataset(name)
    assert len(data.y_test) == 24 and np.bincount(data.y_test).tolist() == [8, 8, 8]
    assert any("Groups: 10." in note for note in datasets.custom_dataset(name).notes)


@pytest.mark.parametrize("seed", range(4))
def test_the_validation_split_keeps_groups_together(tmp_path, monkeypatch, seed):
    name = imported(grouped(tmp_path / "leaves.zip", monkeypatch))
    data = datasets.open_for_training(name)
    for config in (Config(data=name, seed=seed), Config(data=name, seed=seed, train_images=60)):
        training, validation = datasets.training_split(data, config)
        groups = [{data.records.group("train", row) for row in rows} for rows in (training, validation)]
        assert all(groups) and not groups[0] & groups[1]


def test_images_of_an_existing_group_join_it(tmp_path, monkeypatch):
    name = imported(grouped(tmp_path / "a.zip", monkeypatch))
    part_of = {group: part for part, _, group in by_name(name).values()}
    more = {
        f"{label}/p{group}-more{number}.png": image(70_000 + 1000 * place + 10 * group + number)
        for place, label in enumerate(("ash", "birch", "oak"))
        for group in range(12)  # two of them are new
        for number in range(2)
    }
    imported(archive(tmp_path / "b.zip", more), into=name)
    found = by_name(name)
    assert len(found) == 120 + 72 and divided(name) == set()
    assert all(part == part_of[group] for part, _, group in found.values() if group in part_of)


def test_a_single_group_cannot_be_held_out(tmp_path, monkeypatch):
    order = grouped(tmp_path / "leaves.zip", monkeypatch, groups=1)
    with pytest.raises(SourceError, match="No group can be held out"):
        imported(order)
    name = imported(order, keep_groups=False)  # as the message recommends
    assert len(datasets.open_dataset(name).y_test) == 3 and divided(name) == {"p0"}
    assert datasets.open_dataset(name).records.units("train").max() < 0
    assert any("may divide a group" in note for note in datasets.custom_dataset(name).notes)


def test_a_source_whose_split_divides_groups_is_reported(tmp_path, monkeypatch):
    grouped(tmp_path / "unused.zip", monkeypatch)
    files = {
        f"{part}/{label}/p{group}-{part}{number}.png": image(
            1000 * place + 100 * group + number + (part == "test") * 50
        )
        for part in ("train", "test")
        for place, label in enumerate(("ash", "oak"))
        for group in range(3)
        for number in range(3)
    }
    name = imported(archive(tmp_path / "leaves.zip", files))
    assert divided(name) == {"p0", "p1", "p2"}
    assert any("both training and test images: 3" in note for note in datasets.custom_dataset(name).notes)


def test_the_preview_says_that_the_split_of_a_source_divides_groups(tmp_path):
    files = {
        f"{part}/patient{patient}/{label}/{n}.png": image(100 * place + 10 * patient + n)
        for place, (part, patients) in enumerate((("train", 4), ("test", 2)))
        for patient in range(patients)
        for label in ("ill", "well")
        for n in range(2)
    }
    (note,) = make_preview(archive(tmp_path / "brought.zip", files)).notes
    assert note.startswith("The split of the source divides 2 groups, such as 'patient0', between training and test")


def test_the_preview_counts_the_groups(tmp_path, monkeypatch):
    assert make_preview(archive(tmp_path / "plain.zip", leaves())).groups == 0
    found = make_preview(grouped(tmp_path / "leaves.zip", monkeypatch))
    assert (found.groups, found.group_example) == (10, "'p0'")


def test_the_groups_are_part_of_the_fingerprint(tmp_path, monkeypatch):
    order = archive(tmp_path / "leaves.zip", leaves(count=8))
    plain = datasets.open_dataset(imported(order, "Plain")).fingerprint
    grouped(tmp_path / "unused.zip", monkeypatch)
    assert datasets.open_dataset(imported(order, "Grouped")).fingerprint != plain


# ---- near duplicates


def bursts(count: int = 30, each: int = 3) -> dict[str, bytes]:
    """Bursts of three nearly identical images: brighter, darker, with noise."""
    from io import BytesIO

    from PIL import Image

    files, random = {}, np.random.default_rng(5)
    for number, base in enumerate(smooth(count, 48, seed=3)):
        for variant in range(each):
            noisy = base.astype(float) * (1 - 0.03 * variant) + random.normal(0, 1, base.shape)
            content = BytesIO()
            Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(content, "PNG")
            files[f"{'ab'[number % 2]}/{number}_{'xyz'[variant]}{number}.png"] = content.getvalue()
    return files


def burst_parts(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path, (part, _, _) in by_name(name).items():
        found.setdefault(path.split("/")[1].split("_")[0], set()).add(part)
    return found


def test_near_duplicates_stay_together_on_request(tmp_path):
    order = archive(tmp_path / "bursts.zip", bursts())
    apart = burst_parts(imported(order, "Apart", side=32))
    together = burst_parts(imported(order, "Together", side=32, link_duplicates=True))
    assert any(len(parts) > 1 for parts in apart.values()), "otherwise this test is void"
    assert all(len(parts) == 1 for parts in together.values())
    name = next(name for name in datasets.names() if datasets.facts(name).title == "Together")
    assert any("Near duplicates: 90 images in 30 sets" in note for note in datasets.custom_dataset(name).notes)
    data = datasets.open_for_training(name)
    training, validation = datasets.training_split(data, Config(data=name))
    numbers = [{data.records.name("train", row).split("_")[0] for row in rows} for rows in (training, validation)]
    assert all(numbers) and not numbers[0] & numbers[1]
    assert data.records.group_names == () or len(data.records.group_names) == 0


def test_added_images_stay_with_their_near_duplicates(tmp_path):
    files = bursts()
    first = {path: data for path, data in files.items() if "_x" in path}
    name = imported(archive(tmp_path / "a.zip", first), side=32, link_duplicates=True)
    imported(archive(tmp_path / "b.zip", {path: data for path, data in files.items() if path not in first}), into=name)
    assert all(len(parts) == 1 for parts in burst_parts(name).values())


def test_units_join_groups_that_share_an_image():
    found = units.units_of(["a", "a", "b", "", "c"], [b"1", b"2", b"2", b"3", b"4"], np.array([[3, 4]]))
    assert found.numbers[:, 1].tolist() == [0, 0, 0, 1, 1]
    assert found.numbers[:, 0].tolist() == [0, 0, 1, -1, 2] and found.group_names == ["a", "b", "c"]
    assert units.units_of(["", ""], [b"1", b"1"], np.zeros((0, 2), int)) is None


# ---- split options


def test_the_test_fraction_is_configurable(tmp_path):
    order = archive(tmp_path / "leaves.zip", leaves(count=20))
    for fraction in (0.1, 0.2, 0.5):
        data = datasets.open_dataset(imported(order, f"{fraction}", test_fraction=fraction))
        assert np.bincount(data.y_test).tolist() == [round(20 * fraction)] * 2
    assert any("50% of each class" in note for note in datasets.custom_dataset("own-0-5").notes)
    assert datasets.custom_dataset("own-0-5").test_fraction == 0.5


def test_the_seed_determines_the_held_out_images(tmp_path):
    order = archive(tmp_path / "leaves.zip", leaves(count=20))

    def tested(title: str, **wish) -> set[str]:
        return {path for path, (part, _, _) in by_name(imported(order, title, **wish)).items() if part == "test"}

    assert tested("a") == tested("b", split_seed=0)
    assert tested("c", split_seed=1) == tested("d", split_seed=1) != tested("e")


def test_without_stratification_only_the_total_counts(tmp_path):
    labels = [0] * 40 + [1] * 160
    digests = [bytes([place]) for place in range(200)]
    shares = set()
    for seed in range(6):
        test = holdout.choose_test(labels, digests, how=Holdout(0.25, seed, stratified=False))
        assert test.sum() == 50
        shares.add(int(test[:40].sum()))
    assert len(shares) > 1, "a stratified split would always give 10"
    few = holdout.choose_test([0] * 3 + [1] * 5, digests[:8], how=Holdout(0.5, 3, stratified=False))
    assert (~few)[:3].sum() >= 2 and (~few)[3:].sum() >= 2


def test_added_images_follow_the_split_of_the_dataset(tmp_path):
    name = imported(archive(tmp_path / "a.zip", leaves(count=20)), test_fraction=0.5)
    imported(archive(tmp_path / "b.zip", leaves(count=20, before="x/", first=300)), into=name)
    assert np.bincount(datasets.open_dataset(name).y_test).tolist() == [20, 20]


@pytest.mark.parametrize("wrong", [{"test_fraction": 0.01}, {"test_fraction": 0.9}, {"split_seed": -1}])
def test_an_invalid_split_is_refused(wrong):
    with pytest.raises(SettingError, match=r"test fraction|seed"):
        ImportSettings("Leaves", **wrong)


def test_entire_groups_are_held_out_in_any_order():
    random = np.random.default_rng(0)
    labels, group = random.integers(0, 3, 200), random.integers(0, 25, 200)
    digests = [random.bytes(8) for _ in range(200)]
    test = holdout.choose_test_groups(labels, digests, group)
    order = random.permutation(200)
    again = holdout.choose_test_groups(labels[order], [digests[row] for row in order], group[order])
    assert np.array_equal(again, test[order]) and 25 <= test.sum() <= 55
    assert not set(group[test].tolist()) & set(group[~test].tolist())
    assert replace(Holdout(), seed=3).order(b"x") != b"x"
