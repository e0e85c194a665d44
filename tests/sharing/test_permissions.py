"""The whole table of rights: every mode, role, relation to the thing, and action."""

import re
from itertools import product
from pathlib import Path

import pytest

from imgcls.sharing import Action, Mode, Role, Thing, Visibility, Visitor, actions
from imgcls.sharing.permissions import allowed
from imgcls.system import paths

ACTIONS = Path(actions.__file__)
ME, OTHER, ROOM = "A" * 22, "B" * 22, "room-1"
THINGS = {
    "mine": Thing(ME, Visibility.PRIVATE),
    "mine, public": Thing(ME, Visibility.PUBLIC),
    "private": Thing(OTHER, Visibility.PRIVATE),
    "private, of my room": Thing(OTHER, Visibility.PRIVATE, ROOM),
    "shared with my room": Thing(OTHER, Visibility.ROOM, ROOM),
    "shared with another room": Thing(OTHER, Visibility.ROOM, "room-2"),
    "public": Thing(OTHER, Visibility.PUBLIC),
    "shipped": Thing(),
    "none": None,
}
VISIBLE = ("mine", "mine, public", "shared with my room", "public", "shipped", "none")
TO_TEACHER = (*VISIBLE, "private, of my room")
OWN = ("mine", "mine, public")
OF_CLASS = (*OWN, "private, of my room", "shared with my room")
NEVER: tuple[str, ...] = ()

# What a guest, a member and a teacher may do it to. The owner of the server may do everything; moderators: see below.
CLASSROOM = {
    **dict.fromkeys((Action.VIEW_RUN, Action.VIEW_DATASET), (VISIBLE, VISIBLE, TO_TEACHER)),
    **dict.fromkeys(
        (
            Action.START_RUN,
            Action.CHECK_SETTINGS,
            Action.IMPORT_DATASET,
            Action.IMPORT_MODEL,
            Action.SAVE_DRAWING,
            Action.COMPUTE,
            Action.EXPORT_RUN,
            Action.ANALYSE_DATASET,
            Action.START_STUDY,
            Action.SAVE_VIEW,
        ),
        (NEVER, VISIBLE, TO_TEACHER),
    ),
    **dict.fromkeys(
        (
            Action.RESUME_RUN,
            Action.STOP_RUN,
            Action.PAUSE_RUN,
            Action.TUNE_RUN,
            Action.MOVE_RUN,
            Action.RENAME_RUN,
            Action.PIN_IMAGES,
            Action.TAG_IMAGES,
            Action.REVIEW_LABELS,
            Action.DELETE_RUN,
            Action.RESTORE_RUN,
            Action.SHARE_RUN,
            Action.ADD_IMAGES,
            Action.DESCRIBE_DATASET,
            Action.EDIT_LABELS,
            Action.DELETE_DATASET,
            Action.SHARE_DATASET,
            Action.SEE_LOG,
            Action.STOP_STUDY,
            Action.EXTEND_STUDY,
            Action.RENAME_STUDY,
            Action.DELETE_STUDY,
            Action.RESTORE_STUDY,
        ),
        (NEVER, OWN, OF_CLASS),
    ),
    Action.OPEN_CLASS: (NEVER, NEVER, TO_TEACHER),
    **dict.fromkeys(actions.TEACHING - {Action.OPEN_CLASS}, (NEVER, NEVER, OWN)),
    Action.MODERATE: (NEVER, NEVER, OWN),
    Action.SEND_DRAWING: (VISIBLE, VISIBLE, TO_TEACHER),
    Action.WITHDRAW_DRAWING: (OWN, OWN, OF_CLASS),
    **dict.fromkeys((Action.PREPARE_DATASET, Action.FETCH_WEIGHTS), (NEVER, NEVER, TO_TEACHER)),
    **dict.fromkeys((Action.READ_SERVER_FOLDER, Action.READ_METRICS, Action.MANAGE_PEOPLE), (NEVER, NEVER, NEVER)),
}
MODERATOR = {Action.MODERATE: ("shared with my room",)}
"""What a moderator may do that a member may not."""
ROLES = (Role.GUEST, Role.MEMBER, Role.MODERATOR, Role.TEACHER)


def expected(mode: Mode, role: Role, action: Action, thing: str) -> bool:
    """The table: CLASSROOM, and how the other modes differ from it."""
    if mode is Mode.LOCAL or role is Role.OWNER:
        return True
    guest, member, teacher = CLASSROOM[action]
    if action in (*actions.TEACHING, *actions.MODERATING) and mode is not Mode.CLASSROOM:
        return False
    moderator = MODERATOR.get(action, member)
    if mode is Mode.READ_ONLY:  # as a guest, except that a teacher sees more
        if action in actions.TAKING_PART:
            return False
        return thing in (teacher if role is Role.TEACHER and action in actions.VIEWING else guest)
    if mode is Mode.DEMO and role is Role.GUEST:
        guest = member
    return thing in dict(zip(ROLES, (guest, member, moderator, teacher), strict=True))[role]


