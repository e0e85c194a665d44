"""Importing images: which files are used, how they are stored, split, extended, described and deleted."""

import json
import os
import subprocess
import sys
import time
import zipfile
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from imgcls import datasets
from imgcls.datasets import importing
from imgcls.datasets.importing import ImportRequest, ImportSettings, holdout, job
from imgcls.datasets.importing.sources import single_images
from imgcls.errors import DatasetError, SettingError, SourceError
from imgcls.images import loading
from imgcls.images import square as square_fit
from imgcls.runs.run import Run
from imgcls.system import paths, tasks
from imgcls.system.tasks import TaskState
from tests.support.uploads import archive, csv, digits, image, imported, leaves, pixels, table, visible


def counts(name: str) -> dict[str, tuple[int, int]]:
    """Class -> training and test images, counted in the arrays."""
    data = datasets.open_dataset(name)
    return {
        label: (int((data.y_train == place).sum()), int((data.y_test == place).sum()))
        for place, label in enumerate(data.facts.classes)
    }


# ---- layouts

LAYOUTS = {
    "folders": (leaves(), {"birch": (4, 1), "oak": (4, 1)}),
    "one outer folder": (leaves(before="my leaves/"), {"birch": (4, 1), "oak": (4, 1)}),
    "three outer folders": (leaves(before="a/b/c/"), {"birch": (4, 1), "oak": (4, 1)}),
    "deeper folders": (leaves(("oak/tree_1", "oak/tree_2", "birch/tree_3"), 5), {"birch": (5, 0), "oak": (5, 5)}),
    "parts": (leaves(before="train/") | leaves(count=2, before="test/", first=50), {"birch": (5, 2), "oak": (5, 2)}),
    "parts in a folder": (
        leaves(before="x/Train/") | leaves(count=2, before="x/Testing/", first=50),
        {"birch": (5, 2), "oak": (5, 2)},
    ),
    "validation joins training": (
        leaves(before="train/") | leaves(count=2, before="test/", first=50) | leaves(count=3, before="val/", first=90),
        {"birch": (8, 2), "oak": (8, 2)},
    ),
    "validation is the test": (
        leaves(before="train/") | leaves(count=2, before="valid/", first=50),
        {"birch": (5, 2), "oak": (5, 2)},
    ),
    "test without classes": (
        leaves(before="train/") | {f"test/{number}.png": image(90 + number) for number in range(4)},
        {"birch": (4, 1), "oak": (4, 1)},
    ),
    "a class that is called test": (leaves(("test", "oak")), {"oak": (4, 1), "test": (4, 1)}),
    "numbers in order": (leaves(("10", "9", "1")), {"1": (4, 1), "9": (4, 1), "10": (4, 1)}),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_folders_become_classes_and_splits(layout, tmp_path):
    files, expected = LAYOUTS[layout]
    order = archive(tmp_path / "leaves.zip", files)

    name = imported(order)
    assert counts(name) == expected
    assert list(counts(name)) == list(expected)
    seen = importing.make_preview(order)
    assert [row[0] for row in seen.counts] == list(expected)
    assert seen.total == sum(map(sum, expected.values()))


def test_an_imported_dataset_behaves_like_a_built_in_one(tmp_path):
    before = datasets.names()
    name = imported(archive(tmp_path / "leaves.zip", leaves()), "Leaves of our garden", note="From the shed.")

    assert name == "own-leaves-of-our-garden"
    assert datasets.names() == [*before, name]
    facts = datasets.facts(name)
    assert (facts.title, facts.text, facts.source) == ("Leaves of our garden", "From the shed.", "own")
    assert (facts.classes, facts.shape, facts.counts) == (("birch", "oak"), (28, 28, 3), (8, 2))
    assert datasets.is_ready(name)
    data = datasets.open_dataset(name)
    assert data.x_train.dtype == np.uint8 and data.y_train.dtype == np.int64
    assert isinstance(data.x_train, np.memmap)
    expected = {images_of(value) for value in leaves().values()}
    assert {array.tobytes() for array in (*data.x_train, *data.x_test)} == expected
    assert datasets.custom_dataset(name).held_back
    datasets.prepare(name)  # like a shell


def images_of(data: bytes) -> bytes:
    return square_fit.framed(loading.open_image(data).pixels, 28, 3, "crop").tobytes()


def test_clutter_and_damaged_images_are_skipped_and_counted(tmp_path):
    files = leaves() | {
        "__MACOSX/oak/._1.png": b"x",
        "oak/.DS_Store": b"x",
        "oak/Thumbs.db": b"x",
        "oak/notes.txt": b"x",
        "oak/inner.zip": b"PK\x03\x04",
        "oak/half.png": image(7)[:60],
        "oak/none.jpg": b"",
        "oak/photo.cr2": b"x",
        "top.png": image(8),
        "oak/wide.png": image(9, height=8, width=400),
    }
    name = imported(archive(tmp_path / "leaves.zip", files))

    skipped = {reason: (count, first) for reason, count, first in datasets.custom_dataset(name).skipped}
    assert skipped["system files (such as .DS_Store)"][0] == 3
    assert skipped["not an image, judging by the file extension"] == (2, ("oak/notes.txt", "oak/inner.zip"))
    assert skipped["damaged or incomplete"] == (1, ("oak/half.png",))
    assert skipped["empty"] == (1, ("oak/none.jpg",))
    assert skipped["outside the class folders, so without a class"] == (1, ("top.png",))
    assert skipped["a strip: one side is more than 20 times the other"] == (1, ("oak/wide.png",))
    assert skipped["in an unsupported image format: convert to JPEG"] == (1, ("oak/photo.cr2",))
    assert counts(name) == {"birch": (4, 1), "oak": (4, 1)}


def test_no_metadata_survives_the_import(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # rotated by 90 degrees
    exif[0x9286] = "SECRET PLACE"
    turned = image(1, "JPEG", 20, 12, exif=exif, quality=95)
    assert b"SECRET PLACE" in turned
    tail = image(2) + b"<script>alert(1)</script>"
    files = leaves() | {"oak/turned.jpg": turned, "oak/tail.png": tail}
    name = imported(archive(tmp_path / "leaves.zip", files), fit="pad")

    stored = b"".join(path.read_bytes() for path in paths.own_folder().rglob("*") if path.is_file())
    assert b"SECRET" not in stored and b"<script>" not in stored
    data = datasets.open_dataset(name)
    upright = square_fit.framed(loading.open_image(turned).pixels, 28, 3, "pad")
    assert any(np.array_equal(upright, array) for array in (*data.x_train, *data.x_test))


@pytest.mark.parametrize(("fit", "expected"), [("crop", (28, 28)), ("pad", (28, 14))])
def test_an_image_is_made_square_by_cropping_or_padding(fit, expected):
    wide = np.full((40, 80, 3), 200, np.uint8)
    wide[:, 20:60] = 50
    square = square_fit.framed(wide, 28, 3, fit)

    assert square.shape == (28, 28, 3)
    if fit == "crop":
        assert (square == 50).all()
    else:
        assert (square[[0, -1]] == 200).all() and (square[14, 14] == 50).all()
    assert square_fit.framed(wide, 32, 1, fit).shape == (32, 32, 1)


def test_prediction_makes_images_square_in_the_same_way():
    wide = loading.LoadedImage(pixels(3, 40, 80))
    for fit in square_fit.FITS:
        prepared = loading.prepare_photo(wide, (28, 28, 1), fit=fit)
        assert np.array_equal(prepared.pixels, square_fit.framed(wide.pixels, 28, 1, fit))
        assert prepared.notes


# ---- splitting


def test_a_fifth_is_held_out_by_content_independent_of_order():
    labels = [place % 3 for place in range(150)]
    digests = [bytes([place, 7]) for place in range(150)]
    test = holdout.choose_test(labels, digests)
    assert [int(test[np.array(labels) == label].sum()) for label in range(3)] == [10, 10, 10]
    shuffled = np.random.default_rng(0).permutation(150)
    again = holdout.choose_test([labels[i] for i in shuffled], [digests[i] for i in shuffled])
    assert np.array_equal(again, test[shuffled])


def test_duplicates_stay_in_one_split_and_conflicting_ones_in_training():
    labels = [0] * 10 + [1] * 10
    digests = [b"a"] * 4 + [bytes([place]) for place in range(6)] + [b"a"] + [bytes([50 + place]) for place in range(9)]
    test = holdout.choose_test(labels, digests)
    assert not test[[0, 1, 2, 3, 10]].any()
    assert test[:10].sum() == test[10:].sum() == 2
    assert holdout.count_duplicates(labels, digests, test) == (4, 5, 0)


def test_each_class_keeps_two_training_images():
    for count in range(3, 12):
        test = holdout.choose_test([0] * count, [bytes([place]) for place in range(count)])
        assert 1 <= test.sum() <= count - 2


def test_train_test_duplicates_are_reported(tmp_path):
    files = leaves(before="train/") | leaves(count=3, before="test/", first=3)
    name = imported(archive(tmp_path / "leaves.zip", files))
    assert any("(optimistic test score): 4 images" in note for note in datasets.custom_dataset(name).notes)


# ---- adding, renaming and deleting


def test_images_are_added_and_existing_ones_keep_their_split(tmp_path):
    name = imported(archive(tmp_path / "one.zip", leaves()))
    before = datasets.open_dataset(name)
    card = datasets.dataset_stamp(name)
    files = leaves(("Birch", "pine"), 6, first=3)  # birch 3 and 4 exist already
    assert imported(archive(tmp_path / "two.zip", files), into=name) == name

    after = datasets.open_dataset(name)
    assert after.facts.classes == ("birch", "oak", "pine")
    assert len(after.y_train) + len(after.y_test) == 22
    assert np.array_equal(after.x_train[: len(before.y_train)], before.x_train)
    assert np.array_equal(after.y_test[: len(before.y_test)], before.y_test)
    train, test = ({array.tobytes() for array in part} for part in (after.x_train, after.x_test))
    assert not train & test
    assert after.fingerprint != before.fingerprint and datasets.dataset_stamp(name) != card
    assert before.x_train.sum() > 0  # readers of the old version are not disturbed
    assert sorted(path.name for path in (paths.own_folder() / name).iterdir()) == ["2", "dataset.json", "label.json"]


def test_name_and_note_can_be_changed_and_titles_stay_unique(tmp_path):
    order = archive(tmp_path / "leaves.zip", leaves())
    first, second = imported(order), imported(order, "Leaves, again")
    datasets.describe_custom(first, "  Old   leaves ", "A note")
    assert (datasets.facts(first).title, datasets.facts(first).text) == ("Old leaves", "A note")
    datasets.describe_custom(second, "a\u202eb\nc\0", "")
    assert datasets.facts(second).title == "a b c"
    with pytest.raises(DatasetError, match="There is already a dataset called “old LEAVES”"):
        datasets.describe_custom(second, "old LEAVES", "")
    with pytest.raises(DatasetError, match="There is already a dataset called “MNIST”"):
        imported(order, "MNIST")
    with pytest.raises(DatasetError, match="needs a name"):
        imported(order, " \n ")
    third = imported(order, "Leaves")  # its first title is available again, its folder is not
    assert (first, third) == ("own-leaves", "own-leaves-2")


def test_links_to_a_deleted_dataset_report_it(tmp_path):
    name = imported(archive(tmp_path / "leaves.zip", leaves()))
    datasets.exclude(datasets.open_dataset(name), [0])
    datasets.delete_custom(name)
    datasets.delete_custom(name)  # a second click
    assert name not in datasets.names() and visible() == []
    with pytest.raises(DatasetError, match="is no longer on this machine: it was deleted"):
        datasets.open_dataset(name)


@pytest.mark.parametrize("name", ["own-../x", "own-", "own-a/b", "own-A", "own-" + "a" * 100, "own-a\n"])
def test_an_invalid_name_never_becomes_a_path(name):
    assert not datasets.is_custom(name)
    with pytest.raises(DatasetError):
        datasets.facts(name)
    with pytest.raises(DatasetError):
        datasets.delete_custom(name)


@pytest.mark.parametrize("corruption", ["card", "label", "arrays", "strange"])
def test_a_damaged_dataset_is_skipped_or_reported_and_others_work(corruption, tmp_path):
    order = archive(tmp_path / "leaves.zip", leaves())
    bad, good = imported(order), imported(order, "Good")
    folder = paths.own_folder() / bad
    if corruption == "arrays":
        (folder / "1" / "x_train.npy").write_bytes(b"short")
        with pytest.raises(DatasetError, match="Leaves is damaged"):
            datasets.open_dataset(bad)
        with pytest.raises(DatasetError, match="Leaves is damaged"):
            datasets.prepare(bad)
        assert not datasets.is_available(bad)
    else:
        files = {"card": ("dataset.json", "{"), "label": ("label.json", "[]")}
        file, text = files.get(corruption, ("dataset.json", json.dumps({"classes": ["a"], "shape": [1, 1, 9]})))
        (folder / file).write_text(text)
        assert bad not in datasets.names()
        with pytest.raises(DatasetError, match="is damaged"):
            datasets.facts(bad)
    assert len(datasets.open_dataset(good).y_train) == 8


# ---- sources other than archives of folders


def test_a_label_table_next_to_an_archive_is_read(tmp_path):
    files = {f"photos/{number}.png": image(number) for number in range(12)}
    archive(tmp_path / "photos.zip", files | {"photos/99.png": image(99)})
    rows = [["id", "breed"], *[[f"{number}", "dog" if number % 2 else "cat"] for number in range(12)], ["77", "cat"]]
    (tmp_path / "labels.csv").write_text(csv(rows))
    order = ImportRequest(
        "listing", str(tmp_path / "photos.zip"), "photos.zip", str(tmp_path / "labels.csv"), "labels.csv"
    )
    name = imported(order)

    assert counts(name) == {"cat": (5, 1), "dog": (5, 1)}
    skipped = {reason: first for reason, _, first in datasets.custom_dataset(name).skipped}
    assert skipped["listed in the table, but missing from the archive"][-1] == "77"
    assert skipped["in the archive, but not listed in the table"] == ("photos/99.png",)
    data = datasets.open_dataset(name)
    dogs = {images_of(files[f"photos/{number}.png"]) for number in range(1, 12, 2)}
    learnt = zip(data.x_train, data.y_train, strict=True)
    assert {array.tobytes() for array, label in learnt if label == 1} < dogs


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("file\n1.png\n", "has only one column"),
        ("file,a,b\n1.png,x,y\n", "none called 'label'"),
        ("file,label\n1.png,\n", "row 2 has no label for '1.png'"),
        ("file,label\n1.png,cat\n1.png,dog\n", "row 3 labels '1.png' as 'dog', an earlier row as 'cat'"),
        ("file,label\nother.png,cat\n", "lists no image of the archive"),
        ("file,label\n1.png,cat,dog\n", "row 2 has 3 fields. Expected 2"),
    ],
)
def test_an_unusable_label_table_gives_the_reason(text, sentence, tmp_path):
    archive(tmp_path / "photos.zip", {f"{number}.png": image(number) for number in range(4)})
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(SourceError, match=sentence):
        importing.make_preview(
            ImportRequest("listing", str(tmp_path / "photos.zip"), "p.zip", str(tmp_path / "labels.csv"), "labels.csv")
        )


