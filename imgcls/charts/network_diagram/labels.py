"""Where the names of layers stand below the blocks of a network's diagram."""

from imgcls.charts.theme import QUIET, faded

LETTER, SPACE = 5.3, 6  # pixels: a letter of a label, on average, and the least space between two labels
NARROW = 265  # pixels that the blocks have on a narrow phone
ROW = 27  # pixels: the height of a row of labels, which have two lines
LEVELS = 3  # rows of labels at most


def placed(texts, blocks, width):
    """The number of a layer -> the level of its label and its text, horizontal and in as many rows as they need.

    Blocks come before grey layers, and the last block before those between. A layer whose label has no room on a phone
    has none: its name is shown on hovering, and in the table of the layers.
    """
    order = [number for number, block in enumerate(blocks) if not block.slim]
    order = order[:1] + order[-1:] + order[1:-1] if len(order) > 1 else order
    order += [number for number, block in enumerate(blocks) if block.slim]
    taken: list[tuple[int, float, float, float]] = []  # level, left end, middle, right end
    found, is_full = {}, False
    for number in order:
        text = texts[number]
        at = blocks[number].foot
        half = (max(map(len, text.split("<br>"))) * LETTER + SPACE) / 2 * width / NARROW
        new = ((level, at - half, at, at + half) for level in range(LEVELS))
        free = next((label for label in new if not any(_overlap(label, other) for other in taken)), None)
        if free is None and not blocks[number].slim:
            is_full = True
        if free and not (is_full and blocks[number].slim):  # the name of a dropout next to a block without one misleads
            taken.append(free)
            found[number] = free[0], text
    return dict(sorted(found.items()))


def _overlap(one, other):
    """Whether two labels, or the line to the lower one and the upper one, meet."""
    upper, lower = sorted((one, other))
    left, right = (lower[1], lower[3]) if upper[0] == lower[0] else (lower[2], lower[2])
    return left < upper[3] and right > upper[1]


def leader(x, length):
    """A thin line from the blocks down to a label that is not in the first row."""
    return {
        "type": "line",
        "xref": "x",
        "x0": x,
        "x1": x,
        "yref": "paper",
        "ysizemode": "pixel",
        "yanchor": 0,
        "y0": 0,
        "y1": -length - 4,
        "line": {"color": faded(QUIET, 0.5), "width": 1},
        "layer": "below",
    }
