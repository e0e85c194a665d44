"""The answer to one picture: what the model says, and the exact pixels that it was given."""

import streamlit as st

from imgcls.errors import UserError
from imgcls.images import Prepared
from imgcls.runs import Run
from imgcls.ui import bars, gallery, stored
from imgcls.ui.errors import plain


def waiting(todo: str, facts: dict) -> None:
    """The empty state: what to do, and what the model knows."""
    names = facts["classes"]
    some = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    with st.container(border=True, height=300, vertical_alignment="center", horizontal_alignment="center"):
        st.markdown(f"#### {todo}", text_alignment="center")
        st.caption(f"This model tells apart: {plain(some)}.", text_alignment="center")


def show(run: Run, facts: dict, prepared: Prepared) -> None:
    """The answer, the probabilities, and what the model saw."""
    probabilities = stored.predictor(run).probabilities(prepared.pixels[None])[0]
    if probabilities.shape != (len(facts["classes"]),):
        raise UserError("This model has another number of classes than its description. Train it again.")
    answer, seen = st.columns([3, 2], gap="medium")
    with answer:
        bars.show(probabilities, facts["classes"])
    with seen:
        height, width, _ = facts["shape"]
        st.html(
            f'<img src="{gallery.data_url(prepared.pixels, min_side=196)}" style="width:196px;max-width:100%;'
            'image-rendering:pixelated;border-radius:6px" '
            f'alt="The picture as the model gets it, {height} by {width} pixels, enlarged">'
        )
        st.caption(f"What the model sees: {height} x {width} pixels, enlarged.")
        for note in prepared.notes:
            st.caption(plain(note))
