"""Limits on what one visitor queues and stores, and how much of them they have used."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imgcls import datasets, models, runs, sharing
from imgcls.config import Config
from imgcls.runs import Run, trash
from imgcls.sharing import Visitor, background, limits, ownership
from imgcls.sharing.limits import LimitReached
from imgcls.system import paths

OPEN = ("queued", "starting", "running", "paused")


class QueueFull(LimitReached):
    """The visitor has as many runs in the queue as they may; there will be room when one has ended."""


@dataclass(frozen=True)
class Usage:
    """How much of a limit somebody has used, in `unit`."""

    what: str
    used: float
    most: float
    unit: str = ""

    @property
    def sentence(self) -> str:
        """For example "2 of 3 queued runs"."""
        return f"{self.used:,.0f} of {self.most:,.0f} {self.unit}{self.what}"


def check_new_runs(configs: Sequence[Config]) -> None:
    """Refuse training runs that exceed the visitor's limits, or that the server has no room for: all of them or none.

    Raises:
        LimitReached: they do; the message says which limit.
        DatasetError: the dataset does not exist.
    """
    if not sharing.is_shared():
        return
    visitor = sharing.current()
    if visitor.role is sharing.Role.OWNER:
        return
    limits.check_server(paths.runs_folder())
    most = limits.of(visitor.role)
    check_disk(visitor)
    if (queued := len(open_runs(visitor))) + len(configs) > most.queued_runs:
        too_many = f", and {len(configs)} more exceed the limit" if len(configs) > 1 else ""
        raise QueueFull(
            f"You have {queued} of {most.queued_runs:g} queued runs{too_many}. "
            "Wait for one, or remove one from the queue."
        )
    if (needed := max(map(image_epochs, configs), default=0)) > most.image_epochs:
        raise LimitReached(
            f"This run reads {needed:,} images (training images × epochs). At most {most.image_epochs:,.0f} are "
            "allowed here: use fewer images or epochs."
        )


def check_disk(visitor: Visitor) -> None:
    """Raises LimitReached if a visitor stores as much as they may."""
    most = limits.of(visitor.role).disk_mb
    if (used := stored_bytes(visitor) / 1e6) >= most:
        raise LimitReached(f"Your runs and datasets use {used:,.0f} of {most:,.0f} MB. Delete some for good first.")


def usage(visitor: Visitor) -> list[Usage]:
    """How much a visitor has used of each limit that they have."""
    most = limits.of(visitor.role)
    found = [
        Usage("queued runs", len(open_runs(visitor)), most.queued_runs),
        Usage("background tasks", background.running(visitor.id), most.tasks),
        Usage("disk space", stored_bytes(visitor) / 1e6, most.disk_mb, "MB of "),
    ]
    return [entry for entry in found if entry.most != float("inf")]


def open_runs(visitor: Visitor) -> list[Run]:
    """The runs of a visitor that wait or train."""
    own = [run for run in runs.all_runs() if ownership.of(run.folder).owner == visitor.id]
    return [run for run in own if not (run.folder / "result.json").exists() and run.state in OPEN]


def image_epochs(config: Config) -> int:
    """How many images a training run reads: training images times epochs, of every fold of a cross-validation."""
    images = config.train_images or datasets.facts(config.data).counts[0]
    epochs = config.epochs + models.more_epochs(config.model, config.model_settings)
    return images * epochs * (1 + config.folds)


def folders_of(visitor: Visitor) -> list[Path]:
    """The folders of a visitor: runs, deleted runs, imports in progress and datasets."""
    roots = [
        paths.runs_folder() / part for part in ("", trash.FOLDER, ".imports", "_studies", f"_studies/{trash.FOLDER}")
    ]
    roots += [paths.own_folder() / part for part in ("", ".imports")]
    there = [entry for root in roots if root.is_dir() for entry in root.iterdir()]
    return [folder for folder in there if ownership.of(folder).owner == visitor.id != ""]


def stored_bytes(visitor: Visitor) -> int:
    """The size of all files of a visitor."""
    return sum(_size(path) for folder in folders_of(visitor) for path in folder.rglob("*"))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0  # deleted meanwhile
