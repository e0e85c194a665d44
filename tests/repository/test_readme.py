"""The README is correct: its tree exists, its commands exist, its example works."""

import re
import sys

import pytest

from imgcls import datasets, models
from imgcls.models import families
from imgcls.system import paths

ROOT = paths.repository_folder()
TEXT = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str = "") -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.S)


def tree() -> list[str]:
    lines = next(block for block in blocks() if block.startswith("app.py")).splitlines()
    folder, found = "", []
    for line in lines:
        name = line.split()[0]
        path = folder + name if line.startswith("  ") else name
        folder = folder if line.startswith("  ") else name
        found.append(path)
    return found


@pytest.mark.parametrize("path", tree())
def test_every_path_in_the_tree_exists(path):
    assert (ROOT / path).exists()


def test_every_package_is_in_the_tree():
    present = {f"imgcls/{path.name}" for path in (ROOT / "imgcls").glob("*.py") if not path.name.startswith("_")}
    present |= {f"imgcls/{path.parent.name}/" for path in (ROOT / "imgcls").glob("*/__init__.py")}

    assert present <= set(tree())


def test_both_commands_are_listed_on_one_line_each():
    assert "pip install -r requirements.txt && streamlit run app.py\n" in blocks()
    assert "pip install -r requirements-dev.txt && python -m pytest\n" in blocks()


def test_the_screenshots_exist():
    for path in re.findall(r"!\[.*?\]\((.*?)\)", TEXT):
        assert (ROOT / path).stat().st_size > 10_000


@pytest.mark.parametrize("name", [name for name in datasets.names() if datasets.facts(name).source != "file"])
def test_every_dataset_is_named(name):
    assert name in TEXT or datasets.facts(name).title in TEXT


def test_the_example_model_works(tmp_path, monkeypatch):
    (tmp_path / "tiny.py").write_text(blocks("python")[0])
    monkeypatch.setattr(families, "__path__", [*families.__path__, str(tmp_path)])
    for remembered in (models.names, models.family, models.params):
        remembered.cache_clear()
    try:
        assert "tiny" in models.names()
        rows = models.table("tiny", (28, 28, 1), 10, {"filters": 4})
        assert [row.shape for row in rows][-1] == (10,)
        assert sum(row.parameters for row in rows) == 4 * 9 + 4 + 4 * 10 + 10
    finally:
        sys.modules.pop("imgcls.models.families.tiny", None)
        monkeypatch.undo()
        for remembered in (models.names, models.family, models.params):
            remembered.cache_clear()
