"""Heat maps, similar images and activation grids, checked with hand-made models, without TensorFlow."""

import json

import numpy as np
import pytest

from imgcls.errors import RunError
from imgcls.inference import explain
from imgcls.inference.explain import activation_grid, neighbours, overlay, task
from imgcls.inference.explain.grad_cam import enlarged, shift, to_log_odds
from imgcls.inference.explain.neighbours import unfamiliarity
from imgcls.inference.explain.occlusion import edge_colour, log_odds, occlusion_maps, squares
from imgcls.system.tasks import TaskState
from imgcls.system.tasks import task as tasks


class LooksAt:
    """Two classes: the second is the brightness of one corner of the image."""

    def __init__(self, rows: slice, columns: slice):
        self.place = (slice(None), rows, columns)

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        light = images[self.place].reshape(len(images), -1).mean(1) / 255
        second = 0.1 + 0.8 * light
        return np.stack([1 - second, second], 1).astype(np.float32)


def bright(side: int = 18) -> np.ndarray:
    """A white square on black, one channel."""
    image = np.zeros((side, side, 1), np.uint8)
    image[3:-3, 3:-3] = 255
    return image


# ---- occlusion


def test_occlusion_finds_the_region_the_model_uses():
    model = LooksAt(slice(3, 7), slice(3, 7))
    found = occlusion_maps(model, bright())[1]

    assert found.shape == (18, 18) and found.dtype == np.float32
    assert np.unravel_index(found.argmax(), found.shape) <= (7, 7)
    assert found[4, 4] > 1 and abs(found[14, 14]) < 1e-6
    assert overlay.strongest_region(found) == "upper left"


def test_occlusion_is_negative_where_masking_helps():
    against = occlusion_maps(LooksAt(slice(3, 7), slice(3, 7)), bright())[0]
    assert against.min() < -1 and against.max() < 1e-6


def test_occlusion_measures_the_drop_in_log_odds():
    image = np.zeros((4, 4, 1), np.uint8)
    image[1:3, 1:3] = 255
    # One patch as large as the image: everything is masked, the brightness drops from 1/4 to 0.
    found = occlusion_maps(LooksAt(slice(None), slice(None)), image, positions=1)[1]
    p, q = 0.1 + 0.8 / 4, 0.1
    assert found == pytest.approx(np.full((4, 4), np.log(p / (1 - p)) - np.log(q / (1 - q))), abs=1e-5)


@pytest.mark.parametrize("length, positions", [(28, 9), (32, 9), (8, 9), (5, 9), (96, 9), (3, 1)])
def test_the_patches_cover_every_pixel(length, positions):
    covered = np.zeros(length, int)
    for square in squares(length, positions):
        covered[square] += 1
        assert 0 <= square.start < square.stop <= length
    assert covered.min() >= 1


def test_the_mask_takes_the_colour_of_the_image_border():
    image = np.full((6, 6, 3), 200, np.uint8)
    image[2:4, 2:4] = 0
    image[0, 0] = 1  # a single outlier pixel at the border has no effect
    assert edge_colour(image).tolist() == [200, 200, 200]


def test_log_odds_of_a_certain_prediction_stay_finite():
    odds = log_odds(np.array([[1.0, 0.0], [0.5, 0.5]], np.float32))
    assert np.isfinite(odds).all() and odds[0, 0] > 10 and odds[1].tolist() == [0, 0]


# ---- heat maps over images


def test_a_heat_map_colours_positive_and_negative_regions_and_leaves_the_rest():
    image = np.full((4, 4, 1), 255, np.uint8)
    values = np.zeros((4, 4), np.float32)
    values[0, 0], values[3, 3] = 2, -2
    shown = overlay.overlay(image, values)

    assert shown.shape == (4, 4, 3) and shown.dtype == np.uint8
    assert shown[0, 0, 0] > shown[0, 0, 2] + 50, "orange: evidence for the class"
    assert shown[3, 3, 2] > shown[3, 3, 0] + 50, "blue: evidence against the class"
    assert len(set(shown[1, 1].tolist())) == 1, "grey: no contribution"
    assert (overlay.overlay(image, np.zeros((4, 4), np.float32)) == 255).all()


@pytest.mark.parametrize("place, words", [((0, 9), "upper right"), ((9, 0), "lower left"), ((5, 5), "middle")])
def test_the_strongest_region_of_a_heat_map_is_described(place, words):
    values = np.zeros((10, 10), np.float32)
    values[place] = 1
    assert overlay.strongest_region(values) == words
    assert overlay.strongest_region(-values) == ""


