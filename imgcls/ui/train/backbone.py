"""The trained network that a new one stands on: whether its weights are here, how they come, and what others cost."""

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
from imgcls.system import paths
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.widgets import formatting


def show(model: str, settings: Mapping[str, Value], facts: DatasetInfo) -> bool:
    """What a person has to know about the base before Start, and whether it is here; True for families without one."""
    if not models.has_backbone(model):
        return True
    if settings["base"] == backbones.RUN:
        _tell_of_run(settings, facts)
        return True
    return _weights(NETWORKS[settings["base"]])


def compare(config: Config, facts: DatasetInfo) -> None:
    """A closed section: what the bases weigh, and what they cost here."""
    if not models.has_backbone(config.model):
        return
    with st.expander("Compare the bases", key="bases", icon=":material/balance:", on_change="rerun") as section:
        if section.open:
            _table(int(config.model_settings["input_size"]), facts)


def copies(config: Config, facts: DatasetInfo) -> None:
    """What is computed once for these settings, and what augmented copies trade; nothing where there is no base."""
    if not models.has_backbone(config.model):
        return
    settings, training = config.model_settings, config.train_images or facts.counts[0]
    augmentation = Augmentation.of(config)
    count = settings["copies"] if augmentation else 1
    width = backbones.block(settings).features
    size = f"{4e-6 * training * count * width:,.0f} MB" if training * count * width > 2e5 else "under 1 MB"
    if not augmentation:
        st.caption(f"The base looks at each picture once; its {width} features are kept ({size}) for every head.")
        return
    what = "1 changed copy" if count == 1 else f"{count} changed copies"
    st.caption(
        f"The base looks at {what} of each picture once ({size} kept), and epochs use them in turn. More copies are "
        "nearer to a new change in each epoch, and take as many times the computation and the disk. Fine-tuning "
        "changes the pictures anew each epoch."
    )


def _weights(network: Network) -> bool:
    """Where the weights are, or the button that fetches them, its progress, or why it failed."""
    state = weights.fetch_state(network)
    if state.state == "ready":
        st.caption(f":material/check_circle: The weights of {plain(network.title)} are on this machine.")
        return True
    if state.state == "running":
        st.fragment(run_every=0.5)(_watch)(network.title)
        return False
    trouble = state.text if state.state == "failed" else weights.problem(network)
    if trouble:
        st.error(plain(trouble), icon=":material/cloud_off:")
    st.info(
        plain(
            f"{network.title} needs its weights once ({network.megabytes:g} MB). Without internet, put {network.file} "
            f"into the folder named by IMGCLS_WEIGHTS, or choose '{backbones.RUN}' as the base."
        ),
        icon=":material/download:",
    )
    if st.button(f"Fetch {network.megabytes:g} MB", key="fetch-weights", icon=":material/download:"):
        with shown():
            weights.start_fetch(network)
            st.rerun()
    return False


def _watch(title: str) -> None:
    """Redrawn while the weights are on their way."""
    network = NETWORKS[title]
    state = weights.fetch_state(network)
    if state.state != "running":
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.progress(state.fraction, text=plain(f"{title}: {state.text}"))
        if st.button("Cancel", key="cancel-weights"):
            weights.cancel_fetch(network)
            st.rerun()


def _tell_of_run(settings: Mapping[str, Value], facts: DatasetInfo) -> None:
    try:
        run = runs.find(str(settings["base_run"]))
        data = run.config.data
    except UserError:
        return  # the drawing says why
    if data == facts.name:
        st.caption(
            ":material/info: This base has learnt from pictures of the same data set, so the validation score flatters "
            "it. The test score is honest."
        )


def _table(size: int, facts: DatasetInfo) -> None:
    """One line a network: what it weighs, and what a look at all pictures takes here."""
    images, known = facts.counts[0], _looks(int(time.time() // 10))
    rows = list(NETWORKS.values())
    st.dataframe(
        {
            "Base": [network.title for network in rows],
            "Parameters": [network.parameters for network in rows],
            "Features": [network.features for network in rows],
            "Download": ["on this machine" if weights.at_hand(one) else f"{one.megabytes:g} MB" for one in rows],
            "One look here": [look_words(network.title, size, images, known) for network in rows],
        },
        hide_index=True,
        column_config={
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "One look here": st.column_config.TextColumn(
                help=f"At {images:,} pictures of {size} x {size} pixels, measured in earlier runs on this machine; "
                "'about' is reckoned from another size. A dash: no run has used it yet."
            ),
        },
        alt="The bases with their parameters, features, size to download, and time on this machine.",
    )
    st.caption(
        "Time goes up with the square of the input size. A head's epoch takes a fraction of a second with any of them; "
        "an epoch of fine-tuning takes two to three looks."
    )
    kept = feature_cache.kept_bytes()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"Kept features take {kept / 1e6:,.0f} MB of at most {paths.most_features() / 1e9:g} GB; what was not "
            "used for longest makes room."
        )
        st.button("Forget them", key="forget-features", disabled=not kept, on_click=feature_cache.forget_everything)


def look_words(base: str, size: int, images: int, known: Mapping[tuple[str, int], float]) -> str:
    """How long a base takes to look at so many pictures, from what was measured at this size or at another one."""
    if (base, size) in known:
        return formatting.duration(images / known[base, size])
    sizes = [other for name, other in known if name == base]
    if not sizes:
        return "–"
    near = min(sizes, key=lambda other: abs(other - size))
    return f"about {formatting.duration(images / known[base, near] * (size / near) ** 2)}"


@lru_cache(2)
def _looks(_ten_seconds: int) -> dict[tuple[str, int], float]:
    return estimates.feature_rates()
