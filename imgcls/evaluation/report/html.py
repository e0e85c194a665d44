"""The report as one HTML file without scripts: it opens anywhere, follows light and dark mode, and prints well."""

import base64
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imgcls.config import Config
from imgcls.datasets.augmentation import Augmentation
from imgcls.errors import UserError
from imgcls.evaluation.metrics.percent import interval, percent
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.evaluation.report.svg_curves import curve
from imgcls.evaluation.report.values import collect, worst_errors
from imgcls.images.loading import to_png
from imgcls.runs.run import Run

if TYPE_CHECKING:
    import jinja2

TEMPLATE = "report.html.jinja"
MOST_CELLS = 25
"""With more classes, the confusion matrix is drawn as an image, because a table would not fit on a page."""
MOST_ROWS = 100


def page(run: Run, predictions: Predictions | Decisions) -> str:
    """The whole file.

    Raises:
        RunError: the run has no model.
    """
    found = collect(run, predictions)
    return _template().render(
        **found,
        figures=_curves(found),
        matrix=None if found["data"]["multi_label"] else _matrix(found),
        tiles=_tiles(found, predictions),
        augmentation=_augmentation(found["settings"]),
        setting_rows=_settings(found),
        most_rows=MOST_ROWS,
    )


@cache
def _template() -> "jinja2.Template":
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_encodable,
    )
    environment.filters["percent"] = percent
    environment.globals["interval_of"] = interval
    return environment.get_template(TEMPLATE)


def _encodable(value: Any) -> Any:
    """Text with half a surrogate pair, which no file can hold, replaced by a question mark."""
    return value.encode("utf-8", "replace").decode() if type(value) is str else value


def _curves(found: dict[str, Any]) -> list[tuple[Any, str]]:
    """The learning curves as (SVG, title); those without values are left out."""
    from markupsafe import Markup

    curves, best = found["curves"], (found["result"] or {}).get("best_epoch")
    drawn = []
    for title, name, as_fraction in (("Loss (cross-entropy, nats)", "loss", False), ("Accuracy", "accuracy", True)):
        svg = curve(title, curves["epoch"], curves[name], curves[f"val_{name}"], best, as_fraction=as_fraction)
        if svg:
            drawn.append((Markup(svg), title))  # made of numbers and our own words only
    return drawn


def _matrix(found: dict[str, Any]) -> dict[str, Any]:
    """The confusion matrix as rows of (count, colour variable, opacity), or as an image if there are many classes."""
    names, counts = found["data"]["classes"], np.array(found["test"]["confusion_matrix"])
    errors = counts - np.diag(np.diag(counts))
    if len(names) > MOST_CELLS:
        shade = np.log1p(errors) / max(np.log1p(errors).max(), 1e-9)
        tints = np.stack([255 - 42 * shade, 255 - 161 * shade, 255 - 255 * shade], -1)
        tints[np.eye(len(names), dtype=bool)] = 200
        return {"image": _data_url(np.round(tints).astype(np.uint8)), "rows": []}
    most_errors, most_correct = max(int(errors.max()), 1), max(int(np.diag(counts).max()), 1)
    rows = []
    for true, name in enumerate(names):
        cells = [
            (count, "--grey", count / most_correct * 0.35)
            if true == predicted
            else (count, "--red", count / most_errors * 0.75)
            for predicted, count in enumerate(counts[true].tolist())
        ]
        rows.append((name, cells))
    return {"image": "", "rows": rows}


def _tiles(found: dict[str, Any], predictions: Predictions | Decisions) -> list[dict[str, str]]:
    """The worst errors whose images are stored with the run."""
    tiles = []
    for index, error in zip(worst_errors(predictions).tolist(), found["test"]["worst_errors"], strict=True):
        row = predictions.row_of[index]
        if row < 0:
            continue
        true, predicted = (
            ", ".join(label) or "no label" if isinstance(label, list) else label
            for label in (error["true"], error["predicted"])
        )
        note = percent(error["confidence"]) if "confidence" in error else f"{error['cross_entropy']:.2f} nats"
        tiles.append(
            {
                "source": _data_url(predictions.images[row]),
                "alt": f"Test image {index}: true {true}, predicted {predicted} ({note})",
                "true": true,
                "predicted": predicted,
                "note": note,
                "file": error.get("file", ""),
            }
        )
    return tiles


def _augmentation(settings: dict[str, Any] | None) -> str:
    try:
        return Augmentation.of(Config.from_dict(settings or {})).describe()
    except UserError:
        return "unknown"


def _settings(found: dict[str, Any]) -> dict[str, Any]:
    """The settings and the versions of the software, by name."""
    settings = dict(found["settings"] or {})
    settings.pop("version", None)
    settings |= settings.pop("model_settings", {})
    rows = {name.replace("_", " "): value for name, value in settings.items()}
    software = (found["result"] or {}).get("software")
    if isinstance(software, dict):
        rows |= {f"version of {name}": value for name, value in software.items()}
    return rows


def _data_url(pixels: np.ndarray) -> str:
    return "data:image/png;base64," + base64.b64encode(to_png(pixels)).decode()
