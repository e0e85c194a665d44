"""The page as a runtime: run in a browser if there is one, else only its model with LiteRT, which the record says."""

import base64
import tempfile
from pathlib import Path

import numpy as np

from imgcls.errors import RunError
from imgcls.export.offline_page import LITERT_JS, browser, model_in
from imgcls.export.offline_page.browser import BrowserError, Page, PageError
from imgcls.export.runtimes import TIMED, LiteRT, Runtime

BATCH = 100
SECONDS = 600
"""For a batch: a large network on a busy machine takes a second per image."""
MODEL_ONLY = "{name} on the model in the page: no Chromium was found to run the page itself"
READY = "import('imgcls/model.js').then(({ loaded }) => loaded()).then(() => true)"
CLASSIFY = """(async () => {{
  const {{ classify }} = await import("imgcls/model.js");
  const {{ fromBase64, toBase64 }} = await import("imgcls/bytes.js");
  const images = fromBase64("{images}");
  const size = images.length / {count};
  const start = performance.now();
  const found = [];
  for (let i = 0; i < {count}; i++) found.push(...(await classify(images.subarray(i * size, (i + 1) * size))));
  const seconds = (performance.now() - start) / 1000;
  return [toBase64(new Uint8Array(Float32Array.from(found).buffer)), seconds];
}})()"""


def load(path: Path) -> Runtime:
    """The runtime for a page.

    Raises:
        RunError: the page does not work in the browser.
    """
    program = browser.find()
    if program:
        try:
            return Browser(path, program)
        except BrowserError:
            pass  # it cannot be started here, which says nothing about the page
    return ModelOnly(path)


class Browser(Runtime):
    """The page in Chromium, offline.

    Raises:
        BrowserError: the browser cannot be started.
        RunError: the page does not work.
    """

    def __init__(self, path: Path, program: str):
        # The name must end in .html, or the browser shows the source.
        self._folder = tempfile.TemporaryDirectory(prefix="imgcls-page-")
        copy = Path(self._folder.name) / "page.html"
        copy.write_bytes(path.read_bytes())
        try:
            self._page = Page(program, copy.as_uri())
        except BaseException:
            self._folder.cleanup()
            raise
        try:
            self._page.evaluate(READY)
        except PageError as error:
            self.close()
            raise RunError(f"The page does not work in the browser: {error}") from error
        except BaseException:
            self.close()
            raise
        self.name = f"LiteRT.js {LITERT_JS} in {self._page.version.replace('/', ' ')}"

    def close(self) -> None:
        """Ends the browser."""
        self._page.close()
        self._folder.cleanup()

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        parts = [self._run(images[start : start + BATCH])[0] for start in range(0, len(images), BATCH)]
        return np.concatenate(parts)

    def milliseconds(self, image: np.ndarray) -> float:
        """The mean of several calls: browsers round their clock."""
        several = np.repeat(image[None], TIMED, axis=0)
        self._run(several)
        return 1000 * self._run(several)[1] / TIMED

    def _run(self, images: np.ndarray) -> tuple[np.ndarray, float]:
        given = base64.b64encode(np.ascontiguousarray(images).tobytes()).decode("ascii")
        try:
            found, seconds = self._page.evaluate(CLASSIFY.format(images=given, count=len(images)), SECONDS)
        except (PageError, BrowserError) as error:
            raise RunError(f"The page cannot be run in the browser: {error}") from error
        return np.frombuffer(base64.b64decode(found), "<f4").reshape(len(images), -1), float(seconds)


class ModelOnly(LiteRT):
    """The model in the page with LiteRT.

    Raises:
        RunError: there is no model in the page, or it cannot be run.
    """

    def __init__(self, path: Path):
        try:
            model = model_in(path.read_text("utf-8"))
        except (ValueError, OSError) as error:
            raise RunError(f"The page holds no model: {error}") from error
        with tempfile.TemporaryDirectory(prefix="imgcls-page-") as folder:
            file = Path(folder) / "model.tflite"
            file.write_bytes(model)
            super().__init__(file)
        self.name = MODEL_ONLY.format(name=self.name)
