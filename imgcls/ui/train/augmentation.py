"""The Augmentation section of the form: its controls, what suits the data set, and what the trainer will make of it."""

from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls import datasets
from imgcls.datasets import DatasetInfo
from imgcls.datasets.augmentation import Augmentation
from imgcls.datasets.augmentation.epoch import first_epochs
from imgcls.datasets.augmentation.presets import recommended
from imgcls.params import Value
from imgcls.runs.recipes import MIRRORED
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.train import settings_form
from imgcls.ui.widgets import gallery, pager, sections

MOVES = ("rotation", "shift", "zoom", *MIRRORED)
TONES = ("brightness", "contrast", "blur", "noise", "cutout")
PREVIEWED = 50
"""So many pictures can be stepped through."""


def section(facts: DatasetInfo) -> dict[str, Value]:
    """All changes of training pictures; what would harm this data set is off, with the reason."""
    side = min(facts.shape[:2])
    high = {
        "rotation": 30 if "rotation" in facts.avoid else 45,
        "shift": max(1, side // 4),
        "cutout": max(1, side // 2),
    }
    params = [settings_form.BY_NAME[name] for name in (*MOVES, *TONES)]
    values = sections.defaults(params)
    present = settings_form.values_of(*MOVES, *TONES)
    present |= {name: min(present[name], most) for name, most in high.items()}
    if "flip" in facts.avoid:
        present |= dict.fromkeys(MIRRORED, False)
    title = _augmentation(present).describe()
    with sections.section("Augmentation", "augmentation", ":material/auto_fix_high:", params, present=title) as filled:
        if not filled:
            return values
        st.caption("Each epoch sees every picture slightly changed, so the network learns what does not matter.")
        _suggest(facts, present)
        with st.grid(min_column_width=190, gap="medium", vertical_alignment="bottom"):
            for param in params:
                if param.name in MIRRORED and "flip" in facts.avoid:
                    continue
                limit = {"high": high[param.name]} if param.name in high else {}
                values[param.name] = settings_form.control(param, param.name, **limit)
        for name, reason in facts.avoid.items():
            st.caption(
                f":material/block: No {name} here: {plain(reason)}"
                if name == "flip"
                else f":material/info: {plain(reason)}"
            )
        if st.session_state.get("augmentation"):  # a section that is only filled to keep its settings shows nothing
            _preview(facts, _augmentation(values))
    return values


def _augmentation(values: dict[str, Value]) -> Augmentation:
    return Augmentation(**{name: value for name, value in values.items() if name != "test_time_augmentation"})


def _suggest(facts: DatasetInfo, present: dict[str, Value]) -> None:
    """A button that puts in what suits the data set, with the reasons."""
    wishes = recommended(facts)
    follows = all(present[wish.name] == wish.value for wish in wishes)
    names = {wish.name: _augmentation({wish.name: wish.value}).describe() for wish in wishes}
    st.button(
        "What suits this data set is in use" if follows else "Use what suits this data set",
        icon=":material/done:" if follows else ":material/lightbulb:",
        key="suggested",
        disabled=follows,
        on_click=settings_form.put_in,
        args=({wish.name: wish.value for wish in wishes},),
    )
    st.caption("\n".join(f"- **{plain(names[wish.name].capitalize())}**: {plain(wish.reason)}" for wish in wishes))


def _preview(facts: DatasetInfo, augmentation: Augmentation) -> None:
    """One training picture as it is and as the first nine epochs will see it, with the present seed and batch size."""
    if not augmentation:
        st.caption("Switch something on, and nine changed pictures are shown here.")
        return
    if not datasets.is_ready(facts.name):
        st.caption("The preview comes as soon as the data set is on this machine.")
        return
    dataset = predictions.training_data(facts.name)
    names = ("train_images", "validation_fraction", "seed", "batch_size")
    asked = tuple(settings_form.value_of(name) for name in names)
    count = len(_training_rows(facts.name, dataset.edits.version, *asked[:3]))
    page = pager.page_number(min(PREVIEWED, count), "previewed")
    st.html(_nine(facts.name, dataset.edits.version, *asked, augmentation, page - 1))
    st.caption("The first is the picture itself, then it is as the trainer will make it in the epochs 1 to 9.")


@lru_cache(4)
def _training_rows(name: str, state: str, images: int, validation_fraction: float, seed: int) -> np.ndarray:
    """The rows of the data set that the trainer learns from, in its order."""
    dataset = predictions.training_data(name)
    return datasets.split(dataset.y_train, images, validation_fraction, seed, dataset.facts.num_classes)[0]


@lru_cache(64)
def _nine(
    name: str,
    state: str,
    images: int,
    validation_fraction: float,
    seed: int,
    batch_size: int,
    augmentation: Augmentation,
    place: int,
) -> str:
    dataset = predictions.training_data(name)
    rows = _training_rows(name, state, images, validation_fraction, seed)
    label = dataset.facts.named(dataset.y_train[rows[place]])
    image = dataset.x_train[rows[place]]
    seen = first_epochs(image, place, len(rows), batch_size, seed, augmentation)
    tiles = [gallery.Tile(image, f"training picture {rows[place]}, {label}, as it is", ("as it is", label))]
    for number, changed in enumerate(seen, 1):
        alt = f"training picture {rows[place]} as epoch {number} sees it: {augmentation.describe()}"
        tiles.append(gallery.Tile(changed, alt, (f"epoch {number}",)))
    drawn = gallery.grid(tiles)
    dataset.release_memory()
    return drawn
