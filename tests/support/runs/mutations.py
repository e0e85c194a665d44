"""Damage to the files of a run: cut short, bits turned, other types, huge numbers, NaN, deep nesting, other arrays."""

import io
import json
import random
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from imgcls.config import Config
from imgcls.datasets.store.records import Records
from imgcls.evaluation import predictions as evaluated
from imgcls.evaluation.label_errors import training_set
from imgcls.inference import model_files
from imgcls.runs import Run
from imgcls.runs.predictions import (
    epoch_predictions,
    filters,
    fold_predictions,
    live_predictions,
    probes,
    test_records,
)
from imgcls.runs.predictions.fold_predictions import OutOfFold
from imgcls.system import paths

HUGE = "1" + "0" * 400
VALUES = (
    *("null", "true", "0", "-1", "1.5", HUGE, f"-{HUGE}", "1e400", "9007199254740993", "123456789012345678901"),
    *("NaN", "Infinity", "-Infinity", '""', '"x"', '"\\ud800"', f'"{"y" * 100_000}"', "[]", "{}", "[[]]", '{"x": 1}'),
    *("[" * 50 + "]" * 50, '"<img src=x onerror=alert(1)>"'),
)
"""JSON values that stand in for the one a file should have."""
STUDY = "mine"
"""The study that a complete run is a trial of."""
MARK = "\ufffdhere\ufffd"
WHOLE = (b"", b"{", b"[]", b"null", b"\xff\xfe", b"\0" * 64, b"[" * 100_000, HUGE.encode(), b'"text"', b"{}")
"""Contents in place of a JSON file."""
ARRAYS = {
    "nan": lambda array: np.full(array.shape, np.nan),
    "huge": lambda array: np.full(array.shape, 2**62, np.int64),
    "negative": lambda array: np.full(array.shape, -1, np.int32),
    "text": lambda array: np.full(array.shape, "x"),
    "complex": lambda array: np.zeros(array.shape, np.complex64),
    "empty": lambda array: array[:0] if array.ndim else np.zeros((0,), array.dtype),
    "flat": lambda array: array.reshape(-1),
    "deeper": lambda array: array[None],
    "infinite": lambda array: np.full(array.shape, np.inf, np.float32),
}
"""Arrays in place of one that a .npz file should have."""


