"""How well does the model read damaged pictures? Asked once, by a process of its own; then read from the run."""

import base64
import html
from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls import datasets
from imgcls.charts.theme import QUIET, TRAINING
from imgcls.datasets.augmentation import Augmentation
from imgcls.errors import UserError
from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.robustness import evaluate, recommendations
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS, STRENGTHS
from imgcls.runs import Run
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions
from imgcls.ui.train import settings_form
from imgcls.ui.widgets import formatting, gallery, metric_row, task_panel
from imgcls.ui.widgets.metric_row import Number

EXAMPLES = 12
MOST_CLASSES = 100
STYLE = """<style>
.damages{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(240px,42%),1fr));gap:18px 22px;margin:.4rem 0}
.damages figure{margin:0;min-width:0}.damages img{width:100%;display:block}
.damages figcaption{font-size:.92rem;display:flex;justify-content:space-between;gap:8px;
font-variant-numeric:tabular-nums}.damages figcaption i{font-style:normal;opacity:.75}
.heat{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums;width:100%;table-layout:fixed}
.heat th,.heat td{padding:5px 6px;text-align:right;font-weight:400;border:0}
.heat th[scope=row]{text-align:left;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;width:30%}
.heat thead th{opacity:.75}
</style>"""


def show(run: Run, tested: Predictions) -> None:
    """The whole view."""
    st.subheader("Robustness", anchor=False)
    task = evaluate.task_of(run)
    state = task.state()
    if state.state == "ready":
        _found(run, tested)
    elif state.state == "idle":
        _offer(run, tested)
    else:
        task_panel.show(task, state, lambda: evaluate.start(run), "The damaged pictures were not asked about.")


def _offer(run: Run, tested: Predictions) -> None:
    st.markdown(
        "Noise, blur, brightness, contrast, shift, rotation, occlusion and JPEG, each at five strengths: the model is "
        f"asked about up to {evaluate.MOST:,} test pictures damaged in all these ways. It works in the background, most "
        "models take less than a minute, and the answers are kept with the run."
    )
    try:
        name = run.card.data
        evaluate.checked(run, predictions.dataset(name), tested.labels)
    except UserError as error:
        st.info(plain(f"That needs the test pictures of the data set. {error}"), icon=":material/download:")
        return
    task_panel.button("Ask about damaged pictures", lambda: evaluate.start(run), primary=True)


# ---- what was found


@lru_cache(8)
def _read(run: Run, stamp: float) -> evaluate.Found:
    return evaluate.read(run)


def _found(run: Run, tested: Predictions) -> None:
    stamp = evaluate.task_of(run).stamp()
    try:
        found = _read(run, stamp)
    except UserError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        _again(run)
        return
    _figures(run, stamp)
    st.html(_curves(run, stamp))
    st.caption(
        f"Accuracy on {formatting.count(len(found.indices), 'test picture')} at strengths 0 (as they are) to 5; the band is "
        "the 95% interval."
    )
    _advise(run, stamp)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.segmented_control(
            "Damage", list(CORRUPTIONS), default="noise", required=True, key="damage", bind="query-params"
        )
        strength = st.segmented_control(
            "Strength",
            STRENGTHS,
            default=recommendations.AT_STRENGTH,
            required=True,
            key="strength",
            bind="query-params",
        )
    st.caption(f"Strength {strength}: {CORRUPTIONS[name].amount(strength)}.")
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("##### By class")
        st.html(_by_class(run, stamp, name, run.card.classes))
    with right:
        st.markdown("##### Where the answer flips")
        _flips(run, tested, stamp, name, strength)
    _again(run)


def _again(run: Run) -> None:
    def again() -> None:
        evaluate.task_of(run).discard()
        evaluate.start(run)

    task_panel.button("Ask again", again)


def _figures(run: Run, stamp: float) -> None:
    metric_row.show(_numbers(run, stamp))


