"""Every figure of every page can be saved."""

import ast
from pathlib import Path

import imgcls.ui
from imgcls.ui.widgets.figures import figure_download


def test_every_figure_has_a_button_that_saves_it():
    found = 0
    for path in Path(imgcls.ui.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "st.plotly_chart":
                config = next((ast.unparse(word.value) for word in node.keywords if word.arg == "config"), "")
                assert config.startswith(("figure_download.savable(", "figure_download.explorable(")), path
                found += 1
    assert found > 10


def test_the_figures_of_html_have_one_too():
    named = set()
    for path in Path(imgcls.ui.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "framed":
                named.add(ast.literal_eval(node.args[1]))
    assert named == {
        *("probabilities", "confidence", "filters", "activations", "unit-by-hand", "robustness", "robustness-by-class"),
        *("saliency", "images-per-class", "difference-by-class", "prediction"),
    }


def test_it_is_saved_as_svg_under_its_name():
    for config in (figure_download.savable("roc"), figure_download.explorable("roc")):
        assert config["toImageButtonOptions"] == {"format": "svg", "filename": "roc"}
        assert "toImage" not in config.get("modeBarButtonsToRemove", ())
