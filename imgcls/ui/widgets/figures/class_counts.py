"""Images per class as HTML bars: painted with the page, while a Plotly figure waits for its library."""

import html
from collections.abc import Mapping, Sequence

import numpy as np

from imgcls.charts.theme import TRAINING
from imgcls.ui.components.figure_menu import framed

MOST_ROWS = 30
"""Up to this many classes get a row each, with name and counts; more are drawn as thin columns."""
STYLE = f"""<style>
.classes{{display:grid;grid-template-columns:minmax(2rem,max-content) 1fr max-content;gap:4px 10px;align-items:center;
font-size:.85rem;font-variant-numeric:tabular-nums}}
.classes span{{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;max-width:11rem}}
.classes em,.classes-key em{{font-style:normal;opacity:.75}}
.classes i,.classes-key i{{display:block;border-radius:3px;min-width:1px}}
.classes-key{{display:flex;gap:16px;align-items:center;font-size:.85rem;margin:2px 0 8px}}
.classes-key i{{display:inline-block;width:18px;height:9px;margin-right:6px}}
.classes.columns{{display:flex;gap:1px;align-items:flex-end;height:150px;border-bottom:1px solid rgba(128,128,128,.4)}}
.classes.columns>div{{flex:1 1 0;display:flex;align-items:flex-end;height:100%;min-width:1px}}
.classes.columns i{{flex:1 1 0;border-radius:1px 1px 0 0;min-height:1px}}
.part-0{{background:{TRAINING}}}
.part-1{{background:repeating-linear-gradient(135deg,rgba(128,128,128,.75) 0 3px,rgba(128,128,128,.3) 3px 6px)}}
</style>"""


def bars(counts: Mapping[str, np.ndarray], names: Sequence[str]) -> str:
    """The bars as HTML; all names are escaped.

    Args:
        counts: one or two parts of a dataset, each with its images per class, int (classes,).
        names: the class names.
    """
    table = np.array(list(counts.values())).reshape(len(counts), -1)
    most = max(1, int(table.max(initial=0)))
    first = next(iter(counts.values()))
    summary = f"Images per class: between {min(first):,} and {max(first):,} in {next(iter(counts))}."
    key = "".join(f'<span><i class="part-{part}"></i>{html.escape(name)}</span>' for part, name in enumerate(counts))
    if len(names) > MOST_ROWS:
        key += f"<em>highest: {most:,} images</em>"
        kind, bars = "classes columns", iter([_column(*one, counts, most) for one in zip(names, table.T, strict=True)])
    else:
        heads = f"<span></span><div></div><em>{html.escape(' · '.join(counts))}</em>"
        rows = "".join(_row(*one, most) for one in zip(names, table.T, strict=True))
        kind, bars = "classes", iter((heads, rows))
    figure = (
        f'<div class="classes-key">{key}</div>'
        f'<div class="{kind}" role="img" aria-label="{html.escape(summary)}">{"".join(bars)}</div>'
    )
    return STYLE + framed(figure, "images-per-class")


def _row(name: str, numbers: np.ndarray, most: int) -> str:
    bars = "".join(
        f'<i class="part-{part}" style="width:{100 * number / most:.1f}%;height:{9 - 3 * part}px"></i>'
        for part, number in enumerate(numbers)
    )
    name = html.escape(name)
    counts = " · ".join(f"{number:,}" for number in numbers)
    return f'<span title="{name}">{name}</span><div>{bars}</div><em>{counts}</em>'


def _column(name: str, numbers: np.ndarray, parts: Mapping[str, np.ndarray], most: int) -> str:
    bars = "".join(
        f'<i class="part-{part}" style="height:{100 * number / most:.1f}%"></i>' for part, number in enumerate(numbers)
    )
    counts = ", ".join(f"{number:,} {part}" for part, number in zip(parts, numbers, strict=True))
    return f'<div title="{html.escape(f"{name}: {counts}")}">{bars}</div>'
