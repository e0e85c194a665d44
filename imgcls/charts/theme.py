"""What all figures share: colours that mean something, one layout, and text that shows itself.

Colours are those of Okabe, M. and Ito, K. (2008), "Color universal design", which stay apart for colour-blind eyes.
A colour is never the only sign: validation is also dashed, the best point also a star with words.
"""

import colorsys

TRAINING = "#0072B2"
VALIDATION = "#E69F00"
BEST = "#009E73"
ERROR = "#D55E00"
QUIET = "#8C939C"
"""Grey that shows on a light and on a dark page: what is only there for comparison."""
DARK = "#1C2530"
"""Text on a light tint."""

GRID = "rgba(128,128,128,0.18)"
CLEAR = "rgba(0,0,0,0)"

# After Paul Tol's "muted" scheme, the two darkest lightened so that they show on a dark page.
CLASSES = ("#CC6677", "#6A5ACD", "#B8A63A", "#2E8B57", "#56B4E9", "#B03A75", "#44AA99", "#8F8F2A", "#AA4499", "#A0714F")


def class_colour(index):
    """The colour of class `index`, "#rrggbb": the same on every page; different ones far beyond the first ten."""
    if index < len(CLASSES):
        return CLASSES[index]
    # Steps by the golden ratio never come back to a hue; three lightnesses part neighbours further.
    red, green, blue = colorsys.hls_to_rgb(index * 0.618034 % 1, (0.45, 0.58, 0.7)[index % 3], 0.5)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def literal(text, most=None):
    """Text that Plotly shows as it is, cut to `most` characters: no tags, no entities, no $formula$.

    Plotly takes <b>, <a href> and their like for markup and $...$ for MathJax; it resolves entities after both.
    """
    # A name from a foreign archive may hold half a surrogate pair, which no encoder for the browser accepts.
    text = str(text).encode("utf-8", "replace").decode()
    if most and len(text) > most:
        text = text[: most - 1] + "…"
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("$", "&#36;")):
        text = text.replace(character, entity)
    return text


def lay_out(figure, **wishes):
    """Give a figure the house's layout, in place; `wishes` as in `layout`."""
    return figure.update_layout(layout(**wishes))


def layout(*, height, x="", y="", margins=(64, 16, 16, 52), legend="above"):
    """The house's layout as a dictionary: fixed height, axes named with units, no background, no menu clutter.

    `margins` are left, right, top, bottom in pixels, fixed so that nothing jumps when labels change; `legend` is
    "above", "below" or None. Colours of text are left to the page's theme.
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
        "xaxis": {"title": {"text": x, "standoff": 8}, **axis},
        "yaxis": {"title": {"text": y, "standoff": 8}, **axis},
    }


def faded(colour, opacity):
    """A "#rrggbb" colour with an opacity from 0 to 1."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:.3g})"


def mixed(colour, other, fraction):
    """A "#rrggbb" colour moved towards another by `share` (0 to 1)."""
    pairs = ((int(colour[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * fraction):02x}" for a, b in pairs)