def test_the_table_has_a_line_for_every_action():
    assert set(CLASSROOM) == set(Action)


def test_every_action_is_asked_for_where_the_work_is_done():
    """On a page alone, it would only hide a button."""
    root = paths.repository_folder() / "imgcls"
    files = [path for path in root.rglob("*.py") if path.relative_to(root).parts[0] != "ui" and path != ACTIONS]
    asked = set(re.findall(r"Action\.([A-Z_]+)\b", "".join(path.read_text("utf-8") for path in files)))
    assert asked == {action.name for action in Action}


def test_every_action_is_of_exactly_one_kind():
    kinds = (
        actions.VIEWING,
        actions.CREATING,
        actions.CHANGING,
        actions.TEACHING,
        actions.MODERATING,
        actions.TAKING_PART,
        actions.ADMINISTERING,
    )
    assert sorted(action for kind in kinds for action in kind) == sorted(Action)
    assert actions.ADMINISTERING >= actions.OF_TEACHERS


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("role", Role)
def test_the_rights_of_a_role_are_those_in_the_table(mode, role):
    visitor = Visitor(ME, role, "Ada", ROOM)
    wrong = [
        (action.name, thing)
        for action, thing in product(Action, THINGS)
        if allowed(mode, visitor, action, THINGS[thing]).allowed != expected(mode, role, action, thing)
    ]
    assert wrong == []


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode is not Mode.LOCAL])
def test_a_refusal_says_why(mode):
    for role, action, thing in product(ROLES, Action, THINGS):
        decision = allowed(mode, Visitor(ME, role, "Ada", ROOM), action, THINGS[thing])
        assert decision.allowed or (decision.reason.endswith(".") and len(decision.reason) > 20)


@pytest.mark.parametrize("mode", [Mode.CLASSROOM, Mode.DEMO, Mode.READ_ONLY])
@pytest.mark.parametrize("action", sorted(set(Action) - actions.VIEWING))
def test_a_visitor_without_a_cookie_changes_nothing(mode, action):
    for role, thing in product(ROLES, THINGS):
        is_teachers = role is Role.TEACHER and action in actions.OF_TEACHERS
        assert is_teachers or not allowed(mode, Visitor("", role), action, THINGS[thing])


def test_what_is_hidden_is_refused_like_what_does_not_exist():
    """Nobody learns from a refusal whose it is."""
    hidden = Thing(OTHER, Visibility.PRIVATE, "", "Ben")
    reasons = {allowed(Mode.CLASSROOM, Visitor(ME, Role.MEMBER), action, hidden).reason for action in Action}
    assert len(reasons) == 1
    assert "Ben" not in reasons.pop()


def test_a_refusal_to_moderate_says_who_may():
    for role in ROLES:
        reason = allowed(Mode.CLASSROOM, Visitor(ME, role, "Ada", "room-2"), Action.MODERATE, THINGS["public"]).reason
        assert reason.endswith("Only its teacher and its moderators may.")


def test_a_refusal_names_the_owner_of_what_is_shared():
    shared = Thing(OTHER, Visibility.PUBLIC, "", "Ben")
    assert "It belongs to Ben." in allowed(Mode.CLASSROOM, Visitor(ME, Role.MEMBER), Action.STOP_RUN, shared).reason


def test_a_moderator_of_no_room_or_another_one_moderates_nothing():
    for room in ("", "room-2"):
        moderator = Visitor(ME, Role.MODERATOR, "Ada", room)
        for thing in THINGS.values():
            is_own = thing is not None and thing.room == room and room
            assert is_own or not allowed(Mode.CLASSROOM, moderator, Action.MODERATE, thing)
    assert not allowed(
        Mode.CLASSROOM, Visitor("", Role.MODERATOR, "", ROOM), Action.MODERATE, THINGS["shared with my room"]
    )


def test_a_teacher_of_no_room_has_no_rights_over_things_of_no_room():
    teacher = Visitor(ME, Role.TEACHER)
    assert not allowed(Mode.CLASSROOM, teacher, Action.STOP_RUN, Thing(OTHER, Visibility.PUBLIC))
    assert not allowed(Mode.CLASSROOM, teacher, Action.VIEW_RUN, Thing(OTHER, Visibility.PRIVATE))
