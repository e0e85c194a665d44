"""What the projector shows, and the moderator's rights."""

import json

import pytest

from imgcls.jobs.together import activities, names, sending
from imgcls.jobs.together.pool import State
from imgcls.sharing import NotAllowed, Role, acting_as, people
from imgcls.sharing.classroom import rooms
from tests.sharing.classroom.conftest import ADA, BEN, EVE, TEACHER
from tests.support.drawing_together import CROSS, ONE, SEVEN

MARKUP = "<img src=x onerror=alert(1)>"


def teacher():
    return people.visitor(TEACHER.id)


def send(room, activity, who, strokes, label):
    with acting_as(people.visitor(who.id)):
        return sending.send(room, activity.id, {"strokes": strokes}, label).id


def show(site, room, query=""):
    return site.ask("GET", f"/room/{room.code}/show{query}", teacher()).json


def test_the_wall_counts_what_was_drawn_and_read(site, room, wall):
    for label in (1, 1, 1, 7):
        send(room, wall, ADA, ONE, label)
    mistake = send(room, wall, BEN, SEVEN, 1)
    send(room, wall, BEN, SEVEN, None)
    state = show(site, room)
    assert (state["total"], state["labelled"], state["rejected"], state["unlabelled"]) == (6, 5, 0, 1)
    assert (state["matrix"][1][1], state["matrix"][7][1], state["matrix"][1][7]) == (3, 1, 1)
    value, low, high = state["accuracy"]
    assert value == pytest.approx(3 / 5) and low < value < high
    assert state["hardest"] == ["1", 0.75]
    assert state["mistake"]["id"] in (mistake, 4) and state["mistake"]["isWrong"]
    assert [entry["id"] for entry in state["shown"]] == [6, 5, 4, 3, 2, 1]


def test_what_is_no_digit_is_marked_and_counts_neither_as_right_nor_as_wrong(site, room, wall):
    send(room, wall, ADA, ONE, 1)
    send(room, wall, BEN, CROSS, 8)
    state = show(site, room)
    assert [(one["isRejected"], one["predicted"], one["isWrong"]) for one in state["shown"]] == [
        (True, None, False),
        (False, "1", False),
    ]
    assert (state["total"], state["labelled"], state["accuracy"][0]) == (2, 1, 1.0)
    assert (state["rejected"], state["unlabelled"]) == (1, 0)
    sent = site.ask("GET", f"/room/{room.code}/state", people.visitor(BEN.id)).json
    assert (sent["known"], sent["wrong"], sent["drawings"][0]["isRejected"]) == (0, 0, True)


def test_all_classes_that_are_read_worst_are_the_hardest(site, room, wall):
    for label in (3, 4):
        for _ in range(3):
            send(room, wall, ADA, ONE, label)
    assert show(site, room)["hardest"] == ["3, 4", 0.0]


def test_strokes_are_sent_once(site, room, wall):
    first = send(room, wall, ADA, ONE, 1)
    second = send(room, wall, ADA, SEVEN, 7)
    shown = show(site, room, f"?after={first}")["shown"]
    assert {entry["id"]: bool(entry["strokes"]) for entry in shown} == {first: False, second: True}
    assert json.loads(shown[0]["strokes"]) == SEVEN


@pytest.mark.parametrize("query", ["?after=-1", "?after=x", "?after=" + "9" * 99, "?after=²"])
def test_a_strange_query_shows_everything(site, room, wall, query):
    send(room, wall, ADA, ONE, 1)
    assert show(site, room, query)["shown"][0]["strokes"]


def test_a_hidden_drawing_counts_nowhere_and_can_be_shown_again(site, room, wall):
    number = send(room, wall, ADA, SEVEN, 1)
    for is_shown in (False, True):
        answer = site.ask("POST", f"/room/{room.code}/moderate", teacher(), {"id": number, "isShown": is_shown})
        assert answer.status == 200
        state = show(site, room)
        assert (state["total"], bool(state["mistake"]), len(state["shown"])) == (is_shown,) * 3
    assert site.ask("GET", f"/room/{room.code}/state", ADA).json["total"] == 1