def test_a_small_map_is_upsampled_to_the_image_size():
    found = enlarged(np.array([[0, 4], [0, 4]], np.float32), (8, 12))
    assert found.shape == (8, 12)
    assert found[:, 0] == pytest.approx(0) and found[:, -1] == pytest.approx(4)
    assert (np.diff(found[0]) >= 0).all()


def test_a_shifted_image_repeats_its_border():
    image = np.arange(9).reshape(3, 3)
    assert shift(image, 1, 0).tolist() == [[0, 1, 2], [0, 1, 2], [3, 4, 5]]
    assert shift(image, 0, -1).tolist() == [[1, 2, 2], [4, 5, 5], [7, 8, 8]]


def test_gradients_of_log_odds_match_logits_minus_the_weighted_others():
    logits = np.array([2.0, 0.5, -1.0])

    def odds(z):
        p = np.exp(z) / np.exp(z).sum()
        return np.log(p / (1 - p))

    turned = np.eye(3) @ to_log_odds(np.exp(logits) / np.exp(logits).sum())
    for moved in range(3):
        step = 1e-6 * np.eye(3)[moved]
        assert turned[moved] == pytest.approx((odds(logits + step) - odds(logits - step)) / 2e-6, abs=1e-6)


# ---- methods


def test_a_new_file_adds_a_method_without_registration(tmp_path, monkeypatch):
    (tmp_path / "mirror_test.py").write_text('KIND, TITLE = "heat map", "Mirror"\n')
    monkeypatch.setattr(explain, "__path__", [*explain.__path__, str(tmp_path)])
    explain.methods.cache_clear()
    try:
        titles = [method.TITLE for method in explain.methods(explain.HEAT_MAP)]
    finally:
        explain.methods.cache_clear()
    assert titles == ["Grad-CAM", "Mirror", "Occlusion"]


@pytest.mark.parametrize("kind", [explain.HEAT_MAP, explain.STROKES, explain.EXAMPLES])
def test_each_method_describes_what_it_shows(kind):
    for method in explain.methods(kind):
        assert method.TITLE and method.HELP.endswith("."), method.__name__
        if kind == explain.HEAT_MAP:
            assert method.CAPTION and isinstance(method.UNIT, str) and method.heat_maps, method.__name__


# ---- similar training images


@pytest.fixture
def run(make_run):
    """A run with forty stored training images along four axes, and ten test images close to them."""
    card = {"version": 1, "data": "toy", "data_title": "Toy", "classes": list("abcd"), "shape": [3, 3, 1], "ink": False}
    run = make_run(**{"model.json": card | {"fit": "", "parameters": 10, "layers": []}})
    random = np.random.default_rng(0)
    labels = np.arange(40) % 4
    features = np.eye(4)[labels] + 0.05 * random.standard_normal((40, 4))
    np.savez(
        run.folder / "neighbours.npz",
        features=(7 * features).astype(np.float16),
        labels=labels,
        pictures=random.integers(0, 255, (40, 3, 3, 1), np.uint8),
        rows=np.arange(100, 140),
    )
    tested = np.eye(4)[np.arange(10) % 4] + 0.05 * random.standard_normal((10, 4))
    even = np.arange(10) < 8
    tested[~even] = -1  # images that were only selected for display do not count
    np.savez(run.folder / "inside.npz", features=tested.astype(np.float16), indices=np.arange(10), even=even)
    return run


def test_nearest_neighbours_depend_on_direction_not_length(run):
    found = neighbours.examples(run, np.array([0, 0, 300, 0], np.float32), 8)
    assert set(neighbours.training_features(run).labels[found.indices]) == {2}
    assert (np.diff(found.similarity) <= 0).all() and found.similarity[0] > 0.99


def test_a_training_image_is_its_own_nearest_neighbour(run):
    known = neighbours.training_features(run)
    found = neighbours.examples(run, known.features[11], 3)
    assert found.indices[0] == 11 and found.similarity[0] == pytest.approx(1, abs=1e-4)


def test_an_image_unlike_the_training_data_is_unfamiliar(run):
    usual = unfamiliarity(run, np.array([0, 1, 0, 0], np.float32))
    odd = unfamiliarity(run, np.array([-1, -1, -1, -1], np.float32))
    assert usual[0] < 0.2 < 1.4 < odd[0]
    assert odd[1] == 100 and "unreliable" in odd[2]
    assert usual[1] < 90 and usual[2].startswith("Nothing unusual")


def test_the_score_is_the_distance_to_the_fifth_nearest_neighbour(run):
    known, asked = neighbours.training_features(run), np.array([1, 0.2, 0, 0], np.float32)
    asked /= np.linalg.norm(asked)
    expected = np.sort(np.linalg.norm(known.features - asked, axis=1))[4]
    assert unfamiliarity(run, 5 * asked)[0] == pytest.approx(expected, abs=1e-3)


