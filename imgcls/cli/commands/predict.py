"""`imgcls predict` and `imgcls evaluate`: a run's predictions for image files, the same as on the Predict page."""

import csv
import json
import sys
from collections.abc import Generator, Iterable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter

from imgcls import datasets, runs
from imgcls.cli import exit_codes, output
from imgcls.cli.commands import golden_set
from imgcls.cli.counts import Counts
from imgcls.cli.partial_csv import PartialCsv
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.evaluation import image_files
from imgcls.evaluation.image_files import FileScores
from imgcls.evaluation.metrics.percent import interval, percent
from imgcls.inference import batch
from imgcls.inference.batch import Result, files
from imgcls.inference.batch import submission as submission_file
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.system import safe_csv

RunArgument = Annotated[str, Parameter(help="A run folder or a run ID.")]
Json = Annotated[bool, Parameter(name="--json", negative="", show_default=False, help="Print JSON, for programs.")]


def predict(
    run: RunArgument,
    inputs: Annotated[
        list[str], Parameter(name="FILES", help='Image files, folders, zip archives or patterns such as "*.png".')
    ],
    /,
    *,
    csv_file: Annotated[
        Path | None, Parameter(name="--csv", show_default=False, help="Write a table with all probabilities.")
    ] = None,
    as_json: Annotated[
        bool,
        Parameter(name="--json", negative="", show_default=False, help="Print one JSON object per image and line."),
    ] = False,
    submission: Annotated[
        Path | None,
        Parameter(
            show_default=False,
            help="Write the file that Kaggle's Digit Recognizer expects; FILES is then its test.csv.",
        ),
    ] = None,
    resume: Annotated[
        bool,
        Parameter(
            name="--resume",
            negative="",
            show_default=False,
            help="Keep the rows of --csv in FILE.part while working, and continue after the last one when run again.",
        ),
    ] = False,
    overwrite: output.Overwrite = False,
) -> None:
    """Classify image files with a run's model.

    An image has a label if one of its folders is named after a class; the accuracy is then reported. Memory use does
    not depend on the number of images.

    Example: imgcls predict digits photo.png

    Example: imgcls predict digits photos/ more.zip --csv predictions.csv

    Example: imgcls predict digits "scans/**/*.png" --json

    Example: imgcls predict digits archive/ --csv all.csv --resume

    Example: imgcls predict digits test.csv --submission submission.csv
    """
    found, card = _found(run)
    if resume and (csv_file is None or as_json):
        raise exit_codes.CommandError("--resume needs --csv, and cannot be combined with --json.", exit_codes.USAGE)
    if submission is not None:
        if csv_file is not None or as_json:
            raise exit_codes.CommandError("--submission cannot be combined with --csv or --json.", exit_codes.USAGE)
        _submit(found, card, inputs, submission, overwrite)
        return
    if resume and csv_file is not None:
        _resumable(found, card, inputs, csv_file, overwrite)
        return
    skipped = SkippedFiles()
    counts = Counts()
    with ExitStack() as stack:
        rows = None
        if csv_file is not None:
            output.check(csv_file, overwrite)
        results = stack.enter_context(closing(_results(found, card, inputs, skipped)))
        if csv_file is not None:
            aside = stack.enter_context(output.replacing(csv_file))
            text = stack.enter_context(aside.open("w", encoding="utf-8-sig", errors="replace", newline=""))
            rows = csv.writer(text)
            rows.writerow(batch.csv_head(card.classes))
        for result in results:
            counts.add(result)
            if rows is not None:
                rows.writerow(batch.csv_row(result, card.classes))
            if as_json:
                print(json.dumps(batch.as_json(result, card.classes), ensure_ascii=False, allow_nan=False))
            elif rows is None:
                print(_line(result))
        counts.check(skipped)
    if not as_json or counts.problems or skipped.count:  # a program that reads the objects counts them itself
        print(counts.summary(skipped), file=sys.stderr)


def _resumable(run: Run, card: ModelCard, inputs: list[str], target: Path, overwrite: bool) -> None:
    """Writes the table row by row and goes on where an earlier call ended."""
    output.check(target, overwrite)
    skipped, counts = SkippedFiles(), Counts()
    table = PartialCsv(target, batch.csv_head(card.classes), resumes=True)

    def done() -> Generator[str, None, None]:
        for row in table.rows_before():
            counts.add_row(row)
            yield safe_csv.original(row["file"])

    with closing(table):
        with closing(_results(run, card, inputs, skipped, done())) as results:
            for result in results:
                counts.add(result)
                table.write(batch.csv_row(result, card.classes))
        try:
            counts.check(skipped)
        except exit_codes.CommandError:
            table.discard()
            raise
        table.finish()
    print(counts.summary(skipped), file=sys.stderr)


