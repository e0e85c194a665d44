"""Options by their former names: they keep working, with a one-line hint."""

from collections.abc import Sequence

from imgcls.config.older_versions import RENAMED, RENAMED_MODEL_SETTINGS, RENAMED_VALUES


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


OPTIONS = {
    "train": {_flag(old): _flag(new) for old, new in (RENAMED | RENAMED_MODEL_SETTINGS).items()},
    "import": {"--look": "--preview", "--table": "--labels", "--side": "--size"},
}
"""Subcommand -> old option -> new option."""
ALSO = {"train": {"--lr": "--learning-rate"}}
"""Subcommand -> what many people write -> the option; without a hint."""
VALUES = {
    "train": {(_flag(name), old): new for name, values in RENAMED_VALUES.items() for old, new in values.items()},
}
"""Subcommand -> (new option, old value) -> new value."""
SWITCHES = {
    "import": {("--colour", "grey"): "--greyscale", ("--colour", "colour"): "--colour"},
}
"""Subcommand -> (old option, its value) -> the switch that replaced both."""


def replace(tokens: Sequence[str]) -> tuple[list[str], list[str]]:
    """The command line in today's spelling, and one hint for each spelling that changed."""
    if not tokens:
        return [], []
    command, *rest = tokens
    options, values, switches = OPTIONS.get(command, {}), VALUES.get(command, {}), SWITCHES.get(command, {})
    replaced, hints = [command], []
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if not name.startswith("--"):
            replaced.append(name + equals + value)
            continue
        takes_next = not equals and bool(rest) and not rest[0].startswith("--")
        given = value if equals else rest[0] if takes_next else ""
        if (name, given) in switches:
            hints.append(f"'{name} {given}' is now '{switches[name, given]}'.")
            replaced.append(switches[name, given])
            rest = rest[takes_next:]
            continue
        name = ALSO.get(command, {}).get(name, name)
        if name in options:
            hints.append(f"'{name}' is now '{options[name]}'.")
            name = options[name]
        if (name, given) in values:
            hints.append(f"'{given}' is now '{values[name, given]}'.")
            replaced += [name, values[name, given]]
            rest = rest[takes_next:]
        else:
            replaced.append(name + equals + value)
    return replaced, hints
