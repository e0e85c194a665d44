"""The coach: what a training run shows to be wrong, how strong the evidence is, and one change that should help.

    evidence   what is known about a run, read from its folder and its dataset
    rules/     one file per rule; add a rule here
    finding    what a rule returns
    trying     a fix as a new run, its undo, and whether it helped

A rule is a module with TITLE, WHY (a sentence for learners) and `find(evidence)`, which returns a `Finding` or None. It
decides by numbers alone and never looks at the test set's predictions: a choice based on them would spoil the test.
"""

import importlib
import pkgutil
from dataclasses import replace
from functools import cache
from types import ModuleType

from imgcls.evaluation.coach import rules
from imgcls.evaluation.coach.evidence import Evidence
from imgcls.evaluation.coach.finding import Finding


@cache
def rule_names() -> tuple[str, ...]:
    """The names of all rules."""
    return tuple(sorted(entry.name for entry in pkgutil.iter_modules(rules.__path__)))


@cache
def rule(name: str) -> ModuleType:
    """The module of a rule."""
    return importlib.import_module(f"{rules.__name__}.{name}")


def findings(evidence: Evidence) -> list[Finding]:
    """What all rules find, the most urgent first."""
    found = []
    for name in sorted(rule_names(), key=lambda name: (rule(name).ORDER, name)):
        module = rule(name)
        one = module.find(evidence)
        if one is not None:
            found.append(replace(one, rule=name, title=module.TITLE, why=module.WHY))
    return found
