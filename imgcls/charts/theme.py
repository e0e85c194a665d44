"""What all figures share: colours with a fixed meaning, one layout, and escaping of user text.

Colours are those of Okabe, M. and Ito, K. (2008), "Color universal design", distinguishable with colour blindness.
Colour is never the only cue: validation is also dashed, and the best epoch is also a labelled star.
"""

import colorsys
import itertools
from collections import Counter

TRAINING = "#0072B2"
VALIDATION = "#E69F00"
BEST = "#009E73"
ERROR = "#D55E00"
QUIET = "#8C939C"
"""Grey that is visible in light and dark mode, for reference lines."""

FEW_EPOCHS = 12
GRID = "rgba(128,128,128,0.18)"
CLEAR = "rgba(0,0,0,0)"

CLASSES = ("#1892FF", "#F06A2F", "#007900", "#7955B6", "#3AA35C", "#C23161", "#9E6D00", "#CE6DDB", "#0C7986", "#92929E")
"""Ten colours as far from each other as they can be in OKLab, also for people with deuteranopia, if each has a contrast
of 3:1 with a white and with a dark page."""


def class_colour(index):
    """The colour of class `index` as "#rrggbb": the same on every page, and distinct for many more than ten classes."""
    if index < len(CLASSES):
        return CLASSES[index]
    # Golden-ratio steps never repeat a hue; three lightness levels separate neighbours further.
    red, green, blue = colorsys.hls_to_rgb(index * 0.618034 % 1, (0.45, 0.58, 0.7)[index % 3], 0.5)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def literal(text, most=None):
    """Text that Plotly shows literally, cut to `most` characters: no tags, no entities, no $formula$.

    Plotly interprets <b>, <a href> etc. as markup and $...$ as MathJax, and resolves entities after both.
    """
    # A name from an archive may contain half a surrogate pair, which cannot be encoded for the browser.
    text = str(text).encode("utf-8", "replace").decode()
    if most and len(text) > most:
        text = text[: most - 1] + "…"
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("$", "&#36;")):
        text = text.replace(character, entity)
    return text


def distinct(names, most):
    """The names, none longer than `most` characters, such that different names stay different where that is possible.

    Long names of a legend often differ only at their end ("…, seed 1"): what all begin with is left out then, and "…"
    stands for it.
    """
    names = [str(name) for name in names]
    if all(len(name) <= most for name in names):
        return names
    letters = itertools.takewhile(lambda column: len(set(column)) == 1, zip(*names, strict=False))
    shared = "".join(column[0] for column in letters)
    # Whole words, and as few as necessary: "…with one-cycle, seed 1" says more than "…1".
    ends = [at + 1 for at, letter in enumerate(shared) if letter == " "]
    if len(names) > 1 and ends:
        too_long = max(map(len, names)) + 1 - most
        cut = next((end for end in ends if end >= too_long), ends[-1])
        names = [f"…{name[cut:]}" for name in names]
    heads = Counter(name[: most - 1] for name in names)
    return [_cut(name, most, at_end=heads[name[: most - 1]] == 1) for name in names]


def _cut(name, most, *, at_end):
    if len(name) <= most:
        return name
    return f"{name[: most - 1]}…" if at_end else f"…{name[1 - most :]}"


def lay_out(figure, **options):
    """Apply the common layout to a figure, in place; options as in `layout`."""
    return figure.update_layout(layout(**options))


def layout(*, height, x="", y="", margins=(64, 16, 16, 52), legend="above"):
    """The common layout as a dictionary: fixed height, axis titles with units, no background.

    `margins` are left, right, top, bottom in pixels, fixed so that nothing jumps when labels change; `legend` is
    "above", "below" or None. Text colours are left to the page's theme.
    """
    left, right, top, bottom = margins
    places = {
        "above": {"orientation": "h", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom"},
        "below": {"orientation": "h", "x": 0, "y": 0, "yref": "container", "xanchor": "left", "yanchor": "bottom"},
    }
    axis = {"gridcolor": GRID, "zeroline": False, "automargin": False, "fixedrange": False}
    return {
        "height": height,
        "margin": {"l": left, "r": right, "t": top + (20 if legend == "above" else 0), "b": bottom, "pad": 2},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "showlegend": legend is not None,
        "legend": places.get(legend, {}) | {"bgcolor": CLEAR, "title": {"text": ""}},
        "hoverlabel": {"align": "left", "namelength": -1},
        # Plotly's own is half of the background's colour, which is black as the background is clear.
        "modebar": {"bgcolor": CLEAR, "color": QUIET, "activecolor": QUIET},
        "xaxis": {"title": {"text": x, "standoff": 8}, **axis},
        "yaxis": {"title": {"text": y, "standoff": 8}, **axis},
    }


def whole_epochs(last, first=0):
    """A tick at each of a few epochs, from the `first` up to the `last`; Plotly would add halves. Among many it leaves
    epochs out, and never names one twice where somebody has zoomed in."""
    many = {"dtick": None, "tickformatstops": [{"dtickrange": [None, 0.99], "value": "~g"}]}
    return {"tick0": 0} | ({"dtick": 1} if last - first <= FEW_EPOCHS else many)


def faded(colour, opacity):
    """A "#rrggbb" colour with an opacity from 0 to 1."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:.3g})"


def mixed(colour, other, fraction):
    """A "#rrggbb" colour blended with another: 0 is `colour`, 1 is `other`."""
    pairs = ((int(colour[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * fraction):02x}" for a, b in pairs)
