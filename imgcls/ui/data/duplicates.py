"""Pictures that are there twice: exact and near duplicates, those across training and test, those of two classes."""

import numpy as np
import streamlit as st

from imgcls.datasets import NO_CLASS, Dataset, Edits
from imgcls.ui.data import editing
from imgcls.ui.widgets import metric_row, pager
from imgcls.ui.widgets.metric_row import Number

PER_PAGE = 12
KINDS = ("Leaks", "Two classes", "Exact", "Near")
EXPLAINED = {
    "Leaks": "One of the two is in training, the other in the test: the network has seen the answer before, and the "
    "test score is too kind. Throw the training picture out; the test stays comparable.",
    "Two classes": "The two look the same but belong to different classes, or do not have the same labels: at least "
    "one label is wrong, or the classes cannot be told apart by looking.",
    "Exact": "Each is the same as the first of its frame, pixel by pixel. In training it only counts double.",
    "Near": "Not the same, but what is unusual in them is: the same picture taken, cut or stored again, or things that "
    "are really alike.",
}


def show(dataset: Dataset, edits: Edits, found: dict[str, np.ndarray]) -> None:
    """How many there are of each kind, and those of the chosen kind."""
    pairs, likeness = all_pairs(found)
    count = len(dataset.y_train)
    labels = np.concatenate([dataset.y_train, dataset.y_test])
    is_exact = likeness >= 1
    differ = labels[pairs[:, 0]] != labels[pairs[:, 1]]
    of_kind = {
        "Leaks": (pairs < count).sum(1) == 1,
        "Two classes": differ.any(1) if dataset.facts.is_multilabel else differ,
        "Exact": is_exact,
        "Near": ~is_exact,
    }
    more = (
        "or more"
        if len(found["members"]) < found["members_found"] or len(found["pairs"]) < found["pairs_found"]
        else ""
    )
    metric_row.show(
        Number(kind, f"{int(which.sum()):,}", f"pairs {more}".strip(), EXPLAINED[kind])
        for kind, which in of_kind.items()
    )
    if not len(pairs):
        st.success("No picture is there twice.", icon=":material/check_circle:")
        return
    first = next(kind for kind in KINDS if of_kind[kind].any())
    kind = st.segmented_control(
        "Kind", KINDS, default=first, required=True, key=f"pairs-{dataset.facts.name}", label_visibility="collapsed"
    )
    st.caption(EXPLAINED[kind])
    chosen = np.flatnonzero(of_kind[kind])
    if not len(chosen):
        st.info("There are none of this kind.", icon=":material/check_circle:")
        return
    shown = pager.page_of(chosen, PER_PAGE, f"pairs-page-{dataset.facts.name}-{kind}")
    notes = [["", "the same" if is_exact[place] else f"alike {likeness[place]:.3f}"] for place in shown]
    editing.images(dataset, edits, pairs[shown].tolist(), f"pairs-{kind}", notes)
    rows = doubles(pairs[of_kind["Exact" if kind == "Exact" else "Leaks"]], count, edits)
    if kind in ("Leaks", "Exact") and rows:
        what = "training twins of test pictures" if kind == "Leaks" else "doubles"
        editing.bulk(f"Throw out all {len(rows):,} {what}", dataset, rows, f"bulk-{kind}")


def all_pairs(found: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Exact duplicates, each with the first of its group, then near ones: places (p, 2), likeness (p,)."""
    members, groups = found["members"], found["groups"]
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])[: len(members)]
    firsts = members[starts][groups] if len(members) else members
    others = firsts != members
    exact = np.column_stack([firsts[others], members[others]])
    pairs = np.concatenate([exact, found["pairs"]]).astype(np.int64).reshape(-1, 2)
    return pairs, np.concatenate([np.ones(len(exact)), np.minimum(found["likeness"], 0.9999)])


def doubles(pairs: np.ndarray, count: int, edits: Edits) -> list[int]:
    """Training pictures to throw out so that of each pair one stays: the one in training, or the second."""
    rows = {left if right >= count else right for left, right in pairs.tolist() if left < count}
    return sorted(row for row in rows if edits.labels.get(row) != NO_CLASS)
