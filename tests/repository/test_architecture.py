"""The rules of the house: what is imported where, how files are called, how long they are."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from imgcls import datasets, models
from imgcls.system import paths

ROOT = paths.repository_folder()
PACKAGE = sorted((ROOT / "imgcls").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))
SOURCES = [*PACKAGE, *PAGES, ROOT / "app.py"]
HEAVY = ("tensorflow", "keras", "sklearn", "matplotlib", "scipy.stats", "mlxtend", "pandas")
FORBIDDEN_NAMES = ("util", "common", "helper", "core", "manager", "service", "shared", "misc", "base")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def is_in(path: Path, *folders: str) -> bool:
    return relative(path).startswith(tuple(f"imgcls/{folder}/" for folder in folders))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), relative(path))


def imported(nodes) -> set[str]:
    """The top-level packages that these statements import."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").split(".")[0])
    return found


def at_module_level(tree: ast.Module) -> list[ast.AST]:
    """All statements that run at import: also those within `if`, `try` and classes, but not in functions."""
    found, waiting = [], list(tree.body)
    while waiting:
        node = waiting.pop()
        found.append(node)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))
    return found


def module_name(path: Path) -> str:
    return relative(path).removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")


def test_the_rules_look_at_all_sources():
    assert len(PACKAGE) > 40
    assert {relative(path) for path in PAGES} >= {"pages/train.py", "pages/runs.py"}


def loaded_after_importing(modules: list[str]) -> set[str]:
    """Which heavy packages a fresh interpreter holds after these imports."""
    code = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"print(*(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_light_modules_load_nothing_heavy():
    light = [module_name(path) for path in PACKAGE if not is_in(path, "training", "ui") and path.stem != "__main__"]
    assert "imgcls.inference.predictor" in light
    assert "imgcls.datasets.catalog.digits" in light
    assert loaded_after_importing(light) == set()


def test_the_modules_of_the_pages_load_nothing_heavy():
    ui = [module_name(path) for path in PACKAGE if is_in(path, "ui") and path.stem != "entry"]
    # Streamlit itself brings pandas along.
    assert loaded_after_importing(ui) - {"pandas"} == set()


def test_the_trainer_loads_keras_only_when_it_trains():
    names = "__main__ trainer heartbeat control checkpoint journal progress means batches standby"
    light = ["imgcls.training", *(f"imgcls.training.{name}" for name in names.split())]
    assert loaded_after_importing(light) == set()


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_keras_is_imported_in_training_only(path):
    heavy = imported(at_module_level(tree_of(path))) & {"keras", "tensorflow", "tf_keras", "sklearn", "matplotlib"}
    assert not heavy or (is_in(path, "training") and heavy <= {"keras", "tensorflow"})


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_streamlit_is_imported_by_pages_only(path):
    if "streamlit" in imported(ast.walk(tree_of(path))):
        assert is_in(path, "ui") or path in PAGES or path.name == "app.py"


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_nobody_outside_training_imports_the_trainer(path):
    if is_in(path, "training"):
        return
    for node in ast.walk(tree_of(path)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        assert not any(name.startswith("imgcls.training") for name in names)


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_file_is_named_for_what_it_holds(path):
    words = path.stem.replace("__", "").split("_")
    assert not any(word.removesuffix("s") in FORBIDDEN_NAMES for word in words)
    assert not any(folder in FORBIDDEN_NAMES for folder in path.relative_to(ROOT).parent.parts)


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_file_has_at_most_300_lines(path):
    assert len(path.read_text("utf-8").splitlines()) <= 300


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_file_opens_with_a_sentence(path):
    text = ast.get_docstring(tree_of(path))
    assert text
    assert text.split("\n\n")[0].rstrip()[-1] in ".?:" or "(" in text


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_no_error_is_swallowed_unseen(path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"a bare except in line {node.lineno}"
            is_broad = any(isinstance(name, ast.Name) and "Exception" in name.id for name in ast.walk(node.type))
            only_passes = all(isinstance(line, ast.Pass | ast.Continue) for line in node.body)
            assert not (is_broad and only_passes), f"line {node.lineno}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "suppress":
            names = {name.id for argument in node.args for name in ast.walk(argument) if isinstance(name, ast.Name)}
            assert not names & {"Exception", "BaseException"}, f"line {node.lineno}"


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_no_page_ends_by_st_stop(path):
    """It drops what a visitor presses in a live part while the page runs: the press is never heard of again (tried)."""
    assert not [node.lineno for node in ast.walk(tree_of(path)) if ast.unparse(node) == "st.stop"]


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_no_array_is_read_as_a_pickle_and_nothing_is_executed(path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            assert name not in ("eval", "exec", "os.system", "pickle.load", "pickle.loads", "marshal.loads")
            if name == "np.load":
                assert "allow_pickle=False" in ast.unparse(node)
            assert "shell=True" not in ast.unparse(node)


def test_a_choice_is_a_file():
    folder = ROOT / "imgcls"
    files = {path.stem for path in (folder / "models").glob("*.py")} - {"__init__", "sketch"}
    assert set(models.names()) == files
    files = {path.stem for path in (folder / "datasets").glob("*.py") if not path.stem.startswith("_")}
    assert set(datasets.names()) == files
