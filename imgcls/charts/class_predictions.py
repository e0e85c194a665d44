"""What the people of a class predicted, against what came out. Data in, Plotly figure out."""

from collections.abc import Sequence

from imgcls.charts import HOVER_LENGTH, NAME_LENGTH
from imgcls.charts.theme import QUIET, TRAINING, lay_out, literal
from imgcls.evaluation.metrics.percent import percent

HEIGHT = 320
MOST_NAMED = 12


def class_predictions(points: Sequence[tuple[str, float, float]]):
    """Points of name, predicted and actual accuracy (0 to 1), and the line on which both are the same."""
    import plotly.graph_objects as go

    values = [100 * value for _, *pair in points for value in pair]
    low, high = max(0.0, min(values) - 5), min(100.0, max(values) + 5)
    figure = go.Figure()
    figure.add_scatter(
        x=[low, high],
        y=[low, high],
        mode="lines",
        line={"color": QUIET, "dash": "dot"},
        name="perfectly calibrated",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[100 * predicted for _, predicted, _ in points],
        y=[100 * actual for _, _, actual in points],
        mode="markers+text" if len(points) <= MOST_NAMED else "markers",
        text=[literal(name, NAME_LENGTH) for name, _, _ in points],
        textposition="top center",
        customdata=[literal(name, HOVER_LENGTH) for name, _, _ in points],
        marker={"color": TRAINING, "size": 11},
        name="people",
        hovertext=[f"predicted {percent(predicted)}, actual {percent(actual)}" for _, predicted, actual in points],
        hovertemplate="%{customdata}<br>%{hovertext}<extra></extra>",
        cliponaxis=False,
    )
    return lay_out(figure, height=HEIGHT, x="predicted accuracy, %", y="actual accuracy, %", margins=(64, 32, 24, 52))
