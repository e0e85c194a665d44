"""Labels that are probably wrong, estimated from confident disagreement on validation images."""

from imgcls.evaluation.coach.evidence import Evidence
from imgcls.evaluation.coach.finding import Finding
from imgcls.evaluation.label_errors.estimate import wrong_fraction
from imgcls.evaluation.metrics.percent import interval, percent

TITLE = "Wrong labels"
WHY = "The network memorises the mistakes. Correct the labels if you can; smoothing limits the damage until then."
ORDER = 5
LEAST, FEWEST = 0.02, 100
SMOOTHING = 0.1


def find(evidence: Evidence) -> Finding | None:
    """The interval of the fraction of wrong labels lies above LEAST."""
    if len(evidence.labels) < FEWEST:
        return None
    found = wrong_fraction(evidence.labels, evidence.probabilities)
    if found.low <= LEAST:
        return None
    changes: dict = {"label_smoothing": min(0.5, evidence.config.label_smoothing + SMOOTHING)}
    if evidence.config.loss != "categorical_crossentropy":
        changes["loss"] = "categorical_crossentropy"
    return Finding(
        f"About {percent(found.value, 0)} of the labels (95% CI {interval(found.low, found.high, 0)}) look wrong: the "
        "model is certain of another class.",
        f"Train with label smoothing {changes['label_smoothing']:g}",
        changes,
    )
