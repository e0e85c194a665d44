"""The dataset has training images that were not used, and they would help."""

from imgcls.evaluation.coach.evidence import Evidence
from imgcls.evaluation.coach.finding import Finding
from imgcls.evaluation.metrics.percent import percent

TITLE = "More data"
WHY = "If training images are known almost perfectly and new ones are not, more images help more than a larger network."
ORDER = 6
FIT, GAP, TIMES = 0.95, 0.03, 1.5


def find(evidence: Evidence) -> Finding | None:
    """Fitted training images, a gap, and TIMES as many images in the dataset."""
    used = evidence.config.train_images
    if not used or evidence.available < TIMES * used or not len(evidence.accuracy):
        return None
    fit, gap = float(evidence.accuracy[-1]), evidence.gap
    if fit < FIT or gap < max(GAP, evidence.resolution):
        return None
    return Finding(
        f"{percent(fit)} of {used:,} training images are recognised, but validation is {100 * gap:.1f} points lower. "
        f"The dataset has {evidence.available:,}.",
        f"Train on all {evidence.available:,} images",
        {"train_images": 0},
    )
