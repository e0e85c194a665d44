"""How figures are saved from a page: a camera in the corner of each one writes an SVG file.

SVG has no resolution, opens in every drawing program, and converts to PDF without loss. From Python or a shell,
`imgcls figures` writes PNG and PDF as well.
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
