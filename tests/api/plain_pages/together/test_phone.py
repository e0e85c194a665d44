"""What a phone may send, and what it must not: every refusal happens on the server."""

import json

import numpy as np
import pytest

from imgcls.api.plain_pages.together.asking import MOST_BYTES
from imgcls.images.canvas_strokes import from_message
from imgcls.inference import answering
from imgcls.jobs.together import activities, sending
from imgcls.runs import Run
from imgcls.sharing import acting_as, people
from imgcls.sharing.classroom import rooms
from imgcls.system import paths
from tests.sharing.classroom.conftest import ADA, BEN, EVE, TEACHER
from tests.support.drawing_together import ONE, SEVEN


def drawings(room):
    return sending.pool_of(room, activities.find(room)).newest((0, 1, 2), 100)


def send(site, room, activity, who, strokes=SEVEN, label=None, **more):
    body = {"activity": activity.id, "strokes": strokes, "label": label}
    return site.ask("POST", f"/room/{room.code}/drawings", who, body, **more)


def test_a_guest_draws_for_a_wall_without_a_name_and_the_server_reads_it(site, room, wall):
    answer = send(site, room, wall, ADA, label=7)
    assert (answer.status, answer.json["predicted"], answer.json["isWrong"]) == (200, "7", False)
    state = site.ask("GET", f"/room/{room.code}/state", ADA).json
    assert (state["canDraw"], state["total"], state["known"], state["wrong"]) == (True, 1, 1, 0)
    assert json.loads(state["drawings"][0]["strokes"]) == SEVEN
    later = site.ask("GET", f"/room/{room.code}/state?after={state['drawings'][0]['id']}", ADA).json
    assert later["drawings"][0]["strokes"] == ""


def test_nobody_sees_what_others_have_drawn(site, room, wall):
    send(site, room, wall, ADA)
    assert site.ask("GET", f"/room/{room.code}/state", BEN).json["drawings"] == []


def test_what_a_phone_says_about_the_prediction_does_not_count(site, room, wall):
    body = {"activity": wall.id, "strokes": ONE, "label": 7, "predicted": 7, "confidence": 1, "writer": BEN.id}
    assert site.ask("POST", f"/room/{room.code}/drawings", ADA, body).json["predicted"] == "1"
    assert drawings(room)[0].writer == ADA.id


def test_only_members_draw_for_a_collection_and_a_phone_can_join(site, room, collection):
    assert send(site, room, collection, ADA, label=1).status == 403
    assert site.ask("GET", f"/room/{room.code}/state", ADA).json["mustJoin"]
    assert site.ask("POST", f"/room/{room.code}/join", ADA, {"name": "Ada"}).status == 200
    assert send(site, room, collection, ADA, label=1).status == 200
    state = site.ask("GET", f"/room/{room.code}/state", ADA).json
    assert (state["mustJoin"], state["name"], state["counts"]) == (False, "Ada", [0, 1])


def test_a_member_of_another_class_does_not_draw_for_a_collection(site, room, collection, join):
    with acting_as(people.visitor(TEACHER.id)):
        rooms.close(room)
        other = rooms.open_new()
    ada = join(ADA, other, "Ada")
    assert send(site, room, collection, ada, label=1).status == 410
    people.change("U" * 22, name="Mr Gauss", role="teacher")
    with acting_as(people.visitor("U" * 22)):
        third = rooms.open_new()
        activity = activities.start_collection(third, ["1", "7"])
    assert send(site, third, activity, ada, label=1).status == 403
    assert drawings(third) == []


@pytest.mark.parametrize("cookie", ["", "A" * 22, f"{'A' * 22}.1767225600.{'x' * 43}", "../../etc", "é"])
def test_a_forged_cookie_is_nobody_in_the_class(site, room, collection, join, cookie):
    join(ADA, room, "Ada")
    assert send(site, room, collection, None, label=1, cookie=cookie).status == 403
    assert drawings(room) == []


def test_pages_of_other_sites_and_other_hosts_send_nothing(site, room, wall):
    assert send(site, room, wall, ADA, origin="http://evil.example").status == 403
    assert send(site, room, wall, ADA, host="evil.example").status == 400
    assert send(site, room, wall, ADA, origin="http://127.0.0.1:8501").status == 200
    assert len(drawings(room)) == 1


def test_wrong_codes_are_limited_but_that_of_a_closed_class_is_no_guess(site, room, wall):
    with acting_as(people.visitor(TEACHER.id)):
        rooms.close(room)
    for _ in range(30):
        assert site.ask("GET", f"/room/{room.code}/state", ADA).status == 410
    answers = [site.ask("GET", "/room/ZZZZZ/state", EVE) for _ in range(7)]
    assert [answer.status for answer in answers] == [404] * 5 + [422] * 2
    assert "too many wrong codes" in answers[-1].message


@pytest.mark.parametrize(
    ("strokes", "status"),
    [
        ([], 422),
        ([[]], 422),
        ([[1, 2]], 422),
        ([["1", "2", "3"]], 422),
        ([[1, 2, None]], 422),
        ([[1, 2, 1e400]], 422),
        ([[1, 2, True]], 422),
        ([[10, 10, 5]] * 401, 422),
        ([[10, 10, 5] * 4_001], 422),
        ("<script>", 422),
        (None, 422),
        ({"0": 1}, 422),
    ],
)
def test_damaged_drawings_are_refused(site, room, wall, strokes, status):
    assert send(site, room, wall, ADA, strokes=strokes).status == status
    assert drawings(room) == []