def test_only_folders_below_the_configured_root_can_be_imported(tmp_path, monkeypatch):
    (tmp_path / "root").mkdir()
    (tmp_path / "outside").mkdir()
    for place in ("root/leaves", "outside/leaves"):
        with zipfile.ZipFile(BytesIO(), "w"):
            for path, data in leaves(before=f"{place}/").items():
                (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / path).write_bytes(data)
    (tmp_path / "root" / "way-out").symlink_to(tmp_path / "outside")
    (tmp_path / "root" / "leaves" / "oak" / "link.png").symlink_to(tmp_path / "outside" / "leaves" / "oak" / "0.png")
    (tmp_path / "root" / "leaves" / "more").symlink_to(tmp_path / "outside" / "leaves" / "oak")
    with pytest.raises(SourceError, match="Set IMGCLS_IMPORT_ROOT"):
        importing.from_root("leaves")
    monkeypatch.setenv("IMGCLS_IMPORT_ROOT", str(tmp_path / "root"))
    for path in ("../outside/leaves", "way-out/leaves", str(tmp_path / "outside"), "leaves\0", "none"):
        with pytest.raises(SourceError):
            importing.from_root(path)
    name = imported(importing.from_root("leaves"))
    assert counts(name) == {"birch": (4, 1), "oak": (4, 1)}
    assert {reason: count for reason, count, _ in datasets.custom_dataset(name).skipped} == {"a link": 2}


