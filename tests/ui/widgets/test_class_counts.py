"""HTML bars: their lengths are the counts, and names are literal."""

import re

import numpy as np
import pytest

from imgcls.ui.widgets.figures import class_counts

HOSTILE = "<img src=x onerror=alert(1)> \" & '"


def test_bar_lengths_are_proportional_to_class_sizes():
    drawn = class_counts.bars({"training": np.array([30, 60]), "test": np.array([6, 15])}, ["cat", "dog"])

    assert re.findall(r"width:([\d.]+)%", drawn) == ["50.0", "10.0", "100.0", "25.0"]
    assert drawn.index(">training · test<") < drawn.index(">30 · 6<")
    assert ">60 · 15<" in drawn
    assert 'aria-label="Images per class: between 30 and 60 in training."' in drawn


def test_many_classes_are_side_by_side_with_counts_in_the_tooltip():
    counts = {"training": np.arange(100), "test": np.full(100, 33)}
    drawn = class_counts.bars(counts, [f"class {number}" for number in range(100)])

    assert drawn.count("<div title=") == 100
    assert 'title="class 7: 7 training, 33 test"' in drawn
    assert "highest: 99 images" in drawn
    assert re.findall(r"height:([\d.]+)%", drawn)[-2:] == ["100.0", "33.3"]


@pytest.mark.parametrize("count", [2, 40])
def test_names_are_shown_literally(count):
    drawn = class_counts.bars({"training": np.ones(count, int)}, [HOSTILE] * count)

    assert "<img" not in drawn
    assert drawn.count("&lt;img src=x onerror=alert(1)&gt; &quot; &amp;") >= count


def test_empty_classes_cause_no_division_by_zero():
    assert "width:0.0%" in class_counts.bars({"training": np.zeros(3, int)}, ["a", "b", "c"])
