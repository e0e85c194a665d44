"""Copies a run to object storage: its finished files, its curve in parts, and its result last."""

import json
from typing import Any

from imgcls.errors import RunError
from imgcls.export import run_archive
from imgcls.jobs.mirror import curve_parts, dataset_copies
from imgcls.jobs.mirror.live import Live
from imgcls.jobs.mirror.storage import Storage
from imgcls.runs.run import ENDED, Run
from imgcls.system import json_files

RESULT = "result.json"
CURVE = "metrics.jsonl"
CHECKPOINT = "checkpoint.npz"
BEAT = "beat.json"
FILES = tuple(name for name in (*run_archive.FILES, CHECKPOINT) if name not in (RESULT, CURVE, "trainer.json"))


class Push:
    """Copies one run. `step` copies what has changed since the last step, also since that of an earlier process.

    Args:
        with_data: whether the dataset is copied as well, if its fingerprint is not there yet.
    """

    def __init__(self, run: Run, storage: Storage, *, with_data: bool = False):
        self.run, self._storage = run, storage
        self._folder = f"runs/{run.id}"
        there = storage.tree(self._folder)
        self._known = {name: sign for name, sign in self._recorded().items() if name in there}
        self._has_result_there = RESULT in there
        self._parts = curve_parts.Parts(storage, self._folder, there)
        self._has_data = not with_data
        self._data = {"name": "", "fingerprint": ""}
        self._state = ""
        self._beats = 0
        self._live = Live(self._show)

    def step(self) -> bool:
        """Copies what is new. Returns whether the run has ended and is complete in the storage.

        Raises:
            RunError: the storage cannot be reached, or the run was deleted. The next step continues.
        """
        if not self.run.folder.is_dir():
            raise RunError(f"The run '{self.run.id}' is no longer on this machine.")
        result = self.run.result  # before the files: what it describes is complete by then
        self._state = self.run.state
        if result is None and self._has_result_there:  # the run was resumed
            self._storage.remove(f"{self._folder}/{RESULT}")
            self._known.pop(RESULT, None)
            self._has_result_there = False
        if not self._data["fingerprint"]:
            data = self.run.config.data
            self._data = {"name": data, "fingerprint": dataset_copies.fingerprint(data)}
        self._live.update()
        if not self._has_data:
            self._live.transfer(lambda: dataset_copies.push(self._data["name"], self._storage))
            self._has_data = True
        before = dict(self._known)
        for name in FILES:
            self._file(name)
        if result is None:
            if self._known != before:
                self._live.update()
            return self._state in ENDED
        if sign := self._sign(RESULT):
            self._known[RESULT] = sign  # the beat records it, as nothing may follow on the result
            if self._known != before:
                self._live.update()
                self._storage.upload(self.run.folder / RESULT, f"{self._folder}/{RESULT}")
                self._has_result_there = True
        return True

    def _file(self, name: str) -> None:
        path = self.run.folder / name
        sign = self._sign(name)
        if sign is None or self._known.get(name) == sign:
            return
        try:
            self._live.transfer(lambda: self._storage.upload(path, f"{self._folder}/{name}"), sign[0])
        except FileNotFoundError:
            return
        self._known[name] = sign

    def _sign(self, name: str) -> list[int] | None:
        """What changes whenever a file is replaced; None if there is no file."""
        try:
            facts = (self.run.folder / name).stat()
        except FileNotFoundError:
            return None
        return [facts.st_size, facts.st_mtime_ns]

    def _show(self) -> None:
        """Copies the curve, and the beat, which also says which files are there."""
        self._parts.push(self.run.folder / CURVE)
        self._beats += 1
        beat = {"state": self._state, "beats": self._beats, "data": self._data, "files": self._known}
        self._storage.write(f"{self._folder}/{BEAT}", json.dumps(beat).encode())

    def _recorded(self) -> dict[str, Any]:
        """The files that an earlier process copied."""
        try:
            beat = json_files.parse(self._storage.read(f"{self._folder}/{BEAT}") or b"{}")
        except ValueError:
            return {}
        found = beat.get("files") if isinstance(beat, dict) else None
        return found if isinstance(found, dict) else {}