def test_single_images_are_imported_class_by_class(tmp_path):
    folder = job.make_folder(job.new_id())
    for number in range(4):
        single_images.add(folder, "mug", image(number, "JPEG", 600, 900), f"{number}.jpg")
        single_images.add(folder, " pen\n", image(50 + number), "x.png")
    single_images.add(folder, "mug", image(7), "wrong.png")
    single_images.remove_last(folder, "mug")
    assert single_images.counts(folder) == {"mug": 4, "pen": 4}
    for path in (folder / "pictures").iterdir():
        assert min(Image.open(path).size) <= single_images.STORED_SIDE and path.suffix == ".png"
    with pytest.raises(SourceError, match="The class has no name"):
        single_images.add(folder, " ", image(1), "x.png")
    with (folder / "pictures.jsonl").open("a") as torn:
        torn.write('{"file": "0000')
    single_images.add(folder, "pen", image(60), "x.png")
    assert counts(imported(ImportRequest("pictures", str(folder), "yours"))) == {"mug": (3, 1), "pen": (4, 1)}


# ---- background processes, cancelling, and a full disk


def started(tmp_path, files=None) -> str:
    import_id = job.new_id()
    with BytesIO() as stream:
        with zipfile.ZipFile(stream, "w") as packed:
            for path, data in (files or leaves()).items():
                packed.writestr(path, data)
        path = job.save_upload(import_id, 0, stream)
    job.inspect(import_id, ImportRequest("zip", str(path), "leaves.zip"))
    return import_id


