"""Figures that will not change."""

from plotly.basedatatypes import BaseFigure


def still(figure: BaseFigure) -> BaseFigure:
    """The figure, with its dictionary made once: else Plotly copies all of it anew at each rerun of a page."""
    made = figure.to_dict()
    figure.to_dict = lambda: dict(made)
    return figure
