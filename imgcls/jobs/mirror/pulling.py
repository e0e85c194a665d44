"""Copies a run from object storage, also while it trains elsewhere. Models are code: they come only if trusted."""

import contextlib
from collections.abc import Mapping
from typing import Any

from imgcls.errors import RunError
from imgcls.export import run_archive
from imgcls.jobs.mirror import curve_parts, dataset_copies
from imgcls.jobs.mirror.live import Live
from imgcls.jobs.mirror.pushing import BEAT, CHECKPOINT, CURVE, FILES, RESULT
from imgcls.jobs.mirror.storage import Storage
from imgcls.runs import ID
from imgcls.runs.run import HEARTBEAT_WIDTH, Run
from imgcls.system import atomic, json_files, paths

LIVE = ("starting", "running")
"""States of a run there in which its trainer works."""
MARK = "pulled.json"
"""In the run's folder: where it came from. Without it, a run of this name is somebody's own and is not replaced."""


class Pull:
    """Copies one run to the runs folder. `step` copies what has changed.

    Args:
        trusted: whether models and the checkpoint come, too.
        with_data: whether the dataset comes, too.

    Raises:
        RunError: the storage has no such run, or there is another run with this ID.
    """

    def __init__(self, storage: Storage, run_id: str, *, trusted: bool = False, with_data: bool = False):
        if not ID.fullmatch(run_id):
            raise RunError(f"'{run_id}' is not the ID of a run.")
        self._storage, self._remote = storage, f"runs/{run_id}"
        self.run = Run(paths.runs_folder() / run_id)
        self._trusted, self._has_data = trusted, not with_data
        if "config.json" not in storage.sizes(self._remote):
            known = ", ".join(storage.folders("runs")[:10]) or "none"
            raise RunError(f"{storage.url} holds no run '{run_id}'. Runs there: {known}.")
        if self.run.folder.exists() and not (self.run.folder / MARK).exists():
            raise RunError(f"There is already a run '{run_id}' on this machine. It is not replaced.")
        self._beat: dict[str, Any] = {}
        self._shown_beats: Any = None
        self._known: dict[str, Any] = {}
        self._there: Mapping[str, int] = {}
        self._live = Live(self._show)

    def step(self) -> bool:
        """Copies what is new. Returns whether the run has ended and is complete.

        Raises:
            RunError: the storage cannot be reached, or holds what no run consists of. The next step continues.
        """
        folder = self.run.folder
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / MARK).exists():
            atomic.write_json(folder / MARK, {"url": self._storage.url})
        self._live.update()
        there = self._there
        if RESULT not in there:
            (folder / RESULT).unlink(missing_ok=True)
        if not self._has_data and isinstance(data := self._beat.get("data"), dict):
            name, mark = str(data.get("name")), str(data.get("fingerprint"))
            self._live.transfer(lambda: dataset_copies.pull(name, mark, self._storage))
            self._has_data = True
        for name in FILES:
            if name in there and (self._trusted or name not in (*run_archive.MODELS, CHECKPOINT)):
                self._file(name, there[name])
        if RESULT in there:
            self._file(RESULT, there[RESULT])
            return True
        self._show_life()
        return False

    def _file(self, name: str, size: int) -> None:
        path = self.run.folder / name
        files = self._beat.get("files")
        sign = files.get(name) if isinstance(files, dict) else None
        if path.exists() and sign is not None and self._known.get(name) == sign:
            return
        if size > run_archive.MOST_BYTES:
            raise RunError(f"{name} has {size:,} bytes, more than any file of a run. It was not copied.")
        with atomic.replacing(path) as aside:
            self._live.transfer(lambda: self._storage.download(f"{self._remote}/{name}", aside), size)
        self._known[name] = sign

    def _show(self) -> None:
        """Appends what is new to the curve, and lets the run look as alive as it is there."""
        self._there = self._storage.tree(self._remote)
        curve_parts.pull(self._storage, self._remote, self._there, self.run.folder / CURVE)
        self._beat = self._json(BEAT)
        if RESULT not in self._there and (self.run.folder / "config.json").exists():
            self._show_life()

    def _show_life(self) -> None:
        """A heartbeat that changes as long as the trainer's does."""
        if self._beat.get("beats") == self._shown_beats:
            return
        self._shown_beats = self._beat.get("beats")
        facts = {"started": 0, "job": {"node": "storage"}}
        with contextlib.suppress(OSError):
            if not (self.run.folder / "trainer.json").exists():
                atomic.write_json(self.run.folder / "trainer.json", facts)
                atomic.write_json(self.run.folder / "process.json", {"node": "storage"})
            state = str(self._beat.get("state"))
            word = {"paused": "paused", "queued": "waiting"}.get(state, "running" if state in LIVE else "ended")
            (self.run.folder / "heartbeat").write_text(word.ljust(HEARTBEAT_WIDTH), "ascii")

    def _json(self, name: str) -> dict[str, Any]:
        try:
            found = json_files.parse(self._storage.read(f"{self._remote}/{name}") or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}
