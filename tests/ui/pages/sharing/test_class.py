"""The page "Class": joining, the class of a pupil, and that of its teacher."""

import html
import json
import re
from dataclasses import replace

import pytest
from streamlit import config as streamlit_config

from imgcls import jobs
from imgcls.config import Config
from imgcls.jobs.classroom import work
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.together import activities
from imgcls.sharing import Role, Visibility, Visitor, acting_as, lesson_progress, ownership, people
from imgcls.sharing.classroom import join_link, presence, rooms
from imgcls.sharing.lesson_progress import Progress
from imgcls.sharing.permissions import Thing
from imgcls.ui.app import page_files
from imgcls.ui.app.paths import PAGES
from imgcls.ui.visitors import exposure
from imgcls.ui.you.classroom import titles, together
from tests.support.pages import HOSTILE, button, is_intact, opened, text_of
from tests.ui.pages.sharing.conftest import prepare_classroom

TEACHER, ADA = "T" * 22, "A" * 22


@pytest.fixture(autouse=True)
def classroom(monkeypatch):
    prepare_classroom(monkeypatch, TEACHER)
    presence._seen.clear()


@pytest.fixture
def room():
    with acting_as(people.visitor(TEACHER)):
        return rooms.open_new()


def join(room, name="Ada", visitor_id=ADA):
    with acting_as(people.visitor(visitor_id)):
        rooms.join(room.code, name)


def field(app, label):
    return next(found for found in app.text_input if found.label == label)


def members_of(app):
    """The rows of the tab People, each with its cells."""
    rows = re.findall(r"<div class='class-member '[^>]*>(.*?)</div>", html_of(app))
    return [re.findall(r"<(?:b|span)>([^<]*)<", row) for row in rows]


def check(app, what, visitor_id):
    return app.checkbox(key=f"class-{what}-{visitor_id}")


def html_of(app):
    return "\n".join(element.proto.body for element in app.get("html"))


def test_the_page_is_only_there_in_classroom_mode():
    (page,) = [found for found in page_files.found(PAGES) if found.title == "Class"]
    assert page.modes == ("classroom",)
    (lessons,) = [found for found in page_files.found(PAGES) if found.title == "Lessons"]
    assert page.icon != lessons.icon


def test_a_teacher_opens_a_class_and_sees_its_code(look_as):
    look_as(TEACHER)
    app = opened("class")
    button(app, "Open a class").click().run()
    assert is_intact(app)
    room = rooms.find(people.visitor(TEACHER).room)
    assert room.code in html_of(app)
    assert "No one has joined yet." in text_of(app)


def test_a_pupil_joins_with_the_link_by_entering_only_a_name(look_as, room):
    look_as(ADA)
    app = opened("class", join=room.code.lower())
    assert field(app, "Class code").value == room.code
    field(app, "Your name").input("Ada")
    button(app, "Join").click().run()
    assert is_intact(app)
    assert f"class {room.code} with Ms Noether" in text_of(app).replace("*", "")
    assert people.visitor(ADA).role is Role.MEMBER


def test_a_wrong_code_says_so(look_as, room):
    look_as(ADA)
    app = opened("class")
    field(app, "Class code").input("AAAAA")
    field(app, "Your name").input("Ada")
    button(app, "Join").click().run()
    assert "no open class with this code" in text_of(app)
    assert people.visitor(ADA).room == ""


def test_the_teacher_sees_each_pupil_and_who_is_stuck(look_as, room, mnist_sample, monkeypatch):
    monkeypatch.setattr(work, "LATE_SECONDS", -1.0)
    join(room)
    join(room, "Ben", "B" * 22)
    with acting_as(people.visitor(ADA)):
        jobs.begin(Config(data=mnist_sample, epochs=3), "Ada's run")
    presence.note(ADA)
    look_as(TEACHER)
    app = opened("class")
    assert is_intact(app)
    assert "2 members, 1 present, 1 stuck" in text_of(app)
    ada, ben = members_of(app)
    assert ada[:3] == ["Ada", "here", "Waiting"]
    assert (ben[0], ben[2]) == ("Ben", "⚠ No run yet")


def test_a_default_name_is_not_followed_by_the_dataset_that_it_has(mnist_sample):
    def named(name):
        return titles.named(work.Work(None, ADA, "Ada", name, mnist_sample, "cnn", "finished"))

    assert named("Convolutional network on MNIST sample 2") == "Convolutional network on MNIST sample 2"
    assert named("My best") == "My best (Convolutional network (CNN), MNIST sample)"


def test_the_rows_follow_who_joins_and_leaves(look_as, room):
    look_as(TEACHER)
    app = opened("class")
    assert not app.checkbox
    join(room)
    app.run()
    assert [row[0] for row in members_of(app)] == ["Ada"]
    with acting_as(people.visitor(TEACHER)):
        rooms.put_on_stage(room, ADA)
    with acting_as(people.visitor(ADA)):
        rooms.leave()
    join(room, "Ben", "B" * 22)
    app.run()
    assert is_intact(app)
    assert [row[0] for row in members_of(app)] == ["Ben"]
    assert not check(app, "stage", "B" * 22).value


def test_the_qr_code_is_large_until_somebody_has_joined_on_all_tabs(look_as, room, monkeypatch):
    monkeypatch.setattr(exposure, "is_only_here", lambda url: False)
    monkeypatch.setattr(join_link, "address", lambda url: "http://192.0.2.1:8501")
    look_as(TEACHER)
    app = opened("class")
    assert "class-join'" in html_of(app) and "is-small'" not in html_of(app)
    assert "is-small'" not in html_of(opened("class", tab="assignments")), "the tabs stay where they are"
    join(room)
    app.run()
    assert "class-join is-small'" in html_of(app) and room.code in html_of(app)
    button(app, "Enlarge the QR code").click().run()
    assert is_intact(app) and "is-small'" not in html_of(app)
    button(app, "Shrink the QR code").click().run()
    assert "class-join is-small'" in html_of(app)


@pytest.mark.parametrize(
    ("tab", "shown"),
    [
        ("people", "Moderator"),
        ("draw", "No model can read drawings yet."),
        ("assignments", "New assignment"),
        ("leaderboards", "No scores yet."),
    ],
)
def test_only_the_open_tab_is_drawn_and_the_address_names_it(look_as, room, tab, shown):
    join(room)
    look_as(TEACHER)
    app = opened("class", tab=tab)
    assert is_intact(app) and button(app, "Close the class")
    drawn = [one.label for kind in (app.checkbox, app.selectbox, app.button) for one in kind] + [text_of(app)]
    for other in ("Moderator", "No model can read drawings yet.", "New assignment", "No scores yet."):
        assert any(other in text for text in drawn) is (other == shown)


def test_the_chosen_tab_is_in_the_address(look_as, room):
    look_as(TEACHER)
    app = opened("class")
    app.button_group(key="class-tab").set_value("assignments").run()
    assert is_intact(app) and "assignments" in app.query_params["tab"] and button(app, "New assignment")


def test_a_tab_says_what_waits_there(look_as, room):
    join(room)
    with acting_as(people.visitor(TEACHER)):
        activities.start_collection(room, ["1", "7"])
    look_as(TEACHER)
    app = opened("class", tab="leaderboards")
    assert "1 name to approve" in text_of(app)
    assert 'button:nth-of-type(1)::after{content:" · 1"' in html_of(app)


def test_a_message_and_a_pause_are_shown_on_every_page_of_a_member(look_as, room, mnist_sample):
    join(room)
    with acting_as(people.visitor(ADA)):
        run = jobs.begin(Config(data=mnist_sample, epochs=3), "Ada's run")
    look_as(TEACHER)
    app = opened("class")
    field(app, "Message to all").input("Look **up**")
    button(app, "Send").click().run()
    assert "Sent] Look **up**" in text_of(app) and app.session_state["class-saying"] is False, "its box closes"
    assert not [found for found in app.button if found.label == "Resume all"], "nothing is paused"
    button(app, "Pause all").click().run()
    assert run.request.pause
    look_as(ADA)
    for page in ("class", "runs"):
        app = opened(page)
        assert is_intact(app)
        assert "Message to the class:** Look **up**" in text_of(app)
        assert "paused all training" in text_of(app)
        assert not [found for found in app.button if found.label == "Pause all"]
    assert "paused" not in text_of(_as_guest(look_as))
    look_as(TEACHER)
    button(opened("class"), "Resume all").click().run()
    assert not run.request.pause


def _as_guest(look_as):
    look_as("G" * 22)
    return opened("class")


def test_a_click_of_a_teacher_who_is_none_any_more_is_refused_on_the_server(look_as, room):
    join(room)
    look_as(TEACHER)
    app = opened("class")
    people.change(TEACHER, role=Role.MEMBER)
    button(app, "Pause all").click().run()
    assert not rooms.find(room.id).is_paused


def test_a_wall_ends_only_after_a_confirmation(look_as, room):
    with acting_as(people.visitor(TEACHER)):
        activities.start_collection(room, ["0", "1"])
    look_as(TEACHER)
    app = opened("class", tab="draw")
    button(app, "Finish").click().run()
    assert activities.find(room).is_open
    app.button(key="together-finish").click().run()
    assert is_intact(app) and not activities.find(room).is_open


def test_a_wall_without_a_model_leads_to_the_training_of_one(look_as, room, finished_run, monkeypatch):
    look_as(TEACHER)
    app = opened("class", tab="draw")
    assert button(app, "Start") and "No model can read drawings yet." not in text_of(app)
    monkeypatch.setattr(together, "_readers", list)
    app = opened("class", tab="draw")
    assert "No model can read drawings yet." in text_of(app)
    assert "Start" not in [one.label for one in app.button]
    app.segmented_control(key="together-what").select("Train a model together").run()
    assert button(app, "Start") and "No model can read drawings yet." not in text_of(app)
    app = opened("class", tab="draw")
    button(app, "Train one (about 1 min)").click().run()
    assert is_intact(app) and app.title[0].value == "Train a model"


def test_the_teacher_removes_a_member_and_closes_the_class(look_as, room):
    join(room)
    join(room, "Ben", "B" * 22)
    look_as(TEACHER)
    app = opened("class")
    app.button(key=f"class-remove-{ADA}").click().run()
    assert [person.name for person in rooms.members(room)] == ["Ada", "Ben"], "it asks first"
    app.button(key="class-remove").click().run()
    assert [person.name for person in rooms.members(room)] == ["Ben"]
    button(app, "Close the class").click().run()
    app.button(key="class-close").click().run()
    assert is_intact(app)
    assert not rooms.find(room.id).is_open
    assert f"**Class {room.code}** is closed" in text_of(app) and app.get("download_button")
    look_as("B" * 22)
    assert "This class is closed." in text_of(opened("class"))


def test_the_owner_of_the_server_closes_the_class_of_a_teacher_who_has_left(look_as, room):
    people.forget(TEACHER)
    people.change("O" * 22, name="Head", role=Role.OWNER)
    look_as("O" * 22)
    app = opened("class")
    (choice,) = [found for found in app.selectbox if found.label == "Manage another class"]
    assert choice.options == [f"Class {room.code} of a teacher who has left"]
    choice.set_value(room.id).run()
    button(app, "Close the class").click().run()
    app.button(key="class-close").click().run()
    assert is_intact(app)
    assert not rooms.find(room.id).is_open