def complete_run(run_id: str, *, source: str = "digits") -> Run:
    """A copy of a shipped run, with the files that pages, trainers and the queue add."""
    folder = paths.runs_folder() / run_id
    shutil.copytree(paths.repository_folder() / "saved_models" / source, folder)
    card = json.loads((folder / "model.json").read_text("utf-8"))
    card["sha256"] = model_files.digest_of((folder / "model.tflite").read_bytes())
    described = json.loads((folder / "inside.json").read_text("utf-8"))
    described["sha256"] = model_files.digest_of((folder / "inside.tflite").read_bytes())
    more = {
        "model.json": card,
        "inside.json": described,
        "request.json": {"stop": False, "pause": False, "learning_rate": 0.01, "rate_number": 1},
        "process.json": {"pid": 4711},
        "trainer.json": {"started": 1.7e9, "first": 1.7e9, "ticket": "old"},
        "queued.json": {"ticket": "old", "place": 1.0},
        "parked.json": {"parked": 1.7e9},
        "tags.json": {"version": 1, "tags": {"blurred": [1, 2]}},
        "judged.json": {
            "version": 1,
            "training": {"right": [4], "wrong": []},
            "test": {"right": [], "wrong": [2]},
        },
        "notes.json": {"version": 1, "note": "wide", "tags": ["a"], "epochs": {"1": "jumps"}, "archived": False},
        "trial.json": {"version": 1, "study": STUDY, "number": 0, "params": {"learning_rate": 0.01, "batch_size": 32}},
        "coach.json": {
            "version": 1,
            "of": "sound-run",
            "rule": "overfitting",
            "action": "Add dropout",
            "excluded": [3],
        },
        "assignment.json": {"version": 1, "assignment": "KTMPAB", "fixed": ["data"]},
        "parent.json": {"run": "sound-run"},
        "owner.json": {
            "version": 1,
            "owner": "a" * 32,
            "name": "Ada",
            "visibility": "public",
            "room": "",
            "created": 9.0,
        },
        "served.json": dict.fromkeys(("images", "identical", "largest_difference", "accuracy", "stored_accuracy"), 1.0)
        | {"version": 1, "problem": "", "model_sha256": card["sha256"], "sha256": "x", "gain": 3.0},
        "data.json": {"version": 1, "fingerprint": "x", "steps": []},
        "withdrawn.json": ["0123456789abcdef"],
    }
    for name, content in more.items():
        (folder / name).write_text(json.dumps(content), "utf-8")
    (folder / "served.tflite").write_bytes((folder / "model.tflite").read_bytes())
    _add_predictions(Run(folder))
    (folder / "openings.jsonl").write_text('{"opened": 1.7e9}\n', "utf-8")
    line = json.dumps({"at": 1.7e9, "epoch": 1, "values": {"night/f1": 0.5}})
    (folder / "own_metrics.jsonl").write_text(f"{line}\n", "utf-8")
    (folder / "heartbeat").write_text("running ", "ascii")
    (folder / "log.txt").write_text("a line\n", "utf-8")
    np.savez(
        folder / "suspects.npz",
        rows=np.array([1, 2]),
        given=np.array([1, 2]),
        suggested=np.array([2, 1]),
        certainty=np.array([0.1, 0.2], np.float32),
        count=100,
        found=2,
        wrong=np.array([0.01, 0.0, 0.02]),
        source=training_set.SOURCES[0],
        accuracy=0.9,
        fingerprint="x",
        version=training_set.VERSION,
    )
    return Run(folder)


def _add_predictions(run: Run) -> None:
    """Predictions of validation images while the model trained, of folds and of probes; names of test images."""
    classes = len(run.card.classes)
    labels, rows = np.arange(40) % classes, np.arange(40)
    images = np.zeros((40, *run.card.shape), np.uint8)
    live_predictions.write(run, labels, classes, [0, 1], images[:2])
    record = np.zeros(2, live_predictions.record_type(40, classes))
    record["epoch"] = [1, 2]
    (run.folder / epoch_predictions.RECORDS).write_bytes(record.tobytes())
    chances = np.eye(classes, dtype=np.float32)[labels]
    fold_predictions.write(run, OutOfFold(chances, labels, rows, rows % 2, "x"))
    probes.pin(run, images[0])
    probes.append(run, 1, [1], chances[:1])
    probes.append(run, 2, [1], chances[1:2])
    for epoch in (1, 2):
        filters.append(run, epoch, np.ones((3, 3, 1, 2), np.float32))
    count = len(evaluated.read(run).labels)
    names = [f"scans/{number}.png" for number in range(count)]
    test_records.write(run, Records({"test": names}, {"test": np.zeros((count, 2), np.int32)}, ["Ann"]))


def small_run(run_id: str, **files: bytes) -> Run:
    """A finished run without arrays, in which some files have another content."""
    folder = paths.runs_folder() / run_id
    folder.mkdir(parents=True)
    result = {"version": 1, "outcome": "finished", "test_accuracy": 0.9, "val_accuracy": 0.9, "training_seconds": 3.0}
    contents = {
        "config.json": json.dumps(Config().as_dict()).encode(),
        "label.txt": run_id.encode(),
        "result.json": json.dumps(result | {"parameters": 10, "epochs": 3, "counts": {"train": 9}}).encode(),
        "trainer.json": b'{"started": 1.7e9, "first": 1.7e9, "ticket": "old"}',
    }
    for name, content in (contents | files).items():
        (folder / name).write_bytes(content)
    return Run(folder)


