"""Backends: found by file name, chosen by a variable."""

import pytest

from imgcls import jobs
from imgcls.config import Config
from imgcls.errors import SettingError
from imgcls.jobs import backends
from imgcls.jobs.backends.local import LocalBackend
from imgcls.runs import all_runs


def test_the_local_backend_is_the_default(monkeypatch):
    monkeypatch.delenv("IMGCLS_BACKEND", raising=False)
    assert isinstance(backends.choose(), LocalBackend)
    assert backends.choose() is backends.choose()
    assert "local" in backends.names()


def test_a_new_file_is_a_new_backend(tmp_path, monkeypatch):
    (tmp_path / "cluster.py").write_text("def create():\n    return 'the cluster'\n")
    (tmp_path / "_shared.py").write_text("")
    monkeypatch.setattr(backends, "__path__", [*backends.__path__, str(tmp_path)])
    monkeypatch.setenv("IMGCLS_BACKEND", "cluster")
    assert backends.names() == ["cluster", "local"]
    assert backends.choose() == "the cluster"


def test_an_unknown_backend_is_one_sentence_with_the_choices(monkeypatch):
    monkeypatch.setenv("IMGCLS_BACKEND", "slurm")
    sentence = r"^IMGCLS_BACKEND is 'slurm', but there is no such backend\. Choose one of: local\.$"
    with pytest.raises(SettingError, match=sentence):
        backends.choose()
    with pytest.raises(SettingError, match=sentence):
        jobs.begin(Config())
    assert all_runs() == []