@lru_cache(16)
def _numbers(run: Run, stamp: float) -> tuple[Number, ...]:
    found = _read(run, stamp)
    count = len(found.indices)
    clean = wilson(int((found.clean == found.labels).sum()), count)
    is_right = found.damaged == found.labels
    by_corruption = is_right.mean((1, 2))
    worst = int(by_corruption.argmin())
    return (
        Number(
            "As they are", formatting.fraction(clean.value), formatting.interval(clean), "Accuracy on these pictures."
        ),
        Number(
            "Damaged",
            formatting.fraction(float(is_right.mean())),
            "mean of all 40 conditions",
            "Eight damages at five strengths count the same. Strength 5 is hard for people, too.",
        ),
        Number("Hardest", found.names[worst], f"{formatting.fraction(float(by_corruption[worst]))} on average"),
        Number(
            "Easiest",
            found.names[int(by_corruption.argmax())],
            f"{formatting.fraction(float(by_corruption.max()))} on average",
        ),
    )


@lru_cache(16)
def _curves(run: Run, stamp: float) -> str:
    """Eight small figures in one piece: accuracy from strength 0 to 5, with its interval as a band.

    Each is a picture, as Streamlit lets no SVG into a page; its greys show on a light page and on a dark one.
    """
    found = _read(run, stamp)
    count = len(found.indices)
    clean = int((found.clean == found.labels).sum())
    figures = []
    for name in found.names:
        score = wilson(np.array([clean, *found.right(name).sum(1)]), count)

        def line(values: np.ndarray) -> list[str]:
            return [f"{24 + 32 * place:.0f} {8 + 82 * (1 - value):.1f}" for place, value in enumerate(values)]

        band = "L".join(line(score.high) + line(score.low)[::-1])
        grid = "".join(
            f'<path d="M24 {8 + 82 * (1 - fraction):.0f}H184" stroke="{QUIET}" stroke-opacity=".35"/>'
            f'<text x="20" y="{11.5 + 82 * (1 - fraction):.1f}" text-anchor="end">{100 * fraction:.0f}</text>'
            for fraction in (0, 0.5, 1)
        )
        marks = "".join(
            f'<text x="{24 + 32 * strength}" y="103" text-anchor="middle">{strength}</text>' for strength in range(6)
        )
        told = ", ".join(f"strength {k} {100 * value:.1f}%" for k, value in enumerate(score.value))
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 190 106" font-family="sans-serif" font-size="9" '
            f'fill="{QUIET}">{grid}{marks}<path d="M{band}Z" fill="{TRAINING}" fill-opacity=".28"/>'
            f'<path d="M{"L".join(line(score.value))}" fill="none" stroke="#2A8FCC" stroke-width="2.2"/></svg>'
        )
        source = base64.b64encode(svg.encode()).decode()
        figures.append(
            f"<figure><figcaption><b>{name.capitalize() if name.islower() else name}</b>"
            f"<i>{100 * score.value[-1]:.0f}% at 5</i></figcaption>"
            f'<img src="data:image/svg+xml;base64,{source}" alt="Accuracy under {name}: {told}"></figure>'
        )
    return f'{STYLE}<div class="damages">{"".join(figures)}</div>'