def ended(import_id: str, seconds: float = 60) -> TaskState:
    deadline = time.monotonic() + seconds
    while job.state(import_id).state == "running" and time.monotonic() < deadline:
        time.sleep(0.02)
    return job.state(import_id)


def test_preview_and_import_run_in_background_processes(tmp_path, wait_until):
    import_id = started(tmp_path)
    assert job.state(import_id).state == "idle"
    assert job.preview(import_id).total == 10
    job.start(import_id, ImportSettings("Leaves", side=28))
    job.start(import_id, ImportSettings("Leaves", side=28))  # a second click changes nothing
    assert ended(import_id) == TaskState("ready", 1.0)
    assert job.imported_name(import_id) == "own-leaves"
    assert visible() == ["own-leaves"]
    wait_until(lambda: not list(job.folder_of(import_id).glob("upload*")))


def test_the_page_shows_why_an_import_was_refused(tmp_path):
    import_id = started(tmp_path, {"../../oak/1.png": image(1)})
    with pytest.raises(SourceError, match=r"entry '../../oak/1.png' points outside the archive"):
        job.preview(import_id)
    job.start(import_id, ImportSettings("Leaves"))
    assert "points outside the archive" in ended(import_id).text
    assert visible() == []


@pytest.mark.parametrize("import_id", ["", "..", "../../x", "0" * 15, "G" * 16, "0" * 16 + "\n"])
def test_an_invalid_id_never_becomes_a_path(import_id):
    with pytest.raises(SourceError, match="This link does not belong to an import"):
        job.folder_of(import_id)


