"""The report as one HTML file without a script: it opens anywhere, light and dark, and prints."""

import base64
import html
from typing import Any

import numpy as np

from imgcls.config import Config
from imgcls.datasets.augmentation import Augmentation
from imgcls.errors import UserError
from imgcls.evaluation.report.svg_curves import curve
from imgcls.evaluation.report.values import Predictions, figures, surest_mistakes
from imgcls.images.loading import to_png
from imgcls.runs.run import Run

MOST_CELLS = 25
"""With more classes the matrix is a picture: a table would not fit on a sheet."""
MOST_ROWS = 100

STYLE = """
:root{color-scheme:light dark;--ink:#1c2530;--soft:#5d6771;--line:#dce1e6;--page:#fff;--card:#f4f6f8;
--blue:#0072B2;--orange:#b87d00;--green:#00805f;--red:213,94,0;--grey:120,128,138}
@media (prefers-color-scheme:dark){:root{--ink:#e6ebf0;--soft:#a3adb7;--line:#2e3842;--page:#12171d;--card:#1b222a;
--blue:#56b4e9;--orange:#e69f00;--green:#2ebd95;--red:235,115,35}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);
font:16px/1.5 system-ui,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:980px;margin:0 auto;padding:40px 20px 80px}
h1{font-size:2rem;line-height:1.2;margin:0;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:2.6rem 0 .8rem}p{margin:.4rem 0}.soft{color:var(--soft)}
.head{display:flex;flex-wrap:wrap;gap:28px;align-items:end;margin:26px 0}
.big{font-size:3.4rem;font-weight:700;line-height:1}
.numbers{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:12px;margin:0}
.numbers div{background:var(--card);border-radius:10px;padding:10px 14px}.numbers dt{color:var(--soft);font-size:.85rem}
.numbers dd{margin:0;font-size:1.35rem}.numbers dd+dd{font-size:.82rem;color:var(--soft)}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.88rem}
th,td{padding:5px 10px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th{font-weight:600}th[scope=row],td.text,th.text{text-align:left;max-width:18rem;overflow:hidden;text-overflow:ellipsis}
.matrix th[scope=col]{writing-mode:vertical-rl;transform:rotate(180deg);text-align:left;max-height:9rem;padding:8px 4px}
.matrix{margin-bottom:1.2rem}.matrix td{text-align:center;min-width:2.4rem;padding:5px 4px}
.curves{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:20px}
svg text{font-size:11px;fill:var(--soft)}svg path,svg circle{fill:none}svg .grid{stroke:var(--line)}
svg .training{stroke:var(--blue);stroke-width:2.5}
svg .validation{stroke:var(--orange);stroke-width:2.5;stroke-dasharray:7 4}
svg .dot{fill:currentColor}svg .best{stroke:var(--green);stroke-width:2.5}figcaption{font-size:.85rem}
figure{margin:0;min-width:0}.key{font-size:.85rem;color:var(--soft)}.key b{font-weight:600}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(104px,1fr));gap:16px 12px}
.tiles img{width:100%;
aspect-ratio:1;object-fit:contain;image-rendering:pixelated;background:var(--card);border-radius:8px}
.tiles span{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;font-size:.82rem}
.tiles span+span{color:var(--soft)}.whole{width:100%;max-width:640px;image-rendering:pixelated;background:#fff}
.columns{columns:2 300px;column-gap:28px}.columns div{display:flex;justify-content:space-between;gap:16px;
border-bottom:1px solid var(--line);padding:3px 0;break-inside:avoid;font-size:.9rem}.columns dt{color:var(--soft)}
.columns dd{margin:0;text-align:right;overflow-wrap:anywhere}dl{margin:0}
@media print{body{font-size:11px}main{padding:0;max-width:none}h2,figure,table{break-inside:avoid}}
"""


