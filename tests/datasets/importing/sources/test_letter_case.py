"""`a` and `A` are different classes if the user says so, and by default if single letters are among them."""

import pytest

from imgcls import datasets
from imgcls.datasets import importing
from imgcls.datasets.importing import ImportRequest
from tests.support.uploads import archive, csv, digits, imported, leaves, table


def answered(order: ImportRequest, answer: str) -> ImportRequest:
    return ImportRequest(order.kind, order.path, order.name, answers={"case": answer})


def classes(order: ImportRequest, title: str = "Letters") -> tuple[str, ...]:
    return datasets.facts(imported(order, title)).classes


@pytest.mark.parametrize(
    ("names", "default", "kept"),
    [(("a", "A", "b"), "different", {"a", "A", "b"}), (("Cat", "cat", "dog"), "same", {"cat", "dog"})],
)
def test_the_default_depends_on_single_letters_and_can_be_changed(names, default, kept, tmp_path):
    order = archive(tmp_path / "letters.zip", leaves(names))
    (question,) = importing.make_preview(order).questions
    assert (question.key, question.answer) == ("case", default)
    assert question.text.startswith("Upper and lower case")
    assert [option.detail for option in question.options] == ["3 classes", "2 classes"]
    assert set(classes(order)) == kept
    other = "same" if default == "different" else "different"
    assert len(classes(answered(order, other), "Other")) == 5 - len(kept)


def test_without_such_names_no_question_is_raised(tmp_path):
    assert importing.make_preview(archive(tmp_path / "letters.zip", leaves(("a", "B")))).questions == []


def test_a_pixel_table_raises_the_question_too(tmp_path):
    rows = [["aA"[row[0]], *row[1:]] for row in digits(12)]
    order = table(tmp_path / "letters.csv", csv([["label", *(f"pixel{n}" for n in range(16))], *rows]))
    shown = importing.make_preview(order)
    assert [row[0] for row in shown.counts] == ["A", "a"]
    assert shown.questions[0].answer == "different"
    assert classes(order) == ("A", "a")


def test_letters_are_added_to_their_own_class(tmp_path):
    name = imported(archive(tmp_path / "one.zip", leaves(("a", "A"))), "Letters")
    imported(archive(tmp_path / "two.zip", leaves(("a", "A", "B"), first=50)), into=name)
    data = datasets.open_dataset(name)
    counts = {
        label: sum(int((y == at).sum()) for y in (data.y_train, data.y_test))
        for at, label in enumerate(data.facts.classes)
    }
    assert counts == {"a": 10, "A": 10, "B": 5}
    imported(archive(tmp_path / "three.zip", leaves(("a", "b"), first=90)), into=name)
    assert datasets.facts(name).classes == ("A", "a", "B")
