"""A run as something to hand in: one file that opens in any browser, and the same figures for programs.

    figures      all figures as plain values (JSON)
    page         the HTML file: settings, curves, scores, matrix, worst pictures
    curves       learning curves as SVG, without a drawing library in the file
    tables       the scores and the answers as CSV

Nothing in the page comes from elsewhere: no script, no font, no picture. Names are escaped.
"""

from imgcls.evaluation.report.html import page
from imgcls.evaluation.report.tables import classes, predictions
from imgcls.evaluation.report.values import figures

__all__ = ["classes", "figures", "page", "predictions"]
