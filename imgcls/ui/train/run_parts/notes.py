"""Notes on a run and its epochs, and what it comes from."""

import streamlit as st

from imgcls import datasets, runs
from imgcls.errors import DatasetError, RunError
from imgcls.runs import Run, index, store
from imgcls.runs.annotations import notes
from imgcls.sharing import Action
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain, shown
from imgcls.ui.visitors import rights

MOST_CHILDREN = 20
ORIGINS = ("Continues", "Backbone")
OTHER_SEED, SAME_SEED = "Same settings, other seed", "Same settings, same seed"


def badges(run: Run) -> str:
    """The tags of a run as Markdown, for its heading."""
    return " ".join(f":gray-badge[{plain(tag)}]" for tag in notes.read(run).tags)


def show(run: Run, epochs: int) -> None:
    """The closed section. `epochs`: how many epochs the run has."""
    present = notes.read(run)
    if present.note:
        st.markdown(plain(present.note))
    with st.expander("Notes and related runs", icon=":material/edit_note:", key="notes", on_change="rerun") as section:
        if section.open:
            _lineage(run)
            _edit(run, present, epochs)


def _edit(run: Run, present: notes.Notes, epochs: int) -> None:
    may = rights.button(Action.RENAME_RUN, run.folder)
    key = f"note-{run.id}"

    def save_note() -> None:  # on leaving the field: a note must not be lost because no button was pressed
        with shown():
            notes.set_note(run, st.session_state[key])
            st.toast("Note saved.", icon=":material/check:")

    st.text_area(
        "Note",
        present.note,
        key=key,
        max_chars=notes.LONGEST,
        disabled=may["disabled"],
        on_change=save_note,
        help="Saved when you leave the field.",
    )
    for epoch, text in sorted(present.epochs.items()):
        st.caption(plain(f"Epoch {epoch}: {text}"))
    if epochs:
        with st.form("epoch-note", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            epoch = int(st.number_input("Epoch", 1, epochs, width=120))
            text = st.text_input("Note on the epoch", max_chars=200, help="An empty note removes it.")
            if st.form_submit_button("Save the epoch's note", **may):
                with shown():
                    notes.set_epoch(run, epoch, text)
                    st.rerun()


def _lineage(run: Run) -> None:
    """What the run comes from, and which runs come from it."""
    row = index.row_of(run)
    related = list(zip(ORIGINS, (store.parent_of(run), row["settings"].get("backbone_run")), strict=True))
    shared = [("Continued as", "parent", run.id), ("Backbone of", "backbone_run", run.id)]
    if row["repeats"]:
        shared.append((OTHER_SEED, "repeats", row["repeats"]))
    for what, column, value in shared:
        found = index.search(index.Query(exact={column: value}, archived=True, limit=MOST_CHILDREN)).rows
        for one in found:
            is_same = what == OTHER_SEED and one["settings"].get("seed") == row["settings"].get("seed")
            related += [(SAME_SEED if is_same else what, one["id"])] if one["id"] != run.id else []
    for what, run_id in related:
        if not run_id:
            continue
        try:
            other = runs.find(str(run_id))
        except RunError:
            if what in ORIGINS:  # the index lists what exists, but also runs of other visitors
                st.caption(plain(f"{what}: {run_id}, which has been deleted."))
            continue
        if st.button(
            plain(f"{what}: {other.label}"),
            key=f"lineage-{what}-{run_id}",
            type="tertiary",
            icon=":material/account_tree:",
        ):
            links.go("train.py", run=other.id)
    network = row["settings"].get("backbone")
    if network and not row["settings"].get("backbone_run"):  # one that is shipped or downloaded is no run to link to
        st.caption(plain(f"Backbone: {network}."))
    if version := row["version"]:
        st.caption(plain(f"Dataset: {_title(row['data'])}, version {version}."))


def _title(data: str) -> str:
    try:
        return datasets.facts(data).title
    except DatasetError:
        return data
