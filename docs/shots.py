"""The images of pages in the documentation: where each is taken, and an outline that shows when it has become stale.

A browser test opens every page and compares its outline with the one that was stored with the image. The same test
takes the images again:

    IMGCLS_DOC_IMAGES=write python -m pytest -n 0 tests/browser/look/test_documentation_images.py
"""

import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

IMAGES = Path(__file__).parent / "images" / "pages"
OUTLINES = IMAGES / "outlines.json"
ROLES = "heading|button|tab|radio|slider|combobox|checkbox|switch|textbox"
NAMED = re.compile(rf'^ *- (?:{ROLES}) "(.*?)"', re.MULTILINE)
"""An element that a reader of the documentation looks for, in Playwright's snapshot of the accessibility tree."""
DRAWN = ((0.28, 0.24), (0.70, 0.22), (0.60, 0.42), (0.50, 0.62), (0.42, 0.84))
"""A seven, in parts of the canvas."""


def draw_seven(page: Page) -> None:
    """Draws on the canvas and waits for the prediction."""
    canvas = page.locator("canvas").first
    canvas.wait_for()
    box = canvas.bounding_box()
    assert box is not None
    for number, (x, y) in enumerate(DRAWN):
        page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y, steps=6)
        if not number:
            page.mouse.down()
    page.mouse.up()
    page.get_by_text(re.compile(r"\d\d\.\d%")).first.wait_for()


@dataclass(frozen=True)
class Shot:
    """A page at an address, and what happens on it before the image is taken."""

    address: str
    act: Callable[[Page], None] | None = None
    height: int = 800
    scheme: str = "light"


SHOTS = {
    "home": Shot("/", draw_seven),
    "data": Shot("/data?data=MNIST+sample"),
    "train": Shot("/train?data=mnist_sample&model=ann"),
    "finished": Shot("/train?run=fashion"),
    "evaluate": Shot("/evaluate?run=fashion"),
    "classes": Shot("/evaluate?run=fashion&view=Per+class"),
    "curves": Shot("/evaluate?run=fashion&view=Curves+%26+calibration&part=Curves"),
    "photos": Shot("/evaluate?run=cifar10"),
    "why": Shot("/evaluate?run=cifar10&view=Single+image"),
    "runs": Shot("/runs?selected=fashion"),
    "predict": Shot("/predict?run=digits", draw_seven, scheme="dark"),
    "lessons": Shot("/lessons"),
}


def outline(page: Page) -> list[str]:
    """The names of headings and controls in their order, with 0 for each number, as those differ between machines."""
    snapshot = page.get_by_test_id("stMain").aria_snapshot()
    return [re.sub(r"\d[\d,.]*", "0", name) for name in NAMED.findall(snapshot)]


def outlines() -> dict[str, list[str]]:
    """The outline of each image when it was taken."""
    return json.loads(OUTLINES.read_text("utf-8")) if OUTLINES.exists() else {}


def write(name: str, page: Page) -> None:
    """Takes the image of a page, and stores its outline."""
    IMAGES.mkdir(exist_ok=True)
    with Image.open(io.BytesIO(page.screenshot())) as image:
        image.convert("RGB").save(IMAGES / f"{name}.webp", quality=88, method=6)
    stored = outlines() | {name: outline(page)}
    text = json.dumps({key: stored[key] for key in SHOTS if key in stored}, ensure_ascii=False, indent=1)
    OUTLINES.write_text(text + "\n", "utf-8")
