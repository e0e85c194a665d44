"""Controls for what the visitor may not do stay where they are, and say why. The refusal itself is the domain's."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imgcls import sharing
from imgcls.sharing import Action, Decision
from imgcls.sharing.permissions import YES


def button(action: Action, folder: Path | None = None, *, disabled: bool = False, help: str | None = None) -> Any:
    """The arguments `disabled` and `help` of a control that does this: disabled, with the reason, if not allowed."""
    decision = sharing.decide(action, folder)
    return {"disabled": disabled or not decision.allowed, "help": help if decision.allowed else decision.reason}


def of_all(action: Action, folders: Sequence[Path]) -> Decision:
    """Whether the visitor may do this to all of these; otherwise the first reason why not."""
    return next((found for folder in folders if not (found := sharing.decide(action, folder)).allowed), YES)
