"""A diagram of a network: feature maps as blocks that shrink and thicken from left to right, dense layers as bars."""

from collections.abc import Mapping
from math import log2, prod
from types import MappingProxyType

from imgcls.charts.network_diagram import labels
from imgcls.charts.theme import CLEAR, QUIET, faded, lay_out, literal, mixed

HEIGHT = 208  # pixels, without the labels
TALLEST = 150  # in diagram units, about as many pixels
IMAGE_SIDE = 44  # the side of an image above a block, in diagram units
PLAIN = "activation, dropout …"

# A layer belongs to the first group with a word that occurs in its class name: group, words, colour.
GROUPS = (
    ("input", ("input",), "#7F8C9B"),
    ("convolution", ("conv",), "#4C9BD6"),
    ("pooling", ("pool",), "#C978A6"),
    ("dense", ("dense",), "#7A68C8"),
    ("pretrained backbone", ("functional", "backbone", "model", "sequential"), "#44AA99"),
    ("merge", ("add", "concat", "multiply"), "#C9A227"),
)
# Keras class name -> the label below a block.
WORDS = {
    "Input": "input",
    "InputLayer": "input",
    "Conv2D": "convolution",
    "SeparableConv2D": "convolution",
    "DepthwiseConv2D": "convolution",
    "MaxPooling2D": "max pooling",
    "AveragePooling2D": "average pooling",
    "GlobalAveragePooling2D": "global average",
    "GlobalMaxPooling2D": "global max",
    "BatchNormalization": "batch norm",
    "LayerNormalization": "layer norm",
    "Functional": "backbone",
}
# Keras class name -> what such a layer does, in plain words; {n} is the last number of its output's shape.
PLAIN_WORDS = {
    "Input": "the image, as numbers",
    "InputLayer": "the image, as numbers",
    "Conv2D": "looks for {n} small patterns everywhere",
    "SeparableConv2D": "looks for {n} small patterns everywhere",
    "DepthwiseConv2D": "looks for a small pattern in each map",
    "MaxPooling2D": "makes the maps smaller and keeps the strongest responses",
    "AveragePooling2D": "makes the maps smaller by averaging neighbours",
    "GlobalAveragePooling2D": "turns each map into its average",
    "GlobalMaxPooling2D": "turns each map into its strongest response",
    "BatchNormalization": "keeps the values in a convenient range",
    "LayerNormalization": "keeps the values in a convenient range",
    "Dropout": "switches off some values at random while training",
    "Flatten": "writes all values into one row",
    "Dense": "{n} sums, each of all values of the layer before",
    "Activation": "changes each value by the same rule",
    "ReLU": "sets negative values to zero",
    "Softmax": "turns the scores into percentages",
    "Add": "adds up two branches",
    "Functional": "a network that was trained before",
}


