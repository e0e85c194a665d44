"""Multi-label imports: label tables, storage, splits, and edits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from imgcls import datasets
from imgcls.datasets import NO_CLASS, importing
from imgcls.errors import DatasetError, SourceError
from tests.support.importing.multilabel_uploads import SETS, listing, some, with_semicolons
from tests.support.uploads import archive, csv, digits, image, imported, table


def with_flags(rows, names=("sky", "sea", "boat")) -> list[list]:
    return [["file", *names], *([name, *(int(label in labels) for label in names)] for name, labels in rows)]


def labels_of(name: str) -> dict[bytes, tuple[str, ...]]:
    """Pixels -> labels of all stored images."""
    dataset = datasets.open_dataset(name)
    found = {}
    for images, labels in ((dataset.x_train, dataset.y_train), (dataset.x_test, dataset.y_test)):
        for pixels, row in zip(images, labels, strict=True):
            found[pixels.tobytes()] = tuple(sorted(np.array(dataset.facts.classes)[row > 0].tolist()))
    return found


# ---- tables


@pytest.mark.parametrize("form", [with_semicolons, with_flags])
def test_both_multi_label_notations_are_read_previewed_and_stored_as_a_matrix(form, tmp_path):
    order = listing(tmp_path, form(some()))
    seen = importing.make_preview(order)
    assert (seen.multilabel_total, seen.total) == (30, 30)
    assert [(label, sum(counts)) for label, *counts in seen.counts] == [("boat", 10), ("sea", 15), ("sky", 15)]
    assert any("several labels" in note for note in seen.notes)
    shown = {tuple(sorted(sample["class"].split(", "))) for sample in seen.samples}
    assert shown == {tuple(sorted(labels or ["no label"])) for labels in SETS}

    facts = datasets.facts(imported(order))
    dataset = datasets.open_dataset(facts.name)
    assert facts.is_multilabel and facts.classes == ("boat", "sea", "sky")
    assert dataset.y_train.dtype == np.uint8 and dataset.y_train.shape == (len(dataset.x_train), 3)
    assert len(dataset.y_train) + len(dataset.y_test) == 30
    assert sorted(labels_of(facts.name).values()) == sorted(tuple(sorted(labels)) for _, labels in some())
    assert any("without any label: 5" in note for note in datasets.custom_dataset(facts.name).notes)


def test_both_notations_give_the_same_dataset(tmp_path):
    first = imported(listing(tmp_path, with_semicolons(some())), "One")
    second = imported(listing(tmp_path, with_flags(some()), "flags.csv"), "Two")
    assert datasets.open_dataset(first).fingerprint == datasets.open_dataset(second).fingerprint


def test_columns_with_a_single_1_per_row_are_single_label_classes(tmp_path):
    rows = [(f"{number:03}.png", (("sky", "sea", "boat")[number % 3],)) for number in range(15)]
    order = listing(tmp_path, with_flags(rows))
    seen = importing.make_preview(order)
    assert seen.multilabel_total == 0 and any("exactly one 1" in note for note in seen.notes)
    name = imported(order)
    assert not datasets.facts(name).is_multilabel and datasets.open_dataset(name).y_train.ndim == 1


def test_a_table_with_one_label_per_image_is_stored_as_single_label(tmp_path):
    rows = [["file", "label"], *([f"{number:03}.png", ("sky", "sea")[number % 2]] for number in range(12))]
    name = imported(listing(tmp_path, rows))
    dataset = datasets.open_dataset(name)
    assert dataset.y_train.dtype == np.int64 and dataset.y_train.ndim == 1 and not dataset.facts.is_multilabel


def test_spellings_are_merged_and_repeated_labels_count_once(tmp_path):
    rows = [["file", "labels"]] + [[f"{n:03}.png", "Sky; sea ;sky;" if n % 2 else "sky"] for n in range(12)]
    name = imported(listing(tmp_path, rows))
    assert datasets.facts(name).classes == ("sea", "sky")
    assert sorted(set(labels_of(name).values())) == [("sea", "sky"), ("sky",)]


def test_labels_without_a_header_are_not_mistaken_for_columns(tmp_path):
    rows = [[f"{n:03}.png", ("sky;sea;boat", "sky", "sea;boat")[n % 3]] for n in range(12)]
    assert datasets.facts(imported(listing(tmp_path, rows))).classes == ("boat", "sea", "sky")


def test_a_rare_label_is_dropped_and_its_images_are_kept(tmp_path):
    rows = with_semicolons(some())
    rows[1][1] += ";whale"
    seen = importing.make_preview(listing(tmp_path, rows))
    assert "whale" not in [label for label, *_ in seen.counts]
    name = imported(listing(tmp_path, rows))
    assert "whale" not in datasets.facts(name).classes and sum(datasets.facts(name).counts) == 30
    assert any("'whale'" in note and "fewer than 3" in note for note in datasets.custom_dataset(name).notes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((7, 2, "2"), "row 8, column 'sea' holds '2'. Expected 1 if the image has this label and 0"),
        ((7, 3, ""), "row 8, column 'boat' holds ''"),
        ((7, 0, "005.png"), "an earlier row"),
    ],
)
def test_an_ambiguous_row_is_named(change, said, tmp_path):
    rows = with_flags(some())
    order = listing(tmp_path, rows)
    row, column, value = change
    rows[row][column] = value
    (tmp_path / "labels.csv").write_text(csv(rows))
    with pytest.raises(SourceError) as caught:
        importing.make_preview(order)
    assert said in str(caught.value)


def test_hostile_names_are_displayed_and_never_executed(tmp_path):
    rows = with_flags(some(), ("sky", "sea", "boat"))
    rows[0][1:] = ["<img src=x onerror=alert(1)>", "$\\frac{1}{2}$", "../../etc"]
    name = imported(listing(tmp_path, rows))
    assert set(datasets.facts(name).classes) == set(rows[0][1:])


def test_a_pixel_table_may_be_multi_label(tmp_path):
    rows = digits(24)
    for number, row in enumerate(rows):
        row[0] = ("zero;round", "one", "round")[number % 3]
    order = table(tmp_path / "pixels.csv", csv(rows))
    seen = importing.make_preview(order)
    assert (seen.multilabel_total, [(label, sum(counts)) for label, *counts in seen.counts]) == (
        24,
        [("one", 8), ("round", 16), ("zero", 8)],
    )
    facts = datasets.facts(imported(order, channels=1))
    assert facts.is_multilabel and facts.classes == ("one", "round", "zero")


# ---- adding


def test_images_with_new_labels_can_be_added(tmp_path):
    name = imported(listing(tmp_path, with_semicolons(some())))
    before = labels_of(name)
    more = [(f"{number:03}.png", ("gull", "Sky") if number % 2 else ("boat",)) for number in range(100, 110)]
    imported(listing(tmp_path, with_semicolons(more), "more.csv"), into=name)
    facts = datasets.facts(name)
    assert facts.classes == ("boat", "sea", "sky", "gull") and sum(facts.counts) == 40
    after = labels_of(name)
    assert all(after[pixels] == labels for pixels, labels in before.items())
    assert sorted(after[pixels] for pixels in after.keys() - before.keys()) == [("boat",)] * 5 + [("gull", "sky")] * 5


def test_a_few_images_of_a_known_label_can_be_added(tmp_path):
    name = imported(listing(tmp_path, with_semicolons(some())))
    more = [(f"{number:03}.png", ("sky", "sea")) for number in (200, 201)]
    imported(listing(tmp_path, with_semicolons(more), "more.csv"), into=name)
    assert sum(datasets.facts(name).counts) == 32
    assert not any("Left out" in note for note in datasets.custom_dataset(name).notes)


def test_a_re_imported_image_stays_in_its_split(tmp_path):
    name = imported(listing(tmp_path, with_semicolons(some(60))))
    before = datasets.open_dataset(name)
    sides = {pixels.tobytes(): "test" for pixels in before.x_test} | {
        pixels.tobytes(): "train" for pixels in before.x_train
    }
    imported(listing(tmp_path, with_semicolons(some(120)), "again.csv"), into=name)  # with 60 more
    after = datasets.open_dataset(name)
    for part, images in (("test", after.x_test), ("train", after.x_train)):
        again = [sides[pixels.tobytes()] for pixels in images if pixels.tobytes() in sides]
        assert set(again) == {part} and len(again) == 2 * sum(side == part for side in sides.values())


def test_an_image_with_one_known_label_can_be_added(tmp_path):
    name = imported(listing(tmp_path, with_semicolons(some())))
    more = {
        f"{label}/{number}.png": image(500 + number + 50 * (label == "sea"))
        for label in ("sky", "sea")
        for number in range(4)
    }
    imported(archive(tmp_path / "more.zip", more), into=name)
    assert datasets.facts(name).is_multilabel and sum(datasets.facts(name).counts) == 38


def test_multi_label_images_are_not_added_to_a_single_label_dataset(tmp_path):
    rows = [["file", "label"], *([f"{number:03}.png", ("sky", "sea")[number % 2]] for number in range(12))]
    name = imported(listing(tmp_path, rows))
    with pytest.raises(SourceError, match="belongs to one class, but these images have several labels"):
        imported(listing(tmp_path, with_semicolons(some(12, 50)), "more.csv"), into=name)
    assert sum(datasets.facts(name).counts) == 12


# ---- splits


def test_a_fifth_of_each_label_is_held_out_independent_of_order(tmp_path):
    rows = some(120)
    first = datasets.open_dataset(imported(listing(tmp_path, with_semicolons(rows)), "One"))
    second = datasets.open_dataset(imported(listing(tmp_path, with_semicolons(rows[::-1]), "b.csv"), "Two"))
    assert {pixels.tobytes() for pixels in first.x_test} == {pixels.tobytes() for pixels in second.x_test}
    assert first.y_test.mean(0) == pytest.approx(first.y_train.mean(0), abs=0.05)
    assert 20 <= len(first.y_test) <= 28


def test_duplicates_stay_in_one_split_and_conflicting_labels_in_training(tmp_path):
    rows = some(40)
    images = {name: image(int(name[:3]) // 2) for name, _ in rows}  # each twice, with other labels
    same = {f"x{number}.png": image(900 + number // 4) for number in range(40)}
    listed = with_semicolons([*rows, *((name, ("sky",)) for name in same)])
    dataset = datasets.open_dataset(imported(listing(tmp_path, listed, images=images | same)))
    test = {pixels.tobytes() for pixels in dataset.x_test}
    train = {pixels.tobytes() for pixels in dataset.x_train}
    assert test and not test & train
    assert (dataset.y_test == dataset.y_test[0]).all(), "only consistent duplicates are in the test set"
    assert any("different labels" in note for note in datasets.custom_dataset(dataset.facts.name).notes)


def uneven(count: int = 400, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).random((count, 5)) < (0.7, 0.3, 0.1, 0.05, 0.02)).astype(np.uint8)


def test_a_split_keeps_each_label_fraction_and_repeats_no_image():
    labels = uneven()
    learn, judge = datasets.split(labels, 0, 0.15, 3, 5)
    assert sorted([*learn, *judge]) == list(range(400)) and (np.diff(judge) > 0).all()
    assert np.abs(labels[judge].sum(0) - 0.15 * labels.sum(0)).max() <= 1.5
    assert abs(len(judge) - 60) <= 3
    again = datasets.split(labels, 0, 0.15, 3, 5)
    other = datasets.split(labels, 0, 0.15, 4, 5)
    assert np.array_equal(learn, again[0]) and not np.array_equal(judge, other[1])


def test_a_rare_label_gets_its_fraction_even_next_to_a_frequent_one():
    labels = np.zeros((300, 2), np.uint8)
    labels[:200, 0] = labels[:10, 1] = 1
    for seed in range(20):
        _, judge = datasets.split(labels, 0, 0.2, seed, 2)
        assert labels[judge].sum(0).tolist() == [40, 2]


def test_a_subset_of_the_images_keeps_the_fractions_too():
    labels = uneven()
    learn, judge = datasets.split(labels, 100, 0.2, 0, 5)
    assert abs(len(learn) + len(judge) - 100) <= 3
    used = labels[np.concatenate([learn, judge])]
    assert np.abs(used.sum(0) - labels.sum(0) / 4).max() <= 1.5


def test_a_label_never_loses_its_last_training_image():
    labels = np.zeros((40, 3), np.uint8)
    labels[:20, 0] = labels[20:, 1] = 1
    labels[7, 2] = 1
    for seed in range(20):
        learn, _ = datasets.split(labels, 0, 0.5, seed, 3)
        assert labels[learn].any(0).all()


@given(
    labels=st.integers(1, 6).flatmap(
        lambda k: arrays(np.uint8, st.tuples(st.integers(1, 60), st.just(k)), elements=st.integers(0, 1))
    ),
    fraction=st.floats(0, 0.5),
    seed=st.integers(0, 9),
)
def test_any_labels_keep_their_fractions_and_at_least_one_training_image(labels, fraction, seed):
    order = np.random.default_rng(seed).permutation(len(labels))
    aside = datasets.stratified_holdout(labels, round(fraction * len(labels)), order)
    assert aside.shape == (len(labels),) and aside.dtype == bool
    assert labels[~aside].any(0).tolist() == labels.any(0).tolist()
    assert (labels[aside].sum(0) <= np.ceil(0.5 * labels.sum(0)) + labels.shape[1]).all()
    alone = labels[:, :1]  # a single label gets its exact fraction
    exact = datasets.stratified_holdout(alone, round(fraction * len(labels)), order)
    wanted = alone.sum() * round(fraction * len(labels)) / len(labels)
    assert abs(alone[exact].sum() - wanted) <= 0.5 + 1e-9 or alone.sum() == 1


def test_excluded_images_are_in_no_split():
    labels = uneven().astype(np.int8)
    labels[[3, 50]] = NO_CLASS
    learn, judge = datasets.split(labels, 0, 0.2, 0, 5)
    assert sorted([*learn, *judge]) == sorted(set(range(400)) - {3, 50})


@pytest.mark.parametrize(
    ("labels", "images", "said"),
    [
        (np.ones((40, 1)), 0, "fewer than two different labels"),
        (np.eye(40, 2)[:, [0, 0]] * 0, 0, "fewer than two different labels"),
        (np.ones((40, 5)), 9, "9 images are too few for 5 labels"),
    ],
)
def test_an_impossible_split_is_refused(labels, images, said):
    with pytest.raises(DatasetError, match=said):
        datasets.split(labels.astype(np.uint8), images, 0.2, 0, labels.shape[1])


# ---- edits


def test_an_image_can_be_excluded_and_restored_but_not_relabelled(tmp_path):
    name = imported(listing(tmp_path, with_semicolons(some())))
    dataset = datasets.open_dataset(name)
    with pytest.raises(DatasetError, match="is multi-label, so an image cannot be given another class"):
        datasets.relabel(dataset, [2], 1)
    datasets.exclude(dataset, [2, 5])
    changed = datasets.open_for_training(name)
    assert changed.training_count == len(dataset.y_train) - 2
    assert (changed.y_train[[2, 5]] == NO_CLASS).all()
    kept = np.delete(np.arange(len(dataset.y_train)), [2, 5])
    assert np.array_equal(changed.y_train[kept], dataset.y_train[kept])
    assert changed.facts.counted(changed.y_train).tolist() == dataset.y_train[kept].sum(0).tolist()
    datasets.undo_all(dataset)
    assert np.array_equal(datasets.open_for_training(name).y_train, dataset.y_train)


def test_labels_are_described_by_name(tmp_path):
    facts = datasets.facts(imported(listing(tmp_path, with_semicolons(some()))))
    assert facts.named([1, 0, 1]) == "boat, sky" and facts.named([0, 0, 0]) == "no label"