SLOWLY = """
import sys, time
from imgcls.datasets.importing.pixels import decode; from imgcls.datasets.importing import __main__ as entry
real = decode.image_of
def slowly(*arguments):
    time.sleep(0.2)
    return real(*arguments)
decode.image_of = slowly
sys.exit(entry.main(["--make", sys.argv[1]]))
"""


@pytest.mark.parametrize("how", ["killed", "cancelled"])
def test_a_cancelled_import_leaves_nothing_visible_and_can_be_repeated(how, tmp_path, monkeypatch, wait_until):
    import_id = started(tmp_path, leaves(count=150))

    def slow(module, *arguments, environment, **streams):
        command = [sys.executable, "-c", SLOWLY, arguments[-1], "imgcls.datasets.importing"]
        return subprocess.Popen(command, cwd=paths.repository_folder(), **streams)

    with monkeypatch.context() as patch:
        patch.setattr(job.processes, "spawn", slow)
        job.start(import_id, ImportSettings("Leaves", side=28))
        wait_until(lambda: "Reading image" in job.state(import_id).text or _has_pile(import_id))
        if how == "killed":
            tasks._children["import", job.folder_of(import_id)].kill()
            wait_until(lambda: job.state(import_id).state == "failed")
            assert job.state(import_id).text == tasks.INTERRUPTED
        else:
            job.cancel(import_id)
            assert job.state(import_id).state == "idle"
    assert visible() == []
    job.start(import_id, ImportSettings("Leaves", side=28))
    assert ended(import_id).state == "ready"
    assert len(datasets.open_dataset("own-leaves").y_train) == 240
    job.discard(import_id)
    assert not job.folder_of(import_id).exists()


