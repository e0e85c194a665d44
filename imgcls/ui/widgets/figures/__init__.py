"""Figures and bars, and how they are sent and saved.

static_figure    a Plotly figure that is sent without Plotly's validation
figure_download  save a figure from the page
run_points       a figure whose points are runs, which a click opens
class_counts     images per class as HTML bars
multilabel_bars  the prediction of a multi-label model as HTML bars
"""
