"""One HTML file that runs a model in a browser, offline: the page, its scripts, the runtime and the model.

page.html.jinja     the page
page.css, js/       its style and its scripts: plain files without a build step
runtime/            LiteRT.js as published, compressed
content             what the page knows about the run: scores, confusion matrix, worst mistakes
browser             Chromium without a window, to run the finished page
browser_runtime     the page as a runtime, to verify it

The scripts are ES modules. They import each other by names such as "imgcls/ink.js", which an import map in the page
resolves to data URLs, because a page from a file cannot load other files.
"""

import base64
import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from imgcls.evaluation.report.values import for_script as for_script
from imgcls.export.offline_page import content
from imgcls.languages import PERCENT_SCRIPT
from imgcls.runs import Run

if TYPE_CHECKING:
    import jinja2

HERE = Path(__file__).parent
LITERT_JS = "2.5.3"
"""The version of @litertjs/core and @litertjs/wasm-utils in `runtime/`."""
PACKED_MODULES = {"@litertjs/core": "litert_core.js.gz", "@litertjs/wasm-utils": "wasm_utils.js.gz"}
PACKED = {"runtime-script": "litert_wasm_compat_internal.js.gz", "runtime-wasm": "litert_wasm_compat_internal.wasm.gz"}
"""Element ID -> file. The "compat" variant needs no relaxed SIMD, so it runs in Safari and on older phones."""
NO_RECORD = '<script type="application/json" id="verification">null</script>'
PAGE_BYTES = 120_000
"""About what the page, its style, the scores and the images of mistakes take."""
MODEL = re.compile(r'<script type="application/octet-stream" id="model">([A-Za-z0-9+/=]+)</script>')


def page(run: Run, model: bytes) -> str:
    """The whole file for a run, with a LiteRT model of a fixed batch of 1.

    Raises:
        RunError: the run has no model card or no test predictions.
    """
    known = content.collect(run)
    packed = {name: (HERE / "runtime" / file).read_bytes() for name, file in PACKED.items()}
    packed["model"] = gzip.compress(model, mtime=0)
    if known["familiarity"]:
        packed["training-features"] = gzip.compress(content.training_features(run), mtime=0)
    if known["nonDigits"]:
        packed["non-digits"] = gzip.compress(content.network_weights(), mtime=0)
    return _template().render(
        title=known["title"],
        style=(HERE / "page.css").read_text("utf-8"),
        modules=for_script({"imports": _modules()}),
        content=for_script(known),
        packed={name: _base64(data) for name, data in packed.items()},
        record=NO_RECORD,
    )


def expected_bytes(run: Run) -> int:
    """About how large the page of a run becomes: known before it is made, and within 0.3 MB for the included models."""
    model = (run.folder / "model.tflite").stat().st_size / 4  # 8-bit weights
    packed = sum((HERE / "runtime" / file).stat().st_size for file in PACKED.values())
    if content.of_digits(run.card)["nonDigits"]:
        packed += len(gzip.compress(content.network_weights()))
    scripts = sum(map(len, _modules().values()))
    return round(4 / 3 * (model + packed) + scripts + PAGE_BYTES)  # base64


def with_record(text: str, record: str) -> str:
    """The page with its verification record, a JSON text."""
    return text.replace(NO_RECORD, NO_RECORD.replace("null", for_script(json.loads(record))), 1)


def model_in(text: str) -> bytes:
    """The LiteRT model in a page.

    Raises:
        ValueError: there is none.
    """
    found = MODEL.search(text)
    if found is None:
        raise ValueError("no model in this page")
    return gzip.decompress(base64.b64decode(found[1]))


@cache
def _modules() -> dict[str, str]:
    """The name of each module as a data URL."""
    files = sorted((HERE / "js").rglob("*.js"))
    sources = {f"imgcls/{path.relative_to(HERE / 'js').as_posix()}": path.read_bytes() for path in files}
    sources["imgcls/percent.js"] = PERCENT_SCRIPT.read_bytes()
    sources |= {name: gzip.decompress((HERE / "runtime" / file).read_bytes()) for name, file in PACKED_MODULES.items()}
    return {name: f"data:text/javascript;base64,{_base64(source)}" for name, source in sources.items()}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


@cache
def _template() -> "jinja2.Template":
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("page.html.jinja")
