"""The projector's page on which a class joins."""

from imgcls.sharing import acting_as, people
from imgcls.sharing.classroom import earlier, join_link
from tests.sharing.classroom.conftest import ADA, BEN, TEACHER


def ask(site, room, path, visitor=TEACHER):
    return site.ask("GET", f"/room/{room.code}/{path}", people.visitor(visitor.id))


def test_it_shows_code_address_and_name_and_counts_who_has_joined(site, room, join, monkeypatch):
    monkeypatch.setattr(join_link, "address", lambda url: "http://192.0.2.7:8501")
    with acting_as(people.visitor(TEACHER.id)):
        earlier.give_name(room, "<b>9b</b>")
    answer = ask(site, room, "invite")
    assert answer.status == 200
    for part in (room.code, "192.0.2.7:8501/class", "&lt;b&gt;9b&lt;/b&gt;", "data:image/svg+xml"):
        assert part in answer.body.decode()
    assert "<b>9b</b>" not in answer.body.decode()
    assert ask(site, room, "joined").json == {"joined": 0}
    join(ADA, room, "Ada")
    join(BEN, room, "Ben")
    assert ask(site, room, "joined").json == {"joined": 2}


def test_without_a_network_it_shows_no_code_that_leads_nowhere(site, room, monkeypatch):
    monkeypatch.setattr(join_link, "address", lambda url: "")
    assert "data:image" not in ask(site, room, "invite").body.decode()


def test_members_see_neither_page_nor_count(site, room, join):
    join(ADA, room, "Ada")
    assert [ask(site, room, path, ADA).status for path in ("invite", "joined")] == [403, 403]


def test_the_titles_of_the_screens_have_the_name_of_the_class(site, room):
    with acting_as(people.visitor(TEACHER.id)):
        earlier.give_name(room, "9b")
    for path in ("invite", "leaderboard", "stage"):
        assert f"9b ({room.code})</title>" in ask(site, room, path).body.decode()
