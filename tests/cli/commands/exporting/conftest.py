"""Commands that write files."""

import pytest


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """The command runs in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder
