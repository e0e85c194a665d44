"""The pages of a shared server: what is disabled says why, and nothing of others is shown that they did not share."""

import shutil
import time
from collections import OrderedDict

import pytest
from streamlit import config as streamlit_config
from streamlit import user_info
from streamlit.testing.v1 import AppTest

from imgcls import jobs, runs, studies
from imgcls.config import Config
from imgcls.runs.run import Run
from imgcls.sharing import Mode, Role, Visibility, Visitor, acting_as, limits, owner_code, ownership, people, visitors
from imgcls.sharing.limits import LimitReached
from imgcls.studies import plan
from imgcls.ui.visitors import exposure, visitor
from imgcls.ui.widgets import sharing_choice
from tests.support.pages import HOSTILE, button, is_intact, opened, text_of

ADA, BEN = Visitor("A" * 22, Role.MEMBER, "Ada"), Visitor("B" * 22, Role.MEMBER, "Ben")


@pytest.fixture(autouse=True)
def classroom(monkeypatch):
    monkeypatch.setenv("IMGCLS_MODE", Mode.CLASSROOM)
    monkeypatch.setattr(jobs, "wake", lambda: None)


@pytest.fixture
def look_as(monkeypatch):
    """`look_as(visitor)`: from now on he looks at the pages."""
    return lambda who: monkeypatch.setattr(visitors, "_provider", lambda: who)


@pytest.fixture
def queued(mnist_sample):
    with acting_as(ADA):
        return jobs.begin(Config(data=mnist_sample, epochs=1), "Ada's run")


@pytest.fixture
def finished(finished_run):
    """A finished run of Ada's that only she sees."""
    ownership._write(finished_run.folder, ownership.Thing(ADA.id, Visibility.PRIVATE, "", "Ada"), time.time())
    return finished_run


def test_what_may_not_be_changed_is_disabled_and_says_why(look_as, queued):
    ownership.share(queued.folder, Visibility.PUBLIC)
    look_as(BEN)
    app = opened("runs")
    assert is_intact(app)
    for label in ("Earlier", "Later", "Remove"):
        assert button(app, label).disabled
        assert "It belongs to Ada." in button(app, label).help
    app = opened("train", run=queued.id)
    assert button(app, "Remove from queue").disabled
    assert "Ada" in text_of(app)
    look_as(ADA)
    assert not button(opened("runs"), "Remove").disabled


def test_a_queued_run_of_somebody_else_has_no_name(look_as, queued):
    look_as(BEN)
    app = opened("runs")
    assert "Ada" not in " ".join(found.label for found in app.button) + text_of(app)


@pytest.mark.parametrize("page", ["train", "evaluate", "predict"])
def test_a_link_to_somebody_elses_private_run_shows_nothing_of_it(look_as, finished, page):
    finished.rename("Secret of Ada")
    look_as(BEN)
    app = opened(page, run=finished.id)
    assert is_intact(app)
    assert "Secret of Ada" not in text_of(app)
    look_as(ADA)
    assert "Secret of Ada" in text_of(opened("train", run=finished.id))


def test_a_guest_reads_why_he_cannot_train(look_as, mnist_sample):
    look_as(Visitor("C" * 22))
    app = opened("train")
    assert button(app, "Start").disabled
    assert "Join a class first." in text_of(app)


def test_a_click_that_the_page_does_not_offer_is_refused_on_the_server(look_as, mnist_sample):
    """The page was drawn for a member; before the click arrives, he has lost his rights."""
    look_as(ADA)
    app = opened("train")
    look_as(Visitor(ADA.id))
    button(app, "Start").click().run()
    assert runs.all_runs() == []


def test_a_member_sees_how_many_runs_he_may_queue(look_as, queued):
    look_as(ADA)
    assert "1 of 3 queued runs" in text_of(opened("train"))


def test_seeds_beyond_the_limit_start_no_run(look_as, queued):
    look_as(ADA)
    app = opened("train")
    app.number_input(key="seeds").set_value(3)
    button(app, "Start").click().run()
    assert "You have 1 of 3 queued runs, and 3 more exceed the limit." in text_of(app)
    assert [run.id for run in runs.all_runs()] == [queued.id]
    app.number_input(key="seeds").set_value(2)
    button(app, "Start").click().run()
    assert len(runs.all_runs()) == 3


def test_a_learning_curve_beyond_the_limit_starts_no_run(look_as, finished):
    look_as(ADA)
    app = opened("evaluate", run=finished.id, view="More data")
    button(app, "Train the learning curve").click().run()
    assert is_intact(app)
    assert "You have 0 of 3 queued runs, and 9 more exceed the limit." in text_of(app)
    assert [run.id for run in runs.all_runs()] == [finished.id]


def test_a_study_beyond_the_limit_is_not_made(look_as, queued, monkeypatch):
    monkeypatch.setenv(limits.VARIABLE, "member.queued_runs=1")
    with acting_as(ADA), pytest.raises(LimitReached, match="You have 1 of 1 queued runs"):
        studies.create(plan.from_dict({"settings": queued.config.as_dict(), "vary": {"batch_size": [16, 32]}}))
    assert studies.all_studies() == []


def test_the_owner_decides_who_sees_a_run(look_as, finished):
    look_as(ADA)
    app = opened("train", run=finished.id)
    (choice,) = [found for found in app.segmented_control if found.label == "Who can see it?"]
    choice.set_value(Visibility.PUBLIC).run()
    assert ownership.of(finished.folder).visibility is Visibility.PUBLIC
    look_as(BEN)
    app = opened("train", run=finished.id)
    assert [found for found in app.segmented_control if found.label == "Who can see it?"] == []


def test_the_code_from_the_terminal_makes_the_owner(look_as, monkeypatch):
    monkeypatch.setattr(visitors, "_provider", lambda: people.visitor(BEN.id))
    app = opened("you")
    assert is_intact(app)
    assert "Only this computer can reach the server" in text_of(app)
    monkeypatch.setenv("IMGCLS_MODE", Mode.DEMO)
    assert "Only this computer" not in text_of(opened("you")), "nobody is meant to join"
    monkeypatch.setenv("IMGCLS_MODE", Mode.CLASSROOM)
    field = next(found for found in app.text_input if found.label == "Code from the terminal")
    field.set_value("AAAAA-AAAAA").run()
    assert "not the code" in text_of(app)
    field.set_value(owner_code.announce()).run()
    assert app.success[0].value == "You are the owner of this server now."
    assert not app.run().success
    assert people.visitor(BEN.id).role is Role.OWNER


def test_the_teacher_becomes_the_owner_on_the_class_page_and_opens_a_class_there(look_as, monkeypatch, capsys):
    monkeypatch.setattr(visitors, "_provider", lambda: people.visitor(BEN.id))
    app = opened("class")
    code = owner_code.announce()
    assert "To become the owner of this server, enter this code on the “Class” page" in capsys.readouterr().out
    field = next(found for found in app.text_input if found.label == "Code from the terminal")
    field.set_value(code).run()
    assert is_intact(app)
    assert [found.label for found in app.button] == ["Open a class"]
    assert app.success[0].value == "You are the owner of this server now."
    assert "This server has an owner. For another browser" in capsys.readouterr().out


def test_only_the_owner_gives_roles(look_as, monkeypatch):
    people.change(ADA.id, name="Ada")
    look_as(BEN)
    assert "People" not in text_of(opened("you"))
    look_as(Visitor(BEN.id, Role.OWNER, "Ben"))
    app = opened("you")
    next(found for found in app.selectbox if found.label == "Role").set_value(Role.TEACHER).run()
    assert people.visitor(ADA.id).role is Role.TEACHER


def test_everything_about_a_visitor_is_deleted_at_his_wish(look_as, queued):
    people.change(ADA.id, name="Ada", role=Role.MEMBER)
    look_as(ADA)
    app = opened("you")
    assert "What is stored about you" in text_of(app)
    button(app, "Delete everything about me").click().run()
    assert Run(queued.folder).folder.exists()  # it asks first
    app.button(key="you-delete").click().run()
    assert "has been deleted" in app.success[0].value
    assert not queued.folder.exists()


@pytest.mark.parametrize("name", HOSTILE)
def test_markup_in_a_name_stays_text(look_as, queued, name):
    person = people.change(ADA.id, name=name)
    ownership._write(queued.folder, ownership.Thing(ADA.id, Visibility.PUBLIC, "", person.name), 1.0)
    look_as(Visitor(BEN.id, Role.OWNER, person.name))
    for app in (opened("you"), opened("train", run=queued.id), opened("runs")):
        assert is_intact(app)
        shown = "\n".join(str(element.value) for kind in (app.markdown, app.caption) for element in kind)
        assert "<img" not in shown.replace("\\<img", "")
        assert person.name not in shown  # its markup is escaped


def test_without_a_cookie_the_page_asks_for_one(look_as):
    look_as(visitors.NOBODY)
    assert "Allow cookies" in text_of(opened("you"))


