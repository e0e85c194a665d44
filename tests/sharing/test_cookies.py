"""The cookie that says which browser it is, and the names and roles that go with it."""

import stat
import sys
import time

import pytest

from imgcls.errors import SettingError, UserError
from imgcls.sharing import Mode, Role, cookies, modes, owner_code, people, visitors
from imgcls.sharing.visitors import NOBODY, SERVER


def test_a_cookie_names_its_visitor_after_a_restart_too():
    visitor = cookies.new_id()
    cookie = cookies.make(visitor)
    cookies._key.cache_clear()
    assert cookies.read(cookie) == visitor


def test_no_two_visitors_get_the_same_id():
    assert len({cookies.new_id() for _ in range(1000)}) == 1000
    assert people.ID.fullmatch(cookies.new_id())


@pytest.mark.parametrize("place", [0, 21, 23, 30, -1, -20])
def test_a_changed_cookie_is_worthless(place):
    cookie = cookies.make(cookies.new_id())
    changed = list(cookie)
    changed[place] = "0" if changed[place] != "0" else "1"
    assert cookies.read("".join(changed)) == ""


@pytest.mark.parametrize("cookie", ["", ".", "a.b.c", "A" * 22, f"{'A' * 22}.1.{'A' * 43}", "\u00e4" * 22, "../" * 9])
def test_a_forged_cookie_is_worthless(cookie):
    assert cookies.read(cookie) == ""


def test_a_cookie_of_another_server_is_worthless(monkeypatch, tmp_path):
    cookie = cookies.make(cookies.new_id())
    monkeypatch.setenv("IMGCLS_OWN_DATA", str(tmp_path / "other"))
    assert cookies.read(cookie) == ""


def test_an_expired_cookie_and_one_from_the_future_are_worthless():
    visitor, now = cookies.new_id(), time.time()
    cookie = cookies.make(visitor, now)
    assert cookies.read(cookie, now + cookies.MAX_AGE - 5) == visitor
    assert cookies.read(cookie, now + cookies.MAX_AGE + 5) == ""
    assert cookies.read(cookie, now - cookies.EARLY - 5) == ""


def test_a_cookie_is_renewed_before_it_expires():
    now = time.time()
    cookie = cookies.make(cookies.new_id(), now)
    assert not cookies.is_old(cookie, now + cookies.RENEW_AGE - 5)
    assert cookies.is_old(cookie, now + cookies.RENEW_AGE + 5)


def test_a_stolen_cookie_is_worthless_after_signing_out_everywhere():
    visitor = cookies.new_id()
    stolen = cookies.make(visitor, time.time() - 60)
    people.change(visitor, valid_from=time.time() - 1)
    assert cookies.read(stolen) == ""
    assert cookies.read(cookies.make(visitor)) == visitor


def test_a_browser_that_became_somebody_else_is_nobody_in_tabs_that_were_open_before():
    visitor = cookies.new_id()
    shared, another = cookies.make(visitor, time.time() - 60), cookies.make(visitor)
    cookies.leave(shared)
    assert cookies.read(shared) == "" and cookies.has_left(shared)
    assert cookies.read(another) == visitor and not cookies.has_left(another)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_only_the_owner_of_the_server_reads_the_key():
    cookies.make(cookies.new_id())
    key = people.folder() / cookies.KEY
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert [path.name for path in key.parent.iterdir()] == [cookies.KEY]


def test_a_damaged_key_signs_nothing():
    people.folder().mkdir(parents=True)
    (people.folder() / cookies.KEY).write_bytes(b"")
    with pytest.raises(OSError, match="damaged"):
        cookies.make(cookies.new_id())


def test_who_only_looks_leaves_no_trace():
    visitor = cookies.new_id()
    assert people.visitor(cookies.read(cookies.make(visitor))).role is Role.GUEST
    assert people.everybody() == []


