"""Pictures of a data set that can be thrown out or given another class, and the list of what was changed."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import streamlit as st

from imgcls import datasets
from imgcls.datasets import NO_CLASS, Dataset, Edits
from imgcls.errors import UserError
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.widgets import formatting, gallery, pager

ERROR = "edit-error"


def images(
    dataset: Dataset,
    edits: Edits,
    groups: Sequence[Sequence[int]],
    key: str,
    notes: Sequence[Sequence[str]] = (),
    *,
    keep: Callable[[list[int]], None] | None = None,
) -> None:
    """Pictures by their place among all (training first, then test), framed where a group has several; and what can be
    done with the training pictures among them. `notes` are more lines of text below them, in the same form. With
    `keep` there is a button that says of chosen ones that their label is right.
    """
    groups = tuple(tuple(int(place) for place in group) for group in groups)
    notes = tuple(tuple(lines) for lines in notes)
    st.html(_tiles(dataset.facts.name, edits, groups, notes))
    rows = list(dict.fromkeys(place for group in groups for place in group if place < len(dataset.y_train)))
    if rows:
        _actions(dataset, edits, rows, key, keep)


@lru_cache(64)
def _tiles(name: str, edits: Edits, groups: tuple, notes: tuple) -> str:
    dataset = predictions.dataset(name)
    noted = notes or tuple(("",) * len(group) for group in groups)
    frames = [
        [_tile(dataset, edits, place, note) for place, note in zip(group, lines, strict=True)]
        for group, lines in zip(groups, noted, strict=True)
    ]
    are_single = all(len(frame) == 1 for frame in frames)
    drawn = gallery.grid(frame[0] for frame in frames) if are_single else gallery.groups(frames)
    dataset.release_memory()
    return drawn


def _tile(dataset: Dataset, edits: Edits, place: int, note: str) -> gallery.Tile:
    count, classes, named = len(dataset.y_train), dataset.facts.classes, dataset.facts.named
    if place >= count:
        row = place - count
        label, pixels, number = named(dataset.y_test[row]), dataset.x_test[row], f"test {row}"
    else:
        label, pixels, number = named(dataset.y_train[place]), dataset.x_train[place], f"no. {place}"
    changed = edits.labels.get(place)
    lines = [number, label]
    if changed is not None:
        lines[1:] = (
            ["✗ thrown out", f"was {label}"] if changed == NO_CLASS else [f"→ {classes[changed]}", f"was {label}"]
        )
    lines += note.splitlines()
    return gallery.Tile(pixels, f"{number}: {', '.join(lines[1:])}", tuple(lines))


def _actions(
    dataset: Dataset, edits: Edits, rows: list[int], key: str, keep: Callable[[list[int]], None] | None = None
) -> None:
    """Choose some of the training pictures in sight, and say what becomes of them."""
    key = f"{key}-{dataset.facts.name}-{rows[0]}-{rows[-1]}-{len(rows)}"
    chosen = st.pills(
        "Choose pictures to change",
        rows,
        selection_mode="multi",
        format_func=lambda row: f"no. {row}",
        key=f"chosen-{key}",
        wrap=True,
        help="Only training pictures can be changed.",
    )
    if error := st.session_state.pop(ERROR, ""):
        st.error(plain(error), icon=":material/error:")

    def act(change: Callable[..., None], *values) -> None:
        _change(change, *(() if change is keep else (dataset,)), *values)
        st.session_state[f"chosen-{key}"] = []

    with st.container(horizontal=True, vertical_alignment="bottom"):
        if keep is not None:
            st.button(
                "The label is right",
                icon=":material/check:",
                key=f"keep-{key}",
                disabled=not chosen,
                on_click=act,
                args=(keep, chosen),
            )
        st.button(
            f"Throw out {len(chosen)}" if chosen else "Throw out",
            icon=":material/delete:",
            key=f"drop-{key}",
            disabled=not chosen,
            on_click=act,
            args=(datasets.exclude, chosen),
            help="They take part in no training any more. It can be taken back under Changes.",
        )
        if dataset.facts.is_multilabel:
            st.caption("Labels are changed in the table and imported anew: a picture may have several here.")
        else:
            _relabel(dataset, chosen, key, act)
        if any(row in edits.labels for row in rows):
            st.button(
                "As published",
                icon=":material/undo:",
                key=f"restore-{key}",
                disabled=not any(row in edits.labels for row in chosen),
                on_click=act,
                args=(datasets.restore, chosen),
                help="Takes back what was changed in the chosen pictures.",
            )


def _relabel(dataset: Dataset, chosen: list[int], key: str, act: Callable[..., None]) -> None:
    """Another class for the chosen pictures."""
    names = dataset.facts.classes
    label = st.selectbox(
        "Another class",
        range(len(names)),
        index=None,
        format_func=lambda label: names[label],
        key=f"label-{key}",
        placeholder="Another class",
        label_visibility="collapsed",
        width=220,
    )
    st.button(
        "Give them this class",
        icon=":material/label:",
        key=f"relabel-{key}",
        disabled=not chosen or label is None,
        on_click=act,
        args=(datasets.relabel, chosen, label),
    )


def _change(change: Callable[..., None], *values) -> None:
    """A callback: it runs before the page, which then shows the change or why it failed."""
    try:
        change(*values)
    except UserError as error:
        st.session_state[ERROR] = str(error)


def bulk(label: str, dataset: Dataset, rows: Sequence[int], key: str) -> None:
    """A button that throws out all of these training pictures at once."""
    st.button(label, icon=":material/delete_sweep:", key=key, on_click=_change, args=(datasets.exclude, dataset, rows))


def changes(dataset: Dataset, edits: Edits) -> None:
    """All that was changed, and the ways back."""
    if not edits.labels:
        st.info(
            "Nothing was changed. Under Duplicates, Odd ones and Map you can throw pictures out, or give them another "
            "class.",
            icon=":material/check_circle:",
        )
    else:
        st.markdown(
            f"**{formatting.count(len(edits.excluded), 'picture')}** thrown out, **{len(edits.relabelled):,}** given another "
            f"class. The next training learns from state `{edits.version}`; finished runs remember theirs."
        )
    if edits.steps:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Take the last change back",
                icon=":material/undo:",
                key="take-back",
                on_click=_change,
                args=(datasets.undo, dataset),
            )
            with st.popover("Take all back", icon=":material/restart_alt:"):
                st.markdown("All pictures will be as they were published.")
                all_back(dataset, "Take all changes back")
            if st.button("Train with these changes", icon=":material/model_training:", key="train-changed"):
                links.train(data=dataset.facts.name)
    if error := st.session_state.pop(ERROR, ""):
        st.error(plain(error), icon=":material/error:")
    rows = list(edits.labels)
    if rows:
        images(dataset, edits, [[row] for row in pager.page_of(rows, 20, "changes-page")], "changes")


def all_back(dataset: Dataset, label: str) -> None:
    """The button that forgets all changes, also a damaged list of them."""
    st.button(label, key="take-all-back", on_click=_change, args=(datasets.undo_all, dataset))
