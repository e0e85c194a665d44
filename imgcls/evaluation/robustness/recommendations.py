"""Which augmentation would help a model against the damages under which it breaks."""

from dataclasses import dataclass

from imgcls.config import PARAMS, Config
from imgcls.datasets import DatasetInfo
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.evaluation.metrics.significance import paired_difference
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS
from imgcls.evaluation.robustness.evaluate import Found
from imgcls.params import Range, Value

AT_STRENGTH = 3
LEAST_LOSS = 0.03
"""A damage that costs less, at middle strength, is not worth a change."""
MOST = 3
"""More changes at once make a training slow and hard to read."""
SETTINGS = {
    "noise": "noise",
    "blur": "blur",
    "brightness": "brightness",
    "contrast": "contrast",
    "shift": "shift",
    "rotation": "rotation",
    "occlusion": "cutout",
}
"""A damage -> the setting that shows the network such pictures. There is none for JPEG."""


@dataclass(frozen=True)
class Advice:
    """A damage, what it costs (a share, with its interval), and the setting and value that would help."""

    corruption: str
    loss: Score
    name: str
    value: Value


def advice(found: Found, config: Config, facts: DatasetInfo) -> list[Advice]:
    """Settings that would help, at most MOST, the most needed first.

    A damage counts if it costs LEAST_LOSS or more at middle strength and its interval excludes nothing. The value is as
    strong as that damage, within what the form allows for the data set; nothing is advised that the run had already as
    strong.
    """
    limits = {param.name: param.limits for param in PARAMS}
    wished = []
    for corruption, name in SETTINGS.items():
        cost = loss(found, corruption, AT_STRENGTH)
        value = _value(name, CORRUPTIONS[corruption].amounts[AT_STRENGTH - 1], facts, limits[name])
        is_new = value > getattr(config, name)
        if cost.value >= LEAST_LOSS and cost.low > 0 and is_new:
            wished.append(Advice(corruption, cost, name, value))
    return sorted(wished, key=lambda entry: -entry.loss.value)[:MOST]


def loss(found: Found, corruption: str, strength: int) -> Score:
    """How much accuracy a damage costs at a strength, a share with its paired 95% interval."""
    clean, worse = found.clean == found.labels, found.right(corruption)[strength - 1]
    return paired_difference(int((~clean & worse).sum()), int((clean & ~worse).sum()), len(clean))


def _value(name: str, amount: float, facts: DatasetInfo, limits: Range) -> Value:
    """The amount of a damage as a value of the setting, on its steps and within its range."""
    side = min(facts.shape[:2])
    if name in ("brightness", "contrast"):
        wished = amount / 100
    elif name in ("blur", "shift", "cutout"):
        wished = amount / 100 * side
    else:
        wished = amount
    step = limits.step or 1
    value = round(max(step, round(wished / step) * step), 6)
    most = {"shift": max(1, side // 4), "cutout": max(1, side // 2)}.get(name, limits.high)
    value = min(value, most, limits.high)
    return value if isinstance(getattr(Config, name), float) else int(value)
