"""Keras is imported without packages that it can do without."""

import importlib
import sys

from imgcls.training import keras_import

KERAS = """
try:
    import fake_extra
except ImportError:
    fake_extra = None
"""


def test_keras_is_imported_without_its_extras_which_others_can_import_afterwards(tmp_path, monkeypatch):
    (tmp_path / "keras.py").write_text(KERAS)
    (tmp_path / "fake_extra.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(keras_import, "EXTRAS", ("fake_extra",))
    before = sys.modules.pop("keras", None)
    try:
        keras_import.load()
        assert sys.modules["keras"].fake_extra is None
        assert importlib.import_module("fake_extra")
    finally:
        sys.modules.pop("fake_extra", None)
        sys.modules.pop("keras", None)
        if before is not None:
            sys.modules["keras"] = before
