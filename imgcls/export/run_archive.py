"""A run as one zip file, to open it on another machine.

An archive may come from anybody, so it is checked like any upload: only files that a run consists of, in one folder,
with limited sizes, no links, and nothing is overwritten. Models are left out unless the user trusts the archive: a
Keras file can contain program code, and a LiteRT file runs in the app's own process. An imported model is only run in a
sandbox, so it is always unpacked.
"""

import json
import shutil
import uuid
import zipfile
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from imgcls.config import imported_model
from imgcls.datasets.importing.sources import items
from imgcls.datasets.importing.sources.containers.zip_archive import Archive
from imgcls.errors import ImageError, RunError, UserError
from imgcls.inference import served_model
from imgcls.runs import store
from imgcls.runs.annotations import own_metrics
from imgcls.runs.predictions import fold_predictions, test_records
from imgcls.runs.run import ENDED, Run
from imgcls.system import json_files, paths

NEEDED = ("config.json", "result.json")
MODELS = ("model.keras", "model.tflite", "inside.tflite", served_model.NAME)
IMPORTED = (imported_model.NAME, *(f"imported.{kind}" for kind in imported_model.KINDS))
STARTED = "trainer.json"
KEPT = ("first", "started")
"""Of trainer.json: when the run was started, but not on which machine and as which job of a cluster."""
FILES = (
    *NEEDED,
    *MODELS,
    *IMPORTED,
    *("label.txt", STARTED, "data.json", "metrics.jsonl", "model.json", "doctor.json"),
    *("predictions.npz", "gallery.npz", "epochs.npz", "validation.npz", "robustness.npz", "suspects.npz"),
    *("inside.npz", "inside.json", "neighbours.npz", "tags.json", "openings.jsonl", "judged.json"),
    *(served_model.RECORD, test_records.NAME, fold_predictions.NAME, own_metrics.NAME),
)
"""The files of a run that matter elsewhere: no log, which names folders of this machine, and no checkpoint."""
MOST_BYTES = 300_000_000
"""Of one file. The largest pretrained network has 95 MB."""
MOST_TOTAL = 1_000_000_000


@dataclass(frozen=True)
class Unpacked:
    """A run that came from an archive, and the models that were left out."""

    run: Run
    left_out: tuple[str, ...]


def pack(run: Run, path: Path) -> None:
    """Writes the files of a run to a zip archive.

    Raises:
        RunError: the run has not ended.
        OSError: the archive cannot be written.
    """
    if run.state not in ENDED or run.result is None:
        raise RunError(f"This run cannot be packed, because its training has not ended: it is {run.state}.")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in FILES:
            if name == STARTED:
                if facts := _started(run):
                    archive.writestr(f"{run.id}/{name}", json.dumps(facts))
            elif (run.folder / name).is_file():
                archive.write(run.folder / name, f"{run.id}/{name}")


def _started(run: Run) -> dict[str, object]:
    try:
        facts = json_files.read_object(run.folder / STARTED)
    except (OSError, ValueError):
        return {}
    return {name: facts[name] for name in KEPT if name in facts}


def unpack(path: Path, *, trusted: bool = False) -> Unpacked:
    """Adds the run in an archive to the runs. If its ID is taken, it gets a new one.

    Args:
        path: the archive.
        trusted: whether to unpack the models as well.

    Raises:
        RunError: it is not the archive of a run, or the runs folder is not writable.
        SourceError: it is not a zip archive, damaged or malicious.
    """
    root = paths.runs_folder()
    aside = root / f".new-{uuid.uuid4().hex}"
    with Archive(path, path.name) as archive:
        run_id, entries = _checked(archive)
        left_out = tuple(name for name in entries if name in MODELS and not trusted)
        try:
            aside.mkdir(parents=True)
            for name, info in entries.items():
                if name not in left_out:
                    (aside / name).write_bytes(archive.read(info, MOST_BYTES))
            _check_run(Run(aside))
            target = root / (store.new_id() if store.exists(run_id) else run_id)
            aside.rename(target)
        except ImageError as error:
            shutil.rmtree(aside, ignore_errors=True)
            raise RunError(f"{archive.name} cannot be unpacked. {error}") from error
        except OSError as error:
            shutil.rmtree(aside, ignore_errors=True)
            raise RunError(f"The run cannot be written to {root}: {error.strerror or error}.") from error
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
    return Unpacked(Run(target), left_out)


def _checked(archive: Archive) -> tuple[str, dict[str, zipfile.ZipInfo]]:
    """The ID of the run, and its files by name."""
    found: dict[str, zipfile.ZipInfo] = {}
    folders: set[str] = set()
    for entry, info in archive.entries:
        parts = PurePosixPath(entry).parts
        if items.is_clutter(list(parts)):
            continue
        if len(parts) != 2 or parts[1] not in FILES or parts[1] in found:
            raise RunError(
                f"{archive.name} is not the archive of a run: the file {entry[:80]!r} does not belong to one. Expected "
                "an archive that “imgcls pack” has written."
            )
        folders.add(parts[0])
        found[parts[1]] = info
    if len(folders) != 1 or not all(name in found for name in _needed(found)):
        raise RunError(
            f"{archive.name} is not the archive of a run: it needs one folder with {' and '.join(NEEDED)}. Expected an "
            "archive that “imgcls pack” has written."
        )
    if sum(info.file_size for info in found.values()) > MOST_TOTAL:
        raise RunError(f"{archive.name} unpacks to more than {MOST_TOTAL // 1_000_000:,} MB. A run is smaller.")
    (folder,) = folders
    return folder if store.ID.fullmatch(folder) else store.new_id(), found


def _needed(found: Container[str]) -> tuple[str, ...]:
    """The files without which it is no run; one with an imported model has no settings."""
    return tuple(name for name in NEEDED if name != "config.json" or imported_model.NAME not in found)


def _check_run(run: Run) -> None:
    """Raises RunError if the settings (or imported.json) or the result cannot be read."""
    try:
        if imported_model.read(run.folder) is None:
            run.config  # noqa: B018
        if run.result is None:
            raise RunError("It has no result.")
    except UserError as error:
        raise RunError(f"The run in this archive is damaged. {error}") from error
