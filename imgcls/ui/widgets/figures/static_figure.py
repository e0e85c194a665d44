"""Figures that are sent to the browser without Plotly's validation.

`st.plotly_chart` needs a `BaseFigure`, and Plotly's own figures copy and validate everything they hold each time they
are constructed or converted: about 5 ms per figure and rerun, against 0.1 ms here. docs/benchmarks.md has the cost of
a page with and without this; a test validates every figure instead.
"""

import base64
from typing import Any

import numpy as np
from plotly.basedatatypes import BaseFigure


class StaticFigure(BaseFigure):
    """A figure that consists only of its dictionary, which is all that `st.plotly_chart` asks for.

    It skips the constructor of `BaseFigure` on purpose; nothing but `to_dict` works.
    """

    def __init__(self, content: dict[str, Any]):
        self.__dict__["_content"] = {**content, "data": [_encoded(trace) for trace in content["data"]]}

    def to_dict(self) -> dict[str, Any]:
        return dict(self._content)


def static(figure: BaseFigure) -> StaticFigure:
    """A figure that is not going to change any more."""
    return StaticFigure(figure.to_dict())


def _encoded(trace: dict[str, Any]) -> dict[str, Any]:
    """A trace with its arrays as Plotly's typed arrays, which is how they would reach the browser anyway."""
    return {name: _typed_array(value) if isinstance(value, np.ndarray) else value for name, value in trace.items()}


def _typed_array(values: np.ndarray) -> dict[str, str]:
    return {"dtype": "f4", "bdata": base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()}
