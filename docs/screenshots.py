"""Takes the README's screenshots, or one of every page to look at, from a running app.

    python -m docs.screenshots ARCHIVE.zip            the five images of the README, into docs/images
    python -m docs.screenshots ARCHIVE.zip FOLDER     every page in light, dark and phone width, into FOLDER

The archive holds train/CLASS/*.jpg, such as JPEG copies of CIFAR-10. Five classes with 40 images each are imported from
it, and a transfer-learning run is trained on them (the weights of MobileNet 0.25 must be present). Everything happens
in temporary folders, in the installed Chromium.
"""

import secrets
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.prediction.drawing_latency import strokes
from benchmarks.support.browser import chromium
from benchmarks.support.report_line import Missing, run
from benchmarks.support.server import QUICK, Server, copy_runs, python, serve, workplace

IMAGES = Path(__file__).parent / "images"
CLASSES, EACH = ("airplane", "cat", "frog", "horse", "ship"), 40
DESKTOP, PHONE = {"width": 1280, "height": 1000}, {"width": 400, "height": 860}
SETTLED = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    const {testScriptState, testConnectionState} = app ? app.dataset : {};
    return testScriptState === 'notRunning' && testConnectionState === 'CONNECTED'
        && !document.querySelector('[data-testid=stSkeleton], [data-stale=true]');
}"""
PATIENCE = 600_000
"""Milliseconds in which a busy machine shows a page."""
PAGES = {
    "home": "/",
    "data": "/data",
    "data-analysis": "/data?data=MNIST+sample",
    "import": "/data?new=NEW",
    "train": "/train",
    "train-transfer": "/train?model=transfer",
    "train-finished": "/train?run=digits",
    "runs": "/runs",
    "evaluate": "/evaluate?run=fashion",
    "evaluate-curves": "/evaluate?run=fashion&view=Curves+%26+calibration&part=Curves",
    "evaluate-classes": "/evaluate?run=fashion&view=Per+class",
    "evaluate-history": "/evaluate?run=fashion&view=Epoch+history",
    "evaluate-training": "/evaluate?run=fashion&view=Training+curves",
    "evaluate-image": "/evaluate?run=fashion&view=Single+image",
    "evaluate-activations": "/evaluate?run=fashion&view=Activations",
    "evaluate-compare": "/evaluate?run=quick-1&view=Compare",
    "evaluate-robustness": "/evaluate?run=fashion&view=Robustness",
    "evaluate-label-errors": "/evaluate?run=fashion&view=Label+errors",
    "evaluate-report": "/evaluate?run=fashion&view=Report",
    "evaluate-cifar10": "/evaluate?run=cifar10",
    "predict": "/predict?run=digits",
    "predict-photo": "/predict?run=cifar10",
    "predict-batch": "/predict?run=digits&mode=Batch",
    "predict-game": "/predict?run=digits&mode=Drawing+game",
    "predict-versus": "/predict?run=digits&mode=Human+vs+model",
}


def small_zip(archive: Path, target: Path) -> Path:
    """Five classes with 40 images each, as a person would bring them."""
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(target, "w") as small:
        names = sorted(source.namelist())
        for label in CLASSES:
            chosen = [name for name in names if name.startswith(f"train/{label}/")][:EACH]
            if len(chosen) < EACH:
                raise Missing(f"The archive has {len(chosen)} images in train/{label}/, and {EACH} are needed.")
            for name in chosen:
                small.writestr(f"{label}/{Path(name).name}", source.read(name))
    return target


@contextmanager
def visit(browser, server: Server, path: str, view: dict[str, int], scheme: str = "light") -> Iterator:
    """A new visitor's page, once it has settled."""
    context = browser.new_context(viewport=view, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(server.url + path.replace("NEW", secrets.token_hex(8)))  # each import has an id of its own
    page.locator("h1").first.wait_for(state="visible")
    settle(page)
    try:
        yield page
    finally:
        context.close()


def settle(page) -> None:
    page.wait_for_timeout(600)
    page.wait_for_function(SETTLED)
    page.wait_for_timeout(1_500)


def draw(page, digit: int) -> None:
    """Draws a digit with the mouse on the first canvas of a page."""
    canvas = page.locator("canvas").first
    canvas.wait_for()
    box = canvas.bounding_box()
    for points in strokes(digit):
        for number, (x, y) in enumerate(points):
            where = box["x"] + box["width"] * (0.25 + 0.005 * x), box["y"] + box["height"] * (0.18 + 0.0064 * y)
            page.mouse.move(*where)
            if not number:
                page.mouse.down()
            page.wait_for_timeout(12)
        page.mouse.up()
    settle(page)


def upload(page, archive: Path) -> None:
    page.locator("input[type=file]").first.set_input_files(str(archive))
    page.get_by_role("button", name="Import 200 images").wait_for()
    settle(page)


def readme(browser, server: Server, archive: Path) -> None:
    """The five images of the README."""
    with visit(browser, server, "/data?new=NEW", DESKTOP) as page:
        upload(page, archive)
        page.screenshot(path=IMAGES / "import.png")
    with visit(browser, server, "/evaluate?run=few", DESKTOP) as page:
        page.screenshot(path=IMAGES / "own_images.png")
    with visit(browser, server, "/evaluate?run=fashion", {"width": 1280, "height": 1180}) as page:
        page.screenshot(path=IMAGES / "evaluate.png")
    with visit(browser, server, "/predict?run=digits", {"width": 1280, "height": 900}) as page:
        draw(page, 7)
        page.screenshot(path=IMAGES / "predict.png")
    with visit(browser, server, "/train?epochs=25", DESKTOP) as page:
        page.get_by_role("button", name="Start", exact=True).click()
        page.wait_for_function("() => /Epoch 1[2-6] of 25/.test(document.body.innerText)")
        page.wait_for_timeout(1_500)
        page.screenshot(path=IMAGES / "train.png")


def every_page(browser, server: Server, archive: Path, folder: Path) -> None:
    """Each page in full length: desktop in light and dark, phone in light."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in PAGES.items():
        for look, view, scheme in (("light", DESKTOP, "light"), ("dark", DESKTOP, "dark"), ("phone", PHONE, "light")):
            with visit(browser, server, path, view, scheme) as page:
                if name == "predict":
                    draw(page, 7)
                if name == "import":
                    upload(page, archive)
                # Streamlit scrolls a part of the page, so the window is made as high as its content.
                height = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
                page.set_viewport_size({"width": view["width"], "height": min(max(view["height"], height), 3_000)})
                page.wait_for_timeout(400)
                page.screenshot(path=folder / f"{name}-{look}.png")
        print(name, flush=True)


def main() -> None:
    if len(sys.argv) < 2 or not Path(sys.argv[1]).is_file():
        raise Missing("Name an archive of labelled folders: python -m docs.screenshots ARCHIVE.zip [FOLDER]")
    with workplace() as environment, tempfile.TemporaryDirectory() as folder, chromium() as browser:
        copy_runs(environment)
        archive = small_zip(Path(sys.argv[1]), Path(folder, "five things.zip"))
        python("-m", "imgcls", "import", str(archive), "--title", "five things", environment=environment)
        flags = ("--data", "own-five-things", "--model", "transfer", "--epochs", "20", "--id", "few", "--now")
        python("-m", "imgcls", "train", *flags, environment=environment)
        if len(sys.argv) > 2:
            for number in (1, 2):
                python("-m", "imgcls", "train", *QUICK, "--id", f"quick-{number}", environment=environment)
        with serve(environment) as server:
            server.wait()
            if len(sys.argv) > 2:
                every_page(browser, server, archive, Path(sys.argv[2]))
            else:
                readme(browser, server, archive)


if __name__ == "__main__":
    sys.exit(run(main))
