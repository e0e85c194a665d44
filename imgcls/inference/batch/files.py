"""Image files that a command line names, one after the other: files, folders, patterns and zip archives.

Nothing is collected, so a hundred thousand files need no more memory than a hundred.
"""

import contextlib
import glob
import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from imgcls.datasets.importing import class_names
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.datasets.importing.sources.containers.zip_archive import Archive
from imgcls.datasets.importing.sources.items import image_files
from imgcls.errors import ImageError, SourceError
from imgcls.inference.batch import classification
from imgcls.inference.batch.classification import Item, Result
from imgcls.runs import Run
from imgcls.runs.results import ModelCard

START_BYTES = 512


def expanded(arguments: Sequence[str]) -> list[Path]:
    """The files and folders that exist: each argument is one of them, or a pattern such as "photos/**/*.png".

    Raises:
        SourceError: an argument names nothing.
    """
    found = []
    for argument in arguments:
        path = Path(argument)
        if path.exists():
            found.append(path)
            continue
        matches = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207  (Path.glob takes no absolute pattern)
        if not matches:
            raise SourceError(f"No such file or folder: {class_names.visible(argument)[:200]}")
        found += [Path(match) for match in matches]
    return found


def results(
    run: Run, card: ModelCard, paths: Sequence[Path], skipped: SkippedFiles, done: Iterable[str] = ()
) -> Generator[Result, None, None]:
    """The results for the images in these files, folders and archives, in a fixed order. Only one batch of images is in
    memory. Other files are counted in `skipped`.

    `done` are the names of the first images, whose results are known from an earlier call: these are left out.

    Raises:
        SourceError: a named file is an archive that is damaged or hostile, or the images are not those of `done`.
        RunError: the run has no model, or it is damaged.
    """
    with contextlib.ExitStack() as archives:  # open until the last batch has been read
        found = _items(paths, card.classes, skipped, archives)
        for name in done:
            item = next(found, None)
            if item is None or item.name.encode("utf-8", "replace").decode("utf-8") != name:
                raise SourceError(
                    f"The images have changed since the interrupted command: it had read {name[:200]} here. Start "
                    "again without --resume."
                )
        while step := list(islice(found, classification.STEP)):
            yield from classification.classified(run, card, step)


def _items(
    paths: Sequence[Path], classes: Sequence[str], skipped: SkippedFiles, archives: contextlib.ExitStack
) -> Iterator[Item]:
    label_of = classification.labeller(classes)
    for path in paths:
        if path.is_dir():
            for file in _files_below(path):
                for name, parts, key in image_files([(file.as_posix(), file)], skipped):
                    yield Item(class_names.visible(name), label_of(parts), partial(_read, key))
        elif classification.is_zip(_start_of(path)):
            archive = archives.enter_context(Archive(path, path.name, skipped))
            for entry, read in classification.entries(archive):
                for name, parts, key in image_files([(entry, read)], skipped):
                    yield Item(class_names.visible(f"{path.name}/{name}"), label_of(parts), key)
        else:
            yield Item(class_names.visible(str(path)), label_of(path.parts), partial(_read, path))


def _files_below(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            yield Path(parent, name)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImageError(f"{path.name} cannot be read: {error.strerror or error}.", "cannot be read") from error


def _start_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(START_BYTES)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}.") from error
