"""Ambiguities raise questions before the import, and nothing is imported without the answers."""

import pytest

from imgcls.cli import main
from imgcls.datasets import importing
from imgcls.datasets.importing.execution import execute, job
from imgcls.datasets.importing.findings import Findings, Option, Question
from imgcls.datasets.importing.sources import layouts
from imgcls.errors import SourceError
from tests.support.uploads import archive, leaves

OPTIONS = (Option("outer", "Outer folders", "2 classes"), Option("inner", "Inner folders", "3 classes"))


def test_without_a_default_an_unanswered_question_refuses_the_import():
    found = Findings()
    assert found.ask("classes", "Which folders are classes?", OPTIONS) == "outer"
    with pytest.raises(SourceError, match=r"Nothing was imported\. Choose classes=outer or classes=inner"):
        found.check_answered()


def test_a_default_needs_no_answer_but_can_be_overridden():
    found = Findings({"b": "inner"})
    assert found.ask("a", "Which?", OPTIONS, default="outer") == "outer"
    assert found.ask("b", "Which?", OPTIONS, default="outer") == "inner"
    found.check_answered()


def test_an_invalid_answer_lists_the_options():
    with pytest.raises(SourceError, match="Choose one of: outer, inner"):
        Findings({"a": "sideways"}).ask("a", "Which?", OPTIONS)


@pytest.fixture
def asking(monkeypatch):
    """Every container raises a question, like an ambiguous one."""
    real = layouts.to_items

    def to_items(files, found):
        found.ask("classes", "Which folders are classes?", OPTIONS)
        return real(files, found)

    monkeypatch.setattr(layouts, "to_items", to_items)


def test_a_preview_keeps_its_questions_on_disk(asking, tmp_path):
    preview = importing.make_preview(archive(tmp_path / "leaves.zip", leaves()))
    import_id = job.new_id()
    job.write_preview(job.make_folder(import_id), preview)
    assert job.preview(import_id).questions == [Question("classes", "Which folders are classes?", OPTIONS)]
    assert job.preview(import_id).is_undecided


def test_an_import_without_the_answer_changes_nothing(asking, tmp_path):
    with pytest.raises(SourceError, match="Choose classes=outer"):
        execute.import_dataset(archive(tmp_path / "leaves.zip", leaves()), title="Leaves")


def test_the_command_line_lists_the_questions_and_takes_answers(asking, tmp_path, capsys):
    request = archive(tmp_path / "leaves.zip", leaves())
    assert main.main(["import", request.path, "--preview"]) == 0
    assert "--answer classes=inner  Inner folders: 3 classes" in capsys.readouterr().out
    assert main.main(["import", request.path, "--preview", "--answer", "classes=inner"]) == 0
    assert "answer in effect: inner" in capsys.readouterr().out
    assert main.main(["import", request.path, "--preview", "--answer", "inner"]) != 0
    assert "--answer takes KEY=VALUE" in capsys.readouterr().err


def test_the_command_line_lists_the_questions_when_the_first_option_fails(monkeypatch, tmp_path, capsys):
    def to_items(files, found):
        found.ask("classes", "Which folders are classes?", OPTIONS)
        raise SourceError("There is only one class.")

    monkeypatch.setattr(layouts, "to_items", to_items)
    request = archive(tmp_path / "leaves.zip", leaves())
    assert main.main(["import", request.path, "--preview"]) == 1
    printed = capsys.readouterr().err
    assert "There is only one class." in printed and "--answer classes=inner  Inner folders: 3 classes" in printed
