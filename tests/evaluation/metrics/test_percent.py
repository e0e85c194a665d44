"""A score below 1 is never shown as 100%."""

import re

import numpy as np
import pytest

from imgcls import languages
from imgcls.evaluation.metrics.percent import interval, percent, percentages
from imgcls.system import paths
from imgcls.ui.widgets import formatting

ROUNDED = {
    "a format such as {value:.1%}": r":\d*\.\d+%\}",
    "a format such as {100 * value:.1f}%, but not a length in CSS": r"(?<![a-z]:)(?<!%)\{[^{}]*:\.\d+f\}%",
    "the same in a template": r"format\(100 \* [^)]*\) *\}\}%",
    "a coordinate in a hover of Plotly": r"%\{[xyz][^}]*\}%",
    "toFixed": r"toFixed\([^)]*\)\}%",
    "Math.round": r"Math\.round\(100 \*[^`]*\)\}%",
    "Intl.NumberFormat": r"style: [\"']percent",
}
HOMES = {"languages/__init__.py", "languages/percent.js"}


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.973, 1, "97.3%"),
        (0.9995, 1, "99.9%"),
        (0.99996, 1, "99.9%"),
        (0.99996, 2, "99.99%"),
        (0.996, 0, "99%"),
        (0.9125, 1, "91.3%"),
        (0.0625, 1, "6.3%"),
        (0.005, 0, "1%"),
        (np.float32(0.5), 1, "50.0%"),
        (1e20, 0, "10000000000000000000000%"),
        (1, 1, "100.0%"),
        (1.0, 0, "100%"),
        (0.0, 1, "0.0%"),
        (None, 1, "–"),
        (float("nan"), 1, "–"),
    ],
)
def test_only_one_is_a_hundred_percent(value, digits, text):
    assert percent(value, digits) == text
    assert languages.percent(value, digits) == formatting.fraction(value, digits) == text
    with languages.speaking("de"):
        german = languages.percent(value, digits)
        assert percent(value, digits) == text and german.rstrip("%\xa0") == text.rstrip("%").replace(".", ",")


def test_so_are_intervals_and_columns_of_numbers():
    assert interval(0.9949, 0.99996) == "99.5–99.9%" and interval(0.5, 1, 2) == "50.00–100.00%"
    assert percentages([0.5, 0.9996, 0.9996, 1]).tolist() == [50, 99.9, 99.9, 100]
    assert percentages(np.array([0.9996, np.nan]), 2)[0] == pytest.approx(99.96)
    assert np.isnan(percentages([np.nan])).all()


def test_no_file_rounds_percentages_by_itself():
    package = paths.repository_folder() / "imgcls"
    files = [
        path
        for path in package.rglob("*")
        if path.suffix in {".py", ".js", ".jinja", ".html"} and "vendor" not in path.parts
    ]
    found = [
        f"{path.relative_to(package)}:{number}: {name}: {line.strip()}"
        for path in files
        if path.relative_to(package).as_posix() not in HOMES
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        for name, pattern in ROUNDED.items()
        if re.search(pattern, line)
    ]
    assert len(files) > 500 and not found, "\n".join(found)
