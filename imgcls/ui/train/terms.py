"""The technical terms of the Train page, each with one sentence from the glossary."""

import streamlit as st

from imgcls import models
from imgcls.languages import gettext as _

OF_ALL = (
    *("Epoch", "Learning rate", "Parameter", "Validation set", "Test set", "Augmentation", "Optimiser", "Batch size"),
    *("Loss", "Cross-entropy", "Label smoothing", "Class weights", "Weight decay", "EMA", "Schedule", "One-cycle"),
    *("Early stopping", "Split", "Cross-validation", "Seed", "Precision", "bfloat16"),
)
OF_CONVOLUTIONS = ("Convolution", "Filter", "Pooling", "Batch normalisation", "ReLU", "Dropout", "Dense layer")
OF_MODELS = {"ann": ("Dense layer", "Unit", "ReLU", "Dropout")}
OF_TRANSFER = ("Transfer learning", "Backbone", "Feature", "Head", "Fine-tuning")


def of(model: str) -> tuple[str, ...]:
    """The terms that its form uses: those of the model first."""
    first = OF_TRANSFER if models.has_backbone(model) else OF_MODELS.get(model, OF_CONVOLUTIONS)
    return (*first, *OF_ALL)


def section(model: str) -> None:
    """A closed section with all of them."""
    with st.expander(_("Terms on this page"), key="terms", icon=":material/dictionary:", on_change="rerun") as section:
        if section.open:
            from imgcls.ui.app.lessons import words  # reads the glossary

            words.show(of(model))
