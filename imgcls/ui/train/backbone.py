"""The pretrained backbone: whether its weights are on this machine, how to get them, and what others cost."""

import time
from collections.abc import Mapping
from functools import lru_cache

import streamlit as st

from imgcls import models, runs
from imgcls.config import Config
from imgcls.datasets import DatasetInfo
from imgcls.datasets.augmentation import Augmentation
from imgcls.errors import UserError
from imgcls.jobs import estimates
from imgcls.models import backbones, feature_cache, weights
from imgcls.models.backbones import NETWORKS, Network
from imgcls.params import Value
from imgcls.runs import backbone_facts
from imgcls.system import paths
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.widgets import formatting


def show(model: str, settings: Mapping[str, Value], info: DatasetInfo) -> bool:
    """What to know about the backbone before Start, and whether it is available; True for families without one."""
    if not models.has_backbone(model):
        return True
    if settings["backbone"] == backbones.RUN:
        _warn_of_reuse(settings, info)
        return True
    return _weights(NETWORKS[str(settings["backbone"])])


def compare(config: Config, info: DatasetInfo) -> None:
    """A closed section: the size of each backbone, and its cost on this machine."""
    if not models.has_backbone(config.model):
        return
    with st.expander("Compare backbones", key="bases", icon=":material/balance:", on_change="rerun") as section:
        if section.open:
            _table(int(config.model_settings["input_size"]), info)


def explain_cache(config: Config, info: DatasetInfo) -> None:
    """What is computed once and cached for these settings, and what augmented copies cost."""
    if not models.has_backbone(config.model):
        return
    settings, training = config.model_settings, config.train_images or info.counts[0]
    augmentation = Augmentation.of(config)
    count = augmentation.distinct_copies(int(settings["augmented_copies"]))
    width = backbone_facts.block(settings).features
    size = f"{4e-6 * training * count * width:,.0f} MB" if training * count * width > 2e5 else "under 1 MB"
    if not augmentation:
        st.caption(
            f"The backbone runs once per image; its {width}-dimensional features are cached ({size}) and reused for "
            "every head."
        )
        return
    versions = "1 augmented copy" if count == 1 else f"{count} augmented copies"
    st.caption(
        f"The backbone runs once on {versions} of each image ({size} cached), and epochs cycle through them. More "
        f"copies come closer to fresh augmentation in every epoch, but need proportionally more computation and disk "
        f"space. Fine-tuning augments the images afresh in every epoch."
    )


def _weights(network: Network) -> bool:
    """Whether the weights are here; else the download button, its progress, or why it failed."""
    if network.is_shipped:
        st.caption(f":material/check_circle: {plain(network.title)} ({network.strength}) is included: no download.")
        return True
    state = weights.fetch_state(network)
    if state.state == "ready":
        st.caption(f":material/check_circle: The weights of {plain(network.title)} are on this machine.")
        return True
    if state.state == "running":
        st.fragment(run_every=0.5)(_watch)(network.title)
        return False
    problem = state.text if state.state == "failed" else weights.problem(network)
    if problem:
        st.error(plain(problem), icon=":material/cloud_off:")
    st.info(
        plain(
            f"{network.title} needs its pretrained weights, a one-time download of {network.megabytes:g} MB. Offline, "
            f"put {network.file} into the folder set by IMGCLS_WEIGHTS, or choose '{backbones.RUN}' as the backbone."
        ),
        icon=":material/download:",
    )
    if st.button(f"Download {network.megabytes:g} MB", key="fetch-weights", icon=":material/download:"):
        with shown():
            weights.start_fetch(network)
            st.rerun()
    return False


def _watch(title: str) -> None:
    """Redrawn during the download."""
    network = NETWORKS[title]
    state = weights.fetch_state(network)
    if state.state != "running":
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.progress(state.fraction, text=plain(f"{title}: {state.text}"))
        if st.button("Cancel", key="cancel-weights"):
            weights.cancel_fetch(network)
            st.rerun()


def _warn_of_reuse(settings: Mapping[str, Value], info: DatasetInfo) -> None:
    try:
        run = runs.find(str(settings["backbone_run"]))
        data = run.config.data
    except UserError:
        return  # the diagram says why
    if data == info.name:
        st.caption(
            ":material/info: This backbone was trained on images of the same dataset, so the validation score is too "
            "optimistic. The test score is unbiased."
        )


def _table(size: int, info: DatasetInfo) -> None:
    """One row per network: its size, and the time for one pass over the training images on this machine."""
    images, known = info.counts[0], _rates(int(time.time() // 10))
    rows = list(NETWORKS.values())
    st.dataframe(
        {
            "Backbone": [network.title for network in rows],
            "Parameters": [network.parameters for network in rows],
            "Features": [network.features for network in rows],
            "Download": [_download(one) for one in rows],
            "Time per pass": [pass_duration(network.title, size, images, known) for network in rows],
        },
        hide_index=True,
        column_config={
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "Time per pass": st.column_config.TextColumn(
                help=f"For {images:,} images of {size}×{size} pixels, measured in earlier runs on this machine. "
                "“about” marks values extrapolated from another input size; a dash means that no run has used the "
                "backbone yet."
            ),
        },
        alt="The backbones with their parameters, features, download size, and time on this machine.",
    )
    st.caption(
        "Time grows with the square of the input size. Training the head takes a fraction of a second per epoch with "
        "any backbone; an epoch of fine-tuning takes as long as two to three passes."
    )
    cached = feature_cache.total_bytes()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"Cached features use {cached / 1e6:,.0f} MB of at most {paths.max_feature_bytes() / 1e9:g} GB; the least "
            "recently "
            "used are evicted first."
        )
        st.button("Clear cache", key="forget-features", disabled=not cached, on_click=feature_cache.remove_all)


def _download(network: Network) -> str:
    if network.is_shipped:
        return f"included ({network.strength})"
    return "on this machine" if weights.local_file(network) else f"{network.megabytes:g} MB"


def pass_duration(base: str, size: int, images: int, known: Mapping[tuple[str, int], float]) -> str:
    """The time of one pass over `images`, measured at this input size or extrapolated from another one."""
    if (base, size) in known:
        return formatting.duration(images / known[base, size])
    sizes = [other for name, other in known if name == base]
    if not sizes:
        return "–"
    near = min(sizes, key=lambda other: abs(other - size))
    return f"about {formatting.duration(images / known[base, near] * (size / near) ** 2)}"


@lru_cache(2)
def _rates(_ten_seconds: int) -> dict[tuple[str, int], float]:
    return estimates.feature_rates()
