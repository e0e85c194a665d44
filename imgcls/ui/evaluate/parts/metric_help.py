"""Explanations of metrics that several sections show."""

NATS = "nats, the unit of natural logarithms"
SINGLE = {
    "precision": "Of the images predicted as a class, the fraction that truly belong to it.",
    "recall": "Of the images that belong to a class, the fraction predicted as that class.",
    "F1": "The harmonic mean of precision and recall: high only if both are.",
}
AVERAGES = {"macro": "Unweighted mean over classes.", "weighted": "Mean weighted by class size."}
MULTI = {
    "Precision": "Of the images for which this label was predicted, the fraction that have it.",
    "Recall": "Of the images that have this label, the fraction for which it was predicted.",
    "F1": SINGLE["F1"],
    "Average precision": "The area under the precision–recall curve: how well images with the label are ranked before "
    "those without. It does not depend on the threshold; chance level is the fraction of images with the label.",
}
EXACT_MATCH = "The fraction of images for which every label is correct."
LABEL_ACCURACY = (
    "Label accuracy (1 − Hamming loss). High when labels are rare, because always predicting “no” is mostly correct."
)
