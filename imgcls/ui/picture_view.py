"""Why this answer to this picture? One test picture with all that is known about it, chosen in the URL."""

import html
from functools import lru_cache
from urllib.parse import quote

import numpy as np
import streamlit as st

from imgcls.errors import UserError
from imgcls.explain import cam, heat, hiding, neighbours
from imgcls.runs import Run
from imgcls.ui import errors, gallery, insides, picture_parts, stored
from imgcls.ui.errors import plain
from imgcls.ui.evaluate_view import VIEWS
from imgcls.ui.stored import Tested

SIMILAR = 10
AROUND = 5
STYLE = """<style>
.heats{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:14px;max-width:760px}
.heats figure{margin:0}.heats img{width:100%;image-rendering:pixelated;border-radius:8px}
.heats figcaption{font-size:.85rem;line-height:1.35;margin-top:5px}
.heats figcaption span{opacity:.75;display:block}
.key{font-size:.85rem;margin-top:8px}
.key b{display:inline-block;width:.9em;height:.9em;border-radius:3px;margin:0 .3em -.1em 0}
</style>"""


def show(run: Run, tested: Tested) -> None:
    """The whole view."""
    names = run.model["classes"]
    index = picture_parts.choose(run, tested)
    with errors.shown():
        pixels = insides.picture(run, tested, index)
        left, right = st.columns([2, 3], gap="large")
        with left:
            picture_parts.head(run, tested, index, names, pixels)
        with right:
            _heats(run, tested, index, pixels, names)
        _similar(run, tested, index, pixels, names)
    _around(run, tested, index, names)
    picture_parts.tagging(run, index)
    if "Time machine" in VIEWS and (run.folder / "epochs.npz").exists():
        st.html(
            f'<a href="?run={quote(run.id)}&amp;view=Time%20machine" target="_self">How answers ran over the '
            "epochs</a> is kept for validation pictures: the test pictures were not looked at while it learnt."
        )


# ---- what spoke for the answer


def _heats(run: Run, tested: Tested, index: int, pixels: np.ndarray, names: list[str]) -> None:
    st.subheader("What spoke for it", anchor=False)
    order = np.argsort(-tested.probabilities[index])
    true, best = int(tested.labels[index]), int(order[0])
    asked = {best: "answer", true: "true class"} | {best: "answer"}
    if len(asked) == 1:
        asked[int(order[1])] = "runner-up"
    target = st.segmented_control(
        "Heat map for",
        list(asked),
        default=best,
        required=True,
        key=f"heat-{run.id}-{index}",
        format_func=lambda label: f"{plain(names[label])} ({asked[label]})",
    )
    st.html(_heat_html(run, insides.stamp(run), pixels.tobytes(), pixels.shape, int(target), names[target]))


@lru_cache(16)
def heats(run: Run, stamp: tuple, content: bytes, shape: tuple) -> tuple[np.ndarray | None, np.ndarray, str]:
    """Grad-CAM of all classes, float32 (classes, height, width), or None and why; and occlusion of all classes."""
    picture = np.frombuffer(content, np.uint8).reshape(shape)
    hidden = hiding.occlusions(stored.predictor(run), picture)
    try:
        return cam.grad_cams(insides.inside(run), picture), hidden, ""
    except UserError as error:
        return None, hidden, str(error)


@lru_cache(32)
def _heat_html(run: Run, stamp: tuple, content: bytes, shape: tuple, target: int, name: str) -> str:
    picture = np.frombuffer(content, np.uint8).reshape(shape)
    cams, hidden, why = heats(run, stamp, content, shape)
    figures = [_figure(picture, f"The picture, {shape[0]} by {shape[1]} pixels", "The picture", "")]
    for title, maps, told in (
        ("Grad-CAM", cams, "which places the last maps of the network point to"),
        ("Occlusion", hidden, "what the answer loses when the place is hidden"),
    ):
        if maps is None:
            continue
        most = float(np.abs(maps[target]).max())
        place = heat.where(maps[target])
        alt = f"{title} for {name}: " + (f"most spoke for it in the {place}" if place else "nothing spoke for it")
        loss = f", up to {maps[target].max():+.1f} nats" if title == "Occlusion" else ""
        figures.append(_figure(heat.overlay(picture, maps[target], most), alt, title, told + loss))
    key = (
        f'<div class="key"><b style="background:rgb{_colour(heat.FOR)}"></b>spoke for {html.escape(name)} &nbsp; '
        f'<b style="background:rgb{_colour(heat.AGAINST)}"></b>spoke against it</div>'
    )
    note = f'<div class="key" style="opacity:.75">{html.escape(why)}</div>' if why else ""
    return f'{STYLE}<div class="heats">{"".join(figures)}</div>{key}{note}'