def damaged_bytes(content: bytes, random_: random.Random, count: int) -> Iterator[tuple[str, bytes]]:
    """The content cut short, emptied, and with bits turned: (what was done, content)."""
    yield "emptied", b""
    for _ in range(count):
        length = random_.randrange(len(content))
        yield f"cut to {length}", content[:length]
        flipped = bytearray(content)
        places = [random_.randrange(len(content)) for _ in range(random_.choice((1, 1, 8)))]
        for place in places:
            flipped[place] ^= 1 << random_.randrange(8)
        yield f"bits turned at {places}", bytes(flipped)


def damaged_json(content: bytes, random_: random.Random, count: int) -> Iterator[tuple[str, bytes]]:
    """A JSON object with another value somewhere, without a key, or something else: (what was done, content)."""
    for other in WHOLE:
        yield f"replaced by {other[:12]!r}", other
    value = json.loads(content)
    keys = list(_paths(value))
    first = [path for path in keys if len(path) == 1]  # each of these, and some of those deeper down
    for path in [*first, *random_.sample(keys, min(count, len(keys)))]:
        for text in random_.sample(VALUES, 3):
            yield f"{path} = {text[:24]}", _replaced(value, path, text)
        yield f"{path} is missing", _replaced(value, path, None)
    for text in VALUES:
        path = random_.choice(first or [()])
        yield f"{path} = {text[:24]}", _replaced(value, path, text) if path else text.encode()


def damaged_lines(content: bytes, random_: random.Random, count: int) -> Iterator[tuple[str, bytes]]:
    """The same for a file of JSON lines, of which one is damaged."""
    rows = content.splitlines()
    kinds = {json.loads(row).get("kind"): number for number, row in enumerate(rows)}
    for kind, number in kinds.items():
        for what, row in damaged_json(rows[number], random_, count):
            yield f"{kind}: {what}", b"\n".join([*rows[:number], row, *rows[number + 1 :]]) + b"\n"


def damaged_arrays(content: bytes) -> Iterator[tuple[str, bytes]]:
    """A .npz file in which one array is another one, or is missing: (what was done, content)."""
    with np.load(io.BytesIO(content)) as stored:
        arrays = {name: stored[name] for name in stored.files}
    for name, array in arrays.items():
        for what, change in ARRAYS.items():
            yield f"{name}: {what}", _npz(arrays | {name: change(array)})
        yield f"{name} is missing", _npz({other: value for other, value in arrays.items() if other != name})
        yield f"{name}: pickled", _npz(arrays | {name: np.array([{}], object)})
    yield "no arrays", _npz({})
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("probabilities.npy", b"\x93NUMPY\x01\x00" + b"\xff" * 100)
        yield "a header of garbage", file.getvalue()


def damages(path: Path, random_: random.Random, count: int = 4) -> Iterator[tuple[str, bytes]]:
    """All damages to a file, by its kind."""
    content = path.read_bytes()
    if path.suffix == ".json":
        yield from damaged_json(content, random_, 2 * count)
    elif path.suffix == ".jsonl":
        yield from damaged_lines(content, random_, count)
    elif path.suffix == ".npz":
        yield from damaged_arrays(content)
    if content:
        yield from damaged_bytes(content, random_, count)


def _paths(value: object, so_far: tuple = ()) -> Iterator[tuple]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*so_far, key)
        yield from _paths(part, (*so_far, key))


def _replaced(value: object, path: tuple, text: str | None) -> bytes:
    """The JSON of a value in which the one at a path is this text; without it if that is None."""
    copy = json.loads(json.dumps(value))
    owner = copy
    for key in path[:-1]:
        owner = owner[key]
    if text is None:
        del owner[path[-1]]
        return json.dumps(copy).encode()
    owner[path[-1]] = MARK
    return json.dumps(copy, ensure_ascii=False).replace(f'"{MARK}"', text).encode()


def _npz(arrays: dict[str, np.ndarray]) -> bytes:
    with io.BytesIO() as file:
        np.savez(file, **arrays)
        return file.getvalue()