def page(run: Run, predictions: Predictions) -> str:
    """The whole file.

    Raises:
        RunError: the run has no model.
    """
    found = figures(run, predictions)
    parts = [
        _head(found),
        _section("Learning", _curves(found)),
        _section("Classes", _classes(found)),
        _section("Confusion matrix", _matrix(found)),
        _section("Surest mistakes", _mistakes(found, predictions)),
        _section("Calibration", _calibration(found)),
        _section("Damaged pictures", _robustness(found)) if found["robustness"] else "",
        _section("Settings", _settings(found)),
    ]
    title = f"{_text(found['name'])} · report"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # Nothing may be fetched and nothing run, whatever a name holds.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _head(found: dict[str, Any]) -> str:
    test, outcome = found["test"], found["outcome"] or {}
    about = [
        found["data"]["title"],
        (found["settings"] or {}).get("model", ""),
        f"{outcome['parameters']:,.0f} parameters" if "parameters" in outcome else "",
        f"best epoch {outcome['best_epoch']:g} of {outcome['epochs']:g}"
        if {"best_epoch", "epochs"} <= {*outcome}
        else "",
        f"run {found['run']}",
    ]
    cells = [
        (kind + " " + {"f1": "F1"}.get(name, name), test[f"{kind}_{name}"])
        for kind in ("macro", "weighted")
        for name in ("precision", "recall", "f1")
    ]
    numbers = "".join(
        f"<div><dt>{name}</dt><dd>{_fraction(score)}</dd><dd>{_interval(score)}</dd></div>" for name, score in cells
    )
    loss = test["cross_entropy"]
    numbers += (
        f"<div><dt>cross-entropy</dt><dd>{loss['value']:.3f}</dd><dd>{loss['low']:.3f} to {loss['high']:.3f}</dd></div>"
    )
    return (
        f'<h1>{_text(found["name"])}</h1><p class="soft">{_text(" · ".join(part for part in about if part))}</p>'
        f'<div class="head"><div><div class="big">{_fraction(test["accuracy"])}</div><div class="soft">test accuracy, '
        f"{_interval(test['accuracy'])}</div></div></div>"
        f'<dl class="numbers">{numbers}</dl><p class="soft">From {test["pictures"]:,} test pictures that were used '
        "neither to train nor to choose anything. Ranges are 95% intervals: Wilson for the accuracy, precision and "
        "recall of a class, bootstrap for averages and F1.</p>"
    )


def _curves(found: dict[str, Any]) -> str:
    told, best = found["curves"], (found["outcome"] or {}).get("best_epoch")
    drawn = "".join(
        f"<figure>{svg}<figcaption>{title}</figcaption></figure>"
        for title, name, as_fraction in (("Loss (cross-entropy, nats)", "loss", False), ("Accuracy", "accuracy", True))
        if (svg := curve(title, told["epoch"], told[name], told[f"val_{name}"], best, as_fraction=as_fraction))
    )
    if not drawn:
        return '<p class="soft">No epoch was written down.</p>'
    key = "<b>solid</b>: training, <b>dashed</b>: validation, <b>ring</b>: the epoch that was kept"
    return f'<div class="curves">{drawn}</div><p class="key">{key}</p>'


def _classes(found: dict[str, Any]) -> str:
    rows = found["test"]["classes"]
    body = "".join(
        f'<tr><th scope="row" title="{_text(row["name"])}">{_text(row["name"])}</th><td>{row["pictures"]:,}</td>'
        + "".join(
            f"<td>{_fraction(row[name])}</td><td>{_interval(row[name])}</td>" for name in ("precision", "recall", "f1")
        )
        + "</tr>"
        for row in rows[:MOST_ROWS]
    )
    head = "".join(f'<th scope="col">{name}</th><th scope="col">95%</th>' for name in ("precision", "recall", "F1"))
    more = f'<p class="soft">The first {MOST_ROWS} of {len(rows)} classes.</p>' if len(rows) > MOST_ROWS else ""
    return (
        '<div class="scroll"><table><thead><tr><th class="text" scope="col">class</th><th scope="col">pictures</th>'
        f"{head}</tr></thead><tbody>{body}</tbody></table></div>{more}"
    )


def _matrix(found: dict[str, Any]) -> str:
    names, counts = found["data"]["classes"], np.array(found["test"]["confusion"])
    errors = counts - np.diag(np.diag(counts))
    if len(names) > MOST_CELLS:
        shade = np.log1p(errors) / max(np.log1p(errors).max(), 1e-9)
        tints = np.stack([255 - 42 * shade, 255 - 161 * shade, 255 - 255 * shade], -1)
        tints[np.eye(len(names), dtype=bool)] = 200
        inside = (
            f'<img class="whole" alt="Confusion matrix of {len(names)} classes as a picture: the darker, the more '
            f'mistakes" src="{_data_url(np.round(tints).astype(np.uint8))}">'
        )
    else:
        most, right = max(int(errors.max()), 1), max(int(np.diag(counts).max()), 1)
        rows = []
        for true, name in enumerate(names):
            cells = []
            for predicted, count in enumerate(counts[true].tolist()):
                colour, part = ("--grey", count / right * 0.35) if true == predicted else ("--red", count / most * 0.75)
                tint = f' style="background:rgba(var({colour}),{part:.3f})"' if count else ""
                cells.append(f"<td{tint}>{f'{count:,}' if count else ''}</td>")
            rows.append(f'<tr><th scope="row" title="{_text(name)}">{_text(name)}</th>{"".join(cells)}</tr>')
        head = "".join(f'<th scope="col">{_text(name[:24])}</th>' for name in names)
        inside = (
            f'<div class="scroll"><table class="matrix"><thead><tr><td></td>{head}</tr></thead><tbody>{"".join(rows)}'
            "</tbody></table></div>"
        )
    pairs = "".join(
        f'<tr><td class="text">{_text(pair["true"])} → {_text(pair["predicted"])}</td><td>{pair["pictures"]:,}</td>'
        f"<td>{100 * pair['share_of_true']:.1f}%</td></tr>"
        for pair in found["test"]["worst_pairs"]
    )
    listed = (
        '<div class="scroll"><table><thead><tr><th class="text" scope="col">most frequent mistakes</th>'
        f'<th scope="col">pictures</th><th scope="col">of the true class</th></tr></thead>'
        f"<tbody>{pairs}</tbody></table></div>"
    )
    return f'<p class="soft">Rows are true classes, columns answers.</p>{inside}{listed if pairs else ""}'


