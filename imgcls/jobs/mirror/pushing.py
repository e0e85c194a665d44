"""Copies a run to object storage: its finished files, its curve in parts, and its result last."""

import json
from pathlib import Path

from imgcls.errors import RunError
from imgcls.export import run_archive
from imgcls.jobs.mirror import dataset_copies
from imgcls.jobs.mirror.storage import Storage
from imgcls.runs.run import ENDED, Run
from imgcls.system import json_files

LAST = ("result.json",)
CURVE = "metrics.jsonl"
CHECKPOINT = "checkpoint.npz"
FILES = tuple(name for name in (*run_archive.FILES, CHECKPOINT) if name not in (*LAST, CURVE, "trainer.json"))


class Push:
    """Copies one run. `step` copies what has changed since the last step, also since that of an earlier process.

    Args:
        with_data: whether the dataset is copied as well, if its fingerprint is not there yet.
    """

    def __init__(self, run: Run, storage: Storage, *, with_data: bool = False):
        self.run, self._storage = run, storage
        self._folder = f"runs/{run.id}"
        self._known = self._manifest()
        self._parts = storage.sizes(f"{self._folder}/metrics")
        self._has_data = not with_data
        self._beats = 0

    def step(self) -> bool:
        """Copies what is new. Returns whether the run has ended and is complete in the storage.

        Raises:
            RunError: the storage cannot be reached, or the run was deleted. The next step continues.
        """
        if not self.run.folder.is_dir():
            raise RunError(f"The run '{self.run.id}' is no longer on this machine.")
        result = self.run.result  # before the files: what it describes is complete by then
        state = self.run.state
        if result is None and "result.json" in self._known:  # the run was resumed
            self._storage.remove(f"{self._folder}/result.json")
            self._forget("result.json")
        if not self._has_data:
            dataset_copies.push(self.run.config.data, self._storage)
            self._has_data = True
        self._curve()
        for name in FILES:
            self._file(name)
        self._beats += 1
        beat = {"state": state, "beats": self._beats, "data": self._data()}
        self._storage.write(f"{self._folder}/beat.json", json.dumps(beat).encode())
        if result is None:
            return state in ENDED
        self._curve()
        self._file("result.json")
        return True

    def _file(self, name: str) -> None:
        path = self.run.folder / name
        try:
            facts = path.stat()
            sign = [facts.st_size, facts.st_mtime_ns]
            if self._known.get(name) == sign:
                return
            self._storage.upload(path, f"{self._folder}/{name}")
        except FileNotFoundError:
            return
        self._known[name] = sign
        self._save()

    def _curve(self) -> None:
        """The complete lines that are not yet there, as one more part whose name is its offset."""
        start = max((_offset(name) + size for name, size in self._parts.items()), default=0)
        try:
            with (self.run.folder / CURVE).open("rb") as file:
                file.seek(start)
                new = file.read()
        except FileNotFoundError:
            return
        new = new[: new.rfind(b"\n") + 1]
        if new:
            name = f"{start:015d}.jsonl"
            self._storage.write(f"{self._folder}/metrics/{name}", new)
            self._parts[name] = len(new)

    def _data(self) -> dict:
        name = self.run.config.data
        return {"name": name, "fingerprint": dataset_copies.fingerprint(name)}

    def _forget(self, name: str) -> None:
        self._known.pop(name, None)
        self._save()

    def _save(self) -> None:
        self._storage.write(f"{self._folder}/files.json", json.dumps(self._known).encode())

    def _manifest(self) -> dict[str, list]:
        try:
            found = json_files.parse(self._storage.read(f"{self._folder}/files.json") or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def _offset(name: str) -> int:
    stem = Path(name).stem
    return int(stem) if stem.isdigit() else 0
