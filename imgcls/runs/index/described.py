"""A run as plain values, the same in the shell, in the REST API and in Python."""

import time
from typing import Any

from imgcls.errors import UserError
from imgcls.runs import results, store
from imgcls.runs.annotations import notes, own_metrics
from imgcls.runs.run import Run

SCORES = ("test_accuracy", "val_accuracy", "test_cross_entropy", "test_macro_f1", "parameters", "training_seconds")


def described(run: Run) -> dict[str, Any]:
    """State, scores, settings, tags and the last value of each own metric; None for what cannot be read."""
    data = model = None
    result: dict[str, Any] = {}
    try:
        data, model = store.data_and_model(run)
        result = run.result or {}
    except UserError:
        pass  # its state says that it is damaged
    return {
        "id": run.id,
        "name": run.label,
        "state": run.state,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(run.created)),
        "data": data,
        "model": model,
        **{name: result.get(name) for name in SCORES},
        "seconds": results.total_seconds(result),
        "settings": store.settings(run),
        "tags": list(notes.read(run).tags),
        "metrics": own_metrics.read(run).last(),
    }
