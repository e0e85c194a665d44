"""May the present visitor do this? Whatever changes something asks `require`; pages ask `decide`, and say why not."""

from pathlib import Path

from imgcls.errors import UserError
from imgcls.sharing import modes, ownership, people, visitors
from imgcls.sharing.actions import Action
from imgcls.sharing.permissions import YES, Decision, Thing, Visibility, allowed
from imgcls.sharing.visitors import Role


class NotAllowed(UserError):
    """The visitor may not do this; the message says why."""


def decide(action: Action, folder: Path | None = None) -> Decision:
    """Whether the present visitor may do this to a run or a dataset, or at all."""
    if not modes.is_shared():
        return YES
    thing = None if folder is None else ownership.readable(ownership.of(folder))  # a refusal says whose it is
    return allowed(modes.mode(), visitors.current(), action, thing)


def require(action: Action, folder: Path | None = None) -> None:
    """Stop here if the present visitor may not do this.

    Raises:
        NotAllowed: they may not.
    """
    decision = decide(action, folder)
    if not decision.allowed:
        raise NotAllowed(decision.reason)


def decide_of(action: Action, thing: Thing) -> Decision:
    """The same as `decide` for something that has no folder of its own, such as a drawing of a class."""
    return allowed(modes.mode(), visitors.current(), action, thing)


def require_of(action: Action, thing: Thing) -> None:
    """The same as `require` for something that has no folder of its own.

    Raises:
        NotAllowed: the present visitor may not.
    """
    decision = decide_of(action, thing)
    if not decision.allowed:
        raise NotAllowed(decision.reason)


def share(action: Action, folder: Path, visibility: Visibility) -> None:
    """Change who sees a run (SHARE_RUN) or a dataset (SHARE_DATASET).

    Raises:
        NotAllowed: the visitor may not.
        UserError: it cannot be written.
    """
    if action not in (Action.SHARE_RUN, Action.SHARE_DATASET):
        raise ValueError(f"{action.name} does not change who sees a folder")
    require(action, folder)
    if visibility is Visibility.ROOM and not ownership.of(folder).room:
        raise NotAllowed("It belongs to no class, so it cannot be shared with one.")
    try:
        ownership.share(folder, visibility)
    except OSError as error:
        raise UserError(f"It could not be saved: {error.strerror}. Free some disk space.") from error


def give_role(visitor_id: str, role: Role) -> None:
    """Give somebody a role.

    Raises:
        NotAllowed: the present visitor may not.
        UserError: it cannot be written.
    """
    require(Action.MANAGE_PEOPLE)
    people.change(visitor_id, role=role)


def is_visible(folder: Path) -> bool:
    """Whether the present visitor sees a run or a dataset."""
    return decide(Action.VIEW_RUN, folder).allowed
