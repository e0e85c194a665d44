"""One selection for matrix, table, map and gallery. It lives in the URL, so that F5, Back and a colleague see the same.

Controls are set from the URL before they are made, and their callbacks write what changed into it; nothing else holds
the selection.
"""

import time
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls import datasets
from imgcls.errors import DamagedFile, UserError
from imgcls.evaluation import class_merging, selection
from imgcls.evaluation.class_merging import Surgery
from imgcls.evaluation.metrics import classification
from imgcls.evaluation.predictions import Predictions, log_odds, spread
from imgcls.evaluation.selection import Selection
from imgcls.runs import Run, tags
from imgcls.system.arrays import INTEGERS, NUMBERS, Array, read_npz
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions as cached

NAMES = (*selection.NAMES, *class_merging.NAMES)
"""All that the URL says about what is looked at."""
BEHIND, AFTER = "url-behind", "url-after"
UNDER_WAY_SECONDS = 1.0
"""So long after the URL was written may a press come that does not know of it."""
OF_CLASSES = ("class", "cell", "area", "tag", *class_merging.NAMES)
"""What means nothing for another run."""


@dataclass(frozen=True, eq=False)
class Looked:
    """What is looked at: answers after surgery, and which of them are left.

    `left` (n,) are those that the narrowing leaves, `chosen` (n,) those that the cell picks out of them. `report` has
    the scores of what is left, or None where nothing is. `key` is a hashable stand-in for all of it but the selection.
    """

    run: Run
    tested: Predictions
    predictions: Predictions
    selection: Selection
    surgery: Surgery
    left: np.ndarray
    chosen: np.ndarray
    report: classification.Report | None
    key: tuple

    @property
    def names(self) -> tuple[str, ...]:
        return self.predictions.names

    def without(self, **parts) -> np.ndarray:
        """What is left when some parts of the narrowing are lifted: a chart does not narrow itself."""
        return kept(self.key, lifted(self.selection, **parts))


def lifted(selected: Selection, **parts) -> Selection:
    """The narrowing of a selection with some of its parts changed."""
    return replace(selected.narrowed, **parts)


def look(run: Run, tested: Predictions) -> Looked:
    """What the URL asks to look at."""
    catch_up()
    names = run.card.classes
    asked = Surgery.parse(st.query_params, len(names), has_groups=bool(groups_of(run)))
    key = (run, (*cached.predictions_stamp(run), *run.stamp(tags.NAME, "inside.npz")), names, asked)
    predictions = predictions_of(key)
    selected = Selection.parse(st.query_params, len(predictions.names))
    report = report_of(key, selected.narrowed) if selected.narrows or asked != Surgery() else tested.report
    return Looked(
        run, tested, predictions, selected, asked, kept(key, selected.narrowed), kept(key, selected), report, key
    )


def groups_of(run: Run) -> tuple[tuple[str, ...], tuple[int, ...]] | None:
    """The groups of classes that the run's data set has: their names, and the group of each class."""
    facts = run.card
    return _groups(facts.data, facts.classes)


@lru_cache(16)
def _groups(data: str, classes: tuple) -> tuple[tuple[str, ...], tuple[int, ...]] | None:
    try:
        facts = datasets.facts(data)
    except UserError:
        return None  # Its data set is gone; the run can be read without.
    return (facts.coarse, facts.coarse_of) if facts.coarse and facts.classes == classes else None


@lru_cache(4)
def predictions_of(key: tuple) -> Predictions:
    run, _, _, asked = key
    return cached.single_label_predictions(run).after(asked, groups_of(run))


@lru_cache(32)
def kept(key: tuple, selected: Selection) -> np.ndarray:
    run, predictions = key[0], predictions_of(key)
    tagged = np.isin(predictions.indices, tags.read(run).get(selected.tag, ())) if selected.tag else None
    places = places_of(key)[0] if selected.area else None
    return selection.kept(
        selected, predictions.labels, predictions.predicted, predictions.confidence, places=places, tagged=tagged
    )


@lru_cache(16)
def report_of(key: tuple, selected: Selection) -> classification.Report | None:
    return predictions_of(key).report_of(kept(key, selected), selected.classes)


@lru_cache(4)
def places_of(key: tuple) -> tuple[np.ndarray, str]:
    """Where the pictures lie on the map (n, 2), NaN for those of which nothing is kept, and what it was made of."""
    run, predictions = key[0], predictions_of(key)
    seen = _features(run, len(cached.single_label_predictions(run).labels))
    if seen is None:
        return spread(log_odds(predictions.probabilities)), "the probabilities that the model gave"
    features, indices = seen
    places = np.full((len(cached.single_label_predictions(run).labels), 2), np.nan, np.float32)
    places[indices] = spread(features)
    return places[predictions.indices], f"what the last hidden layer saw in {len(indices):,} test pictures"


