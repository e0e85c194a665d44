"""How long does each preset take, and how accurate is it?

    python -m benchmarks.presets [DATASET/FAMILY/PRESET ...]

Trains once with each preset that is named (by default all on the MNIST sample), one after the other, and writes the
processor time and the test accuracy into imgcls/datasets/recipes/measured.json, from which the Train page shows them.
The time on the clock and the load are recorded as well; processor time is shown because other programs disturb it less.
DATASET/FAMILY names three presets, DATASET all. An accuracy is that of one run, seed 0. Other datasets are read from
$IMGCLS_DATA or downloaded.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

from benchmarks.support.report_line import Missing, line, run
from benchmarks.support.server import python, workplace
from imgcls import models
from imgcls.datasets.recipes.presets import MEASURED, Preset, presets
from imgcls.system import atomic, json_files

COMMAND = "python -m benchmarks.presets"
WARM_UP = ("--data", "mnist_sample", "--model", "ann", "--epochs", "1", "--now")
"""A training that is not measured: the first one in a workplace compiles TensorFlow's modules, which takes seconds."""


def chosen(words: list[str]) -> list[tuple[str, str, Preset]]:
    """The presets that these words name, as (dataset, family, preset)."""
    found = []
    for word in words or ["mnist_sample"]:
        data, family, name, *_ = [*word.split("/"), "", ""]
        for model in [family] if family else models.names():
            found += [(data, model, one) for one in presets(model, data) if name in ("", one.name)]
    if not found:
        raise Missing(f"There is no preset {' '.join(words)}. Name DATASET, DATASET/FAMILY or DATASET/FAMILY/PRESET.")
    return found


def measured(data: str, model: str, preset: Preset, environment: dict[str, str]) -> dict:
    """One training from its start to its end."""
    config = preset.config(model, data)
    settings = Path(environment["IMGCLS_RUNS"]).with_name("settings.json")
    settings.write_text(json.dumps(config.as_dict()), "utf-8")
    load, started, before = os.getloadavg()[0], time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    run_id = f"{data}-{model}-{preset.name}".replace("_", "-")
    python("-m", "imgcls", "train", "--settings", str(settings), "--id", run_id, "--now", environment=environment)
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    result = json_files.read(Path(environment["IMGCLS_RUNS"], run_id, "result.json"))
    return {
        "settings": preset.settings,
        "processor_seconds": round(processor, 1),
        "seconds": round(seconds, 1),
        "accuracy": round(result["test_accuracy"], 4),
        "cores": os.cpu_count(),
        "load": round((load + os.getloadavg()[0]) / 2, 1),
        "date": time.strftime("%Y-%m-%d"),
    }


def main() -> None:
    rows = {}
    with workplace() as environment:
        for data in dict.fromkeys(data for data, *_ in chosen(sys.argv[1:])):
            python("-m", "imgcls.datasets", data, environment=environment)
        python("-m", "imgcls", "train", *WARM_UP, environment=environment)
        for data, model, preset in chosen(sys.argv[1:]):
            name = f"{data}/{model}/{preset.name}"
            rows[name] = measured(data, model, preset, environment)
            known = json_files.read(MEASURED)["measured"] if MEASURED.exists() else {}
            atomic.write_json(MEASURED, {"command": COMMAND, "measured": dict(sorted((known | rows).items()))})
            print(name, rows[name]["processor_seconds"], rows[name]["accuracy"], file=sys.stderr, flush=True)
    slowest = max(row["processor_seconds"] for row in rows.values())
    shown = {name: [row["processor_seconds"], row["accuracy"], row["load"]] for name, row in rows.items()}
    print(line("presets", slowest, "s", 600, "lower", presets=shown))


if __name__ == "__main__":
    sys.exit(run(main))
