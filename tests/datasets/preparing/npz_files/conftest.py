"""Separate folders for each test."""

import pytest


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """A separate cache and data folder for the test."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("IMGCLS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("IMGCLS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path
