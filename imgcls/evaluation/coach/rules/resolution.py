"""So few validation images that the score is mostly chance."""

from imgcls.evaluation.coach.evidence import Evidence
from imgcls.evaluation.coach.finding import Finding

TITLE = "Coarse validation"
WHY = "Two settings can only be told apart if their difference is larger than the noise of the validation score."
ORDER = 11
COARSE, FOLDS = 0.03, 5


def find(evidence: Evidence) -> Finding | None:
    """Differences below COARSE cannot be seen, and there was no cross-validation."""
    if evidence.config.folds or evidence.resolution < COARSE:
        return None
    return Finding(
        f"{evidence.validation_images:,} images: differences below {100 * evidence.resolution:.1f} points are noise.",
        f"Cross-validate with {FOLDS} folds",
        {"folds": FOLDS},
    )