def test_features_of_another_model_are_refused(run):
    for ask in (neighbours.examples, unfamiliarity):
        with pytest.raises(RunError, match="another model"):
            ask(run, np.zeros(5, np.float32))


@pytest.mark.parametrize(
    "name, ask", [("neighbours.npz", neighbours.training_features), ("inside.npz", neighbours.held_out_features)]
)
@pytest.mark.parametrize("corruption", ["gone", "truncated", "other", "uneven"])
def test_a_damaged_file_gives_one_clear_error(run, name, ask, corruption):
    path = run.folder / name
    if corruption == "gone":
        path.unlink()
    elif corruption == "truncated":
        path.write_bytes(path.read_bytes()[:100])
    elif corruption == "other":
        np.savez(path, something=np.zeros(3))
    else:
        names = ("labels", "pictures", "rows") if name == "neighbours.npz" else ("indices", "even")
        np.savez(path, features=np.zeros((3, 4)), **{name: np.ones(2) for name in names})
    with pytest.raises(RunError, match="not been stored yet" if corruption == "gone" else "again"):
        ask(run)


# ---- activation grids


def test_maps_are_in_their_order_and_share_one_scale():
    values = np.zeros((2, 2, 3), np.float32)
    values[..., 0], values[..., 1] = 4, -2
    drawn, order = activation_grid.activations(values)
    assert order.tolist() == [0, 1, 2] and drawn.shape == (4, 10, 3)
    first, second, third = drawn[1, 1], drawn[1, 4], drawn[1, 7]
    assert first.tolist() == [255, 255, 255] and third.tolist() == [0, 0, 0]
    assert second[2] > second[0] + 50, "negative values are blue"


def test_of_many_maps_the_strongest_are_drawn():
    values = np.ones((2, 2, 200), np.float32)
    values[..., 150] = -3
    _, order = activation_grid.activations(values)
    assert len(order) == activation_grid.MOST_MAPS and order[0] == 150


def test_statistics_count_zeros_and_dead_channels():
    values = np.zeros((2, 2, 4), np.float32)
    values[0, 0, 0], values[..., 1] = -1, 3
    summary = activation_grid.statistics(values)
    assert (summary.least, summary.mean, summary.largest) == (-1, 11 / 16, 3)
    assert (summary.zeros, summary.dead) == (11 / 16, 0.5)


def test_colour_filters_are_drawn_around_mid_grey():
    kernels = np.zeros((2, 2, 3, 1), np.float32)
    kernels[0, 0, 0] = 5
    drawn = activation_grid.filters(kernels)
    assert drawn.shape == (14, 14, 3), "each weight is six pixels wide"
    assert drawn[1, 1].tolist() == [255, 128, 128] and drawn[12, 12].tolist() == [128, 128, 128]


def test_grey_filters_distinguish_positive_from_negative_weights():
    kernels = np.zeros((1, 2, 1, 1), np.float32)
    kernels[0, :, 0, 0] = 1, -1
    drawn = activation_grid.filters(kernels)
    assert drawn[1, 1].tolist() == overlay.FOR.tolist() and drawn[1, -2].tolist() == overlay.AGAINST.tolist()


# ---- computing missing data


def test_the_build_state_follows_from_the_files(make_run):
    run = make_run()
    assert task.state(run).state == "idle"
    task.task_of(run).write_progress("running", 0.0, "Looking")
    assert task.state(run) == TaskState("running", 0.0, "Looking"), "just started by another server"
    task.task_of(run).write_progress("failed", 0.0, "The disk is full.")
    assert task.state(run).text == "The disk is full."
    (run.folder / "inside.progress.json").unlink()
    (run.folder / "inside.json").write_text("{}")
    assert task.state(run).state == "ready"


def test_a_vanished_process_counts_as_failed(make_run, monkeypatch):
    run = make_run()
    task.task_of(run).write_progress("running", 0.4, "Looking")
    monkeypatch.setattr(tasks, "START_SECONDS", -1)
    assert task.state(run).state == "failed" and "killed" in task.state(run).text


@pytest.mark.parametrize(
    "content", ["", "[]", '{"state": 1}', json.dumps({"state": "running", "share": "x", "text": ""})]
)
def test_unreadable_progress_is_ignored(make_run, content):
    run = make_run()
    (run.folder / "inside.progress.json").write_text(content)
    assert task.state(run).state == "idle"


def test_an_image_farther_than_all_test_images_is_said_so_without_a_percentage():
    assert neighbours.distance_sentence(100.0) == "It is farther from the training images than all test images."
    assert "99.9%" in neighbours.distance_sentence(99.97)
