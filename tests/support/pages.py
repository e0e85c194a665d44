"""The pages through Streamlit's own test runner: what every test of a page needs."""

import json
import os
import re
import shutil
from functools import cache
from pathlib import Path

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from imgcls.runs import Run
from imgcls.system import paths
from imgcls.ui.app.paths import ENTRY, PAGES

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "![](http://evil.example/p.png)",
    "$\\href{javascript:alert(1)}{x}$",
    "**b**",
)

# The first run of each AppTest reads the metadata of all installed packages, which takes most of its time.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


def prepared(page: str, **query: str) -> AppTest:
    """The page before its first run, reached through the entry script as in the app."""
    app = AppTest.from_file(str(ENTRY), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    if page != "home":
        app.switch_page(os.path.relpath(PAGES / f"{page}.py", ENTRY.parent))
    return app


def opened(page: str, **query: str) -> AppTest:
    """The page after its first run."""
    return prepared(page, **query).run()


def text_of(app: AppTest) -> str:
    """The text of all messages, captions and headings of a page."""
    kinds = (app.markdown, app.caption, app.error, app.warning, app.info, app.title, app.header)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def component(app, name: str) -> dict:
    """What a component of this name was sent."""
    found = [one.proto for one in app.get("bidi_component") if one.proto.component_name == f"imgcls.{name}"]
    return json.loads(found[0].json)


def html_of(app: AppTest) -> str:
    """All HTML that the page writes."""
    return "\n".join(str(block.proto.body) for block in app.get("html"))


def button(app: AppTest, label: str):
    return next(found for found in app.button if found.label == label)


def shipped(name: str) -> Run:
    """A copy of a shipped run in the test's runs folder."""
    return Run(Path(shutil.copytree(paths.repository_folder() / "saved_models" / name, paths.runs_folder() / name)))


def is_intact(app: AppTest) -> bool:
    return not app.exception and "Something went wrong" not in text_of(app)


def select_images(app: AppTest, gallery: str, values: list[int]) -> None:
    """Selects images of the gallery whose key begins like this, and runs the page."""
    (key,) = re.findall(rf'data-select="({gallery}[^"]*)"', html_of(app))
    app.session_state[f"chosen-{key}"] = values
    app.run()


def broken_copy(run: Run, name: str) -> Run:
    folder = run.folder.with_name(name)
    shutil.copytree(run.folder, folder)
    return Run(folder)
