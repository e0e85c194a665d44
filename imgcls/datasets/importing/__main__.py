"""Import own pictures from a shell, or do what a page has ordered.

python -m imgcls.datasets.importing leaves.zip --title "Leaves" --side 64
python -m imgcls.datasets.importing leaves.zip --look              what is in it, without importing
python -m imgcls.datasets.importing photos.zip --table labels.csv --title "Birds"
python -m imgcls.datasets.importing more.zip --into own-leaves
"""

import argparse
import contextlib
import json
import shutil
import signal
import sys
from pathlib import Path

from imgcls import datasets
from imgcls.datasets.importing import job, pipeline, preview, sources
from imgcls.datasets.importing.class_names import visible
from imgcls.datasets.preparing import progress
from imgcls.errors import SourceError, UserError
from imgcls.system import atomic, processes


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds, so what was begun is removed
    try:
        if len(arguments) == 2 and arguments[0] == "--look":
            return _look(Path(arguments[1]))
        if len(arguments) == 2 and arguments[0] == "--make":
            processes.lower_priority()
            _make(Path(arguments[1]), lambda fraction, text: None)
            return 0
        return _from_shell(arguments)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _look(folder: Path) -> int:
    try:
        job.write_preview(folder, preview.make_preview(_order(folder)))
    except SourceError as error:
        job.write_preview(folder, error)
    return 0


def _make(folder: Path, tell) -> str:
    """Does what lies in the folder, and leaves only the result in it."""
    wish = pipeline.ImportSettings(**json.loads((folder / "wish.json").read_bytes()))
    inside = folder / "work"
    shutil.rmtree(inside, ignore_errors=True)
    with progress.shown(folder / "progress.json", tell) as report:
        try:
            inside.mkdir(parents=True)
            name = pipeline.import_files(_order(folder), wish, inside, report)
        except OSError as error:
            raise SourceError(f"The import cannot be written: {error.strerror or error}. Make room there.") from error
        finally:
            shutil.rmtree(inside, ignore_errors=True)  # before the sentence of an error, which needs room, too
        with contextlib.suppress(OSError):  # the data set is there, and that is what counts
            atomic.write_json(folder / "result.json", {"name": name})
    for upload in [*folder.glob("upload-*"), folder / "pictures.jsonl", folder / "preview.json"]:
        upload.unlink(missing_ok=True)
    shutil.rmtree(folder / "pictures", ignore_errors=True)
    return name


def _order(folder: Path) -> sources.ImportRequest:
    return sources.ImportRequest(**json.loads((folder / "order.json").read_bytes()))


def _from_shell(arguments: list[str]) -> int:
    chosen = _parser().parse_args(arguments)
    order = sources.of_file(chosen.source.absolute())
    if chosen.table:
        order = sources.ImportRequest(
            "listing", order.path, order.name, str(chosen.table.absolute()), chosen.table.name
        )
    seen = preview.make_preview(order)
    if chosen.look:
        _tell(seen)
        return 0
    if not chosen.title and not chosen.into:
        raise SourceError('A data set needs a name: --title "Leaves of our garden".')
    channels = {"grey": 1, "colour": 3, None: seen.channels}[chosen.colour]
    wish = pipeline.ImportSettings(
        chosen.title, chosen.note, chosen.side or seen.side, channels, chosen.fit, chosen.into
    )
    folder = job.made(job.new_id())
    try:
        atomic.write_json(folder / "order.json", order.as_dict())
        atomic.write_json(folder / "wish.json", wish.as_dict())
        name = _make(folder, _bar)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    own = datasets.custom_dataset(name)
    _say(f"{own.name} is ready: {own.counts[0]:,} training and {own.counts[1]:,} test images.")
    for reason, count, first in own.skipped:
        print(f"left out: {count:,} {reason}, such as {visible(first[0])}")
    return 0


def _tell(seen: preview.Preview) -> None:
    for label, train, test, undivided in seen.counts:
        parts = f"{train:,} training, {test:,} test" if train or test else f"{undivided:,} pictures"
        print(f"{label:30} {parts}")
    if seen.is_multilabel:
        print(f"{seen.is_multilabel:,} pictures, with several labels a picture")
    for row in seen.skipped:
        print(f"left out: {row['count']:,} {row['reason']}, such as {row['first'][0]}")
    for note in seen.notes:
        print(note)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m imgcls.datasets.importing", description="Import own pictures as a data set."
    )
    parser.add_argument("source", type=Path, help="a zip archive, a CSV table with pixels, or a folder")
    parser.add_argument("--table", type=Path, help="a CSV table with file names and labels, for an archive")
    parser.add_argument("--look", action="store_true", help="only tell what is in it")
    parser.add_argument("--title", default="", help="name of the new data set")
    parser.add_argument("--note", default="", help="what it is about")
    parser.add_argument("--into", default="", help="add to this data set instead")
    parser.add_argument("--side", type=int, choices=pipeline.SIDES, help="pixels of a side; by default what suits")
    parser.add_argument("--colour", choices=("grey", "colour"), help="by default what the pictures are")
    parser.add_argument("--fit", choices=("crop", "pad"), default="crop", help="cut the middle out, or add margins")
    return parser


def _bar(fraction: float, text: str) -> None:
    if sys.stdout.isatty():
        print(f"\r\033[K[{'#' * round(fraction * 30):30}] {fraction:4.0%}  {text}", end="", flush=True)


def _say(text: str) -> None:
    print(f"\r\033[K{text}" if sys.stdout.isatty() else text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
