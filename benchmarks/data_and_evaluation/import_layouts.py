"""How many layouts of folders are imported correctly, with about 1,000 images each?

    python -m benchmarks.import_layouts

The value is the percentage of the layouts in `benchmarks.support.layouts` whose import has the correct classes, each
with the correct number of training and test images, and whose preview says the same and asks exactly what only the user
can know. If the test set is held out, the sum of both must be correct. `wrong` names the others.
"""

import os
import sys
import tempfile
import time
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.support import layouts
from benchmarks.support.layouts import Counts, Layout
from benchmarks.support.report_line import line, run
from imgcls import datasets
from imgcls.datasets.importing import ImportRequest, make_preview
from imgcls.datasets.importing.execution import execute
from imgcls.errors import UserError

IMAGES = 1_000
SIDE = 28


def pictures(count: int) -> list[bytes]:
    """So many different small images."""
    random, found = np.random.default_rng(0), []
    for _ in range(count):
        file = BytesIO()
        Image.fromarray(random.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(file, "PNG", compress_level=1)
        found.append(file.getvalue())
    return found


def is_correct(layout: Layout, images: list[bytes], folder: Path) -> bool:
    """Whether the preview and the import of an archive with this layout agree with what is expected."""
    factor = layout.factor(IMAGES)
    path = folder / "brought.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for place, name in enumerate(layout.paths(factor)):
            archive.writestr(name, images[place])
        for name, text in layout.other_files(factor).items():
            archive.writestr(name, text)
    request = ImportRequest("file", str(path), path.name)
    asked = {question.key for question in make_preview(request).questions if not question.answer}
    request = ImportRequest("file", str(path), path.name, answers=layout.answers)
    seen = {label: tuple(numbers) for label, *numbers in make_preview(request).counts}
    expected = layout.expected(factor)
    if asked != set(layout.answers) or seen != expected:
        return False
    name = execute.import_dataset(request, title="Brought", size=SIDE, channels=3).name
    data = datasets.open_dataset(name)
    try:
        return all(
            _agrees((int((data.y_train == place).sum()), int((data.y_test == place).sum())), expected[label])
            for place, label in enumerate(data.facts.classes)
        ) and set(data.facts.classes) == set(expected)
    finally:
        datasets.delete_custom(name)


def _agrees(found: tuple[int, int], expected: Counts) -> bool:
    train, test, unsplit = expected
    if unsplit:
        return sum(found) == unsplit
    return found == (train, test)


def main() -> None:
    largest = max(len(list(layout.paths(layout.factor(IMAGES)))) for layout in layouts.ALL.values())
    images, wrong, began = pictures(largest), [], time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IMGCLS_OWN_DATA"] = str(Path(folder, "own"))
        for name, layout in layouts.ALL.items():
            try:
                correct = is_correct(layout, images, Path(folder))
            except UserError as error:
                print(f"{name}: {error}", file=sys.stderr)
                correct = False
            if not correct:
                wrong.append(name)
    value = round(100 * (1 - len(wrong) / len(layouts.ALL)), 1)
    seconds = round(time.perf_counter() - began, 1)
    print(
        line("import_layouts", value, "%", 100, "higher", layouts=len(layouts.ALL), wrong=wrong, all_layouts_s=seconds)
    )


if __name__ == "__main__":
    sys.exit(run(main))
