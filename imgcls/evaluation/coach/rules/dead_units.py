"""Units that are zero for every image and so can never learn again."""

from imgcls.evaluation.coach.evidence import Evidence
from imgcls.evaluation.coach.finding import Finding
from imgcls.evaluation.metrics.percent import percent

TITLE = "Dead units"
WHY = (
    "Such a unit no longer learns: with ReLU, a unit that is 0 for every image has no gradient. A smaller learning "
    "rate and GELU, an activation without a flat half, avoid that."
)
ORDER = 4
SHARE = 0.4


def find(evidence: Evidence) -> Finding | None:
    """A layer in which more than SHARE of the units never respond."""
    if not evidence.dead:
        return None
    layer, share = max(evidence.dead.items(), key=lambda item: item[1])
    if share <= SHARE:
        return None
    rate = max(evidence.config.learning_rate / 3, 1e-6)
    return Finding(
        f"Part of the network does nothing: {percent(share, 0)} of the units of “{layer}” are 0 for all validation "
        "images that were checked.",
        "Train with GELU and a third of the learning rate",
        {"model.activation": "gelu", "learning_rate": float(f"{rate:.2g}")},
    )
