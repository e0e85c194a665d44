"""The teacher's sheet in a tab of its own, whose button assigns the lesson."""

from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.sharing import acting_as, people
from imgcls.sharing.classroom import rooms
from tests.sharing.classroom.conftest import ADA, TEACHER


def test_the_sheet_assigns_its_lesson_once(site, room):
    sheet = site.ask("GET", "/teacher-sheet/draw", TEACHER).body
    assert b">Assign to the class<" in sheet and sheet.index(b"</h1>") < sheet.index(b">Print<"), "below the title"
    assert b'<a href="../lessons?lesson=draw">Open the lesson</a>' in sheet
    for _ in range(2):  # a second press, or another tab
        answer = site.ask("POST", "/teacher-sheet/draw", TEACHER)
        assert (answer.status, answer.headers["location"]) == (303, "draw")
    with acting_as(people.visitor(TEACHER.id)):
        assert [(one.page, one.state) for one in assignments.of_room(room)] == [("lessons", {"lesson": "draw"})]
    assert b"<button disabled>" in site.ask("GET", "/teacher-sheet/draw", TEACHER).body


def test_neither_a_pupil_nor_another_site_assigns_it(site, room, join):
    join(ADA, room, "Ada")
    assert site.ask("POST", "/teacher-sheet/draw", ADA).status == 403
    assert site.ask("POST", "/teacher-sheet/draw", TEACHER, origin="https://evil.example").status == 403
    with acting_as(people.visitor(TEACHER.id)):
        assert assignments.of_room(room) == []
        rooms.close(room)
    assert site.ask("POST", "/teacher-sheet/draw", TEACHER).status == 409
