"""How closely an exported file must match the predictions that the run has stored."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tolerance:
    """Limits for one kind of format.

    `difference` is the largest allowed difference between two probabilities; None if rounding the weights changes
    probabilities by more than a rule could say. `identical` is the smallest allowed fraction of identical predictions.
    `accuracy_drop` is the largest allowed loss of accuracy, as a fraction.
    """

    difference: float | None
    identical: float
    accuracy_drop: float


SAME_NUMBERS = Tolerance(1e-3, 0.999, 0.001)
"""Float32 weights: only the order of additions differs. Shipped models differ by less than 1e-5."""
HALF_PRECISION = Tolerance(0.05, 0.995, 0.002)
"""Float16 weights. Shipped models differ by up to 0.003."""
QUANTISED = Tolerance(None, 0.95, 0.01)
"""8-bit weights: single probabilities may move by 0.2, so predictions and accuracy are what counts."""
