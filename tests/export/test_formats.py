"""Export formats are files: found by name, each with everything a page and a command need."""

import importlib
import sys

import pytest

from imgcls.errors import SettingError
from imgcls.export import formats
from imgcls.export.tolerances import Tolerance

NEW_FORMAT = """
TITLE, HELP, ORDER, SUFFIX = "Weights", "Only the weights.", 99, ".npz"
EXTRA = ("npz", ("a_package_that_does_not_exist",))
"""


@pytest.mark.parametrize("name", formats.names())
def test_every_format_is_complete(name):
    chosen = formats.find(name)
    assert chosen.TITLE and chosen.HELP.endswith(".") and chosen.SUFFIX.startswith(".")
    assert isinstance(chosen.TOLERANCE, Tolerance)
    assert callable(chosen.load) and callable(chosen.describe)
    assert any(callable(getattr(chosen, name, None)) for name in ("write", "assemble"))


def test_a_format_name_may_use_hyphens():
    assert formats.find("LiteRT-Dynamic") is formats.find("litert_dynamic")


def test_an_unknown_format_lists_the_known_ones():
    with pytest.raises(SettingError, match=r"^There is no export format 'caffe'\. Choose one of: keras, litert, "):
        formats.find("caffe")


def test_a_new_file_adds_a_format_and_a_missing_package_gives_a_hint(tmp_path, monkeypatch):
    (tmp_path / "weights.py").write_text(NEW_FORMAT, "utf-8")
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    try:
        assert formats.names()[-1] == "weights"
        hint = 'Weights needs more packages. Install them with: pip install "imgcls[npz]"'
        assert formats.what_is_missing(formats.find("weights")) == hint
        assert formats.what_is_missing(formats.find("litert")) == ""
    finally:
        sys.modules.pop(f"{formats.__name__}.weights", None)
