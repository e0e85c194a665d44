"""Measurements of the input check on images with known values."""

import json

import numpy as np
import pytest

from imgcls.inference import input_quality


def bar(width: int, *, at: int = 14, side: int = 28, light: int = 255, ground: int = 0) -> np.ndarray:
    """A vertical bar 20 pixels long, centred by default."""
    image = np.full((side, side, 1), ground, np.uint8)
    image[4:24, at - width // 2 : at - width // 2 + width] = light
    return image


def measurement(image: np.ndarray, name: str) -> float:
    return float(input_quality.measure(image[None])[name][0])


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_the_stroke_width_of_a_bar_is_its_width(width):
    # Its two short ends count as edges, too.
    assert measurement(bar(width), "stroke") == pytest.approx(width * 20 / (20 + width))
    assert measurement(bar(width, light=120), "stroke") == pytest.approx(width * 20 / (20 + width))


def test_size_position_ink_and_background_of_a_bar():
    assert measurement(bar(2), "size") == 20
    assert measurement(bar(2), "off_centre") == 0
    assert measurement(bar(2, at=20), "off_centre") == 6
    assert measurement(bar(2), "ink") == pytest.approx(100 * 40 / 784)
    assert measurement(bar(2), "ground") == 0
    assert measurement(bar(2, ground=200), "ground") == 200


@pytest.mark.parametrize(("light", "ground"), [(0, 255), (20, 240), (255, 40)])
def test_ink_on_paper_is_measured_like_ink_on_black(light, ground):
    shade = np.linspace(-15, 15, 28)[:, None, None]  # the page is lit from one side
    on_paper = (bar(2, at=20, light=light, ground=ground) + shade).clip(0, 255).astype(np.uint8)
    on_black = bar(2, at=20)
    assert measurement(on_paper, "ground") == pytest.approx(ground, abs=8)
    for name in ("size", "off_centre", "stroke"):
        assert measurement(on_paper, name) == pytest.approx(measurement(on_black, name), rel=0.03), name
    assert measurement(on_paper, "ink") == pytest.approx(measurement(on_black, "ink"), rel=0.2), "it has less contrast"


def test_blank_paper_has_no_measurements():
    paper = np.random.default_rng(0).normal(240, 3, (28, 28, 1)).clip(0, 255).astype(np.uint8)
    assert np.isnan(measurement(paper, "size")) and np.isnan(measurement(paper, "ground"))


def statistics_of(*widths: int) -> dict:
    return input_quality.statistics(np.stack([bar(width) for width in widths]))


def test_a_typical_input_has_no_finding():
    findings = input_quality.findings(bar(3)[None], statistics_of(2, 3, 4, 3))[0]
    assert [finding.sentence for finding in findings] == [""] * len(input_quality.MEASURES)


def test_one_extra_pixel_is_no_finding_but_three_are():
    grown = bar(3)
    grown[24] = grown[23]
    assert not any(finding.sentence for finding in input_quality.findings(grown[None], statistics_of(2, 3, 4, 3))[0])
    grown[25:27] = grown[23]
    assert "It is large." in [
        finding.sentence for finding in input_quality.findings(grown[None], statistics_of(2, 3, 4, 3))[0]
    ]


@pytest.mark.parametrize(
    ("image", "name"),
    [
        (bar(1), "thin"),
        (bar(9), "thick"),
        (bar(3, at=20), "off-centre"),
        (bar(3, light=0, ground=255), "white on black"),
    ],
)
def test_each_problem_is_reported(image, name):
    said = " ".join(finding.sentence for finding in input_quality.findings(image[None], statistics_of(2, 3, 4, 3))[0])
    assert name in said


def test_an_empty_image_has_no_measurements():
    empty = np.zeros((28, 28, 1), np.uint8)
    assert input_quality.findings(empty[None], statistics_of(3))[0] == []
    assert input_quality.statistics(empty[None])["usual"] == {}


def test_the_statistics_are_json_and_count_their_images():
    kept = statistics_of(2, 3, 4)
    assert json.loads(json.dumps(kept, allow_nan=False)) == kept
    assert kept["pictures"] == 3
    widths = [40 / 22, 60 / 23, 80 / 24]
    assert kept["usual"]["stroke"]["mean"] == pytest.approx(np.mean(widths))
    assert kept["usual"]["stroke"]["deviation"] == pytest.approx(np.std(widths))


def test_the_trainer_stores_the_input_statistics(finished_run):
    kept = json.loads((finished_run.folder / input_quality.NAME).read_bytes())
    assert kept["pictures"] > 1_000
    assert set(kept["usual"]) == set(input_quality.MEASURES)
    assert 0.5 < kept["usual"]["stroke"]["mean"] < 3


@pytest.mark.parametrize(
    "kept",
    [
        None,
        [],
        {},
        {"version": 1, "usual": {}},
        {"version": 1, "usual": {"stroke": 3}},
        {"version": 1, "usual": {"stroke": {"mean": 1, "deviation": 1, "low": 0, "high": "much"}}},
        {"version": 1, "usual": {"stroke": {"mean": float("nan"), "deviation": 1, "low": 0, "high": 1}}},
        {"version": 99, "usual": {"stroke": {"mean": 1, "deviation": 1, "low": 0, "high": 1}}},
    ],
)
def test_files_without_statistics_are_refused(kept):
    with pytest.raises(ValueError):
        input_quality.checked(kept)


def test_valid_statistics_pass_the_check_unchanged():
    assert input_quality.checked(statistics_of(2, 3)) == statistics_of(2, 3)
