"""The figures of a run for a paper: as Plotly figures, and as PNG, SVG and PDF files."""

import logging
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imgcls.charts import learning_curves, scores
from imgcls.charts.theme import literal
from imgcls.errors import RunError
from imgcls.evaluation import comparison
from imgcls.evaluation.metrics import calibration
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.runs import Run
from imgcls.runs.metrics_log import Curves

if TYPE_CHECKING:
    import plotly.graph_objects as go

WIDTH = 700
PNG_SCALE = 3
"""Pixels of a PNG per unit: 2,100 across, 300 per inch at 17 cm."""
TRIES = 3
MOST_NUMBERS = 30
"""A confusion matrix of more classes is drawn without numbers, which would be unreadable."""


def figures(run: Run) -> "dict[str, go.Figure]":
    """Name -> figure: learning curves, and from the test predictions reliability, scores by class, confusion matrix.

    Raises:
        RunError: the run has neither curves nor test predictions.
    """
    found = {}
    curves = Curves(run.folder / "metrics.jsonl").refresh()
    if curves.epochs:
        for quantity in ("loss", "accuracy"):
            found[quantity] = learning_curves.learning_curve(
                quantity,
                batches=curves.series("batches", "epoch", quantity),
                epochs=curves.series("epochs", "epoch", quantity),
                validation=curves.series("epochs", "epoch", f"val_{quantity}"),
                best_epoch=(curves.best or {}).get("epoch"),
                total_epochs=curves.total_epochs or None,
            )
    if run.is_tested:
        tested = comparison.decided(run)
        if isinstance(tested, Decisions):
            f1 = tested.report.labels.f1
        else:
            f1 = tested.report.classes.f1
            found["confusion_matrix"] = confusion_matrix(tested)
            found["reliability"] = scores.reliability(calibration.reliability(tested.confidence, tested.is_right))
        value, low, high = (np.asarray(part) for part in (f1.value, f1.low, f1.high))
        found["f1"] = scores.class_bars(value, low, high, tested.names)
    if not found:
        raise RunError("This run has no figures yet: neither learning curves nor test predictions.")
    return found


def confusion_matrix(tested: Predictions) -> "go.Figure":
    """The confusion matrix of a single-label run: rows are labels, columns predictions."""
    return matrix(tested.report.matrix, tested.names)


def matrix(
    counts: np.ndarray, names: Sequence[str], *, rows: str = "Label", columns: str = "Prediction"
) -> "go.Figure":
    """Counts (k, k) as a heat map, the first row on top; `rows` and `columns` are the titles of the axes."""
    import plotly.graph_objects as go

    names = [literal(name, 30) for name in names]
    numbers = "%{z}" if len(names) <= MOST_NUMBERS else None
    heat = go.Heatmap(z=counts, x=names, y=names, texttemplate=numbers, colorscale="Blues")
    figure = go.Figure(heat)
    figure.update_layout(xaxis_title=columns, yaxis_title=rows, yaxis_autorange="reversed")
    figure.update_xaxes(type="category")
    figure.update_yaxes(type="category")
    return figure


def write(drawn: "Mapping[str, go.Figure]", files: Mapping[str, Path]) -> None:
    """Writes figures to files, in the format that each file's ending names; name -> figure, name -> file.

    kaleido returns the errors of single figures instead of raising them, and plotly.io drops them. Its first figure now
    and then meets a page that is not ready (kaleido 1.5.1): an empty one goes first, and missing files are tried again.

    Raises:
        RunError: the package kaleido, or Chrome or Chromium, is missing, or a figure cannot be drawn.
        OSError: a file cannot be written.
    """
    try:
        import kaleido
        from kaleido.errors import BrowserClosedError, BrowserFailedError, ChromeNotFoundError
    except ImportError as error:
        raise RunError('Figures need the package kaleido. Install it with: pip install "imgcls[figures]"') from error
    left = [
        {
            "fig": _on_white(figure).to_dict(),
            "path": files[name],
            "opts": {"width": WIDTH, "scale": PNG_SCALE if files[name].suffix == ".png" else 1},
        }
        for name, figure in drawn.items()
    ]
    for _ in range(TRIES):
        try:
            with tempfile.TemporaryDirectory() as folder:
                first = {"fig": {"data": []}, "path": Path(folder, "empty.json"), "opts": {}}
                # Without MathJax, which would come from the internet: no text of ours is TeX.
                errors = kaleido.write_fig_from_object_sync([first, *left], kopts={"mathjax": False})
        except (BrowserClosedError, BrowserFailedError) as error:
            errors = (error,)
        except ChromeNotFoundError as error:
            raise RunError("Chrome or Chromium draws the figures, but neither is installed. Install one.") from error
        left = [spec for spec in left if not spec["path"].exists()]
        if not left:
            return
        for reason in errors:
            if isinstance(reason, OSError) and not isinstance(reason, TimeoutError):
                raise reason
            logging.getLogger(__name__).warning("A figure was not drawn: %s", reason)
    raise RunError("The browser could not draw the figures. The log has its message. Try again when it is less busy.")


def _on_white(figure: "go.Figure") -> "go.Figure":
    """A copy with a white page and dark text; on pages of the app, the theme decides both."""
    copy = type(figure)(figure)
    copy.update_layout(template="plotly_white", paper_bgcolor="white", plot_bgcolor="white", font_color="#111")
    copy.update_layout(font_size=14)
    copy.update_layout(height=max(400, int(copy.layout.height or 0)))
    return copy
