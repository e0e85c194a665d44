"""The Augmentation section of the form: controls, recommended settings, and a preview of the augmented images."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st

from imgcls import datasets
from imgcls.datasets import DatasetInfo
from imgcls.datasets.augmentation import Augmentation
from imgcls.datasets.augmentation.epoch import first_epochs
from imgcls.datasets.augmentation.presets import recommended
from imgcls.datasets.recipes import MIRRORED
from imgcls.datasets.splitting.training_split import Split
from imgcls.languages import gettext as _
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.train import settings_form
from imgcls.ui.widgets import gallery, pager, sections

MOVES = ("rotation", "shift", "zoom", *MIRRORED)
TONES = ("brightness", "contrast", "blur", "noise", "cutout")
PREVIEWED = 50
"""How many training images the preview can step through."""


def section(info: DatasetInfo) -> dict[str, Any]:
    """All augmentations; those that would harm this dataset are off, with the reason."""
    side = min(info.shape[:2])
    high = {
        "rotation": 30 if "rotation" in info.avoid else 45,
        "shift": max(1, side // 4),
        "cutout": max(1, side // 2),
    }
    params = [settings_form.BY_NAME[name] for name in (*MOVES, *TONES)]
    values = sections.defaults(params)
    present = settings_form.values_of(*MOVES, *TONES)
    beyond = [name for name, most in high.items() if present[name] > most]
    present |= {name: high[name] for name in beyond}
    if "flip" in info.avoid:
        present |= dict.fromkeys(MIRRORED, False)
    title = _augmentation(present).describe()
    with sections.section(
        _("Augmentation"), "augmentation", ":material/auto_fix_high:", params, present=title
    ) as filled:
        if not filled:
            return values
        st.caption(
            "Each epoch sees a slightly different version of every image, so the network learns to ignore such changes."
        )
        _recommend(info, present)
        _limit({name: high[name] for name in beyond})
        with st.grid(min_column_width=190, gap="medium", vertical_alignment="bottom"):
            for param in params:
                if param.name in MIRRORED and "flip" in info.avoid:
                    continue
                limit: dict[str, Any] = {"high": high[param.name]} if param.name in high else {}
                values[param.name] = settings_form.control(param, param.name, **limit)
        for name, reason in info.avoid.items():
            st.caption(
                f":material/block: No {name} here: {plain(reason)}"
                if name == "flip"
                else f":material/info: {plain(reason)}"
            )
        if st.session_state.get("augmentation"):  # closed sections that keep their settings in the URL show no preview
            _preview(info, _augmentation(values))
    return values


def _limit(highest: Mapping[str, int]) -> None:
    """Lowers settings to their highest value for these images: Streamlit fails on more, or takes the default.

    More may come from a run of the command line, or have been set for a dataset of larger images.
    """
    for name, most in highest.items():
        st.session_state[name] = most
        st.caption(
            f":material/info: {settings_form.BY_NAME[name].label} was reduced to {most}, the most for these images."
        )


def _augmentation(values: dict[str, Any]) -> Augmentation:
    return Augmentation(**{name: value for name, value in values.items() if name != "test_time_augmentation"})


def _recommend(info: DatasetInfo, present: dict[str, Any]) -> None:
    """A button that applies the recommended augmentation, with the reasons."""
    advice = recommended(info)
    is_applied = all(present[item.name] == item.value for item in advice)
    names = {item.name: _augmentation({item.name: item.value}).describe() for item in advice}
    st.button(
        "Recommended augmentation applied" if is_applied else "Use recommended augmentation",
        icon=":material/done:" if is_applied else ":material/lightbulb:",
        key="suggested",
        disabled=is_applied,
        on_click=settings_form.fill,
        args=({item.name: item.value for item in advice},),
    )
    st.caption("\n".join(f"- **{plain(names[item.name].capitalize())}**: {plain(item.reason)}" for item in advice))


def _preview(info: DatasetInfo, augmentation: Augmentation) -> None:
    """A training image, and its augmented versions in the first nine epochs with the current seed and batch size."""
    if not augmentation:
        st.caption("Switch on an augmentation to preview nine augmented images.")
        return
    if not datasets.is_ready(info.name):
        st.caption("The preview appears once the dataset is on this machine.")
        return
    dataset = predictions.training_data(info.name)
    split = Split(**settings_form.values_of(*Split._fields))
    batch_size = int(settings_form.value_of("batch_size"))
    count = len(_training_rows(info.name, dataset.edits.version, split))
    page = pager.page_number(min(PREVIEWED, count), "previewed")
    st.html(_nine(info.name, dataset.edits.version, split, batch_size, augmentation, page - 1))
    st.caption("The original, then the augmented versions the trainer will use in epochs 1–9.")


@lru_cache(4)
def _training_rows(name: str, state: str, split: Split) -> np.ndarray:
    """The rows of the training set, in the trainer's order."""
    return datasets.training_split(predictions.training_data(name), split)[0]


@lru_cache(64)
def _nine(
    name: str,
    state: str,
    split: Split,
    batch_size: int,
    augmentation: Augmentation,
    place: int,
) -> str:
    dataset = predictions.training_data(name)
    rows = _training_rows(name, state, split)
    label = dataset.facts.named(dataset.y_train[rows[place]])
    image = dataset.x_train[rows[place]]
    versions = first_epochs(image, place, len(rows), batch_size, split.seed, augmentation)
    tiles = [gallery.Tile(image, f"training image {rows[place]}, {label}, original", ("original", label))]
    for number, changed in enumerate(versions, 1):
        alt = f"training image {rows[place]} in epoch {number}: {augmentation.describe()}"
        tiles.append(gallery.Tile(changed, alt, (f"epoch {number}",)))
    html = gallery.grid(tiles)
    dataset.release_memory()
    return html