def _mistakes(found: dict[str, Any], predictions: Predictions) -> str:
    tiles = []
    listed = found["test"]["surest_mistakes"]
    for index, said in zip(surest_mistakes(predictions).tolist(), listed, strict=True):
        row = predictions.row_of[index]
        if row < 0:
            continue
        true, answer, sure = _text(said["true"]), _text(said["predicted"]), f"{100 * said['probability']:.1f}%"
        alt = f"Test picture {index}: true class {true}, answer {answer} with {sure}"
        tiles.append(
            f'<figure><img alt="{alt}" src="{_data_url(predictions.images[row])}">'
            f'<span title="{answer}">✗ {answer}</span>'
            f'<span title="{true}">is {true}</span><span>{sure}</span></figure>'
        )
    if not tiles:
        return f'<p class="soft">{"No picture of them is stored." if listed else "Not one mistake."}</p>'
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _calibration(found: dict[str, Any]) -> str:
    told = found["test"]["calibration"]
    error = told["expected_calibration_error"]
    rows = "".join(
        f'<tr><th scope="row">{100 * part["from"]:.0f} to {100 * part["to"]:.0f}%</th><td>{part["pictures"]:,}</td>'
        f"<td>{100 * part['certainty']:.1f}%</td><td>{_fraction(part['accuracy'])}</td>"
        f"<td>{_interval(part['accuracy'])}</td></tr>"
        for part in told["bins"]
        if part["pictures"]
    )
    return (
        f"<p>How sure it is and how often it is right differ by {100 * error['value']:.1f} points on average "
        f"({100 * error['low']:.1f} to {100 * error['high']:.1f}; expected calibration error).</p>"
        '<div class="scroll"><table><thead><tr><th class="text" scope="col">probability of the answer</th>'
        '<th scope="col">pictures</th><th scope="col">mean probability</th><th scope="col">right</th>'
        f'<th scope="col">95%</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _robustness(found: dict[str, Any]) -> str:
    told = found["robustness"]
    rows = "".join(
        f'<tr><th scope="row">{_text(name)}</th>'
        + "".join(f'<td title="{_interval(score)}">{_fraction(score)}</td>' for score in scores)
        + "</tr>"
        for name, scores in told["damages"].items()
    )
    head = "".join(f'<th scope="col">strength {strength}</th>' for strength in range(1, 6))
    return (
        f"<p>{_fraction(told['clean'])} ({_interval(told['clean'])}) of {told['pictures']:,} test pictures are read "
        'rightly as they are; damaged, these:</p><div class="scroll"><table><thead><tr>'
        f'<th class="text" scope="col">damage</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _settings(found: dict[str, Any]) -> str:
    settings = dict(found["settings"] or {})
    if not settings:
        return '<p class="soft">The settings of this run cannot be read.</p>'
    settings.pop("version", None)
    settings |= settings.pop("model_settings", {})
    try:
        changes = Augmentation.of(Config.from_dict(found["settings"])).describe()
    except UserError:
        changes = "unknown"
    software = (found["outcome"] or {}).get("software")
    lines = {name.replace("_", " "): value for name, value in settings.items()}
    if isinstance(software, dict):
        lines |= {f"version of {name}": value for name, value in software.items()}
    listed = "".join(f"<div><dt>{_text(name)}</dt><dd>{_text(value)}</dd></div>" for name, value in lines.items())
    return f'<p>Augmentation: {_text(changes)}.</p><dl class="columns">{listed}</dl>'


def _section(title: str, inside: str) -> str:
    return f"<section><h2>{title}</h2>{inside}</section>"


def _text(value: Any) -> str:
    """Any value as text that HTML shows as it is; half a surrogate pair, which no file can hold, as a question mark."""
    return html.escape(str(value).encode("utf-8", "replace").decode())


def _fraction(score: dict[str, float]) -> str:
    return f"{100 * score['value']:.1f}%"


def _interval(score: dict[str, float]) -> str:
    return f"{100 * score['low']:.1f} to {100 * score['high']:.1f}%"


def _data_url(pixels: np.ndarray) -> str:
    return "data:image/png;base64," + base64.b64encode(to_png(pixels)).decode()
