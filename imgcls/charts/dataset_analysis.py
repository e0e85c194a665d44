"""Figures about a dataset: a map of its images, and their brightness."""

from collections.abc import Sequence

import numpy as np

from imgcls.charts import HOVER_LENGTH, NAME_LENGTH
from imgcls.charts.theme import TRAINING, class_colour, lay_out, literal
from imgcls.evaluation.metrics.percent import percent

SIGNS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "triangle-down", "star", "hexagon", "pentagon")
PARTS = {"training": (TRAINING, ""), "test": ("#CC79A7", "x")}
MAX_LEGEND = 30
"""With more classes, the legend would be longer than the map."""
CELLS = (28, 15)
"""Columns and rows of the grid of which each cell has at most one thumbnail."""


def image_map(points: np.ndarray, rows: np.ndarray, labels: np.ndarray, names: Sequence[str], axes: tuple[str, str]):
    """Images as points (n, 2), one trace per class, each with its own marker symbol; customdata is [row].

    `rows` are the indices of the images and `labels` their classes, (n,).
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for label in np.unique(labels):
        of = np.flatnonzero(labels == label)
        name = literal(names[label], HOVER_LENGTH)
        figure.add_scatter(
            x=points[of, 0].astype(np.float32),
            y=points[of, 1].astype(np.float32),
            mode="markers",
            name=literal(names[label], NAME_LENGTH),
            marker={"color": class_colour(int(label)), "symbol": SIGNS[label % len(SIGNS)], "size": 7, "opacity": 0.75},
            customdata=rows[of][:, None].tolist(),
            hovertext=[f"{name}, image {row}" for row in rows[of].tolist()],
            hoverinfo="text",
            unselected={"marker": {"opacity": 0.15}},
        )
    named = len(np.unique(labels)) <= MAX_LEGEND
    lay_out(figure, height=560, x=axes[0], y=axes[1], margins=(48, 16, 36, 52), legend="above" if named else None)
    figure.update_layout(dragmode="lasso", hovermode="closest", uirevision="map")
    return figure.update_xaxes(showticklabels=False).update_yaxes(showticklabels=False)


def thumbnail_places(points: np.ndarray) -> list[int]:
    """The images of a map (n, 2) that have room for a thumbnail: in each cell of a grid, the one nearest its centre."""
    cells = np.array(CELLS)
    low, span = _extent(points)
    places = np.clip((points - low) / span * cells, 0, cells - 1e-6)
    off_centre = ((places % 1 - 0.5) ** 2).sum(1)
    order = np.argsort(off_centre, kind="stable")
    cell = places[order].astype(int) @ np.array([1, CELLS[0]])
    return sorted(order[np.unique(cell, return_index=True)[1]].tolist())


def add_thumbnails(figure, points: np.ndarray, urls: Sequence[str]) -> None:
    """Images at these points (m, 2) of a map, as large as a cell of the grid; they grow when the map is zoomed."""
    _, span = _extent(points)
    width, height = (span / np.array(CELLS)).tolist()
    figure.update_layout(
        images=[
            {
                "source": url,
                "x": x,
                "y": y,
                "sizex": width,
                "sizey": height,
                "sizing": "contain",
                "xref": "x",
                "yref": "y",
                "xanchor": "center",
                "yanchor": "middle",
                "layer": "above",
            }
            for (x, y), url in zip(points.tolist(), urls, strict=True)
        ]
    )


def _extent(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low = points.min(0)
    return low, np.maximum(points.max(0) - low, 1e-9)


def label_sets(labels: np.ndarray, names: Sequence[str], most: int = len(SIGNS)) -> tuple[np.ndarray, list[str]]:
    """Multi-label images treated as if each set of labels were a class: the set of each image, and the sets' names.

    `labels` is a matrix (n, classes) of 0 and 1. The most frequent sets come first; all after the first `most` - 1 are
    merged into one.
    """
    sets, place, counts = np.unique(np.asarray(labels) > 0, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    words = [", ".join(name for name, has in zip(names, sets[row], strict=True) if has) or "no label" for row in order]
    if len(words) > most:
        words = [*words[: most - 1], "other label sets"]
    return np.minimum(rank[place.reshape(-1)], len(words) - 1), words


def brightness(values_by_part: dict[str, np.ndarray]):
    """The brightness of the images in each split: percentage of the split over the mean pixel value, 0 to 255."""
    import plotly.graph_objects as go

    edges = np.linspace(0, 256, 33)
    figure = go.Figure()
    for index, (part, values) in enumerate(values_by_part.items()):
        colour, pattern = PARTS.get(part, (class_colour(index), "+"))
        fractions = 100 * np.histogram(values, edges)[0] / max(len(values), 1)
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=fractions,
            name=part,
            marker={"color": colour, "pattern": {"shape": pattern, "fillmode": "overlay", "size": 7, "solidity": 0.2}},
            hovertext=[percent(one / 100) for one in fractions.tolist()],
            hovertemplate="%{hovertext} around %{x:.0f}",
        )
    lay_out(figure, height=300, x="mean pixel value of the image (0 = black, 255 = white)", y="images of the split (%)")
    figure.update_layout(barmode="group", bargap=0.1, bargroupgap=0)
    figure.update_yaxes(rangemode="tozero")
    return figure
