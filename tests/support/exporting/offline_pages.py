"""Pages to take home, made from models that are there already: float32, so that only the page can differ."""

from pathlib import Path

from imgcls.export import offline_page
from imgcls.runs import Run
from imgcls.system import paths
from tests.support.exporting.fixed_batch import with_fixed_batch


def shipped(name: str) -> Run:
    """A run that ships with the project."""
    return Run(paths.repository_folder() / "saved_models" / name)


def write_page(run: Run, folder: Path) -> Path:
    """The page of a run as a file."""
    path = folder / f"{run.id}.html"
    model = with_fixed_batch((run.folder / "model.tflite").read_bytes())
    path.write_text(offline_page.page(run, model), "utf-8")
    return path
