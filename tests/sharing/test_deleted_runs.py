"""Deleted runs on a shared server: who restores them, and who reads their names."""

import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.runs import trash
from imgcls.sharing import NotAllowed, Visibility, acting_as, ownership
from imgcls.sharing.permissions import Thing
from imgcls.sharing.visitors import SERVER
from tests.sharing.conftest import ADA, BEN


@pytest.fixture
def adas(ada, ben, digits, monkeypatch):
    """A queued run of Ada's that everybody sees."""
    monkeypatch.setattr(jobs, "wake", lambda: None)
    with acting_as(ADA):
        run = jobs.begin(Config(data=digits, epochs=1), "Ada's run")
    ownership.share(run.folder, Visibility.PUBLIC)
    return run


def test_only_who_could_delete_it_restores_a_run(adas):
    with acting_as(ADA):
        jobs.delete(adas)
    with acting_as(SERVER):
        (deleted,) = trash.deleted()
    with acting_as(BEN):
        assert trash.deleted() == []
        for undo in (trash.restore, trash.remove):
            with pytest.raises(NotAllowed):
                undo(deleted)
    with acting_as(ADA):
        trash.restore(trash.deleted()[0])
    assert adas.folder.is_dir()


def test_a_deleted_run_is_named_only_to_who_could_see_it(adas):
    private = runs.create(adas.config, "Secret")
    ownership._write(private.folder, Thing(ADA.id, Visibility.PRIVATE, "", "Ada"), 1.0)
    with acting_as(ADA):
        for run in (adas, private):
            jobs.delete(run)
            assert trash.sentence(run.id).endswith("was deleted a moment ago. You can restore it on the Runs page.")
    with acting_as(BEN):
        assert trash.sentence(adas.id) == "“Ada's run” was deleted a moment ago. Choose another one."
        assert trash.sentence(private.id).startswith(f"There is no run '{private.id}'.")


def test_the_server_removes_old_deleted_runs_whoever_visits(adas, monkeypatch):
    with acting_as(ADA):
        jobs.delete(adas)
    monkeypatch.setattr(trash, "KEPT_SECONDS", 0.0)
    with acting_as(BEN):
        trash.sweep()
    assert list((adas.folder.parent / trash.FOLDER).iterdir()) == []
