"""The map of a dataset: which images get a thumbnail, and where it is."""

import numpy as np

from imgcls.charts import dataset_analysis
from imgcls.charts.dataset_analysis import CELLS


def test_each_cell_of_the_grid_has_at_most_one_thumbnail_and_crowds_have_room():
    points = np.random.default_rng(0).normal(size=(2_000, 2))
    at = dataset_analysis.thumbnail_places(points)
    low, span = points.min(0), np.ptp(points, axis=0)
    cells = np.minimum(((points - low) / span * CELLS).astype(int), np.array(CELLS) - 1)
    assert len({tuple(cell) for cell in cells[at]}) == len(at) == len({tuple(cell) for cell in cells})


def test_images_that_all_lie_on_one_point_get_one_thumbnail():
    assert len(dataset_analysis.thumbnail_places(np.ones((5, 2)))) == 1


def test_thumbnails_are_at_their_points_and_as_large_as_a_cell():
    points = np.array([[0.0, 0], [28, 15]])
    figure = dataset_analysis.image_map(points, np.array([4, 9]), np.array([0, 1]), ["a", "b"], ("", ""))
    dataset_analysis.add_thumbnails(figure, points, ["data:,1", "data:,2"])
    images = figure.to_dict()["layout"]["images"]
    assert [(one["source"], one["x"], one["y"], one["sizex"], one["sizey"]) for one in images] == [
        ("data:,1", 0, 0, 1, 1),
        ("data:,2", 28, 15, 1, 1),
    ]