def test_in_local_mode_nothing_of_this_is_there(monkeypatch, finished):
    monkeypatch.delenv("IMGCLS_MODE")
    app = opened("train", run=finished.id)
    assert is_intact(app)
    assert [found for found in app.segmented_control if found.label == "Who can see it?"] == []
    assert "Ada" not in text_of(app)


@pytest.mark.parametrize(
    ("address", "is_local"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("192.168.1.2", False),
        (None, False),
    ],
)
def test_home_warns_if_others_can_reach_a_server_without_a_mode(monkeypatch, address, is_local):
    before = streamlit_config.get_option("server.address")
    streamlit_config.set_option("server.address", address)
    try:
        assert exposure.warning() == ""
        assert ("restart it with: imgcls app --mode classroom" in exposure.nobody_can_join()) is is_local
        monkeypatch.delenv("IMGCLS_MODE")
        assert exposure.nobody_can_join() == "", "nobody is meant to join"
        assert ("Other computers can reach this server" in text_of(opened("home"))) is not is_local
        monkeypatch.setenv("IMGCLS_MODE", "local")
        assert exposure.warning() == ""
    finally:
        streamlit_config.set_option("server.address", before)


@pytest.mark.parametrize(
    ("user", "role"),
    [
        ({"is_logged_in": True, "email": " Head@School.example "}, Role.OWNER),
        ({"is_logged_in": True, "email": "ms.b@school.example", "email_verified": True}, Role.TEACHER),
        ({"is_logged_in": True, "email": "pupil@school.example"}, Role.GUEST),
        ({"is_logged_in": True, "email": "head@school.example", "email_verified": False}, Role.GUEST),
        ({"is_logged_in": False, "email": "head@school.example"}, Role.GUEST),
        ({"is_logged_in": True, "email": ""}, Role.GUEST),
        ({"is_logged_in": True, "email": ["head@school.example"]}, Role.GUEST),
        ({"email": "head@school.example"}, Role.GUEST),
        ({}, Role.GUEST),
    ],
)
def test_signing_in_gives_the_role_of_the_listed_address(monkeypatch, user, role):
    monkeypatch.setenv("IMGCLS_OWNERS", "head@school.example,, other@school.example")
    monkeypatch.setenv("IMGCLS_TEACHERS", "Ms.B@school.example")
    assert visitor.signed_in(Visitor(BEN.id), user).role is role


def test_a_page_knows_its_visitor_and_looks_for_no_file_of_secrets(monkeypatch):
    """It asks many times, and each time Streamlit would look in two folders."""
    looked = []
    monkeypatch.setattr(user_info, "get_secrets_auth_section", lambda: looked.append("secrets") or {})
    monkeypatch.setattr(visitor.cookies, "read", lambda cookie: "")
    monkeypatch.setattr(visitor, "_cookies", OrderedDict())
    signed_in = []

    def page():
        from imgcls.ui.visitors import visitor

        visitor.of_page()

    monkeypatch.setattr(visitor, "signed_in", lambda who, user: signed_in.append(user["email"]) or who)
    assert not AppTest.from_function(page, default_timeout=60).run().exception
    assert signed_in == ["test@example.com"] and not looked, "the address that AppTest gives its user"


def test_runs_of_others_name_their_owner_and_ones_own_is_opened_first(look_as, finished, finished_run):
    ownership.share(finished.folder, Visibility.PUBLIC)
    finished.rename("Lesson 3")
    own = Run(finished.folder.with_name("20200101-000000-own"))
    shutil.copytree(finished.folder, own.folder)
    ownership._write(own.folder, ownership.Thing(BEN.id, Visibility.PRIVATE, "", "Ben"), 1.0)
    look_as(BEN)
    app = opened("evaluate")
    (choice,) = [one for one in app.selectbox if one.key == "evaluate-run"]
    assert is_intact(app) and choice.value == own.id
    assert any(one.startswith("Ada · Lesson 3") for one in choice.options)
    assert not any(one.startswith("Ben") for one in choice.options)
    headings = "".join(element.proto.body for element in opened("runs").get("html"))
    assert "<h2>Ada · Lesson 3</h2>" in headings and "<h2>Lesson 3</h2>" in headings


def test_a_teacher_without_a_name_is_called_teacher(look_as, finished):
    people.change(ADA.id, role=Role.TEACHER)
    ownership._write(finished.folder, ownership.Thing(ADA.id, Visibility.PUBLIC, "", ""), time.time())
    look_as(BEN)
    assert sharing_choice.whose(finished.folder) == "Teacher"
    people.change(ADA.id, role=Role.MEMBER)
    assert sharing_choice.whose(finished.folder) == "Visitor AAAA"