def _has_pile(import_id: str) -> bool:
    return (job.folder_of(import_id) / "work" / "pictures.bin").exists()


FAILS = """
import os, sys
os.environ["IMGCLS_RUNS"] = os.environ["IMGCLS_OWN_DATA"]  # whose steps are counted
from tests.support.processes import disk_failures
from imgcls.datasets.importing import __main__ as entry
for line in sys.stdin:
    step, how, folder, *words = line.split()
    pid = os.fork()
    if pid:
        print(os.waitpid(pid, 0)[1], flush=True)
        continue
    disk_failures.at(int(step), how, *words)
    code = 1
    try:
        code = entry.main(["--make", folder])
    except BaseException:
        import traceback
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(code)
"""


@pytest.fixture
def failing_at(tmp_path):
    """`failing_at(step, how, import_id, *words)` imports in a process that fails at a step: whether it finished.

    All are forked from one process, so that a test does not wait for Python imports.
    """
    with (tmp_path / "errors").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", FAILS],
            env=os.environ | {"PYTHONPATH": str(paths.repository_folder())},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )

    def fail(step: int, how: str, import_id: str, *words: str) -> bool:
        print(step, how, job.folder_of(import_id), *words, file=process.stdin, flush=True)
        return int(process.stdout.readline()) == 0

    yield fail
    process.stdin.close()
    process.wait(10)
    assert "Traceback" not in (tmp_path / "errors").read_text()


def wanted(import_id: str, wish: ImportSettings) -> None:
    (job.folder_of(import_id) / "wish.json").write_text(json.dumps(wish.as_dict()))


def test_a_kill_at_any_write_step_leaves_the_complete_dataset_or_none(tmp_path, failing_at):
    import_id = started(tmp_path)
    wanted(import_id, ImportSettings("Leaves", side=28))
    upload = (job.folder_of(import_id) / "upload-0").read_bytes()
    seen = set()
    for step in range(1, 60):
        (job.folder_of(import_id) / "upload-0").write_bytes(upload)
        over = failing_at(step, "killed", import_id, "/work/", "own-")
        if visible():
            assert counts("own-leaves") == {"birch": (4, 1), "oak": (4, 1)}
        seen.add(bool(visible()))
        if over:
            break
        for name in visible():
            datasets.delete_custom(name)
    assert over and step > 15 and seen == {False, True}


