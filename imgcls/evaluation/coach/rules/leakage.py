"""Training images that are in the test set, too."""

from imgcls.evaluation.coach.evidence import Evidence
from imgcls.evaluation.coach.finding import Finding

TITLE = "Leakage"
WHY = "The model has seen the answers, so the test accuracy is too good to be true."
ORDER = 0


def find(evidence: Evidence) -> Finding | None:
    """At least one identical image."""
    count = len(evidence.leaks)
    if not count:
        return None
    return Finding(
        f"{count:,} training image{'s are' if count > 1 else ' is'} identical to test images, pixel by pixel.",
        "Exclude them and train again",
        excluded=evidence.leaks,
    )
