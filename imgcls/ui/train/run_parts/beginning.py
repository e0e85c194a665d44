"""What happens before the first numbers of a training run: its steps, with the present one marked.

They lie over the row of numbers, which would hold only dashes, and go when the first number is there: nothing moves.
"""

import html

from imgcls import models
from imgcls.errors import UserError
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs.metrics_log import Curves
from imgcls.runs.run import Run
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.widgets import formatting

START, LOAD, FEATURES = (
    N_("Start the training process"),
    N_("Load the images and build the network"),
    N_("Compute the features of all images"),
)
EPOCH = N_(
    "In an epoch, the network sees every training image once and corrects its weights after each batch. Then it is "
    "tested on the validation images, which it does not learn from: this gives a point of the dashed curve."
)
FIRST_EPOCH = N_("First epoch: all training images once")
FIRST_EPOCH_TIME = N_("First epoch: all training images once, about {time}")


def over(numbers: str, run: Run, curves: Curves) -> str:
    """The row of `numbers` as HTML, below the steps as long as there is no number."""
    if curves.batches or curves.epochs:
        return f'<div class="live-numbers">{numbers}</div>'
    steps = _steps(run)
    present = _present(curves.phase, len(steps))
    items = "".join(
        f'<li class="{"done" if at < present else "now" if at == present else ""}"'
        f"{' aria-current=step' if at == present else ''}>{html.escape(step)}</li>"
        for at, step in enumerate(steps)
    )
    name = html.escape(_("Before the first epoch"))
    return (
        f'<div class="live-numbers is-beginning"><div aria-hidden="true">{numbers}</div>'
        f'<ol aria-label="{name}">{items}</ol></div>'
    )


def _steps(run: Run) -> list[str]:
    seconds = cached_curves.first_epoch_seconds(run)
    epoch = _(FIRST_EPOCH_TIME).format(time=formatting.duration(seconds)) if seconds else _(FIRST_EPOCH)
    try:
        has_features = models.has_backbone(run.config.model)
    except UserError:  # damaged: the page says so
        has_features = False
    return [_(START), _(LOAD), *([_(FEATURES)] if has_features else []), epoch]


def _present(phase: str, count: int) -> int:
    """The place of the present step."""
    return {"loading": 1, "features": 2, "folds": 1, "training": count - 1, "paused": count - 1}.get(phase, 0)


def since(run: Run, curves: Curves) -> str:
    """Of when the validation accuracy is; before it is known, when it will be."""
    if curves.epochs:
        return _("after the last full epoch")
    seconds = cached_curves.first_epoch_seconds(run)
    return _("in about {time}").format(time=formatting.duration(seconds)) if seconds else _("after epoch 1")
