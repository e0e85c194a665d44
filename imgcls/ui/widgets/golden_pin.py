"""Buttons that pin images to the golden set of a dataset, and remove them."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from imgcls import datasets, runs
from imgcls.errors import UserError
from imgcls.evaluation import golden
from imgcls.evaluation.golden import GoldenImage
from imgcls.sharing import Action
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.components import reveal
from imgcls.ui.visitors import rights
from imgcls.ui.widgets import formatting

PLAIN = "The golden set is your list of images that later runs must get right."
HELP = (
    "The golden set holds images that later models should get right. Every later run on this dataset is checked with "
    "them, and reports how many it fixed or broke. Pinning has no effect on training."
)
DONE = "golden-pinned"
PINNED = "golden-pinned-images"
"""Session key: what each button has pinned in this visit, the digests of these images, and those that were new."""
OPENED = "golden-set"
"""Session key of the section of Data that shows the golden set: whether it is open."""


def button(
    data: str,
    chosen: Sequence[tuple[str, str]],
    pixels_of: Callable[[int], np.ndarray],
    *,
    key: str,
    run: str = "",
    which: str = "",
    is_explained: bool = False,
) -> None:
    """A button that pins images; if they are in the set, that is said instead, with the way out and to the set.

    Nothing where images cannot be pinned.

    Args:
        data: The name of the dataset.
        chosen: The class and the source of each image.
        pixels_of: The pixels of the image at a position of `chosen`; called when the button is pressed, and of a single
            image to see whether it is in the set.
        key: Of the button.
        run: The ID of the run whose predictions are seen.
        which: Says of several images which they are: "these" or "all".
        is_explained: Whether a line below it says what the golden set is.
    """
    if not golden.is_available() or not chosen or not data:
        return

    def pin() -> None:
        try:
            before = golden.digests(data)
            found = tuple(golden.pin(data, pixels_of(at), *one, run).digest for at, one in enumerate(chosen))
            new = tuple(digest for digest in found if digest not in before)
            st.session_state.setdefault(PINNED, {})[key] = tuple(chosen), found, new
            st.session_state[DONE] = key, f"Pinned {formatting.count(len(chosen), 'image')}.", ""
        except UserError as error:
            st.session_state[DONE] = key, "", str(error)

    def unpin(digests: tuple[str, ...]) -> None:
        try:
            golden.remove(data, digests)
            st.session_state.get(PINNED, {}).pop(key, None)
            st.session_state[DONE] = key, f"Removed {formatting.count(len(digests), 'image')} from the golden set.", ""
        except UserError as error:
            st.session_state[DONE] = key, "", str(error)

    what = "" if len(chosen) == 1 else f"{len(chosen):,} mistakes "
    if pinned := _pinned(data, tuple(chosen), pixels_of, key):
        # Right after it was pressed, what takes it back; images that were in the set before stay there.
        _, _, new = st.session_state.get(PINNED, {}).get(key, (None, (), ()))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":material/check: {f'{what}are in' if what else 'In'} the golden set", width="content")
            st.button(
                "Undo" if new else "Remove from the golden set",
                icon=":material/undo:" if new else ":material/keep_off:",
                key=f"{key}-remove",
                type="tertiary",
                on_click=unpin,
                args=(new or pinned,),
                **rights.button(Action.SAVE_DRAWING),
            )
            if st.button("Open the golden set", icon=":material/keep:", key=f"{key}-open", type="tertiary"):
                st.session_state[OPENED] = True
                reveal.ask(OPENED)
                links.go("data.py", data=_title(data))
    else:
        st.button(
            f"Pin {f'{which} ' if which and what else ''}{what}to the golden set",
            icon=":material/keep:",
            key=key,
            on_click=pin,
            **rights.button(Action.SAVE_DRAWING, help=HELP),
        )
        if is_explained:
            st.caption(PLAIN, help=HELP)
    done, text, problem = st.session_state.get(DONE, ("", "", ""))
    if done == key:
        del st.session_state[DONE]
        if problem:
            st.error(plain(problem), icon=":material/error:")
        else:
            st.toast(text, icon=":material/keep:")


def has_pinned(data: str, key: str) -> bool:
    """Whether the button with this key has pinned its images in this visit, and they are all still in the set."""
    _, found, _ = st.session_state.get(PINNED, {}).get(key, (None, (), ()))
    return bool(found) and golden.digests(data).issuperset(found)


def _title(data: str) -> str:
    """What the control of Data calls the dataset, which is what its links hold."""
    try:
        return datasets.facts(data).title
    except UserError:  # deleted meanwhile
        return data


def _pinned(
    data: str, chosen: tuple[tuple[str, str], ...], pixels_of: Callable[[int], np.ndarray], key: str
) -> tuple[str, ...]:
    """The digests of the images if all are in the set. Of several, only if they were pinned with this button."""
    before, found, _ = st.session_state.get(PINNED, {}).get(key, (None, (), ()))
    if len(chosen) == 1:
        try:
            found = (golden.digest_of(pixels_of(0)),)
        except UserError:  # pinning it will say why
            return ()
    elif before != chosen:
        return ()
    return found if golden.digests(data).issuperset(found) else ()


def say_runs(images: Sequence[GoldenImage]) -> None:
    """From which runs images were pinned, with links; nothing if that is known of none."""
    names = []
    for run_id, count in Counter(one.run for one in images if one.run).items():
        try:
            name = f"[{plain(runs.find(run_id).label)}]({links.on_server('train')}?run={run_id})"
        except UserError:
            name = "a run that has been deleted"
        names.append(f"{name} ({count:,})")
    if names:
        st.caption(f"Pinned from {', '.join(names)}.")


def removal(data: str, images: Sequence[GoldenImage], *, key: str) -> None:
    """Removes images that were pinned by mistake."""
    names = {one.digest: f"{one.label}, {one.source}, {formatting.age(one.pinned)}" for one in images}
    with st.popover("Remove images", icon=":material/keep_off:"):
        chosen = st.multiselect("Pinned images", list(names), format_func=lambda one: names[one], key=key)
        if st.button("Remove", key=f"{key}-button", **rights.button(Action.SAVE_DRAWING, disabled=not chosen)):
            with shown():
                golden.remove(data, chosen)
                st.rerun()
