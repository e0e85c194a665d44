"""How long from a few photos to a classifier with an honest test score?

    python -m benchmarks.first_classifier ARCHIVE.zip [REPETITIONS]

The archive holds train/CLASS/*.jpg and test/CLASS/*.jpg; a small zip of 5 classes with 40 training and 20 test images
each is made from it beforehand. Measured is the time of the import and of a training run with the default backbone,
until the result is written. The value is the median with the standby trainer, which the pages start beforehand (it had
15 s to import TensorFlow). `cold_seconds` are the two commands a user would type, each a separate process with all its
imports. Explanation data is written after that (`to_the_end_seconds`). The backbone processes both flips of each
image, the head is solved and trained for at most 30 epochs, the 100 test images are classified, and the model is
exported and checked. Features are not cached. A first repetition, in which Python compiles what is imported, does not
count. The reference is an import of TensorFlow and Keras.
"""

import json
import statistics
import sys
import time
import zipfile
from pathlib import Path

from benchmarks.support import reference
from benchmarks.support.report_line import Missing, line, run
from benchmarks.support.server import python, workplace
from benchmarks.support.trainings import own_queue, wait
from imgcls import jobs
from imgcls.config import Config

CLASSES, EACH = 5, {"train": 40, "test": 20}
REPETITIONS = 3
STANDBY_SECONDS = 15.0
SETTINGS = {"data": "own-few", "model": "transfer", "epochs": 30, "flip": True}
TRAINING = ("--data", "own-few", "--model", "transfer", "--epochs", "30", "--flip", "on", "--now")


def pack(archive: Path, few: Path) -> None:
    """The first images of the first classes, as a zip of its own. Raises Missing where there are too few."""
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(few, "w") as target:
        names = sorted(name for name in source.namelist() if name.endswith(".jpg"))
        classes = sorted({name.split("/")[1] for name in names if name.startswith("train/")})[:CLASSES]
        for part, most in EACH.items():
            for label in classes:
                chosen = [name for name in names if name.startswith(f"{part}/{label}/")][:most]
                if len(chosen) < most:
                    raise Missing(f"There are {len(chosen)} images in {part}/{label}/, and {most} are needed.")
                for name in chosen:
                    target.writestr(name, source.read(name))


def cold(archive: Path) -> tuple[float, float, float, dict]:
    """Seconds to the evaluated model, those of the import, those to the end of both commands, and the run's result."""
    with workplace() as environment:
        few = Path(environment["IMGCLS_RUNS"], "..", "few.zip").resolve()
        pack(archive, few)
        start = time.perf_counter()
        importing(few, environment)
        imported = time.perf_counter() - start
        python("-m", "imgcls.training", *TRAINING, "--id", "first", environment=environment)
        over = time.perf_counter() - start
        path = Path(environment["IMGCLS_RUNS"], "first", "result.json")
        # Pages show the evaluated model as soon as this file is there; what explains it is made afterwards.
        seconds = over - (time.time() - path.stat().st_mtime)
        result = json.loads(path.read_text("utf-8"))
    return seconds, imported, over, result


def warm(archive: Path) -> float:
    """Seconds to the evaluated model with a standby trainer."""
    with own_queue(standby=True) as environment:
        few = Path(environment["IMGCLS_RUNS"], "..", "few.zip").resolve()
        pack(archive, few)
        jobs.expect()
        time.sleep(STANDBY_SECONDS)
        start = time.perf_counter()
        importing(few, environment)
        run = jobs.begin(Config(**SETTINGS))
        wait(lambda: run.has_ended, "the training")
        return time.perf_counter() - start


def importing(few: Path, environment: dict[str, str]) -> None:
    python("-m", "imgcls.datasets.importing", str(few), "--title", "Few", "--side", "32", environment=environment)


def main() -> None:
    if len(sys.argv) < 2 or not Path(sys.argv[1]).is_file():
        raise Missing("Name a zip of labelled folders: python -m benchmarks.first_classifier ARCHIVE.zip")
    archive, repetitions = Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else REPETITIONS
    with workplace() as environment:
        imported = reference.tensorflow_import(environment)
    times, imports, whole, ready = [], [], [], []
    for number in range(repetitions + 1):
        standby = round(warm(archive), 2)
        seconds, zip_seconds, over, result = cold(archive)
        print(standby, seconds, result["test_accuracy"], file=sys.stderr)
        if not number:
            continue
        ready.append(standby)
        times.append(round(seconds, 2))
        imports.append(round(zip_seconds, 2))
        whole.append(round(over, 2))
    print(
        line(
            "first_classifier",
            statistics.median(ready),
            "s",
            8,
            "lower",
            reference=imported,
            seconds=ready,
            cold_median=statistics.median(times),
            cold_target=14,
            cold_seconds=times,
            import_seconds=imports,
            to_the_end_seconds=whole,
            test_accuracy=result["test_accuracy"],
            test_images=result["counts"]["test"],
            training_images=result["counts"]["train"] + result["counts"]["validation"],
            feature_seconds=result["feature_seconds"],
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
