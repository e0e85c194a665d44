"""How long after a 12-megapixel photo has arrived is its prediction on screen?

    python -m benchmarks.photo_latency [PHOTOS]

Synthetic photos (4000×3000 pixels, JPEG, a digit on unevenly lit paper, all different) are uploaded on the Predict
page in Chromium, each in a fresh visit. The page measures itself: from the moment the upload request is answered, so
that all bytes are at the server, until the prediction has been painted for two frames. Uses a copy of the run
`digits`, or a quick one if there is none; `cifar10`, if present, is reported as well. The reference is a click on an
empty Streamlit page.
"""

import io
import statistics
import sys

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.support import reference
from benchmarks.support.browser import VIEW, chromium
from benchmarks.support.report_line import line, percentile, run
from benchmarks.support.server import QUICK, copy_runs, python, serve, workplace

PHOTOS = 8
SIZE = (4000, 3000)
WATCH = """
const photo = window.photo = {arrived: 0, painted: 0};
const open = XMLHttpRequest.prototype.open;
XMLHttpRequest.prototype.open = function (method, url, ...rest) {
  if (method.toUpperCase() === 'PUT') this.addEventListener('load', () => { photo.arrived = performance.now(); });
  return open.call(this, method, url, ...rest);
};
const answer = root => {
  for (const element of root.querySelectorAll('*')) {
    const isSaid = ['prediction', 'rejection'].some(kind => element.classList.contains(kind));
    if (isSaid && element.textContent) return true;
    if (element.shadowRoot && answer(element.shadowRoot)) return true;
  }
  return false;
};
const look = () => {
  if (photo.arrived && !photo.painted && answer(document)) {
    return requestAnimationFrame(() => requestAnimationFrame(() => { photo.painted = performance.now(); }));
  }
  setTimeout(look, 5);
};
look();
"""


def jpeg(seed: int) -> bytes:
    """A 7 of another size and place on paper, with a fall of light, grain and a shadow."""
    random = np.random.default_rng(seed)
    page = Image.new("L", SIZE, 230)
    side, x, y = random.uniform((600, 1200, 900), (1200, 2800, 2100))
    points = [(x - side / 3, y - side / 2), (x + side / 3, y - side / 2), (x - side / 8, y + side / 2)]
    ImageDraw.Draw(page).line(points, fill=40, width=round(side / 12), joint="curve")
    down, across = np.mgrid[: SIZE[1], : SIZE[0]].astype(np.float32)
    values = np.asarray(page, np.float32) * (0.75 + 0.25 * across / SIZE[0])
    values *= np.where(down + across / 3 > random.uniform(1500, 4000), 0.75, 1)
    values += random.normal(0, 4, values.shape)
    grey = values.clip(0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.merge("RGB", [Image.fromarray(grey)] * 3).save(file, "JPEG", quality=88)
    return file.getvalue()


def asked(browser, url: str, run_id: str, photo: bytes) -> float:
    """Milliseconds for one photo, in a visit of its own."""
    context = browser.new_context(viewport=VIEW)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(f"{url}/predict?run={run_id}&mode=Upload")
    page.locator("input[type=file]").first.wait_for(state="attached", timeout=60_000)
    page.wait_for_timeout(1_500)
    page.locator("input[type=file]").first.set_input_files(
        {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo}
    )
    page.wait_for_function("photo.painted > 0", timeout=60_000)
    found = page.evaluate("photo.painted - photo.arrived")
    context.close()
    return found


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PHOTOS
    photos = [jpeg(seed) for seed in range(count + 1)]
    with workplace() as environment, chromium() as browser:
        copied = copy_runs(environment)
        if "digits" not in copied:
            python("-m", "imgcls.training", *QUICK, "--id", "digits", environment=environment)
        empty = reference.empty_page_click(environment, browser)
        with serve(environment) as server:
            server.wait()
            taken = {}
            for run_id in ("digits", *({"cifar10"} & set(copied))):
                # The first one also loads the model.
                taken[run_id] = [asked(browser, server.url, run_id, photo) for photo in photos][1:]
    digits = taken["digits"]
    print(
        line(
            "photo_latency",
            round(statistics.median(digits), 1),
            "ms",
            400,
            "lower",
            reference=empty,
            p95_ms=round(percentile(digits, 0.95), 1),
            longest_ms=round(max(digits), 1),
            colour_ms=round(statistics.median(taken["cifar10"]), 1) if "cifar10" in taken else None,
            photos=count,
            megapixels=SIZE[0] * SIZE[1] / 1e6,
            megabytes=round(statistics.mean(map(len, photos)) / 1e6, 1),
            model="shipped" if "digits" in copied else "two epochs of mnist_sample",
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