def test_a_class_of_others_is_offered_by_its_name_also_if_its_teacher_has_none(look_as):
    people.change("U" * 22, role=Role.TEACHER)
    with acting_as(people.visitor("U" * 22)):
        unnamed = rooms.open_new("9b, Tuesday")
    people.change("O" * 22, name="Head", role=Role.OWNER)
    look_as("O" * 22)
    (choice,) = [found for found in opened("class").selectbox if found.label == "Manage another class"]
    assert choice.options == [f"9b, Tuesday ({unnamed.code})"]
    people.change("U" * 22, name="Mr X")
    assert opened("class").selectbox[0].options == [f"9b, Tuesday ({unnamed.code}) of Mr X"]


def test_another_teacher_is_offered_no_class_of_others(look_as, room):
    people.change("U" * 22, name="Mr X", role=Role.TEACHER)
    look_as("U" * 22)
    app = opened("class")
    assert is_intact(app) and not app.selectbox
    assert room.code not in html_of(app)


def test_a_member_leaves(look_as, room):
    join(room)
    look_as(ADA)
    button(opened("class"), "Leave the class").click().run()
    assert people.visitor(ADA) == Visitor(ADA, Role.GUEST, "Ada")


def test_the_leaderboard_shares_a_rank_between_runs_that_cannot_be_told_apart(look_as, room, mnist_sample):
    for name, accuracy in (("Ada", 0.97), ("Ben", 0.96), ("Cleo", 0.8)):
        join(room, name, name[0] * 22)
        with acting_as(people.visitor(name[0] * 22)):
            run = jobs.begin(Config(data=mnist_sample, epochs=3))
        lines = ({"kind": "plan", "validation": 750}, {"kind": "epoch", "epoch": 1, "val_accuracy": accuracy})
        (run.folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for who in (TEACHER, ADA):
        look_as(who)
        app = opened("class", tab="leaderboards")
        assert is_intact(app)
        places = re.findall(r'class="place">(\d)\.</span><span class="name">(\w+)', html_of(app))
        assert places == [("1", "Ada"), ("1", "Ben"), ("3", "Cleo")]
        assert "Place 1 is shared (Ada, Ben)" in text_of(app)
        assert ("Your place: **1 of 3**, shared, with **97.0%**" in text_of(app)) is (who == ADA)


@pytest.mark.parametrize(("address", "warns"), [("127.0.0.1", True), ("0.0.0.0", False)])
def test_the_teacher_is_warned_if_only_this_computer_reaches_the_server(look_as, room, address, warns):
    before = streamlit_config.get_option("server.address")
    streamlit_config.set_option("server.address", address)
    try:
        for who in (TEACHER, "N" * 22):  # also the form of who is not yet the owner
            look_as(who)
            app = opened("class")
            assert ("Only this computer can reach the server" in text_of(app)) is warns
            commands = [found.value for found in app.code if found.value.startswith("imgcls app")]
            assert bool(commands) is warns
            assert not warns or "<img" not in html_of(app), "no QR code to an address that cannot work"
    finally:
        streamlit_config.set_option("server.address", before)


@pytest.mark.parametrize("name", HOSTILE)
def test_markup_in_names_and_messages_stays_text(look_as, room, name):
    people.change(TEACHER, name=name)
    join(room, name)
    with acting_as(people.visitor(TEACHER)):
        rooms.announce(room, name)
    for who in (TEACHER, ADA):
        look_as(who)
        app = opened("class")
        assert is_intact(app)
        shown = "\n".join(str(element.value) for kind in (app.markdown, app.caption, app.info) for element in kind)
        assert "<img" not in shown.replace("\\<img", "") and name not in shown
        assert html.escape(name) == name or name not in html_of(app)


def test_a_members_status_has_the_colour_of_its_chip(look_as, room, finished_run):
    join(room)
    ownership._write(finished_run.folder, Thing(ADA, Visibility.ROOM, room.id, "Ada"), 1.0)
    look_as(TEACHER)
    assert "data-state='green'" in html_of(opened("class"))


def test_the_tab_of_the_leaderboards_has_its_heading_without_scores(look_as, room):
    look_as(TEACHER)
    assert "Leaderboard of the class" in text_of(opened("class", tab="leaderboards"))


def test_the_teachers_page_speaks_german(look_as, room):
    join(room)
    look_as(TEACHER)
    app = opened("class", lang="de")
    assert is_intact(app)
    assert "1 Mitglied" in text_of(app) and "Moderation" in [one.label for one in app.checkbox]
    button(app, "Klasse schließen").click().run()
    assert is_intact(app) and "der Code gilt erst wieder" in text_of(app)


def test_a_pupil_who_waits_sees_the_class_fill_and_can_draw(look_as, room):
    join(room)
    look_as(ADA)
    app = opened("class")
    assert is_intact(app) and "You are the first to join." in text_of(app) and button(app, "Draw a digit meanwhile")
    join(room, "Ben", "B" * 22)
    assert "2 people have joined." in text_of(opened("class"))
    with acting_as(people.visitor(TEACHER)):
        activities.start_collection(room, ["1", "7"])
    assert "have joined" not in text_of(opened("class")), "there is something to do"


def test_a_class_without_assignments_has_two_cards_that_say_what_to_do(look_as, room):
    look_as(TEACHER)
    app = opened("class", tab="assignments")
    assert "Give a lesson" in html_of(app) and "Set a task" in html_of(app) and "A leaderboard follows" in html_of(app)
    app.selectbox(key="lesson-to-give").select_index(0).run()
    button(app, "Assign to the class").click().run()
    assert is_intact(app) and "Give a lesson" not in html_of(app) and button(app, "Set a task")
    assert app.session_state["lesson-to-give-box"] is False, "one box, closed: the assignments are what matters"


def test_a_lesson_that_was_assigned_is_no_longer_chosen(look_as, room):
    look_as(TEACHER)
    app = opened("class", tab="assignments")
    app.selectbox(key="lesson-to-give").select_index(0).run()
    button(app, "Assign to the class").click().run()
    assert is_intact(app) and app.toast[0].value.startswith("Assigned: 1.")
    assert app.selectbox(key="lesson-to-give").value is None and button(app, "Assign to the class").disabled
    join(room)
    look_as(ADA)
    app = opened("class")
    assert [found for found in app.button if found.label == "Start the lesson"]
    assert "Open the lesson" not in [found.proto.label for found in app.get("page_link")], "twice the same"


@pytest.mark.parametrize(("is_finished", "label"), [(False, "Continue"), (True, "Open the lesson")])
def test_a_pupil_continues_a_lesson_that_they_have_begun(look_as, room, is_finished, label):
    join(room)
    with acting_as(people.visitor(TEACHER)):
        assignments.make(room, "lessons", "Draw", {"lesson": "draw"}, instructions="**Look** first")
    begun = lesson_progress.read(people.visitor(ADA)).begun("draw").of("draw")
    lesson_progress.write(people.visitor(ADA), Progress("", {"draw": replace(begun, is_finished=is_finished)}))
    look_as(ADA)
    app = opened("class")
    assert is_intact(app) and app.button(key="start-latest").label == label
    assert "**Look** first" in text_of(app), "one short line needs no section"
    assert "Instructions" not in [found.label for found in app.expander]


def test_the_lessons_of_a_closed_class_can_be_neither_closed_nor_joined(look_as, room, monkeypatch):
    monkeypatch.setattr(join_link, "address", lambda url: "http://192.0.2.1:8501")
    with acting_as(people.visitor(TEACHER)):
        assignments.make(room, "lessons", "Draw", {"lesson": "draw"})
    look_as(TEACHER)
    app = opened("class", tab="assignments")
    assert button(app, "Close") and "Link for your pupils" in [found.label for found in app.expander]
    with acting_as(people.visitor(TEACHER)):
        rooms.close(room)
    app = opened("class", tab="assignments")
    assert is_intact(app) and "Draw" in text_of(app)
    assert "Close" not in [found.label for found in app.button]
    assert "Link for your pupils" not in [found.label for found in app.expander]
