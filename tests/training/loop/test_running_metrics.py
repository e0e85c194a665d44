"""Means and speed over batches."""

import math
from types import SimpleNamespace

import pytest

from imgcls.training.loop import running_metrics
from imgcls.training.loop.running_metrics import BatchMeter, RunningMeans
from imgcls.training.loop.state import Progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that only moves when a test sets `clock.now`."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(running_metrics, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def test_means_weight_each_batch_by_its_images_and_start_over():
    means = RunningMeans(2)
    means.add((1.0, 0.5), 3)
    means.add((2.0, 0.0), 1)

    assert means.take() == ((1.25, 0.375), 4)
    (loss, accuracy), count = means.take()
    assert math.isnan(loss) and math.isnan(accuracy) and count == 0


def test_the_first_batch_counts_for_the_means_but_not_for_the_speed(clock):
    meter = BatchMeter()
    clock.now += 5  # builds the graph
    meter.add((1.0, 0.0, 2.0), 32)
    clock.now += 2
    meter.add((3.0, 1.0, 4.0), 32)

    recent = meter.take()
    assert (recent.loss, recent.accuracy, recent.gradient_norm, recent.images) == (2.0, 0.5, 3.0, 64)
    assert (recent.timed_images, recent.seconds, recent.images_per_second) == (32, 2, 16)


def test_each_reading_covers_the_batches_since_the_previous_one(clock):
    meter = BatchMeter()
    meter.add((1.0, 0.0, 2.0), 32)
    meter.take()
    clock.now += 4
    meter.add((3.0, 1.0, 4.0), 8)

    recent = meter.take()
    assert (recent.loss, recent.images, recent.images_per_second) == (3.0, 8, 2)


def test_a_pause_does_not_count_for_the_speed(clock):
    meter = BatchMeter()
    meter.add((1.0, 0.0, 2.0), 32)
    meter.take()
    clock.now += 1000
    meter.start()
    clock.now += 1
    meter.add((1.0, 0.0, 2.0), 32)

    assert meter.take().images_per_second == 32


def test_progress_sums_the_batches_of_an_epoch(clock):
    progress, meter = Progress(), BatchMeter()
    assert all(math.isnan(mean) for mean in progress.means)
    for loss, count in ((1.0, 30), (3.0, 10)):
        clock.now += 2
        meter.add((loss, 0.5, 1.0), count)
        progress.add(meter.take())

    assert progress.means == (1.5, 0.5)
    assert progress.images_per_second == 5  # 10 images in 2 seconds; the first batch builds the graph