def test_nothing_is_on_a_moderated_wall_before_it_was_approved(site, room, wall):
    with acting_as(teacher()):
        wall = activities.start_wall(room, "digits", is_moderated=True)
    number = send(room, wall, ADA, SEVEN, 1)
    state = show(site, room)
    assert state["shown"] == [] and state["total"] == 0 and state["mistake"] is None
    assert state["waiting"] == 1  # the audience sees the projector: it gets the number, not the drawing
    assert site.ask("GET", f"/room/{room.code}/state", ADA).json["drawings"][0]["isWaiting"]
    moderation = site.ask("GET", f"/room/{room.code}/moderation", teacher()).json
    assert [entry["id"] for entry in moderation["waiting"]] == [number] and moderation["waiting"][0]["strokes"]
    site.ask("POST", f"/room/{room.code}/moderate", teacher(), {"ids": [number], "isShown": True})
    state = show(site, room)
    assert [entry["id"] for entry in state["shown"]] == [number] and state["waiting"] == 0


def test_the_moderator_finds_what_was_hidden_long_ago(site, room, wall):
    numbers = [send(room, wall, ADA, strokes, 1) for strokes in (ONE, SEVEN)]
    site.ask("POST", f"/room/{room.code}/moderate", teacher(), {"ids": numbers, "isShown": False})
    moderation = site.ask("GET", f"/room/{room.code}/moderation", teacher()).json
    assert moderation["counts"] == {"waiting": 0, "shown": 0, "hidden": 2}
    assert {entry["id"] for entry in moderation["hidden"]} == set(numbers)


MODERATED = [
    ("GET", "moderator", None),
    ("GET", "moderation", None),
    ("POST", "moderate", {"id": 1, "isShown": True}),
    ("POST", "names", {"names": ["Ada"], "isShown": True}),
]
ROUTES = [
    *MODERATED,
    ("GET", "screen", None),
    ("GET", "leaderboard", None),
    ("GET", "standings", None),
    ("GET", "stage", None),
    ("GET", "on_stage", None),
    ("GET", "show", None),
    ("GET", "class/1", None),
    ("POST", "train", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_the_projector_is_for_the_teacher_alone_and_the_moderators_page_for_moderators(
    site, room, collection, join, method, path, body
):
    ada, ben = join(ADA, room, "Ada"), join(BEN, room, "Ben")
    send(room, collection, ada, ONE, 0)
    with acting_as(teacher()):
        rooms.appoint(room, BEN.id)
    address = f"/room/{room.code}/{path}"
    for who in (ada, EVE, None):
        assert site.ask(method, address, who, body).status == 403
    assert sending.pool_of(room, collection).newest((State.SHOWN,), 9)
    assert site.ask(method, address, ben, body).status == (200 if (method, path, body) in MODERATED else 403)
    with acting_as(teacher()):
        rooms.appoint(room, BEN.id, is_moderator=False)
    assert site.ask(method, address, ben, body).status == 403, "at once"


def test_a_moderator_hides_and_approves_drawings_and_names_and_nothing_else(site, room, collection, join):
    ada, ben = join(ADA, room, "Ada"), join(BEN, room, "Ben")
    number = send(room, collection, ada, ONE, 0)
    with acting_as(teacher()):
        rooms.appoint(room, BEN.id)
        before = activities.find(room)

    def moderation():
        return site.ask("GET", f"/room/{room.code}/moderation", ben).json

    assert moderation()["names"] == {"waiting": ["Ada", "Ben"], "shown": [], "hidden": []}
    for is_shown, name in ((True, "Ada"), (False, names.HIDDEN), (True, "Ada")):
        assert site.ask("POST", f"/room/{room.code}/names", ben, {"names": ["Ada"], "isShown": is_shown}).status == 200
        assert show(site, room)["writers"][0]["name"] == name
        assert site.ask("POST", f"/room/{room.code}/moderate", ben, {"id": number, "isShown": is_shown}).status == 200
        assert len(moderation()["shown" if is_shown else "hidden"]) == 1
        site.ask("POST", f"/room/{room.code}/moderate", ben, {"id": number, "isShown": True})
    assert site.ask("DELETE", f"/room/{room.code}/drawings/{number}", ben).status == 403
    assert ADA.id not in json.dumps(moderation())
    assert activities.find(room) == before


def test_the_moderators_page_needs_no_activity(site, room, join):
    page = site.ask("GET", f"/room/{room.code}/moderator", teacher())
    assert page.status == 200 and "Nothing to do yet" in page.body.decode()
    assert site.ask("GET", f"/room/{room.code}/moderation", teacher()).json == {"activity": "", "names": {}}


@pytest.mark.parametrize(
    "body", [{}, {"names": "Ada", "isShown": True}, {"names": [1], "isShown": True}, {"names": [], "isShown": True}]
)
def test_a_damaged_request_about_names_changes_nothing(site, room, collection, join, body):
    join(ADA, room, "Ada")
    assert site.ask("POST", f"/room/{room.code}/names", teacher(), body).status == 422
    assert names.judged(room) == names.Judged()


def test_the_table_has_a_line_for_every_route_of_the_projector():
    from imgcls.api.plain_pages.together import pages, screen

    known = {f"/room/{{code}}/{path.replace('class/1', 'class/{label:int}')}" for _, path, _ in ROUTES}
    of_all = {f"/room/{path}" for path in ("files/{version}/{name:path}", "{code}", "{code}/draw")}
    assert known == {route.path for route in (*screen.ROUTES, *pages.ROUTES)} - of_all


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": "1", "isShown": False},
        {"id": True, "isShown": True},
        {"id": 1},
        {"ids": [1, "2"], "isShown": False},
        {"ids": [], "isShown": False},
        {"ids": [1] * 1000, "isShown": False},
    ],
)
def test_a_damaged_request_of_the_moderator_changes_nothing(site, room, wall, body):
    send(room, wall, ADA, ONE, 1)
    assert site.ask("POST", f"/room/{room.code}/moderate", teacher(), body).status == 422
    assert show(site, room)["total"] == 1


