"""The golden set of a dataset: the images that no later run may get wrong again, and how to remove one."""

import streamlit as st

from imgcls.evaluation import golden
from imgcls.ui.app.lessons import stored
from imgcls.ui.components import reveal
from imgcls.ui.widgets import gallery, golden_pin

MOST_SHOWN = 120


def show(data: str) -> None:
    """A closed section; nothing without pinned images."""
    count = len(golden.digests(data)) if golden.is_available() else 0
    if not count:
        return
    if not stored.progress().current:
        reveal.if_asked(golden_pin.OPENED, f".st-key-{golden_pin.OPENED}")
    with st.expander(
        f"Golden set ({count:,})", icon=":material/keep:", key=golden_pin.OPENED, on_change="rerun"
    ) as box:
        if box.open:
            st.caption(golden_pin.HELP)
            images = golden.images(data)
            st.html(
                gallery.grid(
                    gallery.Tile(one.pixels, f"Class {one.label}. {one.source}", (one.label, one.source))
                    for one in images[-MOST_SHOWN:][::-1]
                )
            )
            golden_pin.say_runs(images)
            golden_pin.removal(data, images, key="golden-set-removed")
