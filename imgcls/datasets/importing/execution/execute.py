"""Do an import or a preview in this process: for the command line, and for the processes that pages start."""

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any

from imgcls.datasets import custom
from imgcls.datasets.custom import CustomDataset
from imgcls.datasets.importing import pipeline, preview
from imgcls.datasets.importing.execution import job
from imgcls.datasets.importing.sources import ImportRequest
from imgcls.errors import SourceError
from imgcls.system import atomic
from imgcls.system.tasks import Progress

SPLIT_SETTINGS = ("test_fraction", "split_seed", "stratified", "keep_groups", "link_duplicates")


def import_dataset(
    request: ImportRequest,
    *,
    title: str = "",
    note: str = "",
    into: str = "",
    size: int | None = None,
    channels: int | None = None,
    fit: str = "crop",
    progress: Progress = lambda fraction, text: None,
    **split: Any,
) -> CustomDataset:
    """Imports a source as a new dataset `title`, or into the existing custom dataset `into`.

    Args:
        request: what to import, for example from `sources.of_file`.
        title: the name of the new dataset.
        note: its description.
        into: the dataset to add to, with its size and colours; then the other settings are ignored.
        size: one of `pipeline.SIDES`; by default as recommended by a preview of the source.
        channels: 1 for greyscale, 3 for colour; by default what the images are.
        fit: "crop" for a centre crop to a square, "pad" for margins.
        progress: called with the fraction done and what is being done.
        split: how to split: `SPLIT_SETTINGS`, see `pipeline.ImportSettings`.

    Raises:
        SourceError: the source cannot be imported; nothing is changed then.
        DatasetError: the title is empty or in use, or the dataset to add to does not exist.
        SettingError: a setting is not one of the choices.
    """
    if not into and (size is None or channels is None):
        found = preview.make_preview(request)
        size, channels = size or found.side, channels or found.channels
    settings = pipeline.ImportSettings(title, note, size or pipeline.SIDES[0], channels or 3, fit, into, **split)
    folder = job.make_folder(job.new_id())
    try:
        atomic.write_json(folder / "order.json", request.as_dict())
        atomic.write_json(folder / "wish.json", settings.as_dict())
        return custom.custom_dataset(import_folder(folder, progress))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def preview_folder(folder: Path) -> None:
    """Stores the preview of an import folder, see `job`, in that folder, or why its source cannot be imported."""
    try:
        job.write_preview(folder, preview.make_preview(_request(folder), skipped_csv=folder / job.SKIPPED))
    except SourceError as error:
        job.write_preview(folder, error)


def import_folder(folder: Path, progress: Progress) -> str:
    """Does the import of an import folder, see `job`, and leaves only the result there. Returns the dataset's name."""
    settings = pipeline.ImportSettings(**json.loads((folder / "wish.json").read_bytes()))
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    try:
        work.mkdir(parents=True)
        name = pipeline.import_files(_request(folder), settings, work, progress)
    except OSError as error:
        raise SourceError(
            f"The import cannot be written: {error.strerror or error}. Free some disk space there."
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)  # before an error is reported, which needs disk space as well
    with contextlib.suppress(OSError):  # the dataset is complete, and that is what counts
        atomic.write_json(folder / "result.json", {"name": name})
    left = [folder / name for name in ("pictures.jsonl", "preview.json", job.SKIPPED)]
    for leftover in [*folder.glob("upload-*"), *left]:
        leftover.unlink(missing_ok=True)
    shutil.rmtree(folder / "pictures", ignore_errors=True)
    return name


def _request(folder: Path) -> ImportRequest:
    return ImportRequest(**json.loads((folder / "order.json").read_bytes()))
