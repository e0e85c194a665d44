"""The part of the Python API for the user's own code: it records values and sends messages.

See `imgcls.runs.annotations.own_metrics` and `imgcls.studies.notifications.messages`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from imgcls import runs
from imgcls.runs import Run
from imgcls.runs.annotations import own_metrics
from imgcls.runs.index import recording
from imgcls.studies.notifications import messages

if TYPE_CHECKING:
    import pandas as pd

    from imgcls.cli.python_api import ModelRun


def log_metrics(run: "ModelRun | str", values: Mapping[str, Any], epoch: int | None = None) -> None:
    """Records values that your own code has computed for a run, such as `{"night/f1": 0.91}`, also while it trains.

    The page of the run shows them, with a curve for each name that has several values. On the page Runs, the last value
    of each is a column and can be searched for: `night_f1>0.9`. `epoch` is the position on the curve; without it,
    values are counted. A run may be given by its ID.

    Raises:
        SettingError: a name, a value or the epoch is invalid, or the name is already that of a column or setting.
        RunError: there is no such run, it has 40 own metrics or 2 MB of them already, or it cannot be written to.
    """
    recording.record(_run_of(run), values, epoch)


def logged_metrics(run: "ModelRun | str") -> "pd.DataFrame":
    """The values that `log_metrics` has recorded for a run: a row for each, with its name, epoch and value.

    Raises:
        RunError: there is no such run.
    """
    import pandas as pd

    records = own_metrics.read(_run_of(run)).records
    rows = [(name, record.epoch, value) for record in records for name, value in record.values.items()]
    found = pd.DataFrame(rows, columns=["name", "epoch", "value"])
    return found.astype({"epoch": "Int64", "value": "float64"})


def notify(run: "ModelRun | str", text: str) -> None:
    """Sends a message about a run by all channels that are set up under *Notifications* on the page Runs.

    The app's server sends it within seconds, after the quiet hours if there are any; if the server is not running, at
    its next start. Of a long text, the first 500 characters are sent. A run may be given by its ID.

    Raises:
        SettingError: the text is empty.
        RunError: there is no such run, 100 messages wait already, or the message cannot be written.
    """
    messages.send(_run_of(run), text)


def _run_of(given: "ModelRun | str") -> Run:
    return runs.run_from_argument(given if isinstance(given, str) else given.id)
