"""Pages to take home, made from models that are there already, so that only the page can differ."""

from pathlib import Path

from imgcls.export import offline_page
from imgcls.runs import Run
from imgcls.system import paths
from tests.support.exporting.fixed_batch import with_fixed_batch


def shipped(name: str) -> Run:
    """A run that ships with the project."""
    return Run(paths.repository_folder() / "saved_models" / name)


def write_page(run: Run, folder: Path, model: str = "model.tflite") -> Path:
    """The page of a run as a file, made from this model file; only `served.tflite` also gives features."""
    path = folder / f"{run.id}.html"
    path.write_text(offline_page.page(run, with_fixed_batch((run.folder / model).read_bytes())), "utf-8")
    return path
