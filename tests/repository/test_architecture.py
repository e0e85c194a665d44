"""What neither ruff nor import-linter can check: see [tool.ruff] and [tool.importlinter] in pyproject.toml."""

import ast
import subprocess
import sys
from collections import Counter

import grimp

from imgcls import datasets, models
from imgcls.system import paths

ROOT = paths.repository_folder()
PACKAGE = ROOT / "imgcls"
MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = [*MODULES, *(ROOT / "pages").glob("*.py"), ROOT / "app.py"]
HEAVY = ("tensorflow", "keras", "sklearn", "matplotlib", "scipy", "mlxtend", "pandas", "jinja2", "pooch")
VAGUE_NAMES = {"util", "common", "helper", "core", "manager", "service", "shared", "misc", "base"}
LINES = 300
ENTRIES = 14
"""Per folder; the target is about twelve, and some folders have one file for each thing of a kind."""
PACKAGES = 21
"""Of the package itself: one entry per concern, in the order that the import contracts give."""
FOUND_BY_NAME = {
    "imgcls.models": "imgcls.models.families",
    "imgcls.jobs.backends": "imgcls.jobs.backends",
    "imgcls.studies.notifications.channels": "imgcls.studies.notifications.channels",
    "imgcls.ui.evaluate.sections": "imgcls.ui.evaluate.sections",
    "imgcls.export.formats": "imgcls.export.formats",
    "imgcls.lessons": "imgcls.lessons.catalog",
    "imgcls.inference.explain": "imgcls.inference.explain",
    "imgcls.evaluation.coach": "imgcls.evaluation.coach.rules",
    "imgcls.datasets.importing.sources.layouts": "imgcls.datasets.importing.sources.layouts",
    "imgcls.datasets.importing.sources.arrays": "imgcls.datasets.importing.sources.arrays",
    # The file of a dataset has its facts, which everything needs, and `load`, which needs the code that prepares it.
    "imgcls.datasets.info": "imgcls.datasets.catalog",
}
"""Module that imports others by name -> the package in which it finds them. import-linter does not see such imports."""
MAY_IMPORT_THEIR_FINDER = {"imgcls.datasets.info"}
OTHER_IMPORTS_BY_NAME = {"imgcls.ui.app.startup"}
"""Packages of others, imported early."""
NOT_COUNTED = ("__init__.py", "__main__.py", "py.typed")
"""Files whose names Python prescribes."""


def module_name(path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules_of(*packages: str) -> list[str]:
    """The modules in these folders of the package, without those that do something when imported."""
    return [
        module_name(path)
        for path in MODULES
        if path.relative_to(PACKAGE).parts[0] in packages and path.stem not in ("__main__", "navigation")
    ]


def heavy_after_importing(modules: list[str]) -> set[str]:
    """Which heavy packages a fresh interpreter has loaded after these imports."""
    assert modules
    code = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"print(*(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_light_modules_import_no_heavy_packages():
    packages = {path.relative_to(PACKAGE).parts[0] for path in MODULES} - {"training", "ui"}
    light = modules_of(*packages)
    assert {"imgcls.inference.predictor", "imgcls.datasets.catalog.digits"} <= set(light)
    assert heavy_after_importing(light) == set()


def test_page_modules_import_no_heavy_packages():
    # Streamlit itself brings pandas along.
    assert heavy_after_importing(modules_of("ui")) - {"pandas"} == set()


def test_the_trainer_loads_keras_only_when_it_trains():
    light = ["imgcls.training.__main__", "imgcls.training.trainer"]
    light += [name for name in modules_of("training") if name.startswith("imgcls.training.process.")]
    assert heavy_after_importing(light) == set()


def test_files_are_named_after_their_content():
    named = {path: path.stem.strip("_").split("_") + list(path.relative_to(ROOT).parent.parts) for path in SOURCES}
    assert not [str(path) for path, words in named.items() if {word.removesuffix("s") for word in words} & VAGUE_NAMES]


def test_no_file_is_long():
    lengths = {module_name(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert {name: length for name, length in lengths.items() if length > LINES} == {}


def test_no_folder_is_wide():
    entries = Counter()
    for path in PACKAGE.rglob("*"):
        if "__pycache__" not in path.parts and (path.is_file() or any(path.glob("*.*"))):
            entries[path.parent.relative_to(ROOT).as_posix()] += path.name not in NOT_COUNTED
    assert {
        folder: count for folder, count in entries.items() if count > (PACKAGES if folder == PACKAGE.name else ENTRIES)
    } == {}


def test_modules_that_are_found_by_name_make_no_cycle():
    """They know the package they are in; what else they import does not know it."""
    graph = grimp.build_graph("imgcls", exclude_type_checking_imports=True)
    for finder, package in FOUND_BY_NAME.items():
        others = graph.modules - {finder} - graph.find_descendants(package)
        above = {module for module in others if graph.chain_exists(module, finder)}
        for module in graph.find_children(package):
            below = graph.find_upstream_modules(module) & above
            assert finder in MAY_IMPORT_THEIR_FINDER or not below, f"{module} imports {below}, which find it"


def test_every_import_by_name_is_known():
    by_name = {
        module_name(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Name | ast.Attribute)
        and getattr(node, "attr", getattr(node, "id", "")) in ("import_module", "__import__")
    }
    assert by_name == FOUND_BY_NAME.keys() | OTHER_IMPORTS_BY_NAME


def test_each_model_family_and_dataset_is_a_file():
    families = {path.stem for path in (PACKAGE / "models" / "families").glob("[!_]*.py")}
    catalog = {path.stem for path in (PACKAGE / "datasets" / "catalog").glob("[!_]*.py")}
    assert set(models.names()) == families
    assert set(datasets.names()) == catalog
