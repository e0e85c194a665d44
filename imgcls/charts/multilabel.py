"""Figures about labels of which a picture may have several: data in, a Plotly Figure out."""

from imgcls.charts.learning_curves import DASHES
from imgcls.charts.theme import class_colour, lay_out, literal

NAME_LENGTH, HOVER_LENGTH = 18, 80


def precision_recall(curves, names, points):
    """Precision over recall, a line for each label: `curves` maps a label's number to (precision, recall).

    `points` maps it to the (precision, recall) that the present threshold gives, which is marked. Shares from 0 to 1,
    shown in percent. Lines have their class's colour and a dash of their own.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for number, (label, (precision, recall)) in enumerate(curves.items()):
        name, colour = literal(names[label], HOVER_LENGTH), class_colour(label)
        figure.add_scatter(
            x=100 * recall,
            y=100 * precision,
            mode="lines",
            name=literal(names[label], NAME_LENGTH),
            legendgroup=str(label),
            line={"color": colour, "width": 2, "dash": DASHES[number % len(DASHES)]},
            hovertemplate=f"{name}: recall %{{x:.1f}}%, precision %{{y:.1f}}%<extra></extra>",
        )
        if label in points:
            figure.add_scatter(
                x=[100 * points[label][1]],
                y=[100 * points[label][0]],
                mode="markers",
                marker={"color": colour, "size": 11, "symbol": "star", "line": {"width": 1, "color": "white"}},
                legendgroup=str(label),
                showlegend=False,
                cliponaxis=False,
                hovertemplate=f"{name} at this threshold: recall %{{x:.1f}}%, precision %{{y:.1f}}%<extra></extra>",
            )
    lay_out(figure, height=380, x="recall (%)", y="precision (%)")
    figure.update_xaxes(range=[0, 101])
    figure.update_yaxes(range=[0, 101])
    return figure
