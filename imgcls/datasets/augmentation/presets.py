"""Recommended augmentation for a dataset, with reasons, derived from the facts about it."""

from dataclasses import dataclass

from imgcls.datasets.info import DatasetInfo
from imgcls.params import Value

CUTOUT_FROM = 16
"""In smaller images (side in pixels), cutout would hide the object itself."""
LARGEST_CUTOUT = 16
"""Pixels: half of what the setting allows."""


@dataclass(frozen=True)
class Recommendation:
    """A setting of `Config`, the recommended value, and the reason as a sentence."""

    name: str
    value: Value
    reason: str


def recommended(facts: DatasetInfo) -> tuple[Recommendation, ...]:
    """Mild values for this dataset; nothing that the dataset says is harmful (such as flips for digits)."""
    side = min(facts.shape[:2])
    if facts.ink:
        return (
            Recommendation("rotation", 10, "Everyone's handwriting slants differently."),
            Recommendation("shift", max(1, side // 14), "Handwriting is rarely perfectly centred."),
            Recommendation("zoom", 0.1, "People write in different sizes."),
        )
    found = []
    if "flip" not in facts.avoid:
        found.append(Recommendation("flip", True, "Objects that face left could just as well face right."))
    if facts.shape[2] == 3:
        found += (
            Recommendation("shift", max(1, side // 8), "The position of objects varies between photos."),
            Recommendation("brightness", 0.1, "Lighting varies between photos."),
            Recommendation("contrast", 0.2, "Haze, shadows and cameras change the contrast, but not the object."),
        )
    else:
        found.append(Recommendation("shift", max(1, side // 14), "Objects are rarely perfectly centred."))
    if side >= CUTOUT_FROM:
        reason = "Objects may be partly hidden; the network should not rely on a single detail."
        found.append(Recommendation("cutout", min(side // 4, LARGEST_CUTOUT), reason))
    return tuple(found)