def network(rows, images: Mapping[int, str] = MappingProxyType({})):
    """Draw the layers of a network from left to right; hovering over a layer shows its shape and parameters.

    `images` are data URLs of images to show above layers, by the number of the layer.

    `rows` are objects with name, kind (the Keras class name), shape (without the batch), parameters and detail. The
    height of a feature map grows with its size relative to the input, its thickness with the logarithm of its channels;
    a dense layer is as tall as the logarithm of its units. Layers without weights are slim and grey.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    rows = list(rows)
    blocks = _placed(rows)
    shapes = []
    if blocks:
        end = blocks[-1].right
        shapes.append(_line(f"M {blocks[0].x},0 L {end + 14},0", faded(QUIET, 0.6), 1.5))
        shapes.append(_face([(end + 20, 0), (end + 11, 4), (end + 11, -4)], QUIET, QUIET, 0))
        for block in blocks:
            shapes += block.shapes()
    figure.add_scatter(
        x=[block.centre for block in blocks],
        y=[0] * len(blocks),
        mode="markers",
        marker={"symbol": "square", "size": 20, "color": QUIET, "opacity": 0},
        hovertext=[_hover_text(row) for row in rows],
        hoverinfo="text",
        customdata=[[index] for index in range(len(rows))],
    )
    above = (IMAGE_SIDE + 10) * bool(images)
    width = max(blocks[-1].right + 24, 620) if blocks else 620
    named = labels.placed([_label(row) for row in rows], blocks, width)
    below = labels.ROW * (1 + max((level for level, _ in named.values()), default=0)) + 12
    lay_out(figure, height=HEIGHT + above + below, margins=(36, 20, 8, below), legend=None)
    for number, url in images.items():
        figure.add_layout_image(
            source=url,
            x=blocks[number].centre,
            y=TALLEST / 2 + 32,
            xref="x",
            yref="y",
            sizex=IMAGE_SIDE,
            sizey=IMAGE_SIDE,
            xanchor="center",
            yanchor="bottom",
        )
    shapes += [labels.leader(blocks[number].foot, level * labels.ROW) for number, (level, _) in named.items() if level]
    figure.update_layout(shapes=shapes, dragmode=False, hovermode="closest", hoverdistance=-1)
    spare = (width - blocks[-1].right - 24) / 2 if blocks else 0
    figure.update_xaxes(
        range=[-12 - spare, width - spare + 12],
        tickvals=[blocks[number].foot for number in named],
        ticktext=["<br><br>" * level + text for level, text in named.values()],
        tickangle=0,
        ticklabeloverflow="allow",
        tickfont={"size": 11},
        showgrid=False,
        fixedrange=True,
    )
    figure.update_yaxes(range=[-TALLEST / 2 - 6, TALLEST / 2 + 30 + above], visible=False, fixedrange=True)
    return figure


def key(rows) -> dict[str, str]:
    """The groups of layers that a network has, in its order, with their colours. A figure's own legend stacks them on
    a narrow screen, above half of the diagram."""
    return dict(_group(row.kind) for row in rows)


class Block:
    """One layer as a box: its front face is on the left, its depth goes up to the right."""

    def __init__(self, row, sizes):
        self.group, self.colour = _group(row.kind)
        self.slim = self.group == PLAIN
        self.cells = self.sheets = 0
        side, width = sizes
        shape = tuple(size or 1 for size in row.shape)
        slim = self.slim
        if len(shape) >= 2:
            # Two dimensions are tokens and features: drawn like an image with as many pixels as tokens.
            pixels = prod(shape[:-1])
            self.height = max(10, TALLEST * min(1, pixels**0.5 / side) ** 0.6)
            self.width = 3 if slim else 4 + 3.2 * log2(1 + shape[-1])
            self.depth = (0.14 if slim else 0.26) * self.height
            self.sheets = 0 if slim else round(log2(1 + shape[-1]))
        else:
            units = shape[0] if shape else 1
            self.height = TALLEST * max(0.1, min(1, log2(1 + units) / 11))
            self.width = 3 if slim else 9
            self.depth = 0 if slim else 5
            self.cells = units if units <= 16 and not slim else 0
        self.rise = 0.12 * self.height if len(shape) >= 2 else 4 * bool(self.depth)
        self.width *= width
        self.depth *= width
        self.x = 0.0

    @property
    def right(self):
        return self.x + self.width + self.depth

    @property
    def centre(self):
        return self.x + (self.width + self.depth) / 2

    @property
    def foot(self):
        return self.x + self.width / 2

    def shapes(self):
        """Front, top and side as Plotly shapes, shaded as if lit from the top left."""
        left, right, top, low = self.x, self.x + self.width, self.height / 2, -self.height / 2
        back, rise = self.depth, self.rise
        edge = mixed(self.colour, "#000000", 0.3)
        light, dark = mixed(self.colour, "#FFFFFF", 0.4), mixed(self.colour, "#000000", 0.16)
        if self.slim:
            light, dark, edge = (faded(self.colour, opacity) for opacity in (0.6, 0.35, 0.5))
        faces = [_face([(left, low), (right, low), (right, top), (left, top)], self.colour, edge)]
        if back:
            above = [(left, top), (right, top), (right + back, top + rise), (left + back, top + rise)]
            beside = [(right, low), (right + back, low + rise), (right + back, top + rise), (right, top)]
            faces += [_face(above, light, edge), _face(beside, dark, edge)]
        inner = [f"M {left},{y:.5g} L {right},{y:.5g}" for y in _between(low, top, self.cells)]
        # One sheet for each doubling of the channels, like paper seen from the edge.
        inner += [
            f"M {x:.5g},{low} L {x:.5g},{top} L {x + back:.5g},{top + rise}" for x in _between(left, right, self.sheets)
        ]
        if self.group == "input":
            for fraction in _between(0, 1, 7):
                x, y = right + fraction * back, fraction * rise
                inner.append(f"M {x:.5g},{low + y:.5g} L {x:.5g},{top + y:.5g}")
                y = low + fraction * self.height
                inner.append(f"M {right:.5g},{y:.5g} L {right + back:.5g},{y + rise:.5g}")
        if inner:
            faces.append(_line(" ".join(inner), "rgba(255,255,255,0.55)", 0.8))
        return faces


def _between(start, end, parts):
    """The positions that divide an interval into `parts` equal parts."""
    return [start + (end - start) * number / parts for number in range(1, parts)]


def _placed(rows):
    """Blocks side by side; the more layers, the closer together, so that forty still fit."""
    side = max((prod(s or 1 for s in row.shape[:-1]) ** 0.5 for row in rows if len(row.shape) >= 2), default=1)
    tight = min(1.0, 14 / max(len(rows), 1))
    blocks = [Block(row, (side, max(0.55, tight**0.5))) for row in rows]
    # If every block has a label, the gap leaves room for it.
    at = 0.0
    for block in blocks:
        block.x = at
        at = block.right + max(5, 26 * tight)
        at = max(at, block.x + (84 if len(rows) <= 12 else 22))
    return blocks


def _group(kind):
    name = kind.lower().replace("padding", "")  # not an addition
    for group, words, colour in GROUPS:
        if any(word in name for word in words):
            return group, colour
    return PLAIN, "#A3ABB5"


def _label(row):
    word = WORDS.get(row.kind, literal(row.kind, 16).lower())
    return word if _group(row.kind)[0] == PLAIN else f"{word}<br>{_size(row.shape, '×')}"


def _hover_text(row):
    lines = [
        f"<b>{literal(row.name, 60)}</b>",
        *([PLAIN_WORDS[row.kind].format(n=row.shape[-1] if row.shape else "?")] if row.kind in PLAIN_WORDS else []),
        " · ".join(filter(None, [literal(row.kind, 40), literal(row.detail, 80)])),
        f"output {_size(row.shape, '×')}",
        f"{row.parameters:,} parameters" if row.parameters else "no parameters",
    ]
    return "<br>".join(lines)


def _size(shape, times):
    return times.join("?" if size is None else f"{size:,}" if len(shape) == 1 else str(size) for size in shape)


def _face(corners, fill, edge, line=0.7):
    path = "M " + " L ".join(f"{x:.5g},{y:.5g}" for x, y in corners) + " Z"
    return {"type": "path", "path": path, "fillcolor": fill, "line": {"color": edge, "width": line}, "layer": "above"}


def _line(path, colour, width):
    return {
        "type": "path",
        "path": path,
        "fillcolor": CLEAR,
        "line": {"color": colour, "width": width},
        "layer": "above",
    }
