"""One unit of a convolution by hand: point at its feature map, and its receptive field moves over the image.

Everything is in the browser, so it follows the pointer at once. The server is told which unit was clicked.
"""

import base64
import json

import numpy as np

from imgcls.languages import gettext as _
from imgcls.lessons.first_convolution import FirstConvolution
from imgcls.ui.components.component import own_component
from imgcls.ui.components.figure_menu import framed

KEY = "unit-by-hand"
MOST = 1_024
"""No feature map has more rows or columns."""
HTML = """
<div class="by-hand">
  <figure><figcaption class="input-title"></figcaption>
   <div class="sheet"><canvas class="input"></canvas><i></i></div></figure>
  <figure><figcaption class="map-title"></figcaption><div class="sheet"><canvas class="map" tabindex="0"
   role="application"></canvas><i></i></div></figure>
  <div class="sum" role="status"></div>
</div>
"""


def show(found: FirstConvolution, pixels: np.ndarray, feature_map: int) -> None:
    """The image (uint8, height, width, channels) beside one feature map, and the sum of the unit that is pointed at."""
    outputs = found.outputs[..., feature_map]
    data = {
        "content": json.dumps(
            {
                "image": _text(pixels),
                "channels": pixels.shape[-1],
                "inputs": _text(found.inputs.astype("<f4")),
                "shape": found.inputs.shape,
                "border": found.border,
                "kernel": found.kernel[..., feature_map].ravel().astype(float).round(6).tolist(),
                "kernelShape": found.kernel.shape[:3],
                "bias": round(float(found.bias[feature_map]), 6),
                "outputs": _text(outputs.astype("<f4")),
                "outputShape": outputs.shape,
                "isRectified": found.is_rectified,
                "start": np.unravel_index(int(outputs.argmax()), outputs.shape),
                "map": feature_map,
                "layer": found.layer,
            },
            default=int,
        ),
        "texts": texts(),
    }
    own_component("unit_by_hand", framed(HTML, "unit-by-hand"))(key=KEY, data=data, on_unit_change=_ignore)


def texts() -> dict[str, str]:
    """What the component says, in the visitor's language; names in braces are filled in by the browser."""
    return {
        "input": _("The image, with what the unit sees"),
        "map": _("Feature map {number}: point at a unit"),
        "label": _("Feature map {number} of {layer}, {rows} by {columns} units. Arrow keys move, Enter chooses."),
        "pixels": _("pixels"),
        "weights": _("weights"),
        "products": _("products"),
        "red": _("red"),
        "green": _("green"),
        "blue": _("blue"),
        "sum": _("Sum of pixel × weight:"),
        "zeros": _("(products that are 0.00: {count} of {all})"),
        "total": _("plus the bias {bias} gives {total}"),
        "relu": _("Negative sums become 0 (ReLU): {value}."),
        "app": _("The app's value: {value}"),
    }


def clicked(state: object) -> tuple[int, int] | None:
    """Row and column of the unit that was clicked, from the state of the component; None if none was."""
    unit = state.get("unit") if hasattr(state, "get") else None
    if isinstance(unit, list) and len(unit) == 2 and all(type(one) is int and 0 <= one < MOST for one in unit):
        return unit[0], unit[1]
    return None


def _text(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def _ignore() -> None:
    """Streamlit keeps only the state that has a callback."""
