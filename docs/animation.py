"""Makes the animation at the top of the README: draw a digit, train a network, inspect its errors.

    python -m docs.animation            into docs/images/tour.webp

Drives the app in the installed Chromium, in temporary folders and with what the repository contains, and saves what
it shows as an animated WebP of about 12 seconds.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from benchmarks.prediction.drawing_latency import strokes
from benchmarks.support.browser import chromium
from benchmarks.support.report_line import Missing, run
from benchmarks.support.server import Server, copy_runs, serve, workplace
from docs.screenshots import settle, visit

TARGET = Path(__file__).parent / "images" / "tour.webp"
VIEW = {"width": 1000, "height": 640}
WIDTH = 800
QUALITY = 55
STRIP = 34
"""Height of the strip with the caption below each frame, in pixels."""
MOST_BYTES = 2_500_000
POINTER = 14
Frame = tuple[Image.Image, int]
"""What is shown, and for how many milliseconds."""


def taken(page, caption: str, pointer: tuple[float, float] | None = None) -> Image.Image:
    """The page as it is now, smaller, with a caption and the mouse pointer."""
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    scale = WIDTH / shot.width
    shot = shot.resize((WIDTH, round(shot.height * scale)), Image.Resampling.LANCZOS)
    frame = Image.new("RGB", (WIDTH, shot.height + STRIP), "#16324f")
    frame.paste(shot)
    pen = ImageDraw.Draw(frame)
    if pointer is not None:
        x, y = pointer[0] * scale, pointer[1] * scale
        arrow = [(0, 0), (0, 1), (0.28, 0.78), (0.45, 1.15), (0.6, 1.08), (0.42, 0.72), (0.75, 0.72)]
        pen.polygon([(x + POINTER * a, y + POINTER * b) for a, b in arrow], fill="black", outline="white")
    font = ImageFont.load_default(18)
    pen.text((WIDTH / 2, shot.height + STRIP / 2), caption, font=font, anchor="mm", fill="white")
    return frame


def drawing(browser, server: Server) -> Iterator[Frame]:
    caption = "Draw: the prediction follows the pen"
    with visit(browser, server, "/predict?run=digits", VIEW) as page:
        canvas = page.locator("canvas").first
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        yield taken(page, caption, (box["x"] + 40, box["y"] + 40)), 600
        for points in strokes(7):
            places = [
                (box["x"] + box["width"] * (0.25 + 0.005 * x), box["y"] + box["height"] * (0.15 + 0.0064 * y))
                for x, y in points
            ]
            page.mouse.move(*places[0])
            page.mouse.down()
            for number, place in enumerate(places):
                page.mouse.move(*place)
                if number % 2 == 0:
                    page.wait_for_timeout(250)  # until the bars have followed
                    yield taken(page, caption, place), 140
            page.mouse.up()
        settle(page)
        yield taken(page, caption, places[-1]), 1_400


def training(browser, server: Server) -> Iterator[Frame]:
    caption = "Train: watch it learn, image by image"
    with visit(browser, server, "/train?model=cnn&epochs=8", VIEW) as page:
        start = page.get_by_role("button", name="Start", exact=True)
        start.scroll_into_view_if_needed()
        box = start.bounding_box()
        yield taken(page, caption, (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)), 900
        start.click()
        for epoch in range(1, 9):
            page.wait_for_function(
                "epoch => document.querySelector('.st-key-finish-try')"
                " || Number((/Epoch (\\d+) of/.exec(document.body.innerText) || [0, 0])[1]) >= epoch",
                arg=epoch,
            )
            page.wait_for_timeout(300)
            yield taken(page, caption), 350
        page.locator(".st-key-finish-try").wait_for()
        settle(page)
        yield taken(page, caption), 1_300


def inspecting(browser, server: Server) -> Iterator[Frame]:
    caption = "Inspect: click a cell, see its errors"
    with visit(browser, server, "/evaluate?run=fashion", VIEW) as page:
        field = page.locator(".matrix .field")
        field.scroll_into_view_if_needed()
        box = field.bounding_box()
        start = (box["x"] + 0.9 * box["width"], box["y"] + 0.1 * box["height"])
        end = (box["x"] + 0.05 * box["width"], box["y"] + 0.65 * box["height"])  # a shirt, predicted T-shirt
        yield taken(page, caption, start), 900
        for step in range(1, 5):
            at = tuple(a + (b - a) * step / 4 for a, b in zip(start, end, strict=True))
            page.mouse.move(*at)
            page.wait_for_timeout(100)
            yield taken(page, caption, at), 160
        page.mouse.down()
        page.mouse.up()
        settle(page)
        yield taken(page, caption, end), 2_600


def main() -> None:
    with workplace() as environment, chromium() as browser:
        copy_runs(environment)
        with serve(environment) as server:
            server.wait()
            frames = [*drawing(browser, server), *training(browser, server), *inspecting(browser, server)]
    images, times = zip(*frames, strict=True)
    images[0].save(TARGET, save_all=True, append_images=images[1:], duration=times, loop=0, quality=QUALITY, method=6)
    size = TARGET.stat().st_size
    print(f"{TARGET.name}: {len(images)} frames, {sum(times) / 1000:.1f} s, {size / 1e6:.2f} MB")
    if size > MOST_BYTES:
        raise Missing(f"The file is larger than {MOST_BYTES / 1e6} MB. Lower QUALITY or WIDTH.")


if __name__ == "__main__":
    sys.exit(run(main))
