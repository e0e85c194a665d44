"""The README is correct: its tree exists, its commands exist, its example works."""

import re
import sys
import tomllib

import pytest

from imgcls import datasets, models
from imgcls.models import families
from imgcls.system import paths

ROOT = paths.repository_folder()
TEXT = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str = "") -> list[str]:
    return [text for name, text in re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.S | re.M) if name == language]


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


def test_the_badges_agree_with_the_package():
    package = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    badges = {path.stem: path.read_text("utf-8") for path in (ROOT / "docs" / "images" / "badges").glob("*.svg")}
    assert set(badges) == set(re.findall(r"images/badges/(\w+)\.svg", TEXT))
    low, high = map(int, re.fullmatch(r">=3\.(\d+),<3\.(\d+)", package["requires-python"]).groups())
    assert f">{' | '.join(f'3.{minor}' for minor in range(low, high))}<" in badges["python"]
    assert f">{package['license']}<" in badges["license"]


def test_every_package_is_in_the_tree():
    present = {f"imgcls/{path.name}" for path in (ROOT / "imgcls").glob("*.py") if not path.name.startswith("_")}
    present |= {f"imgcls/{path.parent.name}/" for path in (ROOT / "imgcls").glob("*/__init__.py")}

    assert present <= set(tree())


def test_both_commands_are_listed_on_one_line_each():
    assert "pip install -r requirements.txt && streamlit run app.py\n" in blocks()
    assert "pip install -r requirements-dev.txt && python -m pytest\n" in blocks()


def test_each_place_for_a_model_takes_three_lines():
    """Those of LiteRT and ONNX Runtime are executed in tests/export/test_all_ways_agree.py."""
    section = TEXT.partition("## One model, seven places")[2].partition("\n## ")[0]
    found = re.findall(r"^```\w*\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    assert len(found) == 7
    assert max(len(block.split("\n")) - block.count("\n\n") - 1 for block in found) <= 3  # blank lines do not count


def test_the_screenshots_exist():
    for path in re.findall(r"!\[.*?\]\((.*?)\)", TEXT):
        assert (ROOT / path).stat().st_size > (10_000 if not path.endswith(".svg") else 300)


@pytest.mark.parametrize("name", [name for name in datasets.names() if datasets.facts(name).source != "file"])
def test_every_dataset_is_named(name):
    assert name in TEXT or datasets.facts(name).title in TEXT


def test_the_example_model_works(tmp_path, monkeypatch):
    (tmp_path / "tiny.py").write_text(next(block for block in blocks("python") if "def classify" in block))
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
