"""A run as something to hand in: one HTML file that opens in any browser, and the same numbers for programs.

    values        all numbers as plain values (JSON)
    html          the HTML file, from the template report.html.jinja
    svg_curves    learning curves as SVG, so that the file needs no plotting library
    tables        scores and predictions as CSV
    replay/       the training as an animation, an HTML file with a script
    talk/         a prepared talk: pages of the app and replays with notes, likewise

The HTML files load nothing from elsewhere: no script, no font, no image. Names are escaped.
"""

from imgcls.evaluation.report.html import page
from imgcls.evaluation.report.tables import predictions_csv, scores_csv
from imgcls.evaluation.report.values import collect

__all__ = ["collect", "page", "predictions_csv", "scores_csv"]
