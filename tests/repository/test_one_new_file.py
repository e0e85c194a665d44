"""Adding one of something is one new file that touches no list: a file in another folder of the package is found.

Cluster backends are in tests/jobs/test_backends.py, benchmarks in tests/repository/test_benchmarks.py.
"""

import sys

import pytest

from imgcls import datasets, lessons, models
from imgcls.datasets import catalog, info
from imgcls.datasets.importing.sources import arrays, layouts
from imgcls.export import formats
from imgcls.inference import explain
from imgcls.lessons import catalog as lesson_catalog
from imgcls.models import families
from imgcls.ui.app import page_files
from imgcls.ui.app.paths import PAGES
from imgcls.ui.components import component
from imgcls.ui.evaluate import sections

DATASET = '''"""Two dots."""
TITLE, CLASSES, SHAPE, COUNTS = "Dots", ("one", "two"), (4, 4, 1), (2, 2)
SOURCE, MEGABYTES, INK, AVOID = "file", 0, False, {}
'''


@pytest.fixture
def add(tmp_path, monkeypatch):
    """Adds a file `added.py` with this content to a package; what is remembered is forgotten before and afterwards."""
    forgotten = []

    def add(package, content, *remembered):
        (tmp_path / "added.py").write_text(content)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
        monkeypatch.delitem(sys.modules, f"{package.__name__}.added", raising=False)
        forgotten.extend(remembered)
        for function in remembered:
            function.cache_clear()

    yield add
    for function in forgotten:
        function.cache_clear()


def test_a_model_family(add):
    add(families, 'TITLE = "Added"\ndef classify(layers, images, num_classes): ...\n', models.names, models.family)
    assert "added" in models.names() and models.family("added").TITLE == "Added"


def test_a_dataset(add):
    add(catalog, DATASET, info.catalog_names, info.catalog_info)
    assert "added" in datasets.names() and datasets.facts("added").title == "Dots"


def test_an_evaluation_section(add):
    add(sections, 'TITLE, GROUP, ORDER, SUPPORTS = "Added", "What is wrong", -1, ("single",)\n', sections.available)
    assert next(iter(sections.available("single"))) == "Added" not in sections.available("multi")


def test_an_export_format(add):
    add(formats, 'TITLE, ORDER = "Added", 0\n')
    assert formats.names()[0] == "added" and formats.find("added").TITLE == "Added"


def test_an_explanation_method(add):
    add(explain, 'TITLE, KIND = "Added", "heat map"\n', explain.methods)
    assert [method.TITLE for method in explain.methods("heat map")].count("Added") == 1


def test_a_folder_layout(add):
    add(layouts, "ORDER = -1\n", layouts._layouts)
    assert f"{layouts.__name__}.added" in [module.__name__ for module in layouts._layouts()]


def test_a_file_of_pixels(add):
    add(arrays, "", arrays._formats)
    assert f"{arrays.__name__}.added" in [module.__name__ for module in arrays._formats()]


def test_a_page(tmp_path):
    (tmp_path / "home.py").write_text("ORDER = 0\n")
    (tmp_path / "model_zoo.py").write_text('"""Every page may run code."""\n1 / 0\n')
    (tmp_path / "other.py").write_text('import nowhere\n\nORDER = 5\nICON = ":material/pets:"\n')
    found = page_files.found(tmp_path)
    assert [page.title for page in found] == ["Home", "Other", "Model zoo"]
    assert found[1].icon == ":material/pets:" and found[2].icon is None


def test_the_pages_are_in_the_order_of_the_work():
    titles = ["Home", "Lessons", "Data", "Train", "Runs", "Studies", "Evaluate", "Predict", "Class", "You"]
    found = page_files.found(PAGES)
    assert [page.title for page in found] == titles and all(page.icon for page in found)
    assert [page.title for page in found if "local" not in page.modes] == ["Class", "You"]
    assert [page.title for page in found if "demo" not in page.modes] == ["Class"]


def test_a_lesson(add):
    add(lesson_catalog, 'ORDER, TITLE = 0, "Added"\n', lessons.names, lessons.find)
    assert lessons.names()[0] == "added" and lessons.find("added").TITLE == "Added"


def test_a_browser_component(tmp_path, monkeypatch):
    folder = tmp_path / "added"
    folder.mkdir()
    (folder / "added.js").write_text("export default () => {};")
    (folder / "added.css").write_text("b{}")
    made = []
    monkeypatch.setattr(component, "FILES", tmp_path)
    monkeypatch.setattr(component.st.components.v2, "component", lambda name, **files: made.append((name, files)))
    component.own_component.cache_clear()
    component.own_component("added", "<b></b>")
    component.own_component.cache_clear()
    assert made == [("imgcls.added", {"html": "<b></b>", "css": "b{}", "js": "export default () => {};"})]