def test_a_kill_at_any_step_of_adding_leaves_the_old_or_the_new_state(tmp_path, failing_at):
    name = imported(archive(tmp_path / "one.zip", leaves()))
    import_id = started(tmp_path, leaves(count=4, first=50))
    wanted(import_id, ImportSettings(into=name))
    upload, sizes, step = (job.folder_of(import_id) / "upload-0").read_bytes(), set(), 0
    while True:
        step += 1
        (job.folder_of(import_id) / "upload-0").write_bytes(upload)
        over = failing_at(step, "killed", import_id, "/work/", "own-")
        data = datasets.open_dataset(name)
        sizes.add(len(data.y_train) + len(data.y_test))
        assert len(data.x_train) == len(data.y_train)
        if over:
            break
    assert step > 10 and {10, 18} <= sizes


def test_a_full_disk_at_any_write_is_reported_and_leaves_nothing_behind(tmp_path, failing_at):
    import_id = started(tmp_path)
    wanted(import_id, ImportSettings("Leaves", side=28))
    for step in range(1, 60):
        over = failing_at(step, "full", import_id, "/work/")
        if over:
            break
        state = job.state(import_id)
        assert (state.state, visible()) == ("failed", [])
        assert "could not be written" in state.text or "cannot be written" in state.text
        assert "No space left on device. Nothing was imported" in state.text or "Free some space" in state.text
        assert not (job.folder_of(import_id) / "work").exists()
    assert over and step > 8
    assert visible() == ["own-leaves"]


def test_too_little_disk_space_is_reported_before_anything_is_read(tmp_path, monkeypatch):
    import shutil

    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10_000))
    with pytest.raises(SourceError, match="needs about 0 MB of disk space, but only 0 MB are free"):
        imported(archive(tmp_path / "leaves.zip", leaves()))


def test_old_imports_are_cleaned_up(tmp_path):
    import_id, fresh = started(tmp_path), started(tmp_path)
    for path in (*job.folder_of(import_id).iterdir(), job.folder_of(import_id)):
        os.utime(path, (0, 0))
    job.sweep()
    assert not job.folder_of(import_id).exists() and job.folder_of(fresh).exists()


@pytest.mark.parametrize("wish", [{"side": 33}, {"channels": 2}, {"fit": "squeeze"}, {"side": "../x"}])
def test_an_invalid_option_is_refused(wish):
    with pytest.raises(SettingError, match="must be one of"):
        ImportSettings("Leaves", **wish)


def test_the_shell_can_preview_import_add_and_train(tmp_path):
    order = archive(tmp_path / "leaves.zip", leaves(count=6))
    table(tmp_path / "digits.csv", csv(digits(40)))

    def shell(*arguments) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", *map(str, arguments)]
        return subprocess.run(
            command, cwd=paths.repository_folder(), capture_output=True, text=True, timeout=240, check=False
        )

    seen = shell("imgcls.datasets.importing", order.path, "--look")
    assert "birch" in seen.stdout and visible() == []
    done = shell("imgcls.datasets.importing", order.path, "--title", "Leaves", "--side", 28)
    assert done.stdout.startswith("own-leaves is ready: 10 training and 2 test images.\n")
    done = shell("imgcls.datasets.importing", tmp_path / "digits.csv", "--title", "Digits", "--colour", "grey")
    assert done.stdout.startswith("own-digits is ready: 32 training"), done.stderr
    assert datasets.facts("own-digits").shape == (28, 28, 1)
    wrong = shell("imgcls.datasets.importing", tmp_path / "none.zip", "--title", "x")
    assert wrong.returncode == 3 and wrong.stderr == f"No such file or folder: {tmp_path / 'none.zip'}\n"
    trained = shell("imgcls.training", "--data", "own-leaves", "--model", "ann", "--epochs", 1, "--id", "leaves")
    assert trained.returncode == 0, trained.stderr
    run = Run(paths.runs_folder() / "leaves")
    assert run.card.classes == ("birch", "oak") and run.card.fit == "crop"
