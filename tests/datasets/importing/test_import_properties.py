"""Any folders, names and tables: a valid dataset, or one clear error."""

import string
import tempfile
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imgcls.datasets import importing
from imgcls.datasets.importing import class_names
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources import layouts
from imgcls.datasets.importing.sources.spelling import keeps_case
from imgcls.datasets.importing.splits import holdout
from imgcls.errors import ImageError, SourceError
from tests.support.uploads import archive, csv, image, table

IMAGE = image(1)
EXAMPLES = settings(max_examples=150, suppress_health_check=list(HealthCheck))

folder = st.text(st.characters(exclude_characters="/\\\0", exclude_categories=("Cs",)), min_size=1, max_size=12)
part = st.sampled_from(["train", "test", "val", "Train", "validation", "oak", "birch", "a", "__MACOSX", ".x", " "])
file = st.sampled_from(["1.png", "2.JPG", "3.jpeg", "x.txt", ".DS_Store", "y.heic", "4.gif", "z"])
paths = st.lists(
    st.tuples(st.lists(part | folder, max_size=4), file).map(lambda path: "/".join([*path[0], path[1]])), max_size=40
)


class ListedFiles:
    """A container of files that cannot be read."""

    name = "'x.zip'"

    def __init__(self, entries):
        self.entries = entries

    def read(self, key, most=0):
        raise ImageError(f"{key} is damaged.")


@EXAMPLES
@given(paths)
def test_any_layout_gives_at_least_two_classes_or_a_clear_error(some):
    findings = Findings()
    try:
        items = layouts.to_items(ListedFiles([(path, number) for number, path in enumerate(some)]), findings)
    except SourceError as error:
        assert str(error).endswith(".")
        return
    counts = Counter(item.label for item in items)
    assert len(counts) >= 2
    assert len(items) + findings.skipped.count >= len(some)
    assert len({item.key for item in items}) == len(items)
    assert {item.part for item in items} <= {"train", "test", ""}
    learnt = Counter(item.label for item in items if item.part != "test")
    assert all(learnt[label] >= 2 for label in counts)
    if not keeps_case(findings):
        assert len({class_names.merge_key(label) for label in counts}) == len(counts)
    for item in items:
        assert class_names.visible(item.label) == item.label != ""
        assert item.name == some[item.key]


@EXAMPLES
@given(st.lists(st.tuples(folder, st.integers(3, 6)), min_size=2, max_size=5, unique_by=lambda row: row[0]))
def test_an_archive_with_any_class_names_is_read_literally(classes):
    safe = [(label, count) for label, count in classes if label.strip(". ") and not label.startswith((".", "__MACOSX"))]
    with tempfile.TemporaryDirectory() as place:
        files = [(f"{label}/{number}.png", IMAGE) for label, count in safe for number in range(count)]
        order = archive(Path(place, "x.zip"), files) if files else None
        if order is None:
            return
        try:
            seen = importing.make_preview(order)
        except SourceError as error:
            assert str(error).endswith(".")
            return
    shown = [row[0] for row in seen.counts]
    expected = {class_names.merge_key(class_names.visible(label)) for label, _ in safe}
    assert {class_names.merge_key(label) for label in shown} <= expected
    for label in shown:
        assert label == unicodedata.normalize("NFC", label)
        assert not any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in label)


field = st.one_of(st.integers(-5, 300).map(str), st.text(string.printable, max_size=6), st.floats().map(str))


@EXAMPLES
@given(st.lists(st.lists(field, min_size=1, max_size=20), min_size=1, max_size=8), st.sampled_from(",;\t"))
def test_any_table_gives_classes_or_an_error_with_a_location(rows, delimiter):
    with tempfile.TemporaryDirectory() as place:
        try:
            seen = importing.make_preview(table(Path(place, "x.csv"), csv(rows, delimiter)))
        except SourceError as error:
            assert str(error).endswith((".", "?"))
            return
    assert len(seen.counts) >= 2


@EXAMPLES
@given(st.integers(4, 12), st.sampled_from((1, 3)), st.booleans(), st.booleans(), st.sampled_from(",;\t"), st.data())
def test_a_valid_table_of_any_shape_is_read(side, channels, has_header, label_first, delimiter, data):
    labels = data.draw(st.lists(st.sampled_from(["oak", "birch"]), min_size=8, max_size=12))
    labels[:6] = ["oak", "birch"] * 3
    random = np.random.default_rng(side)
    rows, size = [], side * side * channels
    for label in labels:
        values = random.integers(0, 256, size).tolist()
        rows.append([label, *values] if label_first else [*values, label])
    if has_header:
        columns = [f"p{place}" for place in range(size)]
        rows.insert(0, ["label", *columns] if label_first else [*columns, "label"])
    with tempfile.TemporaryDirectory() as place:
        seen = importing.make_preview(table(Path(place, "x.csv"), csv(rows, delimiter)))
    assert {label: count for label, _, _, count in seen.counts} == Counter(labels)
    assert (seen.typical_size, seen.channels) == (f"{side}×{side}", channels)


@EXAMPLES
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), min_size=1, max_size=80))
def test_any_split_keeps_duplicates_together_and_two_images_per_class(rows):
    labels, digests = [row[0] for row in rows], [bytes([row[1]]) for row in rows]
    test = holdout.choose_test(labels, digests)
    sides = {}
    for digest, is_test in zip(digests, test, strict=True):
        assert sides.setdefault(digest, is_test) == is_test
    for label in set(labels):
        of_class = [bool(is_test) for other, is_test in zip(labels, test, strict=True) if other == label]
        learnt = of_class.count(False)
        assert learnt >= min(2, len(of_class))
        assert of_class.count(True) <= max(1, round(0.2 * len(of_class)))


@EXAMPLES
@given(st.text(max_size=40))
def test_cleaning_a_name_is_idempotent(text):
    shown = class_names.visible(text)
    assert class_names.visible(shown) == shown
    assert "\n" not in shown and "\u202e" not in shown
    assert class_names.short(text).startswith("'") and len(class_names.short(text)) < 70


@pytest.mark.parametrize("seed", range(60))
def test_an_archive_with_any_byte_changed_is_read_or_refused_with_an_error(seed, tmp_path):
    random = np.random.default_rng(seed)
    order = archive(tmp_path / "x.zip", {f"{label}/{n}.png": image(n) for label in ("a", "b") for n in range(4)})
    path = Path(order.path)
    data = bytearray(path.read_bytes())
    for place in random.integers(4, len(data), random.integers(1, 8)):
        data[place] = random.integers(256)
    path.write_bytes(data)
    try:
        assert importing.make_preview(order).total >= 4
    except SourceError as error:
        assert str(error).endswith(".")
