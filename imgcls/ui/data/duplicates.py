"""Exact and near-duplicates, train/test leaks, and duplicates with conflicting labels."""

from typing import Any

import numpy as np
import streamlit as st

from imgcls.datasets import NO_CLASS, Dataset, Edits
from imgcls.datasets.editing import image_lists
from imgcls.ui.data import editing, list_files
from imgcls.ui.widgets import formatting, metric_row, pager
from imgcls.ui.widgets.metric_row import Number

PER_PAGE = 12
KINDS = ("Leaks", "Possible leaks", "Conflicting labels", "Exact", "Near")
EXPLAINED = {
    "Leaks": "Train/test leakage: the same image is in the training set and in the test set, so the test score is too "
    "optimistic. Exclude the training copy.",
    "Possible leaks": "Near duplicate of a test image, please check. If both come from one photo or object, the test "
    "score is too optimistic: exclude the training image. If they only look alike, keep both.",
    "Conflicting labels": "The two images look the same but have different labels: at least one label is wrong, or the "
    "classes cannot be distinguished visually.",
    "Exact": "Identical pixel by pixel. A duplicate in the training set is simply weighted twice.",
    "Near": "Not identical, but they share the same distinctive details: one photo cropped or saved again, or objects "
    "that really do look alike.",
}


def show(dataset: Dataset, edits: Edits, found: dict[str, np.ndarray]) -> None:
    """The number of duplicates of each kind, and the pairs of the chosen kind."""
    pairs, likeness = all_pairs(found)
    count = len(dataset.y_train)
    labels = np.concatenate([dataset.y_train, dataset.y_test])
    is_exact = likeness >= 1
    differ = labels[pairs[:, 0]] != labels[pairs[:, 1]]
    crosses = (pairs < count).sum(1) == 1
    of_kind = {
        "Leaks": crosses & is_exact,
        "Possible leaks": crosses & ~is_exact,
        "Conflicting labels": differ.any(1) if dataset.facts.is_multilabel else differ,
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
        st.success("No duplicates found.", icon=":material/check_circle:")
        return
    first = next(kind for kind in KINDS if of_kind[kind].any())
    kind = st.segmented_control(
        "Kind", KINDS, default=first, required=True, key=f"pairs-{dataset.facts.name}", label_visibility="collapsed"
    )
    st.caption(EXPLAINED[kind])
    chosen = np.flatnonzero(of_kind[kind])
    if not len(chosen):
        st.info("No duplicates of this kind.", icon=":material/check_circle:")
        return
    shown = pager.page_of(chosen, PER_PAGE, f"pairs-page-{dataset.facts.name}-{kind}")
    notes = [["", "identical" if is_exact[place] else f"similarity {likeness[place]:.3f}"] for place in shown]
    editing.images(dataset, edits, pairs[shown].tolist(), f"pairs-{kind}", notes)
    rows = redundant_rows(pairs[of_kind["Exact" if kind == "Exact" else "Leaks"]], count, edits)
    if kind in ("Leaks", "Exact") and rows:
        images = formatting.count(len(rows), "training image")
        what = f"{images} that duplicate test images" if kind == "Leaks" else f"{images} that duplicate others"
        editing.exclude_all_button(f"Exclude the {what}", dataset, rows, f"bulk-{kind}")
    with st.container(horizontal=True):
        list_files.downloads(dataset, "duplicates", lambda: _listed(dataset, edits, pairs, likeness))


def _listed(dataset: Dataset, edits: Edits, pairs: np.ndarray, likeness: np.ndarray) -> dict[str, Any]:
    """Both images of every pair, one after the other."""
    number = np.repeat(np.arange(1, len(pairs) + 1), 2)
    more = {
        "pair": number,
        "kind": np.where(likeness >= 1, "exact", "near")[number - 1],
        "similarity": np.round(np.minimum(likeness, 1), 4)[number - 1],
    }
    return image_lists.columns(dataset, edits, pairs.reshape(-1), more)


def all_pairs(found: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Exact duplicates, each paired with the first of its group, then near ones: positions (p, 2), similarity (p,)."""
    members, groups = found["members"], found["groups"]
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])[: len(members)]
    firsts = members[starts][groups] if len(members) else members
    others = firsts != members
    exact = np.column_stack([firsts[others], members[others]])
    pairs = np.concatenate([exact, found["pairs"]]).astype(np.int64).reshape(-1, 2)
    return pairs, np.concatenate([np.ones(len(exact)), np.minimum(found["likeness"], 0.9999)])


def redundant_rows(pairs: np.ndarray, count: int, edits: Edits) -> list[int]:
    """Training images to exclude so that one of each pair stays: the training copy of a leak, else the second one."""
    rows = {left if right >= count else right for left, right in pairs.tolist() if left < count}
    return sorted(row for row in rows if edits.labels.get(row) != NO_CLASS)
