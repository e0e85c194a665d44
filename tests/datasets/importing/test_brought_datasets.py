"""Datasets as labs, teachers and companies pack them: what belongs together, and what a preview says in advance."""

import pytest

from imgcls import datasets
from imgcls.datasets.importing import make_preview, sources
from imgcls.datasets.importing.sources import ImportRequest
from imgcls.errors import SourceError
from tests.support.uploads import archive, csv, image, imported, leaves


def counts(name: str) -> dict[str, tuple[int, int]]:
    """Class -> training and test images."""
    data = datasets.open_dataset(name)
    return {
        label: (int((data.y_train == place).sum()), int((data.y_test == place).sum()))
        for place, label in enumerate(datasets.facts(name).classes)
    }


def groups(request: ImportRequest) -> dict[str, set[str]]:
    """Group -> the files in it."""
    found: dict[str, set[str]] = {}
    with sources.opened(request) as source:
        for item in source.items:
            found.setdefault(item.group, set()).add(item.name)
    return found


def answered(request: ImportRequest, **answers: str) -> ImportRequest:
    return ImportRequest(request.kind, request.path, request.name, answers=answers)


# ---- what belongs together


@pytest.mark.parametrize("end", ["_final_masked", "_gray", " segmented", "-seg"])
def test_versions_in_other_folders_may_have_a_word_at_the_end(end, tmp_path):
    files = {
        f"{folder}/{label}/leaf {n}{end if folder == 'segmented' else ''}.png": image(n)
        for folder in ("color", "grayscale", "segmented")
        for label in ("rust", "healthy")
        for n in range(4)
    }
    assert sorted(map(len, groups(archive(tmp_path / "leaves.zip", files)).values())) == [3] * 8


def test_numbers_at_the_end_are_other_images_not_versions(tmp_path):
    files = {
        f"{folder}/{label}/leaf{end}.png": image(n)
        for folder in ("color", "grayscale")
        for label in ("rust", "healthy")
        for n, end in enumerate(("", "_1", "_2", "_3"))
    }
    assert sorted(map(len, groups(archive(tmp_path / "leaves.zip", files)).values())) == [2] * 8


@pytest.mark.parametrize("view", ["cam", "camera", "angle", "shot", "pos_"])
def test_several_shots_of_a_thing_are_a_group(view, tmp_path):
    files = {
        f"{label}/SN{10 * place + n:04d}_{view}{shot}.png": image(100 * place + 10 * n + shot)
        for place, label in enumerate(("good", "scratched"))
        for n in range(4)
        for shot in (1, 2)
    }
    request = archive(tmp_path / "parts.zip", files)
    assert sorted(map(len, groups(request).values())) == [2] * 8
    assert [question.key for question in make_preview(request).questions] == ["series"]


def students(names=("Anna", "Ben", "Dora")) -> dict[str, bytes]:
    return {
        f"7b/{name}/{label}/{n}.png": image(100 * place + 10 * kind + n)
        for place, name in enumerate(names)
        for kind, label in enumerate(("clover", "daisy"))
        for n in range(3)
    }


def test_the_user_says_whether_outer_folders_are_groups(tmp_path):
    request = archive(tmp_path / "class.zip", students())
    (question,) = (one for one in make_preview(request).questions if one.key == "outer_folders")
    assert question.answer == "apart" and "'Anna' and 'Ben'" in question.text
    assert set(groups(answered(request, outer_folders="together"))) == {"Anna", "Ben", "Dora"}
    assert set(groups(request)) == {""}


def test_two_outer_folders_cannot_be_divided_and_are_no_question(tmp_path):
    found = make_preview(archive(tmp_path / "class.zip", students(("Anna", "Ben"))))
    assert "outer_folders" not in {question.key for question in found.questions}


# ---- splits


def test_only_one_class_has_training_images(tmp_path):
    files = {f"bottle/train/good/{n}.png": image(n) for n in range(8)}
    for place, label in enumerate(("good", "broken")):
        files |= {f"bottle/test/{label}/{n}.png": image(100 + 10 * place + n) for n in range(4)}
    request = archive(tmp_path / "bottle.zip", files)
    found = make_preview(request)
    assert found.is_undecided and found.counts == [("broken", 0, 0, 4), ("good", 0, 0, 12)]
    with pytest.raises(SourceError, match="Only 'good' has training images"):
        imported(request)
    assert counts(imported(answered(request, split_classes="together"))) == {"broken": (3, 1), "good": (10, 2)}


