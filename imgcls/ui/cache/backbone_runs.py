"""The runs that can serve as a backbone."""

from functools import lru_cache
from pathlib import Path

from imgcls import runs
from imgcls.errors import UserError
from imgcls.models import backbones
from imgcls.runs import Run

MAX_RUNS = 200
"""Only the newest runs are offered: each costs a disk access."""


def titles() -> dict[str, str]:
    """Finished runs whose network can be a backbone, newest first: id -> name."""
    recent = runs.all_runs()[:MAX_RUNS]
    found = {run.id: _title(str(run.folder), run.stamp("model.json", "model.keras", "label.txt")) for run in recent}
    return {run_id: title for run_id, title in found.items() if title}


@lru_cache(4 * MAX_RUNS)
def _title(folder: str, stamp: tuple) -> str:
    run = Run(Path(folder))
    try:
        backbones.trunk(run.card.layers)
    except UserError:
        return ""
    return run.label if 0.0 not in stamp[:2] else ""