def test_a_million_strokes_are_cut_off_while_they_arrive(site, room, wall):
    arrived = 0

    def parts():
        nonlocal arrived
        yield b'{"strokes":['
        for _ in range(1_000_000):
            arrived += 1
            yield b"[1,2,3],"

    answer = site.ask("POST", f"/room/{room.code}/drawings", ADA, data=parts())
    assert answer.status == 413 and arrived <= MOST_BYTES / 8 + 1
    assert drawings(room) == []


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 60_000, b'{"strokes": 1}x'])
def test_what_is_no_json_object_is_refused(site, room, wall, data):
    assert site.ask("POST", f"/room/{room.code}/drawings", ADA, data=[data]).status == 400


def test_a_form_of_another_site_cannot_send(site, room, wall):
    """A form can only send content types that need no preflight."""
    assert send(site, room, wall, ADA, content_type="text/plain").status == 415


@pytest.mark.parametrize("label", [-1, 10, 1.0, True, "7", [7]])
def test_a_label_is_the_index_of_a_class(site, room, wall, label):
    assert send(site, room, wall, ADA, label=label).status == 422


def test_a_collection_needs_the_class_of_a_drawing(site, room, collection, join):
    assert send(site, room, collection, join(ADA, room, "Ada")).status == 422


def test_too_many_drawings_at_once_are_refused(site, room, wall):
    statuses = [send(site, room, wall, ADA).status for _ in range(14)]
    assert statuses[:10] == [200] * 10 and 429 in statuses[10:]
    assert send(site, room, wall, BEN).status == 200


def test_nobody_fills_the_pool(site, room, wall, monkeypatch):
    monkeypatch.setattr(sending, "MOST_OF_WRITER", 2)
    monkeypatch.setattr(sending, "MOST", 3)
    assert [send(site, room, wall, who).status for who in (ADA, ADA, ADA, BEN, BEN)] == [200, 200, 422, 200, 422]


def test_nothing_is_accepted_after_the_end_nor_for_an_earlier_wall(site, room, wall):
    with acting_as(people.visitor(TEACHER.id)):
        later = activities.start_wall(room, "digits")
        assert send(site, room, wall, ADA).status == 422
        assert send(site, room, later, ADA).status == 200
        activities.finish(room)
    assert send(site, room, later, ADA).status == 422
    state = site.ask("GET", f"/room/{room.code}/state", ADA).json
    assert (state["canDraw"], state["mustJoin"], state["total"]) == (False, False, 1)


def test_a_drawing_is_withdrawn_by_its_writer_or_the_teacher_and_is_gone_from_the_disk(site, room, wall):
    number = send(site, room, wall, ADA, strokes=[[11.5, 17.3, 19, 231.7, 222.9, 19]]).json["id"]
    path = f"/room/{room.code}/drawings/{number}"
    assert site.ask("DELETE", path, BEN).status == 403
    assert site.ask("DELETE", path).status == 403
    assert len(drawings(room)) == 1
    assert site.ask("DELETE", path, ADA).status == 200
    assert site.ask("DELETE", path, ADA).status == 422
    stored = b"".join(file.read_bytes() for file in activities.folder(room).iterdir())
    assert drawings(room) == [] and b"231.7" not in stored
    other = send(site, room, wall, ADA).json["id"]
    assert site.ask("DELETE", f"/room/{room.code}/drawings/{other}", people.visitor(TEACHER.id)).status == 200


def test_the_server_predicts_for_phones_that_cannot(site, room, wall):
    found = site.ask("POST", f"/room/{room.code}/predict", ADA, {"strokes": SEVEN}).json["probabilities"]
    expected = answering.answer(Run(paths.runs_folder() / "digits"), from_message({"strokes": SEVEN})).probabilities
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert site.ask("POST", f"/room/{room.code}/predict", ADA, {"strokes": []}).status == 422


def test_a_drawing_that_came_after_the_training_says_so(site, room, collection, join):
    ada = join(ADA, room, "Ada")
    first = send(site, room, collection, ada, label=1).json
    with acting_as(people.visitor(TEACHER.id)):
        activities.change(room, trained_until=first["id"])
    second = send(site, room, collection, ada, label=1).json
    assert (first["isLate"], second["isLate"]) == (False, True)
    state = site.ask("GET", f"/room/{room.code}/state", ada).json
    assert {entry["id"]: entry["isLate"] for entry in state["drawings"]} == {first["id"]: False, second["id"]: True}
    assert (state["training"], state["tryRun"]) == ([], "")
    assert site.ask("GET", f"/room/{room.code}/show", people.visitor(TEACHER.id)).json["late"] == 1


def test_without_a_model_there_is_nothing_to_predict_with(site, room, collection, join):
    ada = join(ADA, room, "Ada")
    assert site.ask("GET", f"/room/{room.code}/model", ada).status == 404
    assert site.ask("POST", f"/room/{room.code}/predict", ada, {"strokes": SEVEN}).status == 404


def test_there_are_no_rooms_on_servers_of_other_modes(site, room, monkeypatch):
    monkeypatch.setenv("IMGCLS_MODE", "demo")
    assert site.ask("GET", f"/room/{room.code}/state", ADA).status == 404
    monkeypatch.setenv("IMGCLS_MODE", "local")
    assert "--mode classroom" in site.ask("GET", f"/room/{room.code}/state").message


def test_only_members_read_on_the_phone_what_the_teacher_tells_the_class(site, room, wall, join):
    join(ADA, room, "Ada")
    with acting_as(people.visitor(TEACHER.id)):
        rooms.announce(room, "Look <b>up</b>")
    shown = [site.ask("GET", f"/room/{room.code}/state", who).json["message"] for who in (ADA, EVE)]
    assert shown == ["Look <b>up</b>", ""]
    for who in (ADA, EVE):
        assert site.ask("POST", f"/room/{room.code}/dismiss", who, {}).status == 200
    assert site.ask("GET", f"/room/{room.code}/state", ADA).json["message"] == "", "closed until the next one"