@lru_cache(64)
def _by_class(run: Run, stamp: float, name: str, names: tuple[str, ...]) -> str:
    """The share of each class that is still read rightly, from strength 0 to 5; the hardest class first."""
    found = _read(run, stamp)
    count = np.bincount(found.labels, minlength=len(names))
    rights = np.vstack([found.clean == found.labels, found.right(name)])
    fractions = (
        np.array([np.bincount(found.labels, row, len(names)) for row in rights]).T / np.maximum(count, 1)[:, None]
    )
    rows = []
    order = [label for label in np.argsort(fractions[:, 1:].mean(1), kind="stable") if count[label]]
    for label in order[:MOST_CLASSES]:
        title = html.escape(names[label])
        cells = "".join(
            f'<td style="background:rgba(213,94,0,{0.6 * (1 - fraction):.2f})">{100 * fraction:.0f}</td>'
            for fraction in fractions[label]
        )
        rows.append(f'<tr><th scope="row" title="{title}: {count[label]} pictures">{title}</th>{cells}</tr>')
    head = "".join(f'<th scope="col">{strength}</th>' for strength in range(6))
    return (
        f'{STYLE}<table class="heat"><caption style="text-align:left;font-size:.85rem;opacity:.75;padding:0 0 6px">'
        f"% read rightly under {html.escape(name)} at strengths 0 to 5, from few pictures a class</caption>"
        f'<thead><tr><th scope="col"></th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def _flips(run: Run, tested: Predictions, stamp: float, name: str, strength: int) -> None:
    flipped = _read(run, stamp).flips(name, strength)
    st.caption(
        f"{formatting.count(len(flipped), 'picture')} read rightly as they are, and wrongly with this damage"
        + (f"; {EXAMPLES} of them." if len(flipped) > EXAMPLES else ".")
    )
    if not len(flipped):
        st.info("No answer flips here.", icon=":material/check_circle:")
        return
    try:
        evaluate.checked(run, predictions.dataset(run.card.data), tested.labels)
        st.html(_examples(run, stamp, name, strength, run.card.classes))
    except UserError as error:
        st.caption(plain(f"The pictures cannot be shown. {error}"))


@lru_cache(32)
def _examples(run: Run, stamp: float, name: str, strength: int, names: tuple[str, ...]) -> str:
    found, dataset = _read(run, stamp), predictions.dataset(run.card.data)
    flipped = found.flips(name, strength)
    # Spread over all of them: the first would all be of the same corner of the test set.
    some = flipped[np.linspace(0, len(flipped) - 1, min(EXAMPLES, len(flipped))).round().astype(int)]
    frames = []
    for place in some.tolist():
        image, worse = evaluate.example(dataset, found, CORRUPTIONS[name], strength, place)
        true = names[found.labels[place]]
        answer = names[found.damaged[found.names.index(name), strength - 1, place]]
        frames.append(
            (
                gallery.Tile(image, f"test picture {found.indices[place]}, {true}, read rightly", (f"✓ {true}",)),
                gallery.Tile(worse, f"the same with {name} of strength {strength}, read as {answer}", (f"✗ {answer}",)),
            )
        )
    drawn = gallery.groups(frames)
    dataset.release_memory()
    return drawn


# ---- what would help


@lru_cache(16)
def _advice(run: Run, stamp: float, config_stamp: tuple) -> tuple[recommendations.Advice, ...]:
    """What would help; found once, as it draws seven bootstraps."""
    config = run.config
    return tuple(recommendations.advice(_read(run, stamp), config, datasets.facts(config.data)))


def _advise(run: Run, stamp: float) -> None:
    try:
        wished = _advice(run, stamp, run.stamp("config.json"))
    except UserError:
        return  # without the settings or the data set nothing can be prepared
    if not wished:
        st.success(
            "No damage of middle strength for which there is an augmentation costs this model "
            f"{100 * recommendations.LEAST_LOSS:.0f} points or more, or the run had it already.",
            icon=":material/shield:",
        )
        return
    costs = ", ".join(
        f"{entry.corruption} costs {100 * entry.loss.value:.1f} points ({100 * entry.loss.low:.1f} to "
        f"{100 * entry.loss.high:.1f})"
        for entry in wished
    )
    changes = {entry.name: entry.value for entry in wished}
    with st.container(border=True):
        st.markdown(
            f":material/lightbulb: At middle strength {costs}. A network that sees such pictures while it learns "
            f"breaks less: train again with **{Augmentation(**changes).describe()}**. Whether it helps, Compare tells."
        )
        if st.button("Train again with these changes", icon=":material/model_training:", key="train-robust"):
            links.train(**settings_form.form_of(run.config) | changes)
