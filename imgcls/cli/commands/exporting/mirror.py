"""`imgcls run push` and `imgcls run pull`: a run in object storage, for machines without a shared folder.

And `imgcls run log` and `imgcls run notify`, which record values of the user's own code and send its messages.
"""

import time
from typing import Annotated

from cyclopts import App, Parameter

from imgcls import runs
from imgcls.cli import exit_codes
from imgcls.errors import RunError, SettingError
from imgcls.jobs.mirror import Pull, Push, Storage
from imgcls.params import shortened
from imgcls.runs.index import recording
from imgcls.studies.notifications import messages

app = App(name="run", help="Record values and send messages of your own code; copy a run to or from object storage.")
POLL_SECONDS = 1.0
WARN_SECONDS = 60.0
"""While the storage cannot be reached, this is said so often."""
Follow = Annotated[
    bool,
    Parameter(negative="", show_default=False, help="Keep copying what is new, every second, until the run has ended."),
]
Data = Annotated[
    bool,
    Parameter(name="--data", negative="", show_default=False, help="Copy the dataset as well, if it is not there yet."),
]
Url = Annotated[str, Parameter(help="The storage, such as s3://bucket/folder, or any URL that fsspec knows.")]


@app.command
def push(
    run: Annotated[str, Parameter(help="A run folder or a run ID.")],
    url: Url,
    /,
    *,
    follow: Follow = False,
    data: Data = False,
) -> None:
    """Copy a run to object storage: finished files at once, the curve in parts, the result last.

    Files that are already there are not copied again, so an interrupted copy can be repeated.

    Example: imgcls run push 20261129-101112-0123abcd s3://lab/imgcls --follow
    """
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        found = runs.run_from_argument(run)
    is_complete = _repeat(Push(found, Storage(url), with_data=data), follow)
    print(
        f"{found.id} is in {url}."
        if is_complete
        else f"{found.id} has been copied to {url}, as far as it has been trained."
    )


@app.command
def pull(
    url: Url,
    run: Annotated[str, Parameter(help="The ID of the run there.")],
    /,
    *,
    follow: Follow = False,
    data: Data = False,
    trust: Annotated[
        bool,
        Parameter(
            negative="",
            show_default=False,
            help="Copy the models and the checkpoint as well. Model files can contain program code.",
        ),
    ] = False,
) -> None:
    """Copy a run from object storage to your runs, also while it trains elsewhere. Your own runs are never replaced.

    Example: imgcls run pull s3://lab/imgcls 20261129-101112-0123abcd --follow --trust
    """
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        copy = Pull(Storage(url), run, trusted=trust, with_data=data)
    is_complete = _repeat(copy, follow)
    print(
        f"{copy.run.label} is the run {run}."
        if is_complete
        else f"{run} has been copied here, as far as it has been trained."
    )
    if not trust:
        print("Its models were left out, because model files can contain program code; --trust copies them, too.")


@app.command
def log(
    run: Annotated[str, Parameter(help="A run folder or a run ID.")],
    /,
    *values: Annotated[str, Parameter(help="Such as f1=0.91.")],
    epoch: Annotated[
        int | None, Parameter(name="--epoch", show_default=False, help="The position on the curve.")
    ] = None,
) -> None:
    """Record values that your own code has computed for a run. Its page shows them, and Runs can filter by them.

    In Python: imgcls.log_metrics(run, {"night/f1": 0.91}, epoch=3)

    Example: imgcls run log 20261129-101112-0123abcd night/f1=0.91 auc=0.98

    Example: imgcls run log 20261129-101112-0123abcd night/f1=0.91 --epoch 3
    """
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        found = runs.run_from_argument(run)
    with exit_codes.exits_with(exit_codes.USAGE):
        given: dict[str, float] = {}
        for text in values:
            name, equals, value = text.rpartition("=")
            try:
                given[name] = float(value)
            except ValueError:
                equals = ""
            if not equals:
                raise SettingError(f"Write values as NAME=NUMBER, for example f1=0.91, not {shortened(text)}.")
        recording.record(found, given, epoch)
    print(f"{found.id}: recorded {', '.join(f'{name} {value:g}' for name, value in given.items())}.")


@app.command
def notify(
    run: Annotated[str, Parameter(help="A run folder or a run ID.")],
    text: Annotated[str, Parameter(help="What to say, 500 characters at most.")],
    /,
) -> None:
    """Send a message about a run by the channels that are set up under Notifications on the page Runs.

    The app's server sends it, after the quiet hours if there are any. In Python: imgcls.notify(run, "text")

    Example: imgcls run notify 20261129-101112-0123abcd "The F1 of last night is below 0.8"
    """
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        found = runs.run_from_argument(run)
    with exit_codes.exits_with(exit_codes.USAGE):
        messages.send(found, text)
    print(f"{found.id}: the app's server sends the message.")


def _repeat(copy: Push | Pull, follow: bool) -> bool:
    """Takes steps until the run is complete, or one step. While following, an unreachable storage is tried again."""
    warned = -WARN_SECONDS
    while True:
        started = time.monotonic()
        try:
            if copy.step() or not follow:
                return copy.run.result is not None
        except RunError as error:
            if not follow or not copy.run.folder.is_dir():
                raise
            if time.monotonic() - warned >= WARN_SECONDS:
                warned = time.monotonic()
                print(f"{error} Trying again …", flush=True)
        time.sleep(max(0.0, POLL_SECONDS - (time.monotonic() - started)))