def _submit(run: Run, card: ModelCard, inputs: list[str], target: Path, overwrite: bool) -> None:
    """Writes Kaggle's table."""
    if len(inputs) != 1:
        raise exit_codes.CommandError("--submission reads one file, Kaggle's test.csv.", exit_codes.USAGE)
    source = exit_codes.existing(Path(inputs[0]))
    if card.is_multilabel:
        raise exit_codes.CommandError("A submission needs a model with one class per image.", exit_codes.USAGE)
    output.check(target, overwrite)
    count = 0
    with output.replacing(target) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(submission_file.HEADER)
        for count, label in enumerate(submission_file.labels(run, card, source), 1):
            rows.writerow((count, label))
    print(f"{target}: {count:,} predictions.")


def evaluate(
    run: RunArgument,
    folder: Annotated[
        str,
        Parameter(
            help="A folder or a zip archive with one subfolder per class, named after the class; or a dataset, whose "
            "test images are used."
        ),
    ] = "",
    /,
    *,
    golden: Annotated[
        bool,
        Parameter(
            name="--golden",
            negative="",
            show_default=False,
            help="Check the run with the golden set of its dataset instead. The exit code is 1 if an image is wrong "
            "that the run before predicted correctly.",
        ),
    ] = False,
    against: Annotated[
        str, Parameter(name="--against", show_default=False, help="With --golden: compare with this run.")
    ] = "",
    as_json: Json = False,
) -> int:
    """Measure a run's accuracy on your own labelled images, or check it with the golden set.

    Example: imgcls evaluate digits my-digits/

    Example: imgcls evaluate digits mnist_sample

    Example: imgcls evaluate my-run --golden --against digits
    """
    found, _ = _found(run)
    if golden == bool(folder) or (against and not golden):
        raise exit_codes.CommandError("Give either a folder or --golden; --against needs --golden.", exit_codes.USAGE)
    if golden:
        return golden_set.check(found, _found(against)[0] if against else None, as_json=as_json)
    if folder not in datasets.names():
        with exit_codes.exits_with(exit_codes.NOT_FOUND):
            files.expanded([folder])
    scores = image_files.evaluate_on(found, folder)
    if as_json:
        print(json.dumps(scores.as_json(), ensure_ascii=False, allow_nan=False, indent=1))
        return exit_codes.OK
    print(_scores(scores))
    left = {"not in a folder named after a class": scores.unlabelled, "could not be read": scores.unreadable}
    for reason, count in left.items():
        if count:
            print(f"{count:,} images {reason}.", file=sys.stderr)
    if scores.skipped.count:
        print(f"{scores.skipped.count:,} other files skipped{scores.skipped.summary()}.", file=sys.stderr)
    return exit_codes.OK


def _found(argument: str) -> tuple[Run, ModelCard]:
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        run = runs.run_from_argument(argument)
    return run, run.card


def _results(
    run: Run, card: ModelCard, inputs: list[str], skipped: SkippedFiles, done: Iterable[str] = ()
) -> Generator[Result, None, None]:
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        paths = files.expanded(inputs)
    return files.results(run, card, paths, skipped, done)


def _line(result: Result) -> str:
    if result.answer is None:
        return f"{result.name}\t–\t{result.problem}"
    prediction = result.answer.prediction
    text = prediction if isinstance(prediction, str) else "; ".join(prediction) or "no label"
    warning = f"\t{result.warning}" if result.warning else ""
    return f"{result.name}\t{text}\t{result.answer.confidence:.4f}{warning}"


def _scores(scores: FileScores) -> str:
    score, matrix = scores.accuracy, scores.matrix
    lines = [
        f"Accuracy {percent(score.value)} (95% CI {interval(score.low, score.high)}) on {scores.images:,} images",
        f"{'class':30} {'images':>8} {'recall':>8} {'most often confused with':>26}",
    ]
    for label in np.flatnonzero(matrix.sum(1)):
        row = matrix[label].copy()
        recall, row[label] = row[label] / row.sum(), 0
        other = f"{scores.classes[int(row.argmax())]} ({row.max():,})" if row.any() else "–"
        lines.append(f"{scores.classes[label][:30]:30} {matrix[label].sum():8,} {percent(recall):>8} {other:>26}")
    return "\n".join(lines)
