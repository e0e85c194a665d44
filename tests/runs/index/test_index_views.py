"""Notes of runs and saved views of their table survive damage and have limits."""

import pytest

from imgcls.errors import RunError
from imgcls.runs.annotations import notes
from imgcls.runs.index import views
from imgcls.sharing import NotAllowed, Visitor, acting_as


def test_notes_survive_damage_and_have_limits(add):
    run = add("noted-run", 0.9)
    notes.set_epoch(run, 3, "loss jumps")
    notes.tag(run, " two  words ", given=True)
    assert notes.read(run) == notes.Notes("", ("two words",), {3: "loss jumps"}, False)
    notes.set_epoch(run, 3, "")
    assert notes.read(run).epochs == {}
    for content in (b"{", b"[]", b'{"version": 1, "tags": 3, "epochs": []}', b'{"version": 2, "note": "x"}'):
        (run.folder / notes.NAME).write_bytes(content)
        assert notes.read(run) == notes.Notes()
    with pytest.raises(RunError, match="letter or digit"):
        notes.tag(run, "\n", given=True)


def test_the_default_view_is_one_that_exists():
    views.save("Best", "q=model%3Dcnn")
    assert views.default() is None
    views.set_default("Best")
    views.save("Another", "sort=test")
    assert views.default() == "Best", "kept when another view is saved"
    views.set_default("Missing")
    assert views.default() is None
    views.set_default("Best")
    views.save("Best", None)
    assert views.default() is None, "removed with its view"


def test_views_are_saved_by_name():
    views.save("Best", "q=model%3Dcnn")
    views.save("Another", "sort=test")
    assert list(views.read()) == ["Another", "Best"]
    views.save("Best", None)
    assert views.read() == {"Another": "sort=test"}
    with pytest.raises(RunError):
        views.save(" ", "q=x")


@pytest.mark.parametrize("mode", ["classroom", "read-only"])
def test_a_guest_saves_no_view(monkeypatch, mode):
    """Each new cookie would leave a file on the server."""
    monkeypatch.setenv("IMGCLS_MODE", mode)
    with acting_as(Visitor("C" * 22)):
        with pytest.raises(NotAllowed, match="save views"):
            views.save("Best", "sort=test")
        assert views.read() == {}
