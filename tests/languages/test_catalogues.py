"""The catalogues are current, their translations fit the texts, and what a beginner reads is translated."""

import ast
import re
import shutil
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from imgcls import lessons
from imgcls.languages import ENGLISH, LANGUAGES, catalogues
from imgcls.languages import __main__ as command
from imgcls.lessons import glossary
from imgcls.system import paths

ROOT = paths.repository_folder()
CODES = [code for code in LANGUAGES if code != ENGLISH]
COMMAND = "python -m imgcls.languages"
TRANSLATED_LESSONS = ("draw", "pixels", "shuffled", "convolution", "training")
MARKDOWN = ("**", "`", "\n")
DATA = ("imgcls/lessons/catalog/", "imgcls/lessons/glossary.yaml")
"""Where texts may be untranslated; all others are marked because they must not."""


@pytest.fixture(scope="module")
def template_file(tmp_path_factory) -> Path:
    """All texts in the code, which takes seconds to read."""
    path = tmp_path_factory.mktemp("catalogue") / "imgcls.pot"
    command.extract(path)
    return path


@pytest.fixture(scope="module")
def template(template_file) -> Catalog:
    with template_file.open("rb") as file:
        return read_po(file)


def catalogue(code: str) -> Catalog:
    with catalogues.path_of(code).open("rb") as file:
        return read_po(file, locale=code)


def forms(text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def key_of(message: Message) -> str:
    return forms(message.id)[0]


def keys(of: Catalog) -> set[str]:
    return {key_of(message) for message in of if message.id}


def required(template: Catalog) -> set[str]:
    """What a visitor reads in the first lessons and on the way to them: it is translated completely."""
    found = {getattr(lessons.find(name), which) for name in lessons.names() for which in ("TITLE", "ABOUT", "GOAL")}
    for name in TRANSLATED_LESSONS:
        terms = {term for step in lessons.find(name).STEPS for term in step.all_terms}
        found |= terms | {text for term in terms for text in glossary.terms()[term]}
    for message in template:
        files = [file for file, _ in message.locations]
        of_lessons = [f"imgcls/lessons/catalog/{name}.py" for name in TRANSLATED_LESSONS]
        if message.id and any(file in of_lessons or not file.startswith(DATA) for file in files):
            found.add(key_of(message))
    return found


@pytest.mark.parametrize("code", CODES)
def test_a_catalogue_has_exactly_the_texts_of_the_code(code, template):
    assert keys(catalogue(code)) == keys(template), f"run `{COMMAND}`, then translate what is new"


@pytest.mark.parametrize("code", CODES)
def test_what_a_beginner_reads_is_translated(code, template):
    found = {key_of(message): message for message in catalogue(code) if message.id}
    missing = [
        key
        for key in sorted(required(template))
        if key in found and (found[key].fuzzy or not all(forms(found[key].string)))
    ]
    assert not missing, f"translate these in {catalogues.path_of(code)}, and remove “fuzzy” where it is right"


@pytest.mark.parametrize("code", CODES)
def test_a_translation_has_the_same_names_marks_and_plural_forms(code):
    found = catalogue(code)
    for message in found:
        strings = forms(message.string)
        if not message.id or not any(strings):
            continue
        assert len(strings) == (found.num_plurals if message.pluralizable else 1), message.id
        for string in strings:
            original = forms(message.id)[-1]
            assert fields(string) == fields(original), string
            assert [string.count(mark) for mark in MARKDOWN] == [original.count(mark) for mark in MARKDOWN], string
            assert not re.search("[<>]", string), "a translation becomes part of HTML"


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("code", CODES)
def test_a_draft_says_so(code):
    assert "DRAFT" in catalogue(code).header_comment and "(" in LANGUAGES[code]


def test_the_command_adds_new_texts_and_keeps_a_changed_one_for_a_translator_to_check(
    tmp_path, monkeypatch, template_file
):
    monkeypatch.setattr(command, "extract", lambda path: shutil.copyfile(template_file, path))
    path = tmp_path / "de" / "LC_MESSAGES" / "imgcls.po"
    path.parent.mkdir(parents=True)
    text = catalogues.path_of("de").read_text("utf-8")
    changed = text.replace('msgid "Train your first network"', 'msgid "Train your very first network"')
    path.write_text(changed.replace('msgid "Show the step"\nmsgstr "Schritt zeigen"\n', ""), "utf-8")
    command.update(tmp_path)
    with path.open("rb") as file:
        found = read_po(file, locale="de")
    assert found["Show the step"] is not None and "Train your very first network" not in keys(found)
    assert found["Train your first network"].fuzzy


MARKS = ("_", "ngettext", "N_")


def modules() -> list[tuple[Path, ast.Module]]:
    """The files that use translations."""
    texts = ((path, path.read_text("utf-8")) for path in (*ROOT.glob("pages/*.py"), *ROOT.glob("imgcls/**/*.py")))
    return [
        (path.relative_to(ROOT), ast.parse(text))
        for path, text in texts
        if "from imgcls.languages import" in text and path.parent.name != "languages"
    ]


def test_every_call_is_found_when_texts_are_extracted():
    """pybabel does not look into f-strings, and a variable named _ would hide the function."""
    found = modules()
    assert len(found) > 20
    for path, module in found:
        for node in ast.walk(module):
            if isinstance(node, ast.JoinedStr):
                inner = [argument for one in calls(node) for argument in one.args]
                assert not any(isinstance(one, ast.Constant) for one in inner), f"{path}:{node.lineno}"
            elif isinstance(node, ast.FunctionDef | ast.Lambda) and calls(node):
                names = [one for one in ast.walk(node) if isinstance(one, ast.Name) and one.id == "_"]
                assert not any(isinstance(one.ctx, ast.Store) for one in names), f"{path}:{node.lineno}"


def test_no_text_is_translated_when_a_module_is_imported():
    """It would stay in the language of the first visitor."""
    for path, module in modules():
        if path.parent.name == "pages" or path.name == "navigation.py":
            continue  # scripts, which run for each visitor
        functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.Lambda)]
        inside = {id(call) for function in functions for call in calls(function)}
        for call in calls(module):
            assert call.func.id == "N_" or id(call) in inside, f"{path}:{call.lineno}"


def calls(within: ast.AST) -> list[ast.Call]:
    """The calls of the functions that mark a text."""
    found = (node for node in ast.walk(within) if isinstance(node, ast.Call))
    return [call for call in found if isinstance(call.func, ast.Name) and call.func.id in MARKS]
