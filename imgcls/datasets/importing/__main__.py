"""The process that inspects or imports files for the Data page. In a shell, use `imgcls import`.

python -m imgcls.datasets.importing --look FOLDER     inspect the files of this import
python -m imgcls.datasets.importing --make FOLDER     import them
"""

import contextlib
import json
import shutil
import signal
import sys
from pathlib import Path

from imgcls.datasets.importing import job, pipeline, preview, sources
from imgcls.errors import SourceError, UserError
from imgcls.system import atomic
from imgcls.system.tasks import Progress


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds, so what was begun is removed
    try:
        if len(arguments) == 2 and arguments[0] == "--look":
            return _look(Path(arguments[1]))
        if len(arguments) == 2 and arguments[0] == "--make":
            folder = Path(arguments[1])
            return job.task_in(folder).run(lambda progress: make(folder, progress))
        from imgcls.cli import former_modules

        return former_modules.run("import", "imgcls.datasets.importing", arguments)
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


def make(folder: Path, progress: Progress) -> str:
    """Import what the folder describes, and leave only the result in it. Returns the dataset's name."""
    wish = pipeline.ImportSettings(**json.loads((folder / "wish.json").read_bytes()))
    inside = folder / "work"
    shutil.rmtree(inside, ignore_errors=True)
    try:
        inside.mkdir(parents=True)
        name = pipeline.import_files(_order(folder), wish, inside, progress)
    except OSError as error:
        raise SourceError(f"The import cannot be written: {error.strerror or error}. Free some space there.") from error
    finally:
        shutil.rmtree(inside, ignore_errors=True)  # before an error message is written, which needs space, too
    with contextlib.suppress(OSError):  # what counts is that the dataset is there
        atomic.write_json(folder / "result.json", {"name": name})
    for upload in [*folder.glob("upload-*"), folder / "pictures.jsonl", folder / "preview.json"]:
        upload.unlink(missing_ok=True)
    shutil.rmtree(folder / "pictures", ignore_errors=True)
    return name


def _order(folder: Path) -> sources.ImportRequest:
    return sources.ImportRequest(**json.loads((folder / "order.json").read_bytes()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
