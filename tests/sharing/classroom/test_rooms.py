"""Rooms: who gets in, under which name, who may manage them, and what is left after a restart."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from imgcls.errors import UserError
from imgcls.sharing import NotAllowed, Role, Visitor, acting_as, people
from imgcls.sharing.classroom import guessing, presence, room_files, rooms
from tests.sharing.classroom.conftest import ADA, BEN, EVE, TEACHER


def as_now(visitor):
    return acting_as(people.visitor(visitor.id))


def test_a_code_has_five_letters_that_are_not_mistaken_for_others(room):
    assert len(room.code) == 5
    assert not set("01OI") & set(rooms.LETTERS)
    assert rooms.find_open(f" {room.code.lower()[:2]} {room.code[2:]} ") == room


def test_joining_makes_a_guest_a_member_of_the_room(room, join):
    ada = join(ADA, room, "Ada")
    assert (ada.role, ada.name, ada.room) == (Role.MEMBER, "Ada", room.id)
    assert [person.name for person in rooms.members(room)] == ["Ada"]


def test_names_are_limited_tidied_and_numbered(room, join):
    assert join(ADA, room, "  Ada \n ").name == "Ada"
    assert join(BEN, room, "ADA").name == "ADA 2"
    assert join(EVE, room, "ada").name == "ada 3"
    assert join(EVE, room, "ada").name == "ada 3"  # joining again changes nothing
    assert join(EVE, room, "ms noether").name == "ms noether 2"
    assert join(EVE, room, "A\u200dda").name == "A\u200dda 3"  # looks the same
    long = join(ADA, room, "x" * 99).name
    assert len(long) == 30
    assert join(BEN, room, "x" * 99).name == "x" * 28 + " 2"
    with pytest.raises(UserError, match="A name needs"):
        join(BEN, room, " <> ")


def test_two_people_who_join_at_once_both_get_in_with_different_names(room, join):
    pupils = [Visitor(chr(ord("a") + number) * 22) for number in range(8)]
    with ThreadPoolExecutor(len(pupils)) as pool:
        joined = list(pool.map(lambda pupil: join(pupil, room, "Kim"), pupils))
    assert sorted(pupil.name for pupil in joined) == ["Kim", *(f"Kim {number}" for number in range(2, 9))]


def test_wrong_codes_are_limited_for_a_visitor(room):
    with as_now(ADA):
        for _ in range(guessing.OF_VISITOR):
            with pytest.raises(UserError, match="no open class"):
                rooms.join("AAAAA", "Ada", "10.0.0.1")
        with pytest.raises(UserError, match="too many wrong codes"):
            rooms.join(room.code, "Ada", "10.0.0.1")
    assert people.visitor(ADA.id).room == ""


def test_wrong_codes_are_limited_for_an_address_that_is_a_new_visitor_each_time(room):
    for number in range(guessing.OF_ADDRESS):
        with acting_as(Visitor(f"{number:022}")), pytest.raises(UserError, match="no open class"):
            rooms.join("AAAAA", "Ada", "10.0.0.1")
    with as_now(ADA), pytest.raises(UserError, match="too many wrong codes"):
        rooms.join(room.code, "Ada", "10.0.0.1")
    with as_now(BEN):
        rooms.join(room.code, "Ben", "10.0.0.2")


def test_wrong_codes_are_forgotten_after_a_minute(room, monkeypatch):
    now = 1_000.0
    monkeypatch.setattr(guessing.time, "monotonic", lambda: now)
    with as_now(ADA):
        for _ in range(guessing.OF_VISITOR):
            with pytest.raises(UserError):
                rooms.join("AAAAA", "Ada")
        now += guessing.SECONDS + 1
        rooms.join(room.code, "Ada")


def test_who_leaves_or_is_removed_is_a_guest_and_may_join_again(room, join):
    join(ADA, room, "Ada")
    join(BEN, room, "Ben")
    with as_now(ADA):
        rooms.leave()
    with as_now(TEACHER):
        rooms.remove(room, BEN.id)
    assert rooms.members(room) == []
    assert {people.visitor(who.id).role for who in (ADA, BEN)} == {Role.GUEST}
    assert join(BEN, room, "Ben").role is Role.MEMBER


@pytest.mark.parametrize("way", ["leaves", "is removed", "joins another class", "deletes everything"])
def test_nobody_is_on_stage_in_a_class_that_they_are_no_longer_in(room, join, way):
    join(ADA, room, "Ada")
    with as_now(TEACHER):
        rooms.put_on_stage(room, ADA.id)
    if way == "leaves":
        with as_now(ADA):
            rooms.leave()
    elif way == "is removed":
        with as_now(TEACHER):
            rooms.remove(room, ADA.id)
    elif way == "joins another class":
        people.change(EVE.id, name="Eve", role=Role.TEACHER)
        with as_now(EVE):
            another = rooms.open_new()
        join(ADA, another, "Ada")
    else:
        rooms.forget(ADA.id)
    assert rooms.find(room.id).on_stage == ""


def test_a_teacher_cannot_be_removed_and_nobody_of_another_room(room, join):
    with acting_as(Visitor("O" * 22, Role.OWNER)):
        rooms.remove(room, TEACHER.id)
    assert people.visitor(TEACHER.id).room == room.id
    people.change(ADA.id, name="Ada", role=Role.MEMBER, room="another")
    with as_now(TEACHER):
        rooms.remove(room, ADA.id)
    assert people.visitor(ADA.id).room == "another"


def test_a_closed_room_takes_nobody_and_its_members_are_guests_who_still_see_it(room, join):
    join(ADA, room, "Ada")
    with as_now(TEACHER):
        closed = rooms.close(room)
        assert not closed.is_open and rooms.find(room.id) == closed
        assert rooms.open_new().code != ""  # the next class
    ada = people.visitor(ADA.id)
    assert (ada.role, ada.room) == (Role.GUEST, room.id)
    with pytest.raises(UserError, match="no open class"):
        join(BEN, room, "Ben")


@pytest.mark.parametrize(
    "act",
    [
        lambda room: rooms.remove(room, BEN.id),
        rooms.close,
        lambda room: rooms.announce(room, "Hello"),
        lambda room: rooms.note_paused(room, True),
        lambda room: rooms.put_on_stage(room, BEN.id),
    ],
)
@pytest.mark.parametrize("who", ["pupil", "guest", "another teacher", "former teacher"])
def test_only_the_teacher_manages_a_room(room, join, act, who):
    join(BEN, room, "Ben")
    visitors = {
        "pupil": join(ADA, room, "Ada"),
        "guest": EVE,
        "another teacher": Visitor("U" * 22, Role.TEACHER, "Mr X", room.id),
        "former teacher": Visitor(TEACHER.id, Role.MEMBER, "Ms Noether", room.id),
    }
    with acting_as(visitors[who]), pytest.raises(NotAllowed):
        act(room)
    assert rooms.find(room.id) == room
    assert people.visitor(BEN.id).room == room.id


def test_only_teachers_open_rooms_and_one_at_a_time(room, join, monkeypatch):
    with acting_as(join(ADA, room, "Ada")), pytest.raises(NotAllowed):
        rooms.open_new()
    with as_now(TEACHER):
        with pytest.raises(UserError, match="Close it first"):
            rooms.open_new()
        with pytest.raises(NotAllowed, match="You are a teacher"):
            rooms.join(room.code, "Me")
        monkeypatch.setenv("IMGCLS_MODE", "demo")
        with pytest.raises(NotAllowed):
            rooms.open_new()
    with as_now(EVE), pytest.raises(NotAllowed, match="no classes"):
        rooms.join(room.code, "Eve")


def test_without_a_cookie_nobody_joins(room):
    with acting_as(Visitor("")), pytest.raises(UserError, match="cookie"):
        rooms.join(room.code, "Nobody")


def test_a_room_survives_a_restart(room, join):
    join(ADA, room, "Ada")
    with as_now(TEACHER):
        rooms.announce(room, "  Look\nup  " + "!" * 300)
    room_files._read.cache_clear()
    people._read.cache_clear()
    found = rooms.find(room.id)
    assert found.message == ("Look up " + "!" * 300)[: rooms.MESSAGE_LENGTH]
    assert [person.name for person in rooms.members(found)] == ["Ada"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 2}', '{"version": 1, "teacher": 5}'])
def test_a_damaged_room_is_none(room, content):
    (rooms.folder() / f"{room.id}.json").write_text(content)
    room_files._read.cache_clear()
    assert rooms.find(room.id) is None and rooms.find_open(room.code) is None


def test_a_room_id_reaches_no_other_file(room, tmp_path):
    (tmp_path / "own" / "x.json").write_text(json.dumps({"version": 1}))
    assert rooms.find("../x") is None and rooms.find("") is None


def test_a_full_room_takes_nobody(room, join, monkeypatch):
    monkeypatch.setattr(rooms, "MOST_MEMBERS", 1)
    join(ADA, room, "Ada")
    with pytest.raises(UserError, match="full"):
        join(BEN, room, "Ben")
    assert join(ADA, room, "Ada").name == "Ada"


def test_a_member_on_stage_is_one_of_the_class_and_leaves_it_with_the_class(room, join):
    join(BEN, room, "Ben")
    with as_now(TEACHER):
        assert rooms.put_on_stage(room, BEN.id).on_stage == rooms.find(room.id).on_stage == BEN.id
        with pytest.raises(UserError, match="no longer in the class"):
            rooms.put_on_stage(room, EVE.id)
        rooms.remove(rooms.find(room.id), BEN.id)
        assert rooms.find(room.id).on_stage == ""
        join(BEN, room, "Ben")
        rooms.put_on_stage(room, BEN.id)
        assert rooms.put_on_stage(room, "").on_stage == ""


def test_a_moderator_is_one_until_they_leave_or_the_class_is_closed(room, join):
    for end in ("left", "removed", "closed"):
        join(ADA, room, "Ada")
        with as_now(TEACHER):
            rooms.appoint(room, ADA.id)
        assert people.visitor(ADA.id).role is Role.MODERATOR
        join(ADA, room, "Ada B")
        assert people.visitor(ADA.id).role is Role.MODERATOR, "they have only entered another name"
        if end == "left":
            with as_now(ADA):
                rooms.leave()
        else:
            with as_now(TEACHER):
                rooms.remove(room, ADA.id) if end == "removed" else rooms.close(room)
        assert people.visitor(ADA.id).role is Role.GUEST
    with as_now(TEACHER), pytest.raises(UserError, match="is closed"):
        rooms.appoint(room, ADA.id)


def test_only_members_can_be_moderators(room):
    for visitor in (EVE, TEACHER):
        with as_now(TEACHER), pytest.raises(UserError, match="no longer in the class"):
            rooms.appoint(room, visitor.id)
    assert people.visitor(TEACHER.id).role is Role.TEACHER


def test_presence_ends_when_no_page_reports(monkeypatch):
    now = 50.0
    monkeypatch.setattr(presence.time, "monotonic", lambda: now)
    presence.note(ADA.id)
    assert presence.is_present(ADA.id) and presence.seconds_since("nobody") is None
    now += presence.AWAY_SECONDS
    assert not presence.is_present(ADA.id)