def test_a_table_with_one_training_class_says_what_to_change(tmp_path):
    files = {f"{n}.png": image(n) for n in range(12)}
    rows = [("file", "label", "split")]
    rows += [(f"{n}.png", "ok" if n < 8 else "bad", "train" if n < 6 else "test") for n in range(12)]
    with pytest.raises(SourceError, match="remove what marks test images, so that 20% of each class are held out"):
        make_preview(archive(tmp_path / "parts.zip", files | {"labels.csv": csv(rows).encode()}))


def test_the_preview_says_that_a_test_set_is_held_out(tmp_path):
    files = {f"{n}.png": image(n) for n in range(10)}
    rows = [("file", "label", "split"), *((f"{n}.png", "ab"[n % 2], "train") for n in range(10))]
    found = make_preview(archive(tmp_path / "all.zip", files | {"labels.csv": csv(rows).encode()}))
    assert found.counts == [("a", 0, 0, 5), ("b", 0, 0, 5)]
    assert any("all images as training images, so 20% of them are held out" in note for note in found.notes)


def sites(more: bool) -> dict[str, bytes]:
    """Three sites, each with all images of a plant, and with nettles; `more`: a fourth site, with nettles alone."""
    places = [(site, plant) for site in "ABC" for plant in (f"plant {site}", "nettle") for _ in range(4)]
    places += [("D", "nettle")] * (4 * more)
    rows = [("file", "label", "site_id"), *((f"{n}.png", plant, site) for n, (site, plant) in enumerate(places))]
    return {f"{n}.png": image(n) for n in range(len(places))} | {"labels.csv": csv(rows).encode()}


def test_the_preview_says_that_no_group_can_be_held_out(tmp_path):
    request = answered(archive(tmp_path / "a.zip", sites(more=False)), group_column="site_id")
    (note,) = (note for note in make_preview(request).notes if "refused" in note)
    assert "each group has all images of a class" in note and "Keep groups together" in note
    with pytest.raises(SourceError, match="No group can be held out"):
        imported(request)


def test_the_preview_does_not_warn_if_a_group_can_be_held_out(tmp_path):
    request = answered(archive(tmp_path / "a.zip", sites(more=True)), group_column="site_id")
    assert not any("refused" in note for note in make_preview(request).notes)
    imported(request)


# ---- skipped files and spellings


@pytest.mark.parametrize(
    ("file", "many"),
    [
        ("README.md", False),
        ("README.roboflow.txt", False),
        ("LICENSE", False),
        ("license_agreement.txt", False),
        ("docs/paper.pdf", False),
        ("oak/1.txt", True),
        ("more.csv", True),
    ],
)
def test_documents_for_people_are_not_many_skipped_files(file, many, tmp_path):
    found = make_preview(archive(tmp_path / "a.zip", leaves() | {file: b"x"}))
    assert found.skips_many is many and found.skipped[0]["count"] == 1


def numbered(labels) -> dict[str, bytes]:
    files = {f"{n}.png": image(n) for n in range(4 * len(labels))}
    return files | {
        "labels.csv": csv([("file", "label"), *((f"{n}.png", labels[n % len(labels)]) for n in range(len(files)))])
    }


def test_leading_zeros_make_no_other_class(tmp_path):
    request = archive(tmp_path / "a.zip", numbered(("01", "1", "2")))
    found = make_preview(request)
    assert [row[0] for row in found.counts] == ["1", "2"] and found.total == 12
    (question,) = (one for one in found.questions if one.key == "leading_zeros")
    assert question.answer == "same"
    assert set(counts(imported(answered(request, leading_zeros="different"), "Two"))) == {"01", "1", "2"}
    assert counts(imported(request, "One"))["1"][0] > 4


def test_leading_zeros_are_a_question_only_of_numbers_that_occur_in_both_forms(tmp_path):
    for place, labels in enumerate((("01", "02"), ("01", "1", "x"))):
        found = make_preview(archive(tmp_path / f"{place}.zip", numbered(labels)))
        assert not found.questions and len(found.counts) == len(labels)
