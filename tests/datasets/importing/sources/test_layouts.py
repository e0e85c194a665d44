"""Folder layouts are interpreted correctly, or the user is asked: classes, splits and groups."""

import zipfile
from pathlib import Path

import pytest

from benchmarks.support import layouts
from benchmarks.support.layouts import Layout
from imgcls import datasets
from imgcls.datasets.importing import ImportRequest, sources
from imgcls.datasets.importing.findings import Question
from imgcls.datasets.importing.sources import Source
from imgcls.errors import SourceError
from tests.support.uploads import archive, image, imported


def packed(path: Path, names, texts=None) -> ImportRequest:
    """An archive of files with these names. Images are only listed, so one byte each is enough."""
    with zipfile.ZipFile(path, "w") as file:
        for name in names:
            file.writestr(name, b"x")
        for name, text in (texts or {}).items():
            file.writestr(name, text)
    return ImportRequest("file", str(path), path.name)


def read(path: Path, names, texts=None, **answers: str) -> Source:
    request = packed(path / "brought.zip", names, texts)
    with sources.opened(ImportRequest(request.kind, request.path, request.name, answers=answers)) as source:
        return source


def counts(source: Source) -> dict[str, tuple[int, int, int]]:
    found = source.counts
    return {label: (found[label, "train"], found[label, "test"], found[label, ""]) for label, _ in found}


@pytest.mark.parametrize("name", layouts.ALL)
def test_a_layout_gives_its_classes_splits_and_groups(name, tmp_path):
    layout = layouts.ALL[name]
    source = read(tmp_path, layout.paths(), layout.other_files(), **layout.answers)
    assert counts(source) == layout.expected()
    groups = {item.group for item in source.items}
    assert groups == {""} if not layout.groups else ("" not in groups and len(groups) == layout.groups)
    assert len({item.name for item in source.items}) == len(source.items)


@pytest.mark.parametrize("name", layouts.ALL)
def test_only_ambiguous_layouts_raise_a_question(name, tmp_path):
    layout: Layout = layouts.ALL[name]
    source = read(tmp_path, layout.paths(), layout.other_files())
    open_questions = {question.key for question in source.findings.questions if not question.answer}
    assert open_questions == set(layout.answers)
    if layout.answers:
        with pytest.raises(SourceError, match="Nothing was imported"):
            source.findings.check_answered()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([f"DCIM/Camera/IMG_{number}.jpg" for number in range(9)], "9 images are in 'Camera'"),
        ([f"IMG_{number}.jpg" for number in range(9)], "9 images are not in folders"),
        ([f"{part}/{number}.jpg" for part in ("train", "test") for number in range(9)], "are in 'test', 'train'"),
        ([f"train/images/{number}.jpg" for number in range(9)], "9 images are in"),
        ([f"pets/cat/{number}.jpg" for number in range(9)], "Found class 'cat'"),
        ([f"IMG_{number}.jpg" for number in range(5)] + [f"DSC_{number}.jpg" for number in range(5)], "not in folders"),
        ([f"images/{number}.jpg" for number in range(5)] + [f"masks/{number}.png" for number in range(5)], "images"),
        (
            [f"train/{number}.jpg" for number in range(5)] + [f"val/{number}.jpg" for number in range(5)],
            "'train', 'val'",
        ),
    ],
)
def test_unlabelled_images_are_refused_and_train_and_test_never_become_classes(names, said, tmp_path):
    with pytest.raises(SourceError) as caught:
        read(tmp_path, names)
    assert said in str(caught.value)


def question(source: Source) -> Question:
    (asked,) = source.findings.questions
    return asked


def test_a_question_shows_the_classes_of_both_interpretations(tmp_path):
    layout = layouts.ALL["folders: classes within classes"]
    asked = question(read(tmp_path, layout.paths()))
    assert asked.text == "Which folders are the classes?"
    assert [(option.value, option.detail) for option in asked.options] == [
        ("outer", "2 classes: animals, plants"),
        ("inner", "4 classes: birch, cat, dog, oak"),
    ]


def test_each_answer_gives_its_own_interpretation(tmp_path):
    paths = list(layouts.ALL["folders: diseases of several plants"].paths())
    assert set(counts(read(tmp_path, paths, classes="outer"))) == {"apple", "corn"}
    assert counts(read(tmp_path, paths, classes="inner")) == {
        "healthy": (0, 0, 12),
        "rust": (0, 0, 6),
        "scab": (0, 0, 6),
    }


