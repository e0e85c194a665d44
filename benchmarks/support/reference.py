"""What a timing is held against, measured in the same run: absolute times differ by half between machines.

Each function measures one reference and returns it with its unit, so that `report_line.line` can print the ratio beside
the absolute value: the same commit on a slower machine gives another time and about the same ratio.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.support.browser import VIEW
from benchmarks.support.server import Server, python, serve
from benchmarks.support.session import Session

EMPTY = """import streamlit as st

st.title("empty")
st.button("press", on_click=lambda: st.session_state.update(n=st.session_state.get("n", 0) + 1))
st.text(f"pressed {st.session_state.get('n', 0)}")
"""
"""The smallest Streamlit page that answers a click."""
CLICKED = """
const click = window.click_ = {};
addEventListener('mousedown', () => { click.pressed = performance.now(); click.painted = 0; }, true);
new MutationObserver(() => {
  if (!click.pressed || click.painted || !document.body.innerText.includes(click.wanted)) return;
  click.painted = 1;
  requestAnimationFrame(() => requestAnimationFrame(() => { click.painted = performance.now(); }));
}).observe(document, {subtree: true, childList: true, characterData: true});
"""
SECONDS = {"s": 1.0, "ms": 0.001}


@dataclass(frozen=True)
class Reference:
    """A time to compare with: `unit` is "s" or "ms"."""

    what: str
    value: float
    unit: str

    def ratio(self, value: float, unit: str) -> float:
        """How many times as long `value` is."""
        return value * SECONDS[unit] / (self.value * SECONDS[self.unit])

    def as_dict(self) -> dict[str, str | float]:
        """Plain values, ready for JSON."""
        return {"what": self.what, "value": round(self.value, 4), "unit": self.unit}


@contextmanager
def empty_page(environment: dict[str, str]) -> Iterator[Server]:
    """A server of the empty page, with the settings of the project's own."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "empty.py")
        script.write_text(EMPTY, "utf-8")
        with serve(environment, script) as server:
            server.wait()
            yield server


def empty_page_paint(environment: dict[str, str], browser, visits: int = 5) -> Reference:
    """Seconds until a new visitor of a running server sees the heading of an empty Streamlit page."""
    times = []
    with empty_page(environment) as server:
        for _ in range(visits + 1):
            page = browser.new_context(viewport=VIEW).new_page()
            began = time.perf_counter()
            page.goto(server.url, wait_until="commit")
            page.locator("h1").first.wait_for(state="visible", timeout=60_000)
            times.append(time.perf_counter() - began)
            page.context.close()
    return Reference("first paint of an empty Streamlit page", statistics.median(times[1:]), "s")


def empty_page_click(environment: dict[str, str], browser, clicks: int = 12) -> Reference:
    """Milliseconds from a click on a button of an empty Streamlit page until the changed text is painted."""
    times = []
    with empty_page(environment) as server:
        page = browser.new_context(viewport=VIEW).new_page()
        page.add_init_script(CLICKED)
        page.goto(server.url)
        button = page.get_by_role("button", name="press", exact=True)
        button.wait_for(timeout=60_000)
        for number in range(1, clicks + 3):
            page.evaluate(
                "wanted => { click_.wanted = wanted; click_.pressed = click_.painted = 0; }", f"pressed {number}"
            )
            button.click()
            page.wait_for_function("click_.painted > 1", timeout=20_000)
            times.append(page.evaluate("click_.painted - click_.pressed"))
            page.wait_for_timeout(100)
        page.context.close()
    return Reference("click on an empty Streamlit page", statistics.median(times[2:]), "ms")


def empty_page_rerun(environment: dict[str, str], reruns: int = 100) -> Reference:
    """CPU milliseconds that the server spends on a rerun of an empty Streamlit page."""
    with empty_page(environment) as server, Session(server.port) as session:
        for _ in range(5):
            session.rerun()
        before = server.cpu_ms()
        for _ in range(reruns):
            session.rerun()
        return Reference("rerun of an empty Streamlit page", (server.cpu_ms() - before) / reruns, "ms")


def tensorflow_import(environment: dict[str, str], times: int = 3) -> Reference:
    """Seconds of a process that imports TensorFlow and Keras, as a trainer has to."""
    spent = [seconds(lambda: python("-c", "import tensorflow, keras", environment=environment)) for _ in range(times)]
    return Reference("import of TensorFlow and Keras", statistics.median(spent), "s")


def bare_interpreter(model: Path, images: np.ndarray, times: int = 50) -> Reference:
    """Milliseconds of one prediction by LiteRT alone, on one thread, for `images` (n, height, width, channels)."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model.read_bytes(), num_threads=1)
    interpreter.allocate_tensors()
    given = interpreter.get_input_details()[0]["index"]

    def answer(number: int) -> None:
        interpreter.set_tensor(given, images[number % len(images)][None])
        interpreter.invoke()

    answer(0)
    spent = [seconds(lambda number=number: answer(number)) for number in range(times)]
    return Reference("one prediction of the bare interpreter", 1000 * statistics.median(spent), "ms")


def seconds(action: Callable[[], object]) -> float:
    """Wall time of a call."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began
