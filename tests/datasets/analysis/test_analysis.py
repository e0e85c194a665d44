"""Dataset analysis, checked against small hand-made cases."""

import numpy as np
import pytest

from imgcls.datasets import Dataset, DatasetInfo, Edits
from imgcls.datasets.analysis import duplicates, embedding, perceptual_hash
from imgcls.datasets.analysis.survey import survey
from tests.support.uploads import smooth


def noise(*shape, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def make_dataset(x_train, y_train, x_test, y_test, classes=("a", "b", "c")) -> Dataset:
    shape = x_train.shape[1:]
    counts = len(x_train), len(x_test)
    facts = DatasetInfo("made", "Made", "", tuple(classes), shape, counts, "bundled", 0.0, False, {})
    return Dataset(facts, x_train, np.asarray(y_train), x_test, np.asarray(y_test), "f" * 16, Edits("f" * 16))


# ---- small copies and hashes


def test_a_thumbnail_averages_each_area():
    images = noise(3, 8, 6, 3)
    reduced = perceptual_hash.downscaled(images, 2)
    expected = images.reshape(3, 2, 4, 2, 3, 3).mean((2, 4))
    assert reduced.shape == (3, 2, 2, 3)
    assert np.allclose(reduced, expected, atol=1e-3)


def test_partial_pixels_are_weighted_by_area():
    assert np.allclose(perceptual_hash.area_weights(3, 2), [[2 / 3, 1 / 3, 0], [0, 1 / 3, 2 / 3]])
    assert np.allclose(perceptual_hash.area_weights(5, 5), np.eye(5))
    assert np.allclose(perceptual_hash.area_weights(28, 16).sum(1), 1)


@pytest.mark.parametrize("size", [(1, 1), (4, 9), (8, 8), (28, 28)])
def test_small_images_are_unchanged_and_have_a_hash(size):
    images = noise(4, *size, 1)
    if max(size) <= perceptual_hash.COPY_SIDE:
        assert np.allclose(perceptual_hash.downscaled(images), images, atol=1e-3)
    assert perceptual_hash.hashes(perceptual_hash.downscaled(images)).shape == (4,)


def bits_apart(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.bitwise_count(
        perceptual_hash.hashes(perceptual_hash.downscaled(left))
        ^ perceptual_hash.hashes(perceptual_hash.downscaled(right))
    )


def test_a_hash_is_stable_under_small_changes_and_distinguishes_images():
    images = smooth(40)
    paler = (images * 0.6 + 70).round().astype(np.uint8)
    noisy = np.clip(images + np.random.default_rng(1).normal(0, 2, images.shape), 0, 255).astype(np.uint8)
    assert bits_apart(images, paler).max() <= 4
    assert bits_apart(images, noisy).mean() < 4
    assert bits_apart(images, np.roll(images, 1, 0)).min() > 8


# ---- duplicates


def test_exact_duplicates_are_grouped_in_order():
    images = noise(9, 5, 4, 3)
    images[[7, 4]] = images[2]
    images[8] = images[1]
    places, groups = duplicates.exact_groups(duplicates.digests(images))
    assert places.tolist() == [1, 8, 2, 4, 7]
    assert groups.tolist() == [0, 0, 1, 1, 1]


def test_one_different_pixel_means_no_exact_duplicate():
    images = np.repeat(noise(1, 6, 6, 1), 3, 0)
    images[1, 5, 5, 0] ^= 1
    places, _ = duplicates.exact_groups(duplicates.digests(images))
    assert places.tolist() == [0, 2]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_without_duplicates_there_are_no_groups(count):
    places, groups = duplicates.exact_groups(duplicates.digests(noise(count, 4, 4, 1)))
    assert len(places) == len(groups) == 0


def near(images: np.ndarray, labels=None, usable=None) -> tuple[list, np.ndarray]:
    small = perceptual_hash.downscaled(images)
    hashes = perceptual_hash.hashes(small)
    flat = np.rint(small).astype(np.uint8).reshape(len(small), -1)
    labels = np.zeros(len(images), int) if labels is None else labels
    usual = np.stack([flat[labels == label].mean(0) for label in range(labels.max() + 1)])
    usable = np.ones(len(images), bool) if usable is None else usable
    pairs, likeness = duplicates.near_pairs(hashes, flat, labels, usual.astype(np.float32), usable)
    return pairs.tolist(), likeness


def test_only_planted_near_duplicates_are_found():
    images = smooth(3_000)
    generator = np.random.default_rng(1)
    images[1000] = np.clip(images[10] + generator.normal(0, 3, images[10].shape), 0, 255)
    images[2000] = (images[20] * 0.8 + 20).astype(np.uint8)
    images[2999] = np.clip(images[30].astype(int) + 12, 0, 255)
    pairs, likeness = near(images)
    assert {(10, 1000), (20, 2000), (30, 2999)} <= set(map(tuple, pairs))
    assert len(pairs) == 3
    assert (np.diff(likeness) <= 0).all() and likeness.min() >= duplicates.MIN_SIMILARITY


def test_features_shared_by_a_class_make_no_duplicates():
    labels = np.arange(400) % 2
    shared = smooth(2, seed=5)[labels].astype(float)
    own = smooth(400, seed=6).astype(float)
    images = (0.8 * shared + 0.2 * own).round().astype(np.uint8)
    images[399] = images[1]
    assert near(images, labels)[0] == [[1, 399]]
    flat = images.reshape(400, -1)
    usual = np.stack([flat[labels == label].mean(0) for label in (0, 1)]).astype(np.float32)
    left, right = np.arange(0, 300), np.arange(2, 302)
    as_they_are = duplicates.similarity(flat, labels, np.zeros_like(usual), left, right)
    without_what_is_shared = duplicates.similarity(flat, labels, usual, left, right)
    assert np.median(as_they_are) > 0.9 and np.abs(np.median(without_what_is_shared)) < 0.2


def test_excluded_images_are_in_no_pair():
    images = np.repeat(smooth(1), 4, 0)
    usable = np.array([True, False, True, False])
    assert all(place in (0, 2) for pair in near(images, usable=usable)[0] for place in pair)
    assert near(images, usable=np.zeros(4, bool))[0] == []


def test_similarity_is_the_correlation_after_subtracting_the_mean():
    flat = np.array([[10, 20, 30, 40], [20, 40, 60, 80], [40, 30, 20, 10], [7, 7, 7, 7]], np.uint8)
    usual = np.zeros((1, 4), np.float32)
    alike = duplicates.similarity(flat, np.zeros(4, int), usual, np.array([0, 0, 0]), np.array([1, 2, 3]))
    assert alike.tolist() == pytest.approx([1, -1, 0])
    usual = np.array([[10, 20, 30, 40]], np.float32)
    assert duplicates.similarity(flat, np.zeros(4, int), usual, np.array([0]), np.array([1])).tolist() == [0]


# ---- embedding and outliers


def test_principal_components_match_scikit_learn():
    from sklearn.decomposition import PCA

    values = noise(60, 12).astype(np.float32) * np.linspace(3, 0.1, 12)
    ours = embedding.PrincipalComponents.of(values, 4)
    theirs = PCA(4, svd_solver="full").fit(values)
    assert np.allclose(ours.deviations**2, theirs.explained_variance_, rtol=1e-3)
    assert np.allclose(np.abs(ours.points(values)), np.abs(theirs.transform(values)), rtol=1e-3, atol=0.5)
    assert (ours.directions[np.arange(4), np.abs(ours.directions).argmax(1)] > 0).all()


def test_a_mislabelled_image_is_an_outlier_close_to_its_true_class():
    generator = np.random.default_rng(0)
    labels = np.repeat([0, 1], 50)
    points = generator.normal(0, 1, (100, 3)).astype(np.float32)
    points[labels == 1] += 20
    points[7] = 20
    unusual, nearest = embedding.outlier_scores(points, labels, np.ones(3), 3)
    assert unusual.argmax() == 7 and unusual[7] > 6
    assert np.sort(unusual)[-2] < 6
    assert nearest[7] == 1
    assert (np.delete(nearest, 7) == np.delete(labels, 7)).all()


def test_the_outlier_score_is_a_robust_z_score_by_hand():
    points = np.array([[0.0], [1], [-1], [2], [-2], [10]], np.float32)
    unusual, _ = embedding.outlier_scores(points, np.zeros(6, int), np.array([2.0]), 1)
    distances = np.abs(points[:, 0] / 2 - np.median(points[:, 0] / 2))
    usual = np.median(distances)
    expected = (distances - usual) / (1.4826 * np.median(np.abs(distances - usual)))
    assert unusual.tolist() == pytest.approx(expected.tolist(), rel=1e-4)


def test_a_class_of_two_has_no_outliers():
    unusual, nearest = embedding.outlier_scores(np.eye(3, dtype=np.float32), np.array([0, 0, 1]), np.ones(3), 2)
    assert unusual.tolist() == [0, 0, 0] and nearest[2] == 1


def test_tsne_reports_progress_and_keeps_clusters_together():
    generator = np.random.default_rng(0)
    points = np.concatenate([generator.normal(0, 1, (25, 5)), generator.normal(30, 1, (25, 5))]).astype(np.float32)
    heard = []
    places = embedding.tsne(points, heard.append)
    assert places.shape == (50, 2) and places.dtype == np.float32
    assert heard == sorted(heard) and len(heard) > 5 and 0 < heard[0] < 0.1 < heard[-1] <= 1
    middles = places[:25].mean(0), places[25:].mean(0)
    nearer = [np.argmin([np.linalg.norm(place - middle) for middle in middles]) for place in places]
    assert nearer == [0] * 25 + [1] * 25


# ---- the complete analysis


def test_the_analysis_finds_planted_problems(tmp_path):
    x_train, x_test = smooth(60, 12, 1, seed=1), smooth(20, 12, 1, seed=2)
    y_train, y_test = np.arange(60) % 3, np.arange(20) % 3
    x_train[5] = x_train[2]  # exact, the same class
    x_train[7] = x_train[3]  # exact, another class
    x_test[4] = x_train[10]  # a leak
    x_train[11] = 0
    heard = []
    found = survey(
        make_dataset(x_train, y_train, x_test, y_test), tmp_path, lambda fraction, text: heard.append(fraction)
    )
    everything = np.concatenate([x_train, x_test])
    assert found["members"].tolist() == [2, 5, 3, 7, 10, 64] and found["groups"].tolist() == [0, 0, 1, 1, 2, 2]
    assert found["members_found"] == 6
    assert np.allclose(found["brightness"], everything.mean((1, 2, 3)), atol=1e-3)
    assert np.allclose(found["contrast"], everything.std((1, 2, 3)), atol=1e-2)
    for label in range(3):
        assert np.abs(found["means"][label] - x_train[y_train == label].mean(0)).max() <= 0.5 + 1e-3
    assert found["unlike"].tolist() != [] and set(found["unlike"].tolist()) == set(range(60))
    assert (np.diff(found["unusual"]) <= 0).all()
    assert found["map_rows"].tolist() == list(range(60)) and found["map_points"].shape == (60, 32)
    assert heard == sorted(heard) and heard[-1] <= 1
    assert list(tmp_path.iterdir()) == [], "temporary files are gone"


def test_the_analysis_does_not_depend_on_the_block_size(tmp_path, monkeypatch):
    data = make_dataset(smooth(150, 20), np.arange(150) % 3, smooth(40, 20, seed=9), np.arange(40) % 3)
    whole = survey(data, tmp_path)
    monkeypatch.setattr("imgcls.datasets.analysis.survey.BLOCK_BYTES", 1)
    parts = survey(data, tmp_path)
    for name, values in whole.items():
        assert np.allclose(values, parts[name], atol=1), name


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 50, 3), (90, 70, 1)])
def test_the_analysis_accepts_any_image_size_and_empty_classes(tmp_path, shape):
    found = survey(make_dataset(noise(9, *shape), [0] * 5 + [1] * 4, noise(3, *shape), [0, 1, 0]), tmp_path)
    assert found["means"].shape[0] == 3 and not found["means"][2].any()
    assert np.isfinite(found["unusual"]).all() and np.isfinite(found["map_points"]).all()
