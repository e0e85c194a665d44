"""What does computing features once save?

    python -m benchmarks.transfer_epoch [REPETITIONS]

An epoch of a head on cached features against an epoch of a plain Keras script with the frozen backbone inside the
model (benchmarks/support/baselines/plain_transfer.py): MobileNet 0.25 at 96 pixels, 10,000 images of CIFAR-10
($IMGCLS_DATA/cifar10.npz), batches of 64, validation included; both as separate processes, alternating. The value is
the ratio of the median epochs from the second on. `whole` is the ratio of all five epochs, where ours includes
computing the features and both include graph building.
"""

import json
import statistics
import sys
from pathlib import Path

from benchmarks.support.report_line import Missing, line, medians, run
from benchmarks.support.server import python, workplace
from benchmarks.train_overhead import PREPARE
from imgcls.system import paths

NETWORK = "MobileNet 0.25"
IMAGES, SIZE, BATCH, EPOCHS = 10_000, 96, 64, 5
REPETITIONS = 3


def ours(environment: dict[str, str], number: int) -> dict[str, float]:
    """Seconds of an epoch, of the computation of features, and of everything."""
    run_id = f"transfer-{number}"
    settings = {
        "data": "cifar10",
        "train-images": IMAGES,
        "model": "transfer",
        "backbone": NETWORK,
        "input-size": SIZE,
        "epochs": EPOCHS,
    }
    flags = [word for key, value in settings.items() for word in (f"--{key}", str(value))]
    flags += ["--batch-size", str(BATCH), "--early-stopping", "off", "--id", run_id, "--now"]
    # Each repetition computes its features again: its cache for them is its own.
    python("-m", "imgcls.training", *flags, environment=environment)
    folder = Path(environment["IMGCLS_RUNS"], run_id)
    lines = [json.loads(text) for text in (folder / "metrics.jsonl").read_text("utf-8").splitlines()]
    seconds = [entry["seconds"] for entry in lines if entry["kind"] == "epoch"]
    result = json.loads((folder / "result.json").read_text("utf-8"))
    if "feature_rate" not in result:
        raise Missing("The features were at hand already, so their computation was not measured.")
    return {
        "epoch": statistics.median(seconds[1:]),
        "features": result["feature_seconds"],
        "whole": result["feature_seconds"] + result["training_seconds"],
        "accuracy": result["val_accuracy"],
    }


def compare(environment: dict[str, str], path: Path, repetitions: int) -> list[dict[str, float]]:
    """Seconds of both, once a repetition."""
    rows = []
    for number in range(repetitions):
        _forget(environment)
        mine = ours(environment, number)
        words = ("-m", "benchmarks.support.baselines.plain_transfer", str(path), str(SIZE), str(BATCH), str(EPOCHS))
        told = json.loads(python(*words, environment=environment).splitlines()[-1])
        plain, whole = statistics.median(told["seconds"][1:]), sum(told["seconds"])
        row = {f"ours_{name}": value for name, value in mine.items()}
        row |= {"plain_epoch": plain, "plain_whole": whole, "plain_accuracy": max(told["val_accuracy"])}
        row |= {"epoch_ratio": plain / mine["epoch"], "whole_ratio": whole / mine["whole"]}
        rows.append(row)
        print({key: round(value, 3) for key, value in row.items()}, file=sys.stderr)
    return rows


def _forget(environment: dict[str, str]) -> None:
    python(
        "-c",
        "from imgcls.models import feature_cache as features; features.remove_all()",
        environment=environment,
    )


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS
    data = paths.data_folder()
    if data is None or not (data / "cifar10.npz").is_file():
        raise Missing("This benchmark needs cifar10.npz in the folder set by IMGCLS_DATA.")
    with workplace() as environment:
        path = Path(environment["IMGCLS_CACHE"], "pictures.npz")
        python("-c", PREPARE, "cifar10", str(IMAGES), str(path), environment=environment)
        rows = compare(environment, path, repetitions)
    seen = medians(rows, 3)
    print(
        line(
            "transfer_epoch",
            round(seen.pop("epoch_ratio"), 1),
            "ratio",
            20,
            "higher",
            whole=seen.pop("whole_ratio"),
            whole_target=4,
            data="CIFAR-10 (JPEG copies)" if not _is_published(data) else "cifar10",
            **seen,
        )
    )


def _is_published(data: Path) -> bool:
    """Whether the images are those that were published, by the first pixels of the first one: a frog."""
    import numpy as np

    with np.load(data / "cifar10.npz", allow_pickle=False) as file:
        return file["x_train"][0, 0, 0].tolist() == [59, 62, 63]


if __name__ == "__main__":
    sys.exit(run(main))
