"""Filters on test images: parsing the URL, the remaining images, and their scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from imgcls.evaluation import selection
from imgcls.evaluation.predictions import Predictions, log_odds, spread
from imgcls.evaluation.selection import Selection

LABELS = np.array([0, 0, 1, 1, 2, 2])
PROBABILITIES = np.array(
    [[0.9, 0.1, 0], [0.3, 0.6, 0.1], [0, 1, 0], [0.5, 0.2, 0.3], [0.2, 0.2, 0.6], [0.1, 0.8, 0.1]], np.float32
)
PREDICTIONS = Predictions(("a", "b", "c"), PROBABILITIES, LABELS, np.arange(6))


def selected_rows(selected: Selection, **known) -> list[int]:
    kept = selection.mask(selected, PREDICTIONS.labels, PREDICTIONS.predicted, PREDICTIONS.confidence, **known)
    return np.flatnonzero(kept).tolist()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"cell": "0-1"}, [1]),
        ({"cell": "2-"}, [4, 5]),
        ({"cell": "-1"}, [1, 2, 5]),
        ({"cell": "0~1"}, [1, 3]),
        ({"cell": "1~0"}, [1, 3]),
        ({"cell": "2~1"}, [5]),
        ({"class": "0"}, [0, 1, 3]),
        ({"class": "0.2"}, [0, 1, 3, 4, 5]),
        ({"predictions": "wrong"}, [1, 3, 5]),
        ({"predictions": "right"}, [0, 2, 4]),
        ({"confidence": "0-60"}, [3]),
        ({"confidence": "60-80"}, [1, 4]),
        ({"confidence": "90-100"}, [0, 2]),
        ({"predictions": "wrong", "class": "2"}, [5]),
    ],
)
def test_a_url_selects_exactly_its_images(query, expected):
    assert selected_rows(Selection.parse(query, 3)) == expected


def test_adjacent_bins_share_no_image_and_omit_none():
    bounds = [(low, low + 5) for low in range(0, 100, 5)]
    found = [selected_rows(Selection(low=low, high=high)) for low, high in bounds]

    assert sorted(index for part in found for index in part) == [0, 1, 2, 3, 4, 5]


def test_tags_and_map_regions_filter():
    tagged = np.array([1, 0, 0, 1, 0, 0], bool)
    places = np.array([[100, 100], [500, 500], [900, 900], [500, 520], [0, 0], [1000, 0]], float)

    assert selected_rows(Selection(tag="dark"), tagged=tagged) == [0, 3]
    assert selected_rows(Selection(area=((400, 400), (600, 400), (600, 600), (400, 600))), positions=places) == [1, 3]


def test_a_concave_polygon_excludes_the_points_in_its_notch():
    dented = ((0, 0), (10, 0), (10, 10), (5, 3), (0, 10))

    assert selection.inside(dented, np.array([[5, 1], [5, 8], [1, 5], [9, 5], [11, 5]])).tolist() == [
        True,
        False,
        True,
        True,
        False,
    ]


HOSTILE = [
    "-1-2",
    "0-99",
    "a-b",
    "1e9-1",
    "9" * 5000 + "-1",
    "٣-1",
    "-",
    "~",
    "1~",
    "1~1",
    "0~99",
    "NaN-NaN",
    "\x00",
    "0.5.0",
    "1_2_x_4_5_6",
    "💥",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_invalid_filters_are_dropped(text):
    for name in ("cell", "predictions", "area", *(["confidence"] if text != "0-99" else [])):
        assert Selection.parse({name: text}, 3) == Selection()
    assert set(Selection.parse({"class": text}, 3).classes) <= {0, 1, 2}


def test_a_region_with_invalid_numbers_is_dropped():
    assert Selection.parse({"area": "1_2_nan_4_5_6"}, 3) == Selection()
    assert Selection.parse({"area": "1_2_inf_4_5_6"}, 3) == Selection()
    assert Selection.parse({"area": "1_2_1e300_4_5_6"}, 3) == Selection()
    assert Selection.parse({"area": "1_2_3_4_5_6"}, 3).area == ((1, 2), (3, 4), (5, 6))
    assert Selection.parse({"area": "_".join(["1_2"] * 500)}, 3) == Selection()


@given(
    query=st.dictionaries(st.sampled_from(selection.NAMES), st.text(max_size=40)),
    num_classes=st.integers(1, 120),
)
@settings(max_examples=300)
def test_any_url_is_parsed_and_round_trips(query, num_classes):
    read = Selection.parse(query, num_classes)

    assert Selection.parse(read.query(), num_classes) == read
    assert all(one < num_classes for one in read.classes)


def test_every_filter_except_the_matrix_cell_affects_the_scores():
    assert not Selection(cell=(1, 2)).narrows
    for narrowing in (
        Selection(classes=(1,)),
        Selection(predictions="wrong"),
        Selection(high=50),
        Selection(tag="x"),
        Selection(area=((0, 0), (1, 0), (1, 1))),
    ):
        assert narrowing.narrows


def test_scores_of_the_selection_match_scikit_learn():
    generator = np.random.default_rng(3)
    labels = generator.integers(0, 4, 500)
    probabilities = generator.dirichlet(np.ones(4), 500).astype(np.float32)
    probabilities[np.arange(500), labels] += 0.5
    probabilities /= probabilities.sum(1, keepdims=True)
    predictions = Predictions(tuple("abcd"), probabilities, labels, np.arange(500))
    chosen = Selection.parse({"class": "1", "confidence": "30-80"}, 4)
    mask = selection.mask(chosen, predictions.labels, predictions.predicted, predictions.confidence)
    report = predictions.report_of(mask)

    assert 20 < mask.sum() < 400
    assert report.accuracy.value == pytest.approx(accuracy_score(labels[mask], predictions.predicted[mask]))
    _, recall, _, support = precision_recall_fscore_support(
        labels[mask], predictions.predicted[mask], labels=range(4), zero_division=0
    )
    np.testing.assert_allclose(report.classes.recall.value, recall)
    np.testing.assert_array_equal(report.classes.support, support)
    assert report.macro_f1.value == pytest.approx(
        f1_score(labels[mask], predictions.predicted[mask], average="macro", labels=range(4), zero_division=0)
    )
    assert report.matrix.sum() == mask.sum()
    assert predictions.report_of(np.zeros(500, bool)) is None


def test_averages_of_the_selection_cover_the_chosen_or_present_classes():
    everything = PREDICTIONS.report_of(np.ones(6, bool))
    chosen = Selection(classes=(0, 2))
    left_of = selection.mask(chosen, PREDICTIONS.labels, PREDICTIONS.predicted, PREDICTIONS.confidence)
    report = PREDICTIONS.report_of(left_of, chosen.classes)

    recalls = everything.classes.recall.value
    assert report.macro_recall.value == pytest.approx((recalls[0] + recalls[2]) / 2)
    assert report.macro_precision.value == pytest.approx(everything.classes.precision.value[[0, 2]].mean())
    assert report.macro_recall.low <= report.macro_recall.value <= report.macro_recall.high
    few = PREDICTIONS.report_of(np.array([True, False, True, False, False, False]))
    assert (few.macro_recall.value, few.weighted_f1.value) == (1, 1)
    absent = Predictions(("a", "b", "c"), PROBABILITIES[:4], LABELS[:4], np.arange(4))
    _, recall, _, _ = precision_recall_fscore_support(absent.labels, absent.predicted, labels=range(3), zero_division=0)
    assert absent.report_of(np.ones(4, bool)).macro_recall.value == pytest.approx(recall.mean())


def test_confident_errors_come_first_and_confident_correct_predictions_last():
    assert PREDICTIONS.worst_first.tolist() == [5, 1, 3, 4, 0, 2]


def test_a_lasso_is_simplified_and_keeps_its_position():
    circle = [(500 + 100 * np.cos(turn), 500 + 100 * np.sin(turn)) for turn in np.linspace(0, 6.28, 900)]
    short = selection.simplified(circle)

    assert len(short) <= selection.MOST_CORNERS
    assert Selection.parse(Selection(area=short).query(), 3).area == short
    points = np.array([[500, 500], [500, 590], [500, 605]])
    assert selection.inside(short, points).tolist() == [True, True, False]


def test_the_map_fills_its_square_and_separates_clusters():
    probabilities = np.repeat(np.eye(3, dtype=np.float32), 20, 0) * 0.9 + 0.05
    places = spread(log_odds(probabilities))

    assert places.shape == (60, 2)
    assert places.min() >= 0
    assert places.max() <= selection.SIDE
    assert np.ptp(places, axis=0).max() == pytest.approx(960, abs=1)
    middles = places.reshape(3, 20, 2).mean(1)
    assert min(np.linalg.norm(middles[a] - middles[b]) for a, b in ((0, 1), (0, 2), (1, 2))) > 300
    broken = np.full((5, 3), np.nan, np.float32)
    assert np.isfinite(spread(log_odds(broken))).all()
