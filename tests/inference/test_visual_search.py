"""Visual search: an index that is built once, searched exactly, and rebuilt if damaged."""

import subprocess
import sys

import numpy as np
import pytest

from imgcls import datasets
from imgcls.errors import DatasetError, RunError
from imgcls.inference import visual_search
from imgcls.inference.visual_search.index import Index, unit_length
from imgcls.system import paths

FAST = "MobileNet 0.25"


@pytest.fixture(scope="session")
def indexed(prepared_dataset, tmp_path_factory):
    """The folder of an index of `digits`, built once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGCLS_CACHE", str(prepared_dataset("digits").parent.parent))
        dataset = datasets.open_dataset("digits")
        reported = []
        task = visual_search.task_of(dataset, FAST)
        task.folder.mkdir(parents=True)
        visual_search.build(dataset, FAST, lambda fraction, text: reported.append((fraction, text)))
        return task.folder, reported


@pytest.fixture
def dataset(indexed, monkeypatch):
    monkeypatch.setenv("IMGCLS_CACHE", str(indexed[0].parents[1]))
    return datasets.open_dataset("digits")


def found_for(dataset, position: int, **options) -> visual_search.Found:
    image = np.concatenate([dataset.x_train, dataset.x_test])[position]
    return visual_search.open_index(dataset, FAST).search(visual_search.query_features(FAST, image), **options)


# ---- what is found


def test_an_image_finds_itself_and_mostly_its_own_class(dataset):
    labels = np.concatenate([dataset.y_train, dataset.y_test])
    right = []
    for position in (0, 5, 99, len(dataset.y_train), len(labels) - 1):
        found = found_for(dataset, position, count=11)
        assert found.positions[0] == position
        assert found.similarity[0] == pytest.approx(1, abs=2e-3)
        assert (np.diff(found.similarity) <= 0).all()
        right += (labels[found.positions[1:]] == labels[position]).tolist()
    assert np.mean(right) > 0.5  # chance is 0.1


def test_a_search_in_a_subset_finds_only_that_subset(dataset):
    labels = np.concatenate([dataset.y_train, dataset.y_test])
    among = np.flatnonzero(labels == 3)
    everything = found_for(dataset, 7, count=len(labels))
    some = found_for(dataset, 7, count=20, among=among)
    expected = [position for position in everything.positions.tolist() if labels[position] == 3][:20]
    assert some.positions.tolist() == expected
    assert found_for(dataset, 7, count=5, among=np.empty(0, int)).positions.tolist() == []


def test_the_search_is_exact():
    generator = np.random.default_rng(0)
    vectors = unit_length(generator.normal(size=(40_000, 16))).astype(np.float16)
    index = Index(vectors, np.zeros(16, np.float32), np.eye(16, dtype=np.float32))
    query = generator.normal(size=16).astype(np.float32)
    cosines = vectors.astype(np.float64) @ (query / np.linalg.norm(query))
    found = index.search(query, 50)
    assert found.positions.tolist() == np.argsort(-cosines, kind="stable")[:50].tolist()
    assert np.allclose(found.similarity, np.sort(cosines)[::-1][:50], atol=1e-3)


# ---- the index


def test_it_reports_progress(indexed):
    fractions = [fraction for fraction, _ in indexed[1]]
    assert fractions == sorted(fractions) and len(fractions) > 20 and fractions[-1] == 1
    assert indexed[1][0][1].startswith("Indexing image 64 of 1,797")


def test_a_background_process_builds_and_stores_the_index(digits, wait_until):
    dataset = datasets.open_dataset(digits)
    assert visual_search.state(dataset, FAST).state == "idle"
    visual_search.start(dataset, FAST)
    visual_search.start(dataset, FAST)  # a second click
    assert visual_search.state(dataset, FAST).state == "running"
    wait_until(lambda: visual_search.state(dataset, FAST).state != "running", seconds=120)
    assert visual_search.state(dataset, FAST).state == "ready", visual_search.state(dataset, FAST).text
    assert found_for(dataset, 12).positions[0] == 12


def test_an_unknown_name_gives_one_error_from_the_process():
    command = [sys.executable, "-m", "imgcls.inference.visual_search"]
    for arguments, sentence in ((["nothing"], "Name a dataset"), (["nothing", FAST], "No dataset is called 'nothing'")):
        done = subprocess.run(
            [*command, *arguments], cwd=paths.repository_folder(), capture_output=True, text=True, timeout=60
        )
        assert done.returncode in (1, 2) and done.stderr.startswith(sentence)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:100]),
        lambda path: path.with_suffix(".npy").unlink(),
        lambda path: np.save(path.with_suffix(".npy"), np.zeros((5, 3), np.float16)),
    ],
)
def test_a_damaged_index_gives_one_error_and_can_be_rebuilt(damage, digits):
    dataset = datasets.open_dataset(digits)
    task = visual_search.task_of(dataset, FAST)
    task.folder.mkdir(parents=True)
    np.save(task.folder / f"{task.kind}.npy", np.zeros((1797, 4), np.float16))
    np.savez(task.folder / task.result, mean=np.zeros(256), directions=np.zeros((4, 256)))
    assert visual_search.open_index(dataset, FAST).vectors.shape == (1797, 4)
    damage(task.folder / task.result)
    (task.folder / task.result).touch()
    with pytest.raises(DatasetError, match=r"^The search index of .* cannot be read\. Build it again\.$"):
        visual_search.open_index(dataset, FAST)
    assert visual_search.state(dataset, FAST).state == "idle"


# ---- image features


def test_a_run_with_matching_image_size_can_compute_features(finished_run):
    dataset = datasets.open_dataset("digits")
    assert list(visual_search.choices(dataset)) == ["EfficientNet-Lite0", FAST, finished_run.id]
    assert visual_search.choices(dataset)[finished_run.id] == "A small run (your run)"
    task = visual_search.task_of(dataset, finished_run.id)
    task.folder.mkdir(parents=True)
    visual_search.build(dataset, finished_run.id, lambda fraction, text: None)
    index = visual_search.open_index(dataset, finished_run.id)
    found = index.search(visual_search.query_features(finished_run.id, np.asarray(dataset.x_test[4])), 10)
    assert found.positions[0] == len(dataset.y_train) + 4


def test_a_run_with_another_image_size_is_not_offered(finished_run, mnist_sample):
    assert finished_run.id not in visual_search.choices(datasets.open_dataset(mnist_sample))
    with pytest.raises(RunError, match="expects images of 8×8×1"):
        visual_search.query_features(finished_run.id, np.zeros((28, 28, 1), np.uint8))


def test_a_deleted_run_gives_one_error(finished_run):
    dataset = datasets.open_dataset("digits")
    finished_run.delete()
    with pytest.raises(RunError, match="was deleted a moment ago"):
        visual_search.task_of(dataset, finished_run.id)
