"""The models shipped with an installed copy: listed like other runs, but read-only."""

import shutil

import pytest

from imgcls import runs
from imgcls.errors import RunError
from imgcls.evaluation.label_errors import reviews
from imgcls.runs.annotations import holdout_usage, tags
from imgcls.system import paths


@pytest.fixture
def shipped(tmp_path, monkeypatch, make_run):
    """A run shipped with an installed copy; the runs folder is a separate, empty one."""
    own = make_run("digits")
    folder = tmp_path / "site-packages" / "imgcls" / "_app" / "saved_models" / "digits"
    shutil.copytree(own.folder, folder)
    shutil.rmtree(own.folder)
    monkeypatch.setattr(paths, "shipped_runs_folder", lambda: folder.parent)
    return runs.Run(folder)


def content(run):
    return {path.name: path.read_bytes() for path in run.folder.iterdir()}


def test_a_shipped_run_is_found_and_listed(shipped):
    assert runs.exists("digits")
    assert runs.find("digits") == shipped
    assert runs.all_runs() == [shipped]
    assert shipped.is_shipped


def test_a_user_run_with_the_same_id_hides_it(shipped, make_run):
    own = make_run("digits")
    other = make_run("other")
    assert runs.find("digits") == own
    assert set(runs.all_runs()) == {own, other}
    assert not own.is_shipped


@pytest.mark.parametrize(
    ("action", "word"), [(lambda run: run.delete(), "deleted"), (lambda run: run.rename("Mine"), "renamed")]
)
def test_a_shipped_run_is_read_only_and_the_message_says_why(shipped, action, word):
    before = content(shipped)
    with pytest.raises(RunError, match=f"part of the installation, so it cannot be {word}"):
        action(shipped)
    assert content(shipped) == before


@pytest.mark.parametrize(
    "action",
    [
        lambda run: tags.change(run, "odd", [1], given=True),
        lambda run: reviews.judge(run, "test", [1], "wrong"),
        holdout_usage.record,
    ],
)
def test_changes_to_a_shipped_run_are_stored_in_a_copy(shipped, action):
    before = content(shipped)
    action(shipped)
    assert content(shipped) == before
    own = runs.find("digits")
    assert own.folder == paths.runs_folder() / "digits"
    assert len(content(own)) > len(before)
    action(shipped)  # a tab that still has the shipped run open adds to the copy
    own.delete()
    assert runs.find("digits") == shipped


def test_a_failed_copy_leaves_nothing_behind(shipped):
    paths.runs_folder().rmdir()
    paths.runs_folder().write_text("in the way")
    with pytest.raises(RunError, match="cannot be copied"):
        tags.change(shipped, "odd", [1], given=True)
    assert not holdout_usage.record(shipped)


def test_a_checkout_has_no_shipped_runs(monkeypatch):
    assert paths.shipped_runs_folder() is None


def test_an_installed_copy_stores_runs_in_the_users_data_folder(monkeypatch, tmp_path):
    package = tmp_path / "imgcls"
    (package / "_app" / "saved_models").mkdir(parents=True)
    monkeypatch.setattr(paths, "repository_folder", lambda: tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    assert paths.app_folder() == package / "_app"
    assert paths.shipped_runs_folder() is None  # IMGCLS_RUNS names a folder
    monkeypatch.delenv("IMGCLS_RUNS")
    assert paths.shipped_runs_folder() == package / "_app" / "saved_models"
    assert tmp_path not in paths.runs_folder().parents or paths.runs_folder().is_relative_to(tmp_path / "home")
    assert paths.runs_folder().name == "runs"
