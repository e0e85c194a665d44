"""Figures: data in, a Plotly Figure out. No Streamlit, no arithmetic beyond what drawing needs.

    learning_curves    loss and accuracy during training
    compared           several runs: their curves, accuracy and cost, repeated seeds
    lr_finder          the learning-rate finder
    network_diagram    the layers of a network
    scores             reliability, ROC and precision-recall curves, coverage, scores per class
    multilabel         precision and recall per label
    prediction_map     test images by true class and confidence
    epoch_history      one image, or a metric of the user's own, over the epochs
    dataset_analysis   a map of a dataset's images, and their brightness
    run_figures        the figures of a run for a paper, and their files
    theme              colours, layout and escaping that all figures share

Every figure has a fixed height and a transparent background, so that the page's theme shows. Names may contain
anything and are shown literally. Plotly is imported when the first figure is drawn, because importing it takes longer
than a rerun of a page.
"""

from imgcls.charts.learning_curves import learning_curve, learning_curve_dict, small_curve_dict, thin
from imgcls.charts.network_diagram import network
from imgcls.charts.theme import class_colour, literal

__all__ = [
    "class_colour",
    "learning_curve",
    "learning_curve_dict",
    "literal",
    "network",
    "small_curve_dict",
    "thin",
]

NAME_LENGTH = 18  # characters of a name next to an axis; the hover text has up to HOVER_LENGTH
HOVER_LENGTH = 80
