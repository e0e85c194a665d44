"""Batches: every image once per epoch, identical after a restart within an epoch, prepared ahead, augmented."""

import threading
import tracemalloc

import numpy as np
import pytest

from imgcls.datasets.augmentation import Augmentation
from imgcls.training.loop.batches import Subset, batches

NO_CHANGE = Augmentation()
MOVED = Augmentation(rotation=20, shift=2, zoom=0.2, flip=True)


def numbered(count: int) -> Subset:
    """Images with their own number in every pixel pair; the label is the number modulo 7."""
    numbers = np.arange(count)
    images = np.zeros((count, 4, 4, 1), np.uint8)
    images[:, 0, 0, 0], images[:, 0, 1, 0] = numbers // 256, numbers % 256
    return Subset.of(images, numbers % 7)


def numbers_of(images: np.ndarray) -> list[int]:
    return (images[:, 0, 0, 0].astype(int) * 256 + images[:, 0, 1, 0]).tolist()


def bytes_of(found) -> list[tuple[bytes, bytes]]:
    return [(images.tobytes(), labels.tobytes()) for images, labels in found]


# ---- subsets


def test_a_subset_has_the_labels_of_its_rows_and_copies_no_images():
    images = np.arange(10, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    part = Subset.of(images, np.arange(10) * 10, np.array([7, 2, 5]))
    assert part.images is images
    assert len(part) == 3
    assert part.labels.tolist() == [70, 20, 50]
    assert part.labels.dtype == np.int32
    taken, labels = part.take(np.array([2, 0]))
    assert taken[:, 0, 0, 0].tolist() == [5, 7]
    assert labels.tolist() == [50, 70]
    assert len(Subset.of(images, np.arange(10))) == 10


@pytest.mark.parametrize(("most", "expected"), [(1, [0]), (3, [0, 4, 8]), (5, [0, 2, 4, 6, 8]), (9, [0, 2, 4, 6, 8])])
def test_a_sample_is_evenly_spaced_and_never_larger_than_requested(most, expected):
    assert numbers_of(numbered(10).sample(most)) == expected


def test_a_sample_of_full_size_is_everything():
    assert numbers_of(numbered(10).sample(10)) == numbers_of(numbered(10).sample(99)) == list(range(10))


# ---- batches


@pytest.mark.parametrize(
    ("count", "size", "sizes"), [(10, 4, [4, 4, 2]), (8, 4, [4, 4]), (3, 64, [3]), (5, 1, [1] * 5)]
)
def test_every_image_comes_once_with_its_own_label(count, size, sizes):
    found = list(batches(numbered(count), 1, size, 0, NO_CHANGE))
    assert [len(labels) for _, labels in found] == sizes
    numbers = [number for images, _ in found for number in numbers_of(images)]
    assert sorted(numbers) == list(range(count))
    assert [label for _, labels in found for label in labels.tolist()] == [number % 7 for number in numbers]


def test_the_order_differs_for_every_epoch_and_seed():
    def order(epoch, seed):
        return [
            number for images, _ in batches(numbered(50), epoch, 8, seed, NO_CHANGE) for number in numbers_of(images)
        ]

    orders = [order(epoch, seed) for epoch in (1, 2) for seed in (0, 1)]
    assert len({tuple(one) for one in orders}) == 4
    assert order(1, 0) == orders[0]


@pytest.mark.parametrize("augmentation", [NO_CHANGE, MOVED], ids=["plain", "augmented"])
def test_an_epoch_resumed_midway_has_the_same_batches(augmentation):
    part = numbered(50)
    whole = bytes_of(batches(part, 3, 8, 5, augmentation))
    for first in range(8):
        assert bytes_of(batches(part, 3, 8, 5, augmentation, first)) == whole[first:]
    assert len(whole) == 7


def test_augmentation_differs_between_epochs_and_batches_and_does_not_modify_the_data():
    image = np.random.default_rng(0).integers(0, 256, (1, 8, 8, 1), dtype=np.uint8)
    part = Subset.of(np.repeat(image, 3, axis=0), np.arange(3))  # so the order does not matter
    found = [images.tobytes() for epoch in (1, 2) for images, _ in batches(part, epoch, 1, 0, MOVED)]
    assert len(set(found)) == 6
    assert (part.images == image).all()


class Watched(np.ndarray):
    """Images that record which rows are read."""

    def __getitem__(self, key):
        if isinstance(key, np.ndarray):
            self.reads.append(threading.current_thread().name)
        return np.asarray(super().__getitem__(key))


def watched(count: int) -> Subset:
    images = numbered(count).images.view(Watched)
    images.reads = []
    return Subset.of(images, np.zeros(count))


def test_exactly_one_batch_is_prefetched_in_another_thread():
    part = watched(40)
    coming = batches(part, 1, 8, 0, NO_CHANGE)
    for number in range(1, 6):
        next(coming)
        for _ in range(500):
            if len(part.images.reads) >= min(number + 1, 5):
                break
            threading.Event().wait(0.01)
        threading.Event().wait(0.02)
        assert len(part.images.reads) == min(number + 1, 5)
    assert all(name.startswith("batches") for name in part.images.reads)
    assert list(coming) == []


def test_a_loop_that_leaves_early_leaves_no_thread_behind():
    coming = batches(watched(40), 1, 8, 0, NO_CHANGE)
    next(coming)
    coming.close()
    assert not any(thread.name.startswith("batches") for thread in threading.enumerate())


def test_an_error_while_preparing_a_batch_reaches_the_loop():
    part = numbered(8)
    broken = Subset(part.images, part.rows + 100, part.labels)
    with pytest.raises(IndexError):
        next(batches(broken, 1, 4, 0, NO_CHANGE))


def test_data_larger_than_memory_is_read_one_batch_at_a_time(tmp_path):
    """64 MB of images on disk: an epoch keeps at most two batches in memory."""
    path = tmp_path / "images.npy"
    count = 20_000
    np.lib.format.open_memmap(path, "w+", np.uint8, (count, 40, 40, 2)).flush()
    part = Subset.of(np.load(path, mmap_mode="r", allow_pickle=False), np.zeros(count))
    tracemalloc.start()
    try:
        assert sum(len(labels) for _, labels in batches(part, 1, 64, 0, NO_CHANGE)) == count
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000
