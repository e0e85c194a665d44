"""How figures are saved from a page: by the camera in the corner of each one.

`imgcls.ui.components.figure_menu` lets the user choose PNG, SVG or PDF, and makes the others from it.
"""

from typing import Any


def explorable(name: str) -> dict[str, Any]:
    """The same for a figure with Plotly's buttons for zooming and selecting."""
    return {
        "displaylogo": False,
        "modeBarButtonsToRemove": ["autoScale2d"],
        "toImageButtonOptions": {"format": "svg", "filename": name},
    }


def savable(name: str) -> dict[str, Any]:
    """Plotly's configuration for a figure that can be saved under a name and has no other buttons."""
    return {
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "svg", "filename": name},
    }
