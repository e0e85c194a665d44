"""Checkpoints: an exact round trip, one error for any damage, and a thread that writes the newest."""

import errno
import threading
import zipfile

import numpy as np
import pytest

from imgcls.errors import RunError
from imgcls.system import atomic
from imgcls.training.process import checkpoint
from imgcls.training.process.checkpoint import PARTS, Checkpoint, Writer

DAMAGED = "The checkpoint of this run is damaged, so the run cannot be resumed. Start a new one."
OTHER = "The checkpoint was written by another version of imgcls, so the run cannot be resumed. Start a new one."


def make_checkpoint(epoch: int = 3, size: int = 20) -> Checkpoint:
    state = {"epoch": epoch, "summed": [0.5, 0.25, 48], "best": {"val_loss": 0.1}, "rate_asked": None}
    arrays = {
        "now": [np.arange(size, dtype=np.float32) / 7, np.array(3, np.int64), np.zeros((0, 2), np.uint32)],
        "opt": [np.array(-0.0, np.float32)],
        "mean": [],
        "best": [np.full((2, 2), np.nan, np.float32)],
    }
    return Checkpoint(state, arrays)


def same(first: Checkpoint, second: Checkpoint) -> bool:
    def content(one):
        return one.state, {
            part: [(array.dtype, array.shape, array.tobytes()) for array in one.arrays[part]] for part in PARTS
        }

    return content(first) == content(second)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "checkpoint.npz"


def refused(path) -> str:
    with pytest.raises(RunError) as error:
        Checkpoint.read(path)
    return str(error.value)


# ---- the file


def test_a_checkpoint_survives_a_file_round_trip_bit_for_bit(path):
    make_checkpoint().write(path)
    assert same(Checkpoint.read(path), make_checkpoint())
    assert [entry.name for entry in path.parent.iterdir()] == ["checkpoint.npz"]


def test_more_than_ten_arrays_keep_their_order(path):
    many = make_checkpoint()
    many.arrays["now"] = [np.array(number) for number in range(120)]
    many.write(path)
    assert [int(array) for array in Checkpoint.read(path).arrays["now"]] == list(range(120))


