"""What all tests of imports share."""

import pytest

from imgcls.datasets.importing import preview


@pytest.fixture(autouse=True)
def _patient_previews(monkeypatch):
    """A preview looks at all files of a test, also on a busy machine. Tests of its time limit give it one."""
    monkeypatch.setattr(preview, "SECONDS", 120.0)