def test_a_name_and_a_role_are_remembered():
    visitor = cookies.new_id()
    people.change(visitor, name="  Ada\n Lovelace\u202e ")
    people.change(visitor, role=Role.TEACHER, room="r1")
    found = people.visitor(visitor)
    assert (found.name, found.role, found.room) == ("Ada Lovelace", Role.TEACHER, "r1")
    people.forget(visitor)
    assert people.visitor(visitor).role is Role.GUEST


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("ශ්\u200dරී", "ශ්\u200dරී"),  # without the joiner, it would be two words
        ("می\u200cنا", "می\u200cنا"),
        ("👩\u200d🏫 Kim", "👩\u200d🏫 Kim"),
        ("\u200dAda \u200d\u200d", "Ada"),
        ("A\u200d\u200dda", "Ada"),
        ("x" * 29 + "\u200dy", "x" * 29),
        ("A\u202eda", "A da"),
    ],
)
def test_a_name_keeps_what_belongs_to_its_script_and_nothing_that_hides(given, name):
    assert people.checked_name(given) == name


@pytest.mark.parametrize("name", ["", "  ", "\u202e", "***", "\u200d"])
def test_a_name_needs_a_letter(name):
    with pytest.raises(UserError, match="at least one letter"):
        people.change(cookies.new_id(), name=name)


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 9}', '{"version": 1, "role": "king"}'])
def test_a_damaged_file_gives_no_rights(content):
    visitor = cookies.new_id()
    people.change(visitor, role=Role.OWNER)
    (people.folder() / f"{visitor}.json").write_text(content)
    assert people.visitor(visitor).role is Role.GUEST


@pytest.mark.parametrize("visitor_id", ["", "../../etc/passwd", "a" * 21, "a/" * 11])
def test_an_id_that_is_none_never_becomes_a_path(visitor_id):
    assert people.visitor(visitor_id) == NOBODY
    with pytest.raises(UserError):
        people.change(visitor_id, name="Eve")
    assert not people.folder().exists()


def test_the_code_in_the_terminal_makes_an_owner_once(capsys):
    code = owner_code.announce()
    assert code in capsys.readouterr().out
    first, second = cookies.new_id(), cookies.new_id()
    owner_code.redeem(f" {code.lower()} ", first)
    assert people.visitor(first).role is Role.OWNER
    with pytest.raises(UserError, match="works only once"):
        owner_code.redeem(code, second)
    assert people.visitor(second).role is Role.GUEST
    assert code not in capsys.readouterr().out  # the next one is another


def test_codes_cannot_be_guessed_for_long(monkeypatch):
    owner_code.announce()
    monkeypatch.setattr(owner_code, "_guesses", type(owner_code._guesses)())
    for _ in range(owner_code.MOST_GUESSES):
        with pytest.raises(UserError, match="not the code"):
            owner_code.redeem("AAAAA-AAAAA", cookies.new_id())
    with pytest.raises(UserError, match="too many"):
        owner_code.redeem(owner_code.announce(), cookies.new_id())
    monkeypatch.setattr(owner_code, "_guesses", type(owner_code._guesses)())


@pytest.mark.parametrize("text", ["", "local", " Classroom ", "demo", "READ-ONLY"])
def test_the_mode_is_what_the_variable_says(monkeypatch, text):
    monkeypatch.setenv("IMGCLS_MODE", text)
    assert modes.mode() == Mode(text.strip().lower() or "local")


def test_a_mode_that_does_not_exist_allows_nothing(monkeypatch):
    monkeypatch.setenv("IMGCLS_MODE", "open")
    with pytest.raises(SettingError, match="classroom, demo, read-only"):
        visitors.current()


def test_in_local_mode_everybody_is_the_owner(monkeypatch):
    monkeypatch.delenv("IMGCLS_MODE", raising=False)
    monkeypatch.setattr(visitors, "_provider", lambda: NOBODY)
    assert visitors.current() == SERVER


def test_code_of_a_shared_server_that_acts_for_nobody_has_no_rights(monkeypatch):
    monkeypatch.setenv("IMGCLS_MODE", "demo")
    assert visitors.current() == SERVER  # the command line
    monkeypatch.setattr(visitors, "_provider", lambda: NOBODY)
    assert visitors.current() == NOBODY
    with visitors.acting_as(SERVER):
        assert visitors.current() == SERVER
    assert visitors.current() == NOBODY