def _features(run: Run, count: int) -> tuple[np.ndarray, np.ndarray] | None:
    """What the last hidden layer saw in test pictures (m, d), and their numbers (m,), if it was kept."""
    try:
        stored = read_npz(
            run.folder / "inside.npz",
            {
                "features": Array(NUMBERS, ("n", None), np.float32),
                "indices": Array(INTEGERS, ("n",), np.int64, is_optional=True),
            },
        )
    except (DamagedFile, FileNotFoundError):
        return None
    features, indices = stored["features"], stored.get("indices", np.arange(count))
    fits = len(features) == len(indices) > 2 and features.shape[1]
    return (features, indices) if fits and indices.min() >= 0 and indices.max() < count else None


def put(**parts: str) -> None:
    """Writes parts of the selection into the URL; an empty text takes one out."""
    catch_up()
    before = _in_url()
    for name, text in parts.items():
        if text:
            st.query_params[name] = text
        else:
            st.query_params.pop(name, None)
    now = time.monotonic()
    behind = [old for old in st.session_state.get(BEHIND, ()) if now - old[0] < UNDER_WAY_SECONDS]
    st.session_state[BEHIND] = [*behind, (now, before)]
    st.session_state[AFTER] = _in_url()


def catch_up() -> None:
    """Puts back what the URL does not say yet: a press that was under way while it was written carries the URL before.

    Streamlit takes the URL from each press; two quick ones would lose the first.
    """
    now, said = time.monotonic(), _in_url()
    behind = [old for at, old in st.session_state.get(BEHIND, ()) if now - at < UNDER_WAY_SECONDS]
    if said not in behind or said == (after := st.session_state[AFTER]):
        return
    for name in said.keys() - after.keys():
        st.query_params.pop(name, None)
    for name, text in after.items():
        st.query_params[name] = text


def _in_url() -> dict[str, str]:
    """The parts of the selection that the URL says."""
    return {name: text for name, text in st.query_params.to_dict().items() if name in NAMES}


def put_selection(selected: Selection) -> None:
    """Writes the whole selection into the URL."""
    put(**{name: selected.query().get(name, "") for name in selection.NAMES})


def clear(*names: str) -> None:
    """Takes these parts out of the URL; all of them where none is named."""
    put(**dict.fromkeys(names or NAMES, ""))


def shown(key: str, value) -> None:
    """Sets a control that is about to be made to what the URL says."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value


def drawn(widget: str, scope: tuple, value):
    """What a chart or table has to show as selected when it is made anew: what is selected now.

    After a click in it (see `clicked`) it stays as it was made, as the browser shows the click already: with another
    selection it would be another widget for Streamlit, which is mounted anew and blinks.
    """
    known = st.session_state.get(f"drawn-{widget}")
    if known is None or known[0] != scope or st.session_state.get(f"clicked-{widget}") != value:
        st.session_state[f"drawn-{widget}"] = known = (scope, value)
        clicked(widget, value)
    return known[1]


def clicked(widget: str, value) -> None:
    """Notes what was selected in a chart or table by hand."""
    st.session_state[f"clicked-{widget}"] = value


def words_of(looked: Looked) -> list[tuple[str, str]]:
    """The parts of the selection as (names in the URL, Markdown that shows them)."""
    selected, names = looked.selection, looked.names
    said = []
    if looked.surgery.by_groups:
        said.append(("merge", f"{len(names)} groups of classes"))
    elif looked.surgery.merged:
        groups = looked.surgery.merged
        said.append(("merge", "merged: " + ", ".join(_listed(looked.key[2], group, " + ") for group in groups[:2])))
    if looked.surgery.off:
        said.append(("off", "off: " + _listed(looked.key[2], looked.surgery.off)))
    if selected.classes:
        said.append(("class", "is or was called " + _listed(names, selected.classes)))
    if selected.predictions:
        said.append(("answers", f"{selected.predictions} answers"))
    if (selected.low, selected.high) != (0, 100):
        said.append(("sure", f"{selected.low} to {selected.high}% sure"))
    if selected.tag:
        said.append(("tag", f"tag {plain(selected.tag)}"))
    if selected.area:
        said.append(("area", "inside the line on the map"))
    if selected.cell is not None:
        true, answer = selected.cell
        sides = ("any class" if side is None else plain(names[side]) for side in (true, answer))
        said.append(("cell", " → ".join(sides)))
    return said


def _listed(names: tuple[str, ...], classes: tuple[int, ...], between: str = ", ") -> str:
    more = len(classes) - 3
    return between.join(plain(names[one]) for one in classes[:3]) + (f" and {more} more" if more > 0 else "")


def bar(looked: Looked) -> None:
    """What is selected, each part with a way to lift it; nothing where all is looked at."""
    said = words_of(looked)
    if not said:
        return
    number, total = int(looked.chosen.sum()), len(looked.tested.labels)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{number:,}** of {total:,} pictures", width="content")
        for name, text in said:
            st.button(
                text, key=f"lift-{name}", icon=":material/close:", help="Lift this.", on_click=clear, args=(name,)
            )
        if len(said) > 1:
            st.button("Show all", key="lift-all", type="tertiary", on_click=clear)
