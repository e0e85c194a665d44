"""A run as plain values, the same in the shell and in the REST API."""

import time
from typing import Any

from imgcls.errors import UserError
from imgcls.runs.run import Run


def described(run: Run) -> dict[str, Any]:
    """A run as plain values; None for what cannot be read."""
    data = model = None
    result: dict[str, Any] = {}
    try:
        data, model = run.config.data, run.config.model
        result = run.result or {}
    except UserError:
        pass  # its state says that it is damaged
    scores = ("test_accuracy", "val_accuracy", "test_cross_entropy", "test_macro_f1", "parameters", "seconds")
    return {
        "id": run.id,
        "name": run.label,
        "state": run.state,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(run.created)),
        "data": data,
        "model": model,
        **{name: result.get(name) for name in scores},
    }