def test_a_file_truncated_anywhere_gives_one_error(path):
    make_checkpoint().write(path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        assert refused(path) == DAMAGED, length


def test_any_flipped_bit_gives_one_error_or_changes_nothing(path):
    make_checkpoint().write(path)
    whole, harmless = path.read_bytes(), 0
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            read = Checkpoint.read(path)
        except RunError as error:
            assert str(error) == DAMAGED
        else:
            assert same(read, make_checkpoint()), place
            harmless += 1
    assert harmless < len(whole) / 3  # timestamps and other metadata


@pytest.mark.parametrize("content", [b"", b"PK", b"{}", b"\x93NUMPY", b"\0" * 1000], ids=repr)
def test_a_file_that_is_not_a_checkpoint_gives_one_error(path, content):
    path.write_bytes(content)
    assert refused(path) == DAMAGED


def test_a_missing_file_gives_one_error(path):
    assert refused(path) == DAMAGED


@pytest.mark.parametrize("missing", ["state", "now/00000", "opt/00000", "best/00000"])
def test_a_missing_entry_gives_one_error(path, missing):
    make_checkpoint().write(path)
    with np.load(path, allow_pickle=False) as file:
        content = {name: file[name] for name in file.files if name != missing}
    np.savez(path, **content)
    assert refused(path) == DAMAGED


@pytest.mark.parametrize("state", [b"[]", b"3", b"null", b"{}", b"{", b'{"version": 1}', b"\xff"])
def test_an_invalid_state_gives_one_error(path, state):
    np.savez(path, state=np.frombuffer(state, np.uint8))
    assert refused(path) == DAMAGED


@pytest.mark.parametrize("version", [0, 2, 99, "1"])
def test_a_checkpoint_from_another_version_is_reported(path, version, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "VERSION", version)
        make_checkpoint().write(path)
    assert refused(path) == OTHER


def test_nothing_in_a_checkpoint_is_executed(path):
    make_checkpoint().write(path)
    with zipfile.ZipFile(path, "a") as file, file.open("now/00009.npy", "w") as entry:
        np.save(entry, np.array([{"an": "object"}], object), allow_pickle=True)
    assert refused(path) == DAMAGED


def test_a_failed_write_keeps_the_previous_checkpoint(path):
    make_checkpoint(1).write(path)
    bad = make_checkpoint(2)
    bad.state["epoch"] = {1, 2}  # JSON has no sets
    with pytest.raises(TypeError):
        bad.write(path)
    bad = make_checkpoint(2)
    del bad.arrays["best"]
    with pytest.raises(KeyError):
        bad.write(path)
    assert same(Checkpoint.read(path), make_checkpoint(1))
    assert [entry.name for entry in path.parent.iterdir()] == ["checkpoint.npz"]


# ---- the thread that writes


@pytest.fixture
def writer(path):
    made_one = Writer(path)
    yield made_one
    made_one.close()
    assert not any(thread.name == "checkpoint" for thread in threading.enumerate())


@pytest.fixture
def slow_disk(monkeypatch):
    """Each file replacement waits for `release()`; `begun()` waits until one starts. `done` lists what was written."""

    class Disk:
        def __init__(self):
            self.done, self._gate, self._begun = [], threading.Semaphore(0), threading.Semaphore(0)

        def release(self):
            self._gate.release()

        def begun(self):
            assert self._begun.acquire(timeout=10)

        def replace(self, aside, path):
            self._begun.release()
            assert self._gate.acquire(timeout=10)
            self.done.append(Checkpoint.read(aside).state["epoch"])
            aside.replace(path)

    disk = Disk()
    monkeypatch.setattr(atomic, "replace", disk.replace)
    return disk


def test_a_submitted_checkpoint_is_on_disk_after_a_flush(writer, path):
    for epoch in range(1, 6):
        writer.submit(make_checkpoint(epoch))
        writer.flush()
        assert same(Checkpoint.read(path), make_checkpoint(epoch))


def test_a_flush_with_nothing_to_write_returns_at_once(writer, path):
    writer.flush()
    assert not path.exists()


def test_training_does_not_wait_for_the_disk_and_only_the_newest_checkpoint_is_written(writer, slow_disk, path):
    writer.submit(make_checkpoint(1))
    slow_disk.begun()
    for epoch in (2, 3, 4):  # returns while the first is still being written
        writer.submit(make_checkpoint(epoch))
    assert slow_disk.done == []
    slow_disk.release()
    slow_disk.begun()
    slow_disk.release()
    writer.flush()
    assert slow_disk.done == [1, 4]
    assert Checkpoint.read(path).state["epoch"] == 4


def test_a_flush_waits_for_the_file_that_is_being_written(writer, slow_disk):
    writer.submit(make_checkpoint(1))
    slow_disk.begun()
    timer = threading.Timer(0.2, slow_disk.release)
    timer.start()
    writer.flush()
    assert slow_disk.done == [1]
    timer.join()


def test_closing_finishes_the_current_file_and_drops_pending_ones(path, slow_disk):
    writer = Writer(path)
    writer.submit(make_checkpoint(1))
    slow_disk.begun()
    writer.submit(make_checkpoint(2))
    timer = threading.Timer(0.2, slow_disk.release)
    timer.start()
    writer.close()
    assert slow_disk.done == [1]
    timer.join()


@pytest.mark.parametrize("call", ["flush", "submit"])
def test_a_write_error_reaches_the_training_thread_once(path, call):
    path.mkdir()  # nothing can be renamed to this
    writer = Writer(path)
    writer.submit(make_checkpoint(1))
    with pytest.raises(OSError) as error:
        if call == "flush":
            writer.flush()
        else:
            while True:  # a later one raises the error of the first
                writer.submit(make_checkpoint(2))
    assert error.value.errno in (errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY)
    writer.close()


def test_writing_resumes_once_the_disk_has_space(writer, path):
    path.mkdir()
    writer.submit(make_checkpoint(1))
    with pytest.raises(OSError):
        writer.flush()
    path.rmdir()
    writer.submit(make_checkpoint(2))
    writer.flush()
    assert Checkpoint.read(path).state["epoch"] == 2
    assert [entry.name for entry in path.parent.iterdir()] == ["checkpoint.npz"]
