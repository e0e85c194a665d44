"""Functions copied from our own source files into a script that does not import imgcls.

Copies cannot differ from what the run used. Annotations of parameters are left out, because they refer to this package;
comments stay.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from imgcls.system import paths

LONGEST_LINE = 110


@dataclass(frozen=True)
class Copied:
    """Import statements, and the definitions that need them."""

    imports: tuple[str, ...]
    code: str


def copied(
    file: str,
    roots: Sequence[str],
    *,
    defaults: Mapping[str, Any] | None = None,
    renamed: Mapping[str, str] | None = None,
) -> Copied:
    """Functions and classes of a file below imgcls/, with everything in the file that they refer to.

    Args:
        file: such as "training/loop/muon.py".
        roots: the names that are needed.
        defaults: new default values for keyword-only parameters.
        renamed: new names for constants, where two files use the same one.
    """
    text, tree = _parsed(file)
    definitions = {name: node for node in tree.body for name in _defines(node)}
    imported = {
        alias.asname or alias.name: node
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom) and not _is_ours(node)
        for alias in node.names
    }
    needed: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            if name in definitions:
                waiting += _references(definitions[name])
    nodes = [node for node in tree.body if needed.intersection(_defines(node))]
    code = "\n".join(_source(text, node, defaults or {}) for node in nodes)
    for old, new in (renamed or {}).items():
        code = re.sub(rf"\b{old}\b", new, code)
    imports = {_import(imported[name], name) for name in needed if name in imported}
    return Copied(tuple(sorted(imports)), re.sub(r"\n{4,}", "\n\n\n", code))


@cache
def _parsed(file: str) -> tuple[str, ast.Module]:
    text = (paths.repository_folder() / "imgcls" / file).read_text("utf-8")
    return text, ast.parse(text)


def _defines(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    return []


def _references(node: ast.stmt) -> list[str]:
    """The names that a definition uses, without those in annotations and defaults of its own parameters."""
    parts: list[ast.AST] = [node]
    if isinstance(node, ast.FunctionDef):
        parts = [*node.body, *node.decorator_list]
    return [one.id for part in parts for one in ast.walk(part) if isinstance(one, ast.Name)]


def _is_ours(node: ast.Import | ast.ImportFrom) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "imgcls"


def _import(node: ast.Import | ast.ImportFrom, name: str) -> str:
    alias = next(alias for alias in node.names if (alias.asname or alias.name) == name)
    what = alias.name if alias.asname is None else f"{alias.name} as {alias.asname}"
    return f"from {node.module} import {what}" if isinstance(node, ast.ImportFrom) else f"import {what}"


def _source(text: str, node: ast.stmt, defaults: Mapping[str, Any]) -> str:
    lines = text.splitlines()
    if not isinstance(node, ast.FunctionDef):
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
        block = "\n".join(lines[first - 1 : node.end_lineno])
        return f"\n\n{block}\n" if isinstance(node, ast.ClassDef) else block
    decorators = [lines[one.lineno - 1] for one in node.decorator_list]
    head = [*decorators, *_header(node, defaults)]
    # Comments between the header and the first statement belong to the body.
    start = node.body[0].lineno - 1
    while lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return "\n\n" + "\n".join([*head, *lines[start : node.end_lineno]]) + "\n"


def _header(node: ast.FunctionDef, defaults: Mapping[str, Any]) -> list[str]:
    given, arguments = node.args, []
    without = len(given.args) - len(given.defaults)
    for number, argument in enumerate(given.args):
        default = f"={ast.unparse(given.defaults[number - without])}" if number >= without else ""
        arguments.append(argument.arg + default)
    if given.kwonlyargs:
        arguments.append("*")
    for argument, value in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        if argument.arg in defaults:
            arguments.append(f"{argument.arg}={defaults[argument.arg]!r}")
        else:
            arguments.append(argument.arg if value is None else f"{argument.arg}={ast.unparse(value)}")
    short = f"def {node.name}({', '.join(arguments)}):"
    if len(short) <= LONGEST_LINE:
        return [short]
    return [f"def {node.name}(", *(f"    {argument}," for argument in arguments), "):"]