def test_names_with_markup_are_sent_as_they_are_and_never_in_a_page(site, room, collection, join):
    ada = join(ADA, room, MARKUP)
    send(room, collection, ada, ONE, 0)
    assert show(site, room)["writers"][0]["name"] == names.HIDDEN
    approve(room)
    assert show(site, room)["writers"][0]["name"] == ada.name and "<" in ada.name
    for path, who in (("screen", teacher()), ("draw", ada)):
        assert "<img src=x" not in site.ask("GET", f"/room/{room.code}/{path}", who).body.decode()


def test_a_wall_tells_no_names_and_no_visitors(site, room, wall, join):
    ada = join(ADA, room, "Ada")
    send(room, wall, ada, ONE, 1)
    text = site.ask("GET", f"/room/{room.code}/show", teacher()).body.decode()
    assert "Ada" not in text and ADA.id not in text


def test_the_pool_is_shown_by_class_and_by_name(site, room, collection, join):
    ada, ben = join(ADA, room, "Ada"), join(BEN, room, "Ben")
    for who, label in ((ada, 0), (ada, 1), (ben, 1)):
        send(room, collection, who, ONE, label)
    approve(room)
    state = show(site, room)
    assert (state["counts"], state["total"], state["members"]) == ([1, 2], 3, 2)
    assert {entry["name"]: entry["drawings"] for entry in state["writers"]} == {"Ada": 2, "Ben": 1}
    listed = site.ask("GET", f"/room/{room.code}/class/1", teacher()).json["drawings"]
    assert [entry["label"] for entry in listed] == ["7", "7"]
    assert ADA.id not in json.dumps(state)


def test_a_name_that_is_entered_after_the_teacher_has_looked_is_not_shown(site, room, collection, join):
    ada, ben = join(ADA, room, "Ada"), join(BEN, room, "Ben")
    with acting_as(teacher()):
        seen = [person.name for person in names.in_state(room, State.WAITING)]
        assert seen == ["Ada", "Ben"]
        people.change(BEN.id, name="Rude")
        names.moderate(room, seen, is_shown=True)
    for who in (ada, ben):
        send(room, collection, who, ONE, 0)
    assert {entry["name"] for entry in show(site, room)["writers"]} == {"Ada", names.HIDDEN}
    with acting_as(teacher()):
        activities.start_collection(room, ["a", "b"])
        waiting = [person.name for person in names.in_state(room, State.WAITING)]
        assert waiting == ["Rude"], "Ada need not be approved again"
    with acting_as(people.visitor(ADA.id)), pytest.raises(NotAllowed):
        names.moderate(room, seen, is_shown=True)
    names.forget(ADA.id)
    assert "Ada" not in (activities.folder(room) / names.NAME).read_text()


def approve(room):
    with acting_as(teacher()):
        names.moderate(room, [person.name for person in rooms.members(room)], is_shown=True)


def test_a_teacher_without_a_name_has_not_left(classroom):
    people.change("N" * 22, role=Role.TEACHER)
    with acting_as(people.visitor("N" * 22)):
        found = names.on_screen(rooms.open_new())
    assert found == {"N" * 22: "Teacher"}
