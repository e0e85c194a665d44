"""What does the trainer cost on top of training itself?

    python -m benchmarks.train_overhead [REPETITIONS]

Images per second of the trainer divided by those of a plain Keras script (benchmarks/training/plain_keras.py) with the
same network, training and validation images and batch size; both as separate processes with the same priority,
alternating (3 each). From the start of the second epoch, because the first builds the graph, to the end of the last,
including validation. The value is for the default cnn; deep_cnn is reported beside it. `with_saving` also counts what
the plain script does not do: writing the best model after its epoch. Uses 20,000 images of MNIST if
$IMGCLS_DATA/mnist.npz exists, else mnist_sample.
"""

import json
import statistics
import sys
from pathlib import Path

import numpy as np

from benchmarks.support.report_line import Missing, line, medians, run
from benchmarks.support.server import python, workplace
from imgcls.system import paths

BATCH = 64
REPETITIONS = 3
PLANS = {"cnn": (20_000, 6), "deep_cnn": (4_000, 4)}
"""Family -> images used and epochs."""
PREPARE = """
import sys, numpy as np
from imgcls import datasets
from imgcls.config import Config
name, pictures, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
datasets.prepare(name)
data = datasets.open_dataset(name)
learn, check = datasets.split(data.y_train, pictures, Config.validation_fraction, 0, len(data.facts.classes))
parts = {"x": data.x_train[learn], "y": data.y_train[learn], "x_val": data.x_train[check], "y_val": data.y_train[check]}
np.savez(path, **parts)
"""


def ours(environment: dict[str, str], name: str, family: str, images: int, epochs: int, number: int) -> dict:
    """Epoch seconds and rates of the trainer."""
    run_id = f"{family}-{number}"
    settings = {"data": name, "train-images": images, "model": family, "epochs": epochs, "batch-size": BATCH}
    flags = [word for key, value in settings.items() for word in (f"--{key}", str(value))]
    python("-m", "imgcls.training", *flags, "--early-stopping", "off", "--id", run_id, "--now", environment=environment)
    folder = Path(environment["IMGCLS_RUNS"], run_id)
    lines = [json.loads(text) for text in (folder / "metrics.jsonl").read_text("utf-8").splitlines()]
    seconds = [entry["seconds"] for entry in lines if entry["kind"] == "epoch"]
    result = json.loads((folder / "result.json").read_text("utf-8"))
    return {"seconds": seconds, "whole": result["training_seconds"], "parameters": result["parameters"]}


def compare(environment: dict[str, str], name: str, family: str, repetitions: int) -> list[dict[str, float]]:
    """Images per second of both, and their ratios, once a repetition."""
    images, epochs = PLANS[family]
    images = images if name == "mnist" else min(images, 5_000) % 5_000
    path = Path(environment["IMGCLS_CACHE"], f"{family}.npz")
    python("-c", PREPARE, name, str(images), str(path), environment=environment)
    with np.load(path) as file:
        learnt = len(file["y"]) * (epochs - 1)
    rows = []
    for number in range(repetitions):
        a = ours(environment, name, family, images, epochs, number)
        told = python(
            "-m", "benchmarks.plain_keras", str(path), family, str(BATCH), str(epochs), environment=environment
        )
        b = json.loads(told.splitlines()[-1])
        if a["parameters"] != b["parameters"]:
            raise Missing(f"plain_keras.py builds another {family} than the trainer: make it the same again.")
        trainer, plain = learnt / sum(a["seconds"][1:]), learnt / sum(b["seconds"][1:])
        saving = learnt / (a["whole"] - a["seconds"][0])
        row = {"ratio": trainer / plain, "with_saving": saving / plain, "trainer": trainer, "plain": plain}
        rows.append(row)
        print(family, {key: round(value, 2) for key, value in row.items()}, file=sys.stderr)
    return rows


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS
    data = paths.data_folder()
    name = "mnist" if data is not None and (data / "mnist.npz").is_file() else "mnist_sample"
    with workplace() as environment:
        rows = {family: compare(environment, name, family, repetitions) for family in PLANS}
    seen = {family: medians(table, 3) for family, table in rows.items()}
    value = round(statistics.median(row["ratio"] for row in rows["cnn"]), 3)
    print(line("train_overhead", value, "ratio", 0.95, "higher", data=name, batch_size=BATCH, **seen))


if __name__ == "__main__":
    sys.exit(run(main))
