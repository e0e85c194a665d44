"""`imgcls export`: a run's model as a file for other programs, verified before it is written."""

import shutil
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from imgcls import runs
from imgcls.cli import exit_codes, output, progress_bar
from imgcls.evaluation.metrics.percent import interval, percent
from imgcls.export import bundle, exporting, formats, records
from imgcls.export.records import Record
from imgcls.runs import Run


def export(
    run: Annotated[str, Parameter(help="A run folder or a run ID.")],
    /,
    *,
    format: Annotated[
        str | None,
        Parameter(show_default=False, help="The format, such as litert-dynamic. Without it, all are listed."),
    ] = None,
    out: Annotated[
        Path | None, Parameter(show_default=False, help="The file to write (default: RUN-FORMAT in this folder).")
    ] = None,
    bundle_it: Annotated[
        bool,
        Parameter(
            name="--bundle",
            negative="",
            show_default=False,
            help="Write a zip with the model, a model card, the class names and a script that predicts.",
        ),
    ] = False,
    overwrite: output.Overwrite = False,
) -> None:
    """Write a run's model in a format for other programs.

    The file is run in its own runtime and compared with the run's test predictions first; one that does not match is
    not written.

    Example: imgcls export digits

    Example: imgcls export digits --format litert-dynamic --out digits.tflite

    Example: imgcls export digits --format onnx --bundle --out digits.zip
    """
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        found = runs.run_from_argument(run)
    exporting.check(found)
    if format is None:
        _list(found)
        return
    chosen = formats.find(format)
    name = chosen.__name__.rpartition(".")[2]
    if missing := formats.what_is_missing(chosen):
        raise exit_codes.CommandError(missing, exit_codes.FAILED)
    if bundle_it and not bundle.supports(name):
        raise exit_codes.CommandError(f"There is no bundle for {chosen.TITLE}. Omit --bundle.", exit_codes.USAGE)
    target = out or Path(f"{found.id}-{name}{'.zip' if bundle_it else chosen.SUFFIX}")
    output.check(target, overwrite)
    record = records.read(found, name)
    if record is None or not record.is_offered:
        found = runs.writable(found)
        record = _made(found, name)
    if record.problem:
        raise exit_codes.CommandError(f"{chosen.TITLE} was not exported. {record.problem}", exit_codes.FAILED)
    with output.replacing(target) as aside:
        if bundle_it:
            bundle.write(found, name, aside)
        else:
            shutil.copyfile(records.file_of(found, name), aside)
    digest = "" if bundle_it else f" SHA-256: {record.sha256}"
    print(f"{target}: {_summary(record)}{digest}")


def _made(run: Run, name: str) -> Record:
    try:
        exporting.export_now(run, [name], progress_bar.show)
    finally:
        progress_bar.clear()
    record = records.read(run, name)
    if record is None:
        raise exit_codes.CommandError("The run was changed during the export. Try again.", exit_codes.FAILED)
    return record


def _list(run: Run) -> None:
    done = records.all_of(run)
    for name in formats.names():
        chosen = formats.find(name)
        record = done.get(name)
        if record is None:
            state = formats.what_is_missing(chosen) or chosen.HELP
        else:
            state = f"not offered. {record.problem}" if record.problem else _summary(record)
        print(f"{name.replace('_', '-'):24} {state}")


def _summary(record: Record) -> str:
    if not record.is_compared:
        return f"{record.bytes:,} bytes, parity not checked on this platform."
    accuracy = ""
    if record.accuracy:
        known = interval(record.accuracy["low"], record.accuracy["high"])
        accuracy = f"accuracy {percent(record.accuracy['value'])} (95% CI {known}), "
    return (
        f"{record.bytes:,} bytes, {accuracy}{percent(record.identical or 0, 2)} of {record.images:,} predictions "
        f"identical, largest difference {record.largest_difference or 0:.2g}, "
        f"{record.milliseconds or 0:.2f} ms per image."
    )
