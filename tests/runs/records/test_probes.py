"""Probes: pinned images, and what the trainer writes about them after every epoch."""

import numpy as np
import pytest

from imgcls.errors import RunError
from imgcls.runs import Run
from imgcls.runs.predictions import probes
from imgcls.sharing import NotAllowed, acting_as, ownership
from imgcls.training.loop.batches import Subset
from imgcls.training.loop.epoch_predictions import EpochRecorder
from tests.sharing.conftest import ADA, BEN
from tests.sharing.conftest import ada as ada
from tests.sharing.conftest import ben as ben
from tests.sharing.conftest import shared as shared
from tests.support.runs.mutations import small_run

SHAPE = (8, 8, 1)


@pytest.fixture
def run() -> Run:
    return small_run("some-run")


def image(value: int) -> np.ndarray:
    return np.full(SHAPE, value, np.uint8)


def test_probes_are_pinned_and_removed_and_an_id_is_not_used_again(run):
    for value in (1, 2, 3):
        probes.pin(run, image(value))
    probes.append(run, 1, [1, 2, 3], np.eye(3))
    probes.remove(run, 3)
    probes.pin(run, image(4))
    found = probes.read(run)
    assert [probe.id for probe in found] == [1, 2, 4]
    assert [int(probe.pixels[0, 0, 0]) for probe in found] == [1, 2, 4]
    assert found[0].by_epoch[1].tolist() == [1, 0, 0] and found[2].by_epoch == {}


def test_what_does_not_fit_is_refused(run):
    probes.pin(run, image(1))
    with pytest.raises(RunError, match="another size"):
        probes.pin(run, np.zeros((9, 9, 1), np.uint8))
    for _ in range(probes.MOST - 1):
        probes.pin(run, image(1))
    with pytest.raises(RunError, match=f"at most {probes.MOST} probes"):
        probes.pin(run, image(1))


def test_since_when_the_prediction_stayed(run):
    probes.pin(run, image(1))
    for epoch, label in ((1, 0), (2, 1), (3, 0), (4, 1), (5, 1)):
        probes.append(run, epoch, [1], np.eye(2)[[label]])
    (probe,) = probes.read(run)
    assert (probe.learned_at(1), probe.learned_at(0)) == (4, None)


def test_a_training_that_continues_from_an_earlier_epoch_drops_the_later_ones(run):
    probes.pin(run, image(1))
    for epoch in (1, 2, 3):
        probes.append(run, epoch, [1], np.eye(2)[[0]])
    with (run.folder / probes.LINES).open("a") as file:
        file.write('{"epoch": 4, "ids": [1], "probab')
    probes.rewind(run, 2)
    assert list(probes.read(run)[0].by_epoch) == [1, 2]


@pytest.mark.parametrize("content", [b"", b"x", b"PK\x03\x04"])
def test_damaged_images_give_a_sentence(run, content):
    (run.folder / probes.NAME).write_bytes(content)
    with pytest.raises(RunError, match="damaged"):
        probes.read(run)


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "{}",
        '{"epoch": -1, "ids": [1], "probabilities": [[1]]}',
        '{"epoch": 1, "ids": [1], "probabilities": [[1e99]]}',
        '{"epoch": 1, "ids": ["1"], "probabilities": [[1]]}',
        '{"epoch": 1, "ids": [1, 2], "probabilities": [[1]]}',
    ],
)
def test_damaged_lines_are_skipped(run, line):
    probes.pin(run, image(1))
    (run.folder / probes.LINES).write_text(line + "\n")
    assert probes.read(run)[0].by_epoch == {}


def test_only_its_owner_pins_images_to_a_run(run, ada, ben):
    ownership.record(run.folder, ADA)
    with acting_as(BEN):
        with pytest.raises(NotAllowed):
            probes.pin(run, image(1))
        with pytest.raises(NotAllowed):
            probes.remove(run, 1)
    with acting_as(ADA):
        probes.pin(run, image(1))


def recorder_of(run: Run) -> EpochRecorder:
    images = np.zeros((4, *SHAPE), np.uint8)
    return EpochRecorder(run, Subset.of(images, np.array([0, 1, 0, 1])), 2, 3)


def test_the_trainer_classifies_them_after_each_epoch_also_those_pinned_meanwhile(run):
    seen = []

    def predict(images):
        seen.append(images.shape)
        return np.stack([1 - images[:, 0, 0, 0] / 255, images[:, 0, 0, 0] / 255], axis=1)

    recorder = recorder_of(run)
    recorder.probe_with(predict)
    for epoch in (1, 2):
        probes.pin(run, image(255 * (epoch - 1)))
        for start in (0, 2):
            recorder.record(start, np.full((2, 2), 0.5))
        recorder.end_epoch(epoch, is_best=False)
    first, second = probes.read(run)
    assert {epoch: row.tolist() for epoch, row in first.by_epoch.items()} == {1: [1, 0], 2: [1, 0]}
    assert {epoch: row.tolist() for epoch, row in second.by_epoch.items()} == {2: [0, 1]}
    assert seen == [(probes.MOST, *SHAPE)] * 2, "one size of a batch, so that the model is compiled once"


def test_damaged_probes_or_ones_of_another_size_stop_no_training(run):
    recorder = recorder_of(run)
    recorder.probe_with(lambda images: np.zeros((len(images), 2)))
    probes.pin(run, np.zeros((9, 9, 1), np.uint8))
    recorder.record(0, np.full((4, 2), 0.5))
    recorder.end_epoch(1, is_best=False)
    (run.folder / probes.NAME).write_bytes(b"damaged")
    recorder.record(0, np.full((4, 2), 0.5))
    recorder.end_epoch(2, is_best=False)
    assert not (run.folder / probes.LINES).exists()
