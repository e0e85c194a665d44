"""Images of a dataset that can be excluded or relabelled, and the list of edits."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial

import streamlit as st

from imgcls import datasets
from imgcls.datasets import NO_CLASS, Dataset, Edits
from imgcls.datasets.editing import image_lists
from imgcls.errors import UserError
from imgcls.languages import gettext as _
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.components import image_select
from imgcls.ui.data import enlarged, list_files
from imgcls.ui.data.list_files import ERROR
from imgcls.ui.widgets import formatting, gallery, pager


def images(
    dataset: Dataset,
    edits: Edits,
    groups: Sequence[Sequence[int]],
    key: str,
    notes: Sequence[Sequence[str]] = (),
    *,
    keep: Callable[[list[int]], None] | None = None,
    suggested: Mapping[int, int] | None = None,
) -> None:
    """Images with the controls to edit the training images among them.

    Args:
        dataset: the dataset, as prepared.
        edits: its edits.
        groups: positions among all images (training first, then test); groups of several images are framed.
        key: distinguishes several such lists on a page.
        notes: more lines of text below each image, in the same form as `groups`.
        keep: called with the chosen rows by a button that confirms their labels; without it there is no such button.
        suggested: row -> a class that a button gives to the chosen images; without it there is no such button.
    """
    groups = tuple(tuple(int(place) for place in group) for group in groups)
    notes = tuple(tuple(lines) for lines in notes)
    rows = list(dict.fromkeys(place for group in groups for place in group if place < len(dataset.y_train)))
    key = key_of(dataset, rows, key)
    st.html(tiles(dataset, edits, groups, key, notes))
    if rows:
        actions(dataset, edits, rows, key, keep, suggested)


def key_of(dataset: Dataset, rows: Sequence[int], key: str) -> str:
    """The key of a gallery of these rows: other rows begin with another selection. Empty if none can be selected."""
    return f"{key}-{dataset.facts.name}-{rows[0]}-{rows[-1]}-{len(rows)}" if rows else ""


def tiles(
    dataset: Dataset,
    edits: Edits,
    groups: tuple[Sequence[int], ...],
    key: str,
    notes: tuple[Sequence[str], ...] = (),
    *,
    are_numbered: bool = True,
) -> str:
    """The images as HTML; arguments as of `images`, but tuples. Without numbers below them they take less room."""
    # The fingerprint does not cover file names, so the time of the dataset is part of the cache's key.
    stamp = datasets.dataset_stamp(dataset.facts.name)
    return _tiles(dataset.facts.name, stamp, edits, groups, notes, key, are_numbered=are_numbered)


@lru_cache(64)
def _tiles(name: str, stamp: tuple, edits: Edits, groups: tuple, notes: tuple, key: str, *, are_numbered: bool) -> str:
    dataset = predictions.dataset(name)
    noted = notes or tuple(("",) * len(group) for group in groups)
    tile = partial(_tile, dataset, edits, are_numbered=are_numbered)
    frames = [
        [tile(place, note) for place, note in zip(group, lines, strict=True)]
        for group, lines in zip(groups, noted, strict=True)
    ]
    are_single = all(len(frame) == 1 for frame in frames)
    single = (frame[0] for frame in frames)
    html = gallery.grid(single, select=key) if are_single else gallery.groups(frames, select=key)
    dataset.release_memory()
    return html


def _tile(dataset: Dataset, edits: Edits, place: int, note: str, *, are_numbered: bool) -> gallery.Tile:
    count, classes, named = len(dataset.y_train), dataset.facts.classes, dataset.facts.named
    if place >= count:
        row = place - count
        label, pixels, number = named(dataset.y_test[row]), dataset.x_test[row], f"test #{row}"
    else:
        label, pixels, number = named(dataset.y_train[place]), dataset.x_train[place], f"#{place}"
    changed = edits.labels.get(place)
    lines = [number, label]
    if changed is not None:
        lines[1:] = ["✕ excluded", f"was {label}"] if changed == NO_CLASS else [f"→ {classes[changed]}", f"was {label}"]
    lines += note.splitlines()
    file = dataset.records.name("test", place - count) if place >= count else dataset.records.name("train", place)
    alt = f"{number}: {', '.join(lines[1:])}{file and f', {file}'}"
    shown = tuple(lines if are_numbered else lines[1:])
    return gallery.Tile(pixels, alt, shown, file=file, value=place if place < count else None)


def actions(
    dataset: Dataset,
    edits: Edits,
    rows: list[int],
    key: str,
    keep: Callable[[list[int]], None] | None = None,
    suggested: Mapping[int, int] | None = None,
    *,
    are_quiet: bool = False,
) -> None:
    """Select some of the training images shown, and edit them. `are_quiet`: no controls without a selection."""
    chosen = image_select.show(key, rows)
    if not (are_quiet and chosen):  # then the bar takes its place
        st.caption(
            " ".join(
                (
                    _(image_select.HINT),
                    _("Then exclude them from training or correct their labels. Test images stay as they are."),
                )
            )
        )
    if error := st.session_state.pop(ERROR, ""):
        st.error(plain(error), icon=":material/error:")
    if are_quiet and not chosen:
        return

    def act(change: Callable[..., None], *values) -> None:
        _change(change, *(() if change is keep else (dataset,)), *values)
        image_select.choose(key, [])

    last = image_select.last(key, rows)
    if not are_quiet:
        _buttons(dataset, edits, rows, chosen, key, act, keep, suggested)
        if last is not None:
            enlarged.show(dataset, last)
        return
    # In sight below the images, however far down the page ends: what a click is about is what one wants to see.
    with st.container(key="selection-bar", horizontal=True, vertical_alignment="bottom"):
        if last is not None:
            enlarged.show(dataset, last)
        with st.container(key="selection-buttons"):
            _buttons(dataset, edits, rows, chosen, key, act, keep, suggested)


def _buttons(
    dataset: Dataset,
    edits: Edits,
    rows: list[int],
    chosen: list[int],
    key: str,
    act: Callable[..., None],
    keep: Callable[[list[int]], None] | None,
    suggested: Mapping[int, int] | None,
) -> None:
    """What can be done with the selected images; arguments as of `actions`."""

    def accept(dataset: Dataset, chosen: list[int]) -> None:
        assert suggested is not None
        for label in sorted({suggested[row] for row in chosen}):
            datasets.relabel(dataset, [row for row in chosen if suggested[row] == label], label)

    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(rows) > 1:
            st.button(
                _("Select all"),
                icon=":material/select_all:",
                key=f"all-{key}",
                on_click=image_select.choose,
                args=(key, rows),
            )
        if keep is not None:
            st.button(
                _("Label is correct"),
                icon=":material/check:",
                key=f"keep-{key}",
                disabled=not chosen,
                on_click=act,
                args=(keep, chosen),
            )
        if suggested is not None:
            st.button(
                _("Use suggested class"),
                icon=":material/label_important:",
                key=f"suggested-{key}",
                disabled=not chosen,
                on_click=act,
                args=(accept, chosen),
            )
        st.button(
            _("Exclude {count}").format(count=len(chosen)) if chosen else _("Exclude"),
            icon=":material/delete:",
            key=f"drop-{key}",
            disabled=not chosen,
            on_click=act,
            args=(datasets.exclude, chosen),
            help=_("Excluded from all future training. Undo this under Edits."),
        )
        if dataset.facts.is_multilabel:
            st.caption(_("To change the labels of a multi-label dataset, edit the label table and import it again."))
        else:
            _relabel(dataset, chosen, key, act)
        if any(row in edits.labels for row in rows):
            st.button(
                _("Restore"),
                icon=":material/undo:",
                key=f"restore-{key}",
                disabled=not any(row in edits.labels for row in chosen),
                on_click=act,
                args=(datasets.restore, chosen),
                help=_("Undoes all edits of the selected images."),
            )


def _relabel(dataset: Dataset, chosen: list[int], key: str, act: Callable[..., None]) -> None:
    """Gives the selected images another class."""
    names = dataset.facts.classes
    label = st.selectbox(
        _("New class"),
        range(len(names)),
        index=None,
        format_func=lambda label: names[label],
        key=f"label-{key}",
        placeholder=_("New class"),
        label_visibility="collapsed",
        width=220,
    )
    st.button(
        _("Relabel"),
        icon=":material/label:",
        key=f"relabel-{key}",
        disabled=not chosen or label is None,
        on_click=act,
        args=(datasets.relabel, chosen, label),
    )


def _change(change: Callable[..., None], *values) -> None:
    """A callback: it runs before the page, which then shows the edit or why it failed."""
    try:
        change(*values)
    except UserError as error:
        st.session_state[ERROR] = str(error)


def exclude_all_button(label: str, dataset: Dataset, rows: Sequence[int], key: str) -> None:
    """A button that excludes all of these training images at once."""
    st.button(label, icon=":material/delete_sweep:", key=key, on_click=_change, args=(datasets.exclude, dataset, rows))


def list_edits(dataset: Dataset, edits: Edits) -> None:
    """All edits, and buttons to undo them."""
    if not edits.labels:
        st.info(
            "No edits yet. You can exclude or relabel images under Duplicates, Outliers and Map.",
            icon=":material/check_circle:",
        )
    else:
        st.markdown(
            f"**{formatting.count(len(edits.excluded), 'image')}** excluded, **{len(edits.relabelled):,}** relabelled. "
            f"The next run will use dataset version `{edits.version}`. Finished runs keep the one they were trained "
            "on."
        )
    if edits.steps:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Undo last edit",
                icon=":material/undo:",
                key="undo",
                on_click=_change,
                args=(datasets.undo, dataset),
            )
            with st.popover("Undo all", icon=":material/restart_alt:"):
                st.markdown("Restores the original labels and images.")
                undo_all_button(dataset)
            if st.button("Train with these edits", icon=":material/model_training:", key="train-edited"):
                links.train(data=dataset.facts.name)
    list_files.apply_file(dataset)
    if error := st.session_state.pop(ERROR, ""):
        st.error(plain(error), icon=":material/error:")
    rows = list(edits.labels)
    if rows:
        with st.container(horizontal=True):
            list_files.downloads(dataset, "edits", lambda: image_lists.columns(dataset, edits, rows))
        images(dataset, edits, [[row] for row in pager.page_of(rows, 20, "edits-page")], "edits")


def undo_all_button(dataset: Dataset) -> None:
    """The button that undoes all edits, even if their file is damaged."""
    st.button("Undo all edits", key="undo-all", on_click=_change, args=(datasets.undo_all, dataset))
