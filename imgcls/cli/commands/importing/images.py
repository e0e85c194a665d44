"""`imgcls import`: your own images, in a zip archive, a folder or a CSV file, become a dataset."""

import signal
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, TextIO

from cyclopts import Parameter

from imgcls.cli import exit_codes, progress_bar
from imgcls.datasets import custom
from imgcls.datasets.importing import pipeline, preview, sources
from imgcls.datasets.importing.class_names import visible
from imgcls.datasets.importing.execution import execute
from imgcls.datasets.importing.findings import Question
from imgcls.datasets.importing.splits import holdout
from imgcls.errors import SourceError


def import_images(
    source: Annotated[Path, Parameter(help="A zip archive, a folder, or a CSV file with one row of pixels per image.")],
    /,
    *,
    labels: Annotated[Path | None, Parameter(help="CSV file with file names and labels, for an archive.")] = None,
    answer: Annotated[
        list[str] | None,
        Parameter(
            show_default=False,
            negative="",
            help="KEY=VALUE: how to read files that can be read in several ways. --preview lists the questions.",
        ),
    ] = None,
    preview_only: Annotated[
        bool,
        Parameter(
            name="--preview", negative="", show_default=False, help="Only report what was found, and import nothing."
        ),
    ] = False,
    title: Annotated[str, Parameter(show_default=False, help='Title of the new dataset, such as "Leaves".')] = "",
    note: Annotated[str, Parameter(show_default=False, help="Description of the new dataset.")] = "",
    into: Annotated[str, Parameter(show_default=False, help="Add the images to this custom dataset instead.")] = "",
    size: Annotated[
        int | None,
        Parameter(
            help=f"Image size in pixels: {', '.join(map(str, pipeline.SIDES))} (default: chosen from the images)."
        ),
    ] = None,
    greyscale: Annotated[
        bool,
        Parameter(
            alias="--grayscale",
            negative="",
            show_default=False,
            help="Store greyscale images (default: same as the images).",
        ),
    ] = False,
    colour: Annotated[
        bool,
        Parameter(
            alias="--color", negative="", show_default=False, help="Store colour images (default: same as the images)."
        ),
    ] = False,
    fit: Annotated[Literal["crop", "pad"], Parameter(help="crop: centre-crop to a square. pad: add margins.")] = "crop",
    test_fraction: Annotated[
        float, Parameter(help="Fraction of the images to hold out as the test set, if the source has none.")
    ] = holdout.FRACTION,
    split_seed: Annotated[int, Parameter(help="A different seed holds out different test images.")] = 0,
    stratified: Annotated[bool, Parameter(help="Keep the proportions of the classes in the test set.")] = True,
    keep_groups: Annotated[bool, Parameter(help="Keep images of one group together in every split.")] = True,
    link_duplicates: Annotated[
        bool, Parameter(negative="", show_default=False, help="Keep near duplicates together in every split.")
    ] = False,
) -> None:
    """Turn your own images into a dataset. Labels come from folder names, from a table, or from the file itself.

    Example: imgcls import leaves.zip --preview

    Example: imgcls import leaves.zip --title "Leaves" --size 64

    Example: imgcls import photos.zip --labels labels.csv --title "Birds"

    Example: imgcls import more.zip --into own-leaves
    """
    _check(title, into, preview_only, greyscale and colour)
    request = sources.of_file(exit_codes.existing(source).absolute())
    if labels is not None:
        path = exit_codes.existing(labels).absolute()
        request = sources.ImportRequest("listing", request.path, request.name, str(path), labels.name)
    request = replace(request, answers=_answers(answer or []))
    found = _preview(request)
    if preview_only:
        _report(found)
        return
    channels = 1 if greyscale else 3 if colour else found.channels
    split = {
        "test_fraction": test_fraction,
        "split_seed": split_seed,
        "stratified": stratified,
        "keep_groups": keep_groups,
        "link_duplicates": link_duplicates,
    }
    _import(request, title=title, note=note, into=into, size=size or found.side, channels=channels, fit=fit, **split)


def _check(title: str, into: str, is_preview: bool, is_ambiguous: bool) -> None:
    if not (title or into or is_preview):
        raise exit_codes.CommandError('A new dataset needs a title: --title "Leaves".', exit_codes.USAGE)
    if is_ambiguous:
        raise exit_codes.CommandError("Choose --greyscale or --colour, not both.", exit_codes.USAGE)


def _answers(given: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    if wrong := next((text for text, (key, _, value) in zip(given, pairs, strict=True) if not (key and value)), ""):
        raise exit_codes.CommandError(f"--answer takes KEY=VALUE, not “{visible(wrong)[:60]}”.", exit_codes.USAGE)
    return {key: value for key, _, value in pairs}


def _preview(request: sources.ImportRequest) -> preview.Preview:
    print("Inspecting the files …", file=sys.stderr, flush=True)
    try:
        return preview.make_preview(request)
    except SourceError as error:
        _print_questions(error.questions, sys.stderr)
        raise


def _import(request: sources.ImportRequest, **settings: Any) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(exit_codes.TERMINATED))  # unwinds: partial files are removed
    try:
        dataset = execute.import_dataset(request, progress=progress_bar.show, **settings)
    finally:
        progress_bar.clear()
    training, test = dataset.counts
    print(f"{dataset.name} is ready: {training:,} training and {test:,} test images.")
    for reason, count, first in dataset.skipped:
        print(f"Skipped: {count:,} {reason}, such as {visible(first[0])}")
    if dataset.skipped and (listed := custom.skipped_file(dataset.name)):
        print(f"All skipped files: {listed}")
    for note in dataset.notes:
        print(note)
    print(f"To train on it: imgcls train --data {dataset.name}")


def _print_questions(questions: Iterable[Question], file: TextIO) -> None:
    for question in questions:
        in_effect = f" (answer in effect: {question.answer})" if question.answer else ""
        print(f"Question: {question.text}{in_effect}", file=file)
        for option in question.options:
            line = f"  --answer {question.key}={option.value}  {option.label}{option.detail and ': '}{option.detail}"
            print(line, file=file)


def _report(found: preview.Preview) -> None:
    for label, training, test, undivided in found.counts:
        parts = f"{training:,} training, {test:,} test" if training or test else f"{undivided:,} images"
        print(f"{label:30} {parts}")
    if found.is_multilabel:
        print(f"{found.multilabel_total:,} multi-label images")
    _print_questions(found.questions, sys.stdout)
    if found.groups:
        print(f"{found.groups:,} groups that splits do not divide, such as {found.group_example}")
    for row in found.skipped:
        print(f"Skipped: {row['count']:,} {row['reason']}, such as {row['first'][0]}")
    for note in found.notes:
        print(note)
