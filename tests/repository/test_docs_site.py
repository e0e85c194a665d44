"""The documentation site builds without a warning, loads nothing from other servers, and describes all of the code."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import imgcls
from docs.reference import command_line, environment
from imgcls import models
from imgcls.cli.main import COMMANDS
from imgcls.config import PARAMS
from imgcls.system import paths

ROOT = paths.repository_folder()
REMOTE = re.compile(r"\s*(https?:)?//", re.IGNORECASE)
LOADED = {
    *(("link", "href"), ("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("video", "src")),
    ("form", "action"),
}
"""Elements and attributes whose address a browser requests without a click on a link."""
IN_STYLE = re.compile(r"url\(\s*[\"']?((?:https?:)?//[^)\"']*)|@import\s+[\"']((?:https?:)?//[^\"']*)", re.IGNORECASE)


class Addresses(HTMLParser):
    """The addresses that a page loads from other servers."""

    def __init__(self, text: str):
        super().__init__()
        self.remote: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.remote += [value for name, value in attrs if (tag, name) in LOADED and REMOTE.match(value or "")]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The folder of the built site."""
    pytest.importorskip("material", reason="mkdocs-material is not installed: pip install -r requirements-dev.txt")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environ = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def reference(site: Path, name: str) -> str:
    return (site / "reference" / f"{name}.html").read_text("utf-8")


def test_no_page_loads_external_resources(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 40
    found = {page.name: Addresses(page.read_text("utf-8")).remote for page in pages}
    assert {name: remote for name, remote in found.items() if remote} == {}


def test_no_style_sheet_loads_external_resources(site):
    styles = [*site.rglob("*.css"), *site.rglob("*.html")]
    assert any(path.suffix == ".css" for path in styles)
    assert {path.name for path in styles if IN_STYLE.search(path.read_text("utf-8"))} == set()


def test_no_page_has_a_diagram_that_the_theme_would_fetch_a_script_for(site):
    assert [page.name for page in site.rglob("*.html") if 'class="mermaid"' in page.read_text("utf-8")] == []


def test_the_search_works_without_a_server(site):
    assert (site / "search" / "search_index.js").stat().st_size > 10_000
    assert 'src="assets/iframe-worker.js"' in (site / "index.html").read_text("utf-8")


def test_the_reference_has_the_help_of_every_command(site):
    text = reference(site, "command-line")
    assert [name for name in COMMANDS if f'id="{name}"' not in text or f"Usage: imgcls {name}" not in text] == []


def test_the_reference_has_every_setting_of_every_model_family(site):
    text = reference(site, "settings")
    flags = {param.flag for param in PARAMS} | {param.flag for name in models.names() for param in models.params(name)}
    assert len(flags) > 50
    assert {flag for flag in flags if f"<code>{flag}</code>" not in text} == set()


def test_the_reference_has_every_name_of_the_python_api(site):
    text = reference(site, "python-api").lower()
    assert [name for name in imgcls.__all__ if f'id="{name.lower()}"' not in text] == []
    assert 'id="confusion_matrix"' in text


def test_the_reference_has_the_routes_of_the_rest_api(site):
    pytest.importorskip("fastapi", reason="the extra serve is not installed")
    assert "POST /api/models/{run}/predict" in reference(site, "rest-api")


def commands_in(text: str) -> list[tuple[str, set[str]]]:
    """The `imgcls` command and the options of every line in a block of code, and of code within a sentence."""
    lines = "\n".join(re.findall(r"^ *```[^\n]*\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)).replace("\\\n", " ")
    prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    lines += "\n" + "\n".join(" ".join(code.split()) for code in re.findall(r"`(imgcls [^`]+)`", prose))
    found = re.findall(r"^ *imgcls ([a-z-]+)([^#&|\n]*)", lines, re.MULTILINE)
    return [(name, set(re.findall(r"(?<!\S)--[a-z][a-z-]*", rest))) for name, rest in found]


def test_every_command_in_the_documentation_exists_and_has_its_options():
    pages = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "saved_models" / "README.md"]
    used = [(page.name, *command) for page in pages for command in commands_in(page.read_text("utf-8"))]
    assert len(used) > 80
    known = {name: set(re.findall(r"--[a-z][a-z-]*", command_line.help_of(name))) for name in {one[1] for one in used}}
    for outer, inner in [("run", "push"), ("run", "pull"), ("run", "log"), ("study", "start"), ("study", "run")]:
        known[outer] |= set(re.findall(r"--[a-z][a-z-]*", command_line.help_of(outer, inner)))
    known["train"] |= {param.flag for name in models.names() for param in models.params(name)}
    assert [(page, name, options - known[name]) for page, name, options in used if options - known[name]] == []


def test_the_reference_contains_no_local_paths(site):
    pages = (site / "reference").glob("*.html")
    assert [page.name for page in pages if str(paths.runs_folder()) in page.read_text("utf-8")] == []


def test_a_link_that_leaves_the_documentation_becomes_text(site):
    text = (site / "deploy" / "index.html").read_text("utf-8")
    assert "come from one Dockerfile" in text


def test_an_environment_variable_without_a_description_stops_the_build(monkeypatch):
    monkeypatch.delitem(environment.OTHERS, "IMGCLS_API")
    with pytest.raises(ValueError, match="IMGCLS_API"):
        environment.page()


def test_a_page_that_loads_an_external_script_is_detected():
    assert Addresses('<script src="//cdn.example.org/x.js"></script><a href="https://example.org">x</a>').remote == [
        "//cdn.example.org/x.js"
    ]
    assert IN_STYLE.search("@font-face{src:url(https://fonts.example.org/x.woff2)}")
