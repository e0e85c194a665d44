"""One HTML page that runs the model offline in a browser."""

from collections.abc import Mapping
from pathlib import Path

from imgcls.export import offline_page, tolerances
from imgcls.export.formats import Converter
from imgcls.export.offline_page import browser_runtime
from imgcls.export.runtimes import Runtime
from imgcls.runs import Run

TITLE = "Take it home"
HELP = "One HTML page that runs the model in a browser, offline: draw, upload, webcam, and the scores."
ORDER = 90
SUFFIX = ".html"
TOLERANCE = tolerances.QUANTISED
EXTRA: tuple[str, tuple[str, ...]] = ("", ())


def write(convert: Converter, path: Path) -> None:
    # LiteRT.js runs only models with a fixed batch. The page rejects what is far from the training images by features.
    convert.litert(path, "dynamic", is_single=True, has_features=True)


def assemble(run: Run, path: Path) -> None:
    path.write_text(offline_page.page(run, path.read_bytes()), "utf-8")


def load(path: Path) -> Runtime:
    return browser_runtime.load(path)


def describe(path: Path, texts: Mapping[str, str]) -> None:
    page = path.read_text("utf-8")
    path.write_text(offline_page.with_record(page, texts["verification.json"]), "utf-8")
