"""What suits a data set to begin with, and why: from what its file says about it."""

from dataclasses import dataclass

from imgcls.datasets import DatasetInfo
from imgcls.params import Value

CUT_FROM = 16
"""In smaller pictures (side in pixels) a hidden square hides the thing itself."""


@dataclass(frozen=True)
class Recommendation:
    """A setting of `Config`, the value that suits, and the reason as a sentence."""

    name: str
    value: Value
    reason: str


def recommended(facts: DatasetInfo) -> tuple[Recommendation, ...]:
    """Mild values for this data set; nothing that its file names as doing harm with any amount (as flip for digits)."""
    side = min(facts.shape[:2])
    if facts.ink:
        return (
            Recommendation("rotation", 10, "People write slanted, each in their own way."),
            Recommendation("shift", max(1, side // 14), "Nobody writes exactly in the middle."),
            Recommendation("zoom", 0.1, "People write larger and smaller."),
        )
    found = []
    if "flip" not in facts.avoid:
        found.append(Recommendation("flip", True, "A thing that looks to the left may as well look to the right."))
    if facts.shape[2] == 3:
        found += (
            Recommendation("shift", max(1, side // 8), "Nothing stands in the same place in every photograph."),
            Recommendation("brightness", 0.1, "The light is another one in every photograph."),
            Recommendation("contrast", 0.2, "Haze, shadow and cameras change the contrast, not the thing."),
        )
    else:
        found.append(Recommendation("shift", max(1, side // 14), "Things are never exactly in the middle."))
    if side >= CUT_FROM:
        found.append(
            Recommendation("cutout", side // 4, "Something may stand in front: no single detail should decide alone.")
        )
    return tuple(found)
