"""Who may do what: one pure function. It reads neither files nor the environment."""

from dataclasses import dataclass
from enum import StrEnum

from imgcls.sharing import actions
from imgcls.sharing.actions import Action
from imgcls.sharing.modes import Mode
from imgcls.sharing.visitors import Role, Visitor

TRAINING_ROLES = {
    Mode.LOCAL: frozenset(Role),
    Mode.CLASSROOM: frozenset({Role.MEMBER, Role.MODERATOR, Role.TEACHER, Role.OWNER}),
    Mode.DEMO: frozenset(Role),
    Mode.READ_ONLY: frozenset({Role.OWNER}),
}
"""Who may do work of their own, by mode."""


class Visibility(StrEnum):
    """Who sees a run or a dataset besides its owner, the teacher of its room and the owner of the server."""

    PRIVATE = "private"
    ROOM = "room"
    PUBLIC = "public"


@dataclass(frozen=True)
class Thing:
    """What an action is about. The default is what the server's owner made before the server was shared."""

    owner: str = ""
    visibility: Visibility = Visibility.PUBLIC
    room: str = ""
    owner_name: str = ""

    @property
    def shown_owner(self) -> str:
        """Whose it is, as others read it."""
        return Visitor(self.owner, name=self.owner_name).shown_name


@dataclass(frozen=True)
class Decision:
    """Whether something is allowed, and otherwise a sentence that says why not."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


YES = Decision(True)


def allowed(mode: Mode, visitor: Visitor, action: Action, thing: Thing | None = None) -> Decision:
    """Whether a visitor may do this.

    Args:
        thing: The run or the dataset that it is about; None for what is about none, such as starting a run on a
            dataset that the server offers to everybody.
    """
    if mode is Mode.LOCAL or visitor.role is Role.OWNER:
        return YES
    if thing is not None and not sees(visitor, thing):
        # The same for a run that does not exist: nobody learns by trying what others have.
        return Decision(False, "It does not exist, or its owner has not shared it with you.")
    if action in actions.VIEWING:
        return YES
    if action in actions.ADMINISTERING:
        if visitor.role is Role.TEACHER and action in actions.OF_TEACHERS and mode is not Mode.READ_ONLY:
            return YES
        return Decision(False, f"You may not {action}. Only the owner of the server may.")
    if action in actions.TEACHING or action in actions.MODERATING:
        return _teaching(mode, visitor, action, thing)
    if action in actions.TAKING_PART and visitor.id and mode is not Mode.READ_ONLY:
        if action is Action.SEND_DRAWING or (thing is not None and changes(visitor, thing)):
            return YES
        return Decision(False, f"You may not {action}. It belongs to {(thing or Thing()).shown_owner}.")
    if visitor.role not in TRAINING_ROLES[mode] or not visitor.id:
        return Decision(False, f"You may not {action}. {_why(mode, visitor)}")
    if action in actions.CREATING:
        return YES
    if thing is not None and changes(visitor, thing):
        return YES
    return Decision(False, f"You may not {action}. It belongs to {(thing or Thing()).shown_owner}.")


def _teaching(mode: Mode, visitor: Visitor, action: Action, thing: Thing | None) -> Decision:
    """About a class, whose owner is its teacher. Being in the room is not enough, nor is having been a teacher."""
    if mode is not Mode.CLASSROOM:
        return Decision(False, f"You may not {action}. There are no classes on this server.")
    if action in actions.MODERATING and visitor.id and thing is not None and moderates(visitor, thing):
        return YES
    if action in actions.MODERATING and (thing is None or thing.owner != visitor.id):
        return Decision(False, f"You may not {action}. Only its teacher and its moderators may.")
    if visitor.role is not Role.TEACHER or not visitor.id:
        return Decision(False, f"You may not {action}. Only teachers may.")
    if action is Action.OPEN_CLASS or (thing is not None and thing.owner == visitor.id):
        return YES
    return Decision(False, f"You may not {action}. Only its teacher may.")


def sees(visitor: Visitor, thing: Thing) -> bool:
    """Whether a visitor sees a run or a dataset."""
    if thing.visibility is Visibility.PUBLIC or changes(visitor, thing):
        return True
    return thing.visibility is Visibility.ROOM and bool(thing.room) and thing.room == visitor.room


def changes(visitor: Visitor, thing: Thing) -> bool:
    """Whether it is the visitor's own, or of a room whose teacher they are or were, or they own the server."""
    is_own = bool(visitor.id) and thing.owner == visitor.id
    is_teacher = (
        visitor.role is Role.TEACHER
        and bool(thing.room)
        and (thing.room == visitor.room or thing.room in visitor.taught)
    )
    return is_own or is_teacher or visitor.role is Role.OWNER


def moderates(visitor: Visitor, thing: Thing) -> bool:
    """Whether the visitor is a moderator of the class that this is, or belongs to."""
    return visitor.role is Role.MODERATOR and bool(thing.room) and thing.room == visitor.room


def _why(mode: Mode, visitor: Visitor) -> str:
    if not visitor.id:
        return "Your browser sends no cookie. Allow cookies for this site and reload the page."
    if mode is Mode.READ_ONLY:
        return "This server is for viewing runs and trying out models."
    return "Join a class first."