def test_repeated_subfolders_are_the_classes_unless_the_user_chooses_the_outer_folders(tmp_path):
    paths = [f"{site}/{label}/{n}.jpg" for site in ("park", "yard") for label in ("cat", "dog") for n in range(3)]
    source = read(tmp_path, paths)
    assert set(counts(source)) == {"cat", "dog"}
    assert (question(source).answer, len(question(source).options)) == ("inner", 3)
    assert set(counts(read(tmp_path, paths, classes="outer"))) == {"park", "yard"}


def test_an_intermediate_folder_level_can_be_chosen(tmp_path):
    names = ("a/kite/x/old", "a/kite/y/new", "a/kite/z/new", "b/owl/y/old", "b/wren/x/new", "b/wren/z/old")
    paths = [f"{name}/{number}.jpg" for name in names for number in range(3)]
    options = [option.value for option in question(read(tmp_path, paths)).options]
    assert options == ["outer", "level-2", "level-3", "inner"]
    assert set(counts(read(tmp_path, paths, classes="level-2"))) == {"kite", "owl", "wren"}


@pytest.mark.parametrize(
    ("names", "is_asked"),
    [
        ([str(digit) for digit in range(10)], True),
        (["apple", "fig", "pear"], True),
        ([str(number) for number in range(1, 11)], False),  # numbered images
        (["front", "back", "left"], False),
    ],
)
def test_files_of_the_same_names_in_all_folders_may_be_the_classes(names, is_asked, tmp_path):
    people = ("anna", "ben", "cleo", "dora")
    paths = [f"scans/{who}/{name}.png" for who in people for name in names]
    source = read(tmp_path, paths)
    if not is_asked:
        assert not source.findings.questions
        return
    assert question(source).key == "names_or_folders" and not question(source).answer
    found = read(tmp_path, paths, names_or_folders="names")
    assert counts(found) == dict.fromkeys(names, (0, 0, 4))
    assert {item.group for item in found.items} == set(people)


def test_skipped_files_are_counted_by_reason(tmp_path):
    paths = [f"{part}/{label}/{n}.jpg" for part in ("train", "test") for label in ("cat", "dog") for n in range(4)]
    extra = ["train/loose.jpg", "more/cat/1.jpg", "train/cat/1_mask.png", "train/cat/weights.pkl"]
    rows = {row["reason"]: row["first"] for row in read(tmp_path, paths + extra).skipped.rows()}
    assert rows == {
        "outside the class folders, so without a class": ["train/loose.jpg"],
        "in a folder next to train and test": ["more/cat/1.jpg"],
        "a mask of the image with the same name": ["train/cat/1_mask.png"],
        "a Python pickle, which can execute code: save arrays as .npz": ["train/cat/weights.pkl"],
    }


def test_the_interpretation_of_file_names_is_shown(tmp_path):
    layout = layouts.ALL["file names: class and number"]
    notes = read(tmp_path, layout.paths()).notes
    assert notes == ["There are no class folders, so file names give the class: ship_1.jpg is “ship”."]


def test_splits_and_groups_survive_the_import(tmp_path):
    files = {f"{part}_set/plot {plot}/{label}/{n}.png": image(100 * plot + 10 * len(label) + n)
             for part, plots in (("training", (1, 2)), ("test", (3,))) for plot in plots
             for label in ("oak", "birch") for n in range(3)}  # fmt: skip
    name = imported(archive(tmp_path / "trees.zip", files), "Trees")
    data = datasets.open_dataset(name)
    assert data.facts.classes == ("birch", "oak")
    assert (len(data.y_train), len(data.y_test)) == (12, 6)


def test_a_list_that_may_count_from_0_names_only_the_folders_that_it_fits(tmp_path):
    paths = [f"{number}/{n}.jpg" for number in (1, 2) for n in range(3)]
    assert set(counts(read(tmp_path, paths, {"labels.txt": "cat\ndog\nowl\n"}))) == {"1", "2"}
    from_0 = [path.replace("2/", "0/") for path in paths]
    assert set(counts(read(tmp_path, from_0, {"labels.txt": "cat\ndog\n"}))) == {"cat", "dog"}
