"""May the present visitor do this? Whatever changes something asks `require`; pages ask `decide`, and say why not."""

from pathlib import Path

from imgcls.errors import UserError
from imgcls.sharing import modes, ownership, visitors
from imgcls.sharing.actions import Action
from imgcls.sharing.permissions import YES, Decision, allowed, sees
from imgcls.sharing.visitors import Role


class NotAllowed(UserError):
    """The visitor may not do this; the message says why."""


def decide(action: Action, folder: Path | None = None) -> Decision:
    """Whether the present visitor may do this to a run or a dataset, or at all."""
    if not modes.is_shared():
        return YES
    return allowed(modes.mode(), visitors.current(), action, None if folder is None else ownership.of(folder))


def require(action: Action, folder: Path | None = None) -> None:
    """Stop here if the present visitor may not do this.

    Raises:
        NotAllowed: he may not.
    """
    decision = decide(action, folder)
    if not decision.allowed:
        raise NotAllowed(decision.reason)


def is_visible(folder: Path) -> bool:
    """Whether the present visitor sees a run or a dataset."""
    if not modes.is_shared():
        return True
    visitor = visitors.current()
    return visitor.role is Role.OWNER or sees(visitor, ownership.of(folder))