def _figure(pixels: np.ndarray, alt: str, title: str, told: str) -> str:
    source = gallery.data_url(pixels, min_side=196)
    return (
        f'<figure><img src="{source}" alt="{html.escape(alt)}"><figcaption>{html.escape(title)}'
        f"<span>{html.escape(told)}</span></figcaption></figure>"
    )


def _colour(values: np.ndarray) -> str:
    return f"({', '.join(str(int(value)) for value in values)})"


# ---- what the picture is like


def _similar(run: Run, tested: Tested, index: int, pixels: np.ndarray, names: list[str]) -> None:
    st.subheader(
        "The most similar training pictures",
        anchor=False,
        help="Nearest in the last hidden layer: what the model sees as alike, which need not look alike to you.",
    )
    why = insides.why_not(run)
    if not why and not (run.folder / "neighbours.npz").exists():
        why = "No training pictures are stored with this run: its data set was not on this machine."
    if why:
        insides.offer_missing(run, why)
        return
    key = (run, insides.stamp(run), pixels.tobytes(), pixels.shape)
    drawn, told, rows = _similar_html(*key, int(tested.labels[index]), tuple(names))
    st.markdown(plain(told))
    st.html(drawn)
    picture_parts.change_training(run, rows)


@lru_cache(32)
def _similar_html(
    run: Run, stamp: tuple, content: bytes, shape: tuple, true: int, names: tuple[str, ...]
) -> tuple[str, str, tuple[int, ...]]:
    features = insides.seen(run, np.frombuffer(content, np.uint8).reshape(shape)).features[0]
    known = neighbours.known(run)
    found = neighbours.nearest(run, features, SIMILAR)
    labels = known.labels[found.places]
    tiles = []
    for place, similarity in zip(found.places, found.similarity, strict=True):
        label = names[known.labels[place]]
        is_same = known.labels[place] == true
        lines = (f"{'✓' if is_same else '✗'} {label}", f"{similarity:.2f} alike")
        alt = f"Training picture {known.rows[place]}: {label}, cosine {similarity:.2f}"
        tiles.append(gallery.Tile(known.pictures[place], alt, lines))
    counts = np.bincount(labels, minlength=len(names))
    most = int(counts.argmax())
    _, _, sentence = neighbours.unfamiliarity(run, features)
    told = f"{counts[most]} of the {len(labels)} nearest are of the class “{names[most]}”. {sentence}"
    return gallery.grid(tiles), told, tuple(int(row) for row in known.rows[found.places])


# ---- pictures answered with nearly the same certainty


def _around(run: Run, tested: Tested, index: int, names: list[str]) -> None:
    predicted = int(tested.predicted[index])
    st.subheader("Its neighbours in confidence", anchor=False)
    st.caption(f"Test pictures that were also answered “{plain(names[predicted])}”, about as surely. Click one.")
    st.html(_around_html(run, stored.answers_stamp(run), index, tuple(names)))


@lru_cache(32)
def _around_html(run: Run, stamp: tuple, index: int, names: tuple[str, ...]) -> str:
    tested = stored.tested(run)
    same = np.flatnonzero((tested.predicted == tested.predicted[index]) & (tested.row_of >= 0))
    same = same[same != index]
    near = same[np.argsort(np.abs(tested.certainty[same] - tested.certainty[index]), kind="stable")[: 2 * AROUND]]
    near = near[np.argsort(-tested.certainty[near], kind="stable")]
    return gallery.grid(tile(run, tested, int(other), names) for other in near)


def tile(run: Run, tested: Tested, index: int, names: tuple[str, ...] | list[str]) -> gallery.Tile:
    """A test picture with its answer; a click leads to its own view."""
    true, predicted = names[tested.labels[index]], names[tested.predicted[index]]
    sure = f"{100 * tested.certainty[index]:.1f} %"
    lines = (f"✓ {true}", sure) if true == predicted else (f"✗ {predicted}", f"is {true}", sure)
    alt = f"Test picture {index}: true class {true}, answer {predicted} with {sure}"
    return gallery.Tile(tested.pictures[tested.row_of[index]], alt, lines, link(run, index))


def link(run: Run, index: int) -> str:
    """Where a test picture's own view is."""
    return f"?run={quote(run.id)}&view=Picture&picture={index}"
