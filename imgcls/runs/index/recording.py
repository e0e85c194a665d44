"""Records values of the user's own code under names that filters and columns do not use for anything else."""

from collections.abc import Mapping
from typing import Any

from imgcls.errors import SettingError
from imgcls.runs.annotations import own_metrics
from imgcls.runs.index import names
from imgcls.runs.run import Run


def record(run: Run, values: Mapping[str, Any], epoch: int | None = None) -> Run:
    """Appends values to those of a run. Returns the run that holds them: of a shipped run, your own copy.

    Raises:
        SettingError: a name, a value or the epoch is invalid, or the name is that of a column or a setting.
        RunError: the run has as many metrics or values as it can have, or its folder is not writable.
        NotAllowed: it is not the visitor's run.
    """
    for name in values if isinstance(values, Mapping) else ():
        if isinstance(name, str) and names.resolve(own_metrics.key(name)) is not None:
            raise SettingError(
                f"“{name[:40]}” is already a column or a setting of all runs. Choose another name, such as "
                f"“own_{name[:36]}”."
            )
    return own_metrics.record(run, values, epoch)
