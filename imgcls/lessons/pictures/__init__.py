"""A small picture for each technical term, as SVG; `advanced` has those that a beginner does not meet.

The three colours have a contrast of at least 3:1 on a white and on a black ground, so one picture serves every theme,
and paper. To add a picture, add an entry to `PICTURES`: what it shows, for people who cannot see it, and its shapes.
"""

import math

from imgcls.lessons.pictures import advanced, scenes
from imgcls.lessons.pictures.shapes import (
    COOL,
    HOT,
    INK,
    arrow,
    axes,
    bars,
    blocks,
    box,
    cross,
    curves,
    dashed,
    dot,
    dots,
    found,
    grid,
    image,
    layers,
    line,
    sets,
    seven,
    text,
)

VALLEY = [(x, 12 + 40 * math.sin(math.pi * (x - 8) / 80) ** 1.2) for x in range(8, 89, 4)]
CLOUD = [(20, 40), (28, 34), (24, 48), (34, 44), (36, 34), (30, 26), (42, 40)]
TOP = [12, 30, 42, 48, 51, 53, 54]
PICTURES = {
    "Accuracy": (
        "Ten images: eight are ticked, two crossed out.",
        "".join(
            cross(14 + 17 * (at % 5), 22 + 22 * (at // 5))
            if at in (3, 6)
            else dot(14 + 17 * (at % 5), 22 + 22 * (at // 5), COOL, 5)
            for at in range(10)
        ),
    ),
    "Augmentation": (
        "A seven, and three copies of it: shifted, turned and smaller.",
        image(4, 18)
        + arrow((38, 32), (50, 32), HOT)
        + image(58, 3, 18, HOT, 0.35)
        + image(58, 23, 18, HOT, -0.35)
        + box(58, 43, 18, 18, HOT)
        + seven(71, 50, HOT, 0.45),
    ),
    "Backbone": ("A network of four large blocks, which are marked, and a small head.", blocks(range(4))),
    "Batch": ("Four of twelve images in a frame.", sets(()) + box(3, 12, 57.5, 20.5, HOT)),
    "Batch size": (
        "A frame around four of twelve images.",
        sets(()) + box(3, 12, 57.5, 20.5, HOT) + text(32, 9, "4", HOT),
    ),
    "Bias": (
        "A sum, to which one more number is added.",
        dot(32, 32, INK, 14, is_full=False)
        + text(32, 37, "Σ")
        + arrow((72, 32), (50, 32), HOT)
        + text(81, 37, "+b", HOT),
    ),
    "Calibration": (
        "Bars that follow the diagonal: of the predictions with 80% confidence, 80% are right.",
        axes()
        + "".join(box(14 + 18 * at, 56 - height, 13, height, COOL, 0.4) for at, height in enumerate((9, 22, 33, 46)))
        + dashed([(10, 56), (86, 6)], HOT),
    ),
    "Class": (
        "Three boxes, for threes, sevens and nines.",
        "".join(
            box(4 + 31 * at, 18, 26, 28, HOT if digit == "7" else INK)
            + text(17 + 31 * at, 37, digit, HOT if digit == "7" else INK)
            for at, digit in enumerate("379")
        ),
    ),
    "Classifier": (
        "An image, from which an arrow leads to one of three boxes.",
        image(4, 18)
        + arrow((37, 32), (62, 32), HOT)
        + "".join(box(68, 6 + 19 * at, 22, 14, HOT if at == 1 else INK) for at in range(3)),
    ),
    "CNN": (
        "An image with a small window, a stack of maps that get smaller, and units at the end.",
        image(3, 18)
        + box(7, 22, 9, 9, HOT)
        + arrow((34, 32), (40, 32))
        + box(44, 18, 20, 20)
        + box(48, 24, 20, 20, HOT, 0.3)
        + arrow((71, 32), (78, 32))
        + dots([(87, 18), (87, 32), (87, 46)]),
    ),
    "Confidence": ("Five bars; the highest is marked.", bars((8, 12, 46, 18, 6), 2)),
    "Confidence interval": (
        "A score with a range to both sides.",
        line([(8, 52), (88, 52)])
        + line([(26, 28), (70, 28)], HOT)
        + line([(26, 21), (26, 35)], HOT)
        + line([(70, 21), (70, 35)], HOT)
        + dot(48, 28, HOT, 5),
    ),
    "Confusion matrix": (
        "A table: full cells on the diagonal, and one error beside it.",
        grid(22, 6, 4, 13, [(0, 0), (1, 1), (2, 2), (3, 3)], COOL) + box(48, 19, 13, 13, HOT, 0.6, 0),
    ),
    "Convolution": (
        "A window of 3×3 pixels slides over an image; each of its places gives one value.",
        grid(4, 8, 6, 8)
        + box(12, 16, 24, 24, HOT, 0.3, 0)
        + arrow((40, 28), (62, 28), HOT)
        + grid(66, 14, 4, 7, [(1, 1)]),
    ),
    "Corruption": (
        "A seven under noise.",
        image(28, 12, 40)
        + dots([(35, 20), (60, 25), (38, 40), (55, 46), (62, 38), (45, 18), (33, 30), (50, 34)], HOT, 1.6),
    ),
    "Dense layer": ("Every unit of one layer is connected to every unit of the next.", layers((4, 3))),
    "Dropout": ("A network in which some units are crossed out.", layers((4, 4, 2), off=[(0, 1), (1, 0), (1, 3)])),
    "Duplicate": ("The same image twice.", image(8, 18) + text(48, 37, "=", HOT) + image(60, 18)),
    "Early stopping": (
        "The validation loss falls and rises again; training ends at its lowest point.",
        axes()
        + line([(14, 12), (24, 28), (36, 38), (48, 41), (60, 38), (74, 32)], HOT)
        + dashed([(48, 8), (48, 56)], COOL),
    ),
    "Epoch": (
        "An arrow in a circle around all images.",
        "".join(box(34 + 4 * at, 22 + 4 * at, 16, 14, INK) for at in range(3))
        + '<path d="M62 12 A26 26 0 1 1 34 12" stroke="'
        + HOT
        + '"/>'
        + line([(26, 10), (35, 11.5), (33, 20)], HOT),
    ),
    "Feature map": (
        "A grid in which the cells along an edge are bright.",
        image(4, 14, 36)
        + arrow((44, 32), (53, 32))
        + grid(58, 15, 5, 7, [(1, 0), (2, 0), (3, 0), (3, 1), (2, 2), (2, 3), (1, 4)]),
    ),
    "Filter": (
        "Nine numbers in a square, positive ones orange and negative ones blue.",
        grid(27, 11, 3, 14, [(0, 0), (0, 1), (0, 2)])
        + "".join(box(55, 11 + 14 * at, 14, 14, COOL, 0.6, 0) for at in range(3)),
    ),
    "Fine-tuning": ("The last two blocks of a network and its head are marked.", blocks((2, 3, 4))),
    "Generalisation": (
        "A curve through known points; a new point lies close to it.",
        line([(8, 50), (24, 36), (44, 28), (66, 24), (88, 12)])
        + dots([(16, 44), (30, 32), (52, 27), (82, 14)], COOL)
        + dot(66, 20, HOT, 5, is_full=False),
    ),
    "Gradient": (
        "A point on a slope, and an arrow downhill.",
        line(VALLEY) + dot(24, 35, HOT, 5) + arrow((30, 36), (40, 52), HOT),
    ),
    "Head": ("A network of four large blocks, and a small head, which is marked.", blocks((4,))),
    "Label": (
        "An image with a tag that says 7.",
        image(8, 14, 36) + line([(46, 32), (56, 32)], HOT) + box(56, 20, 32, 24, HOT, 0, 6) + text(72, 37, "7", HOT),
    ),
    "Leak": (
        "Two sets of images that overlap.",
        dot(36, 32, COOL, 22, is_full=False) + dot(60, 32, HOT, 22, is_full=False) + image(40, 24, 16),
    ),
    "Learning rate": (
        "Steps down into a valley, small ones and a large one that jumps across.",
        line(VALLEY) + dots([(16, 23), (20, 29), (24, 35)], COOL, 3) + arrow((24, 14), (76, 14), HOT),
    ),
    "Loss": (
        "A curve that falls while the network learns.",
        axes() + line([(14 + 12 * at, y) for at, y in enumerate(TOP)], HOT),
    ),
    "Neural network": ("Three layers of units, connected by lines.", layers((3, 4, 2))),
    "Outlier": ("A cloud of points, and one far away.", dots(CLOUD, INK, 3) + dot(80, 12, HOT, 5)),
    "Overfitting": (
        "The training loss keeps falling; the validation loss rises again.",
        curves(TOP, [14, 30, 38, 40, 37, 31, 24]),
    ),
    "Parameter": (
        "Three dials, each set to another value.",
        "".join(
            dot(18 + 30 * at, 34, INK, 11, is_full=False)
            + line([(18 + 30 * at, 34), (18 + 30 * at + 9 * math.sin(turn), 34 - 9 * math.cos(turn))], HOT)
            for at, turn in enumerate((-0.9, 0.3, 1.4))
        ),
    ),
    "Pixel": (
        "An image as a grid of cells, one of which is marked.",
        grid(24, 8, 6, 8, [(1, 1), (2, 1), (3, 1), (4, 1), (4, 2), (3, 3), (3, 4)], INK)
        + box(48, 24, 8, 8, HOT, 0.7, 0),
    ),
    "Pooling": (
        "Four by four values become two by two.",
        grid(6, 8, 4, 12) + box(6, 8, 24, 24, HOT, 0, 0) + arrow((58, 32), (68, 32)) + grid(72, 22, 2, 10, [(0, 0)]),
    ),
    "Precision": ("Of the points inside a ring, most belong to the class.", found("predicted")),
    "Prediction": (
        "An image of a seven, an arrow, and the digit 7.",
        image(6, 14, 36) + arrow((48, 32), (66, 32), HOT) + text(80, 38, "7", HOT),
    ),
    "Recall": ("Of the points of the class, most are inside a ring.", found("class")),
    "Receptive field": (
        "The 3×3 pixels that one unit sees, joined to it by lines.",
        grid(4, 8, 6, 8)
        + box(12, 16, 24, 24, HOT, 0.3, 0)
        + line([(36, 16), (80, 32), (36, 40)], HOT)
        + dot(80, 32, HOT, 5),
    ),
    "Rejection": (
        "A scribble with a question mark instead of an answer.",
        box(6, 14, 36, 36)
        + line([(12, 40), (20, 20), (24, 44), (30, 22), (34, 42), (37, 30)])
        + arrow((48, 32), (64, 32))
        + text(80, 38, "?", HOT),
    ),
    "ReLU": (
        "A line that is flat for negative inputs and rises for positive ones.",
        line([(8, 46), (88, 46)]) + line([(48, 6), (48, 58)]) + line([(10, 46), (48, 46), (84, 10)], HOT),
    ),
    "Saliency map": (
        "An image with a marked region.",
        image(28, 12, 40) + f'<circle cx="55" cy="24" r="10" fill="{HOT}" fill-opacity="0.5"/>',
    ),
    "Schedule": (
        "A learning rate that rises briefly and then falls.",
        axes() + line([(12, 46), (30, 12), (50, 26), (68, 42), (86, 54)], HOT),
    ),
    "Seed": (
        "A die.",
        box(30, 14, 36, 36, INK, 0, 6) + dots([(39, 23), (57, 23), (48, 32), (39, 41), (57, 41)], HOT, 3),
    ),
    "Split": (
        "A row of images, divided into three parts.",
        sets(()) + dashed([(47.5, 8), (47.5, 56)], HOT) + dashed([(76.5, 8), (76.5, 56)], HOT),
    ),
    "Test set": ("Of twelve images, the last two are marked.", sets((5, 11))),
    "Threshold": (
        "Bars, and a line; one bar is above it.",
        bars((12, 18, 42, 24, 10), 2) + dashed([(8, 24), (88, 24)], COOL),
    ),
    "Training set": ("Of twelve images, the first six are marked.", sets((0, 1, 2, 6, 7, 8))),
    "Transfer learning": (
        "A large network that stays as it is, with a new head.",
        blocks((4,)) + text(30, 37, "✓", COOL),
    ),
    "Underfitting": (
        "Training and validation loss both stay high.",
        curves([12, 16, 19, 21, 22, 22, 22], [10, 13, 15, 16, 17, 17, 17]),
    ),
    "Unit": (
        "Three inputs are added up to one output.",
        "".join(line([(8, y), (42, 32)], INK) for y in (14, 32, 50))
        + dot(48, 32, HOT, 13, is_full=False)
        + text(48, 37, "Σ", HOT)
        + arrow((62, 32), (88, 32), HOT),
    ),
    "Validation set": ("Of twelve images, four in the middle are marked.", sets((3, 4, 9, 10))),
    "Weight": (
        "A line between two units, with a number on it.",
        dot(12, 36, INK, 6)
        + line([(18, 36), (78, 36)], HOT, 'stroke-width="5"')
        + dot(84, 36, INK, 6)
        + text(48, 26, "× 0.7", HOT),
    ),
    **advanced.PICTURES,
}
"""Term -> what its picture shows, and its shapes."""


def svg(name: str) -> str:
    """The picture of a term or a scene; "" if it has none."""
    if not has(name):
        return ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 64" fill="none" stroke-width="2" '
        f'stroke-linecap="round" stroke-linejoin="round" font-family="sans-serif" font-size="14" '
        f'text-anchor="middle">{_of(name)[1]}</svg>'
    )


def alt(name: str) -> str:
    """What the picture of a term or a scene shows; "" if it has none."""
    return _of(name)[0] if has(name) else ""


def has(name: str) -> bool:
    """Whether there is a picture of this term or scene."""
    return name in PICTURES or name in scenes.SCENES


def _of(name: str) -> tuple[str, str]:
    return PICTURES[name] if name in PICTURES else scenes.SCENES[name]
