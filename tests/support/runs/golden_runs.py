"""A later run whose model is another one: the classes of its card are turned, so that it gets every image wrong."""

import json
import shutil

from imgcls.runs import Run


def worse(run: Run, name: str, created: float) -> Run:
    """A copy, created at another time, that gets nearly all images wrong."""
    found = later(run, name, created)
    card = json.loads((found.folder / "model.json").read_text("utf-8"))
    card["classes"] = card["classes"][1:] + card["classes"][:1]
    (found.folder / "model.json").write_text(json.dumps(card), "utf-8")
    return found


def later(run: Run, name: str, created: float) -> Run:
    """A copy, created at another time (seconds since 1970)."""
    folder = run.folder.with_name(name)
    shutil.copytree(run.folder, folder)
    (folder / "label.txt").write_text(name)
    (folder / "trainer.json").write_text(json.dumps({"started": created, "first": created, "ticket": name}))
    return Run(folder)
