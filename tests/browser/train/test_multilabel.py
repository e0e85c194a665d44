"""A user uploads multi-label images with a label table, trains, and evaluates each label."""

import json
import re
import zipfile
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.support import steps
from tests.browser.support.server import wait_until

NAMES = ("circle", "square", "stripe")


def drawn(random: np.random.Generator, has: np.ndarray) -> bytes:
    """A grey image with a red disc, a green square, a blue stripe, or none of them."""
    pixels = random.integers(60, 90, (28, 28, 3)).astype(np.uint8)
    y, x = np.mgrid[:28, :28]
    if has[0]:
        pixels[(y - random.integers(6, 22)) ** 2 + (x - random.integers(6, 22)) ** 2 < 25] = (230, 40, 40)
    if has[1]:
        top, left = random.integers(2, 18, 2)
        pixels[top : top + 7, left : left + 7] = (40, 210, 60)
    if has[2]:
        pixels[:, random.integers(3, 24)] = (40, 60, 240)
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def shape_archive(tmp_path):
    """An archive, and next to it a table with several labels per field."""
    random, rows = np.random.default_rng(0), ["file,labels"]
    with zipfile.ZipFile(tmp_path / "shapes.zip", "w") as packed:
        for number in range(160):
            has = random.random(3) < (0.5, 0.4, 0.3)
            packed.writestr(f"{number}.png", drawn(random, has))
            rows.append(f"{number}.png,{';'.join(name for name, there in zip(NAMES, has, strict=True) if there)}")
    (tmp_path / "shapes.csv").write_text("\n".join(rows))
    (tmp_path / "new.png").write_bytes(drawn(random, np.array([True, False, True])))
    return tmp_path


@pytest.mark.timeout(300)
def test_a_user_gets_from_a_label_table_to_scores_per_label(tidied_server, visit, shape_archive):
    page = visit(tidied_server, "/data")
    steps.shows(page, "Data")
    steps.button(page, "Import your own images").click()
    steps.shows(page, "Import your own images")
    steps.main(page).get_by_text("Labels are in a separate CSV table").click()
    expect(page.locator("input[type=file]")).to_have_count(2)
    page.locator("input[type=file]").nth(0).set_input_files(shape_archive / "shapes.zip")
    expect(page.get_by_role("button", name="Remove shapes.zip")).to_be_visible()
    steps.settled(page)
    page.locator("input[type=file]").nth(1).set_input_files(shape_archive / "shapes.csv")
    expect(steps.main(page).get_by_text("160 images with 3 labels (multi-label)")).to_be_visible()
    steps.settled(page)
    page.get_by_role("button", name=re.compile("Import 160")).click()
    expect(steps.button(page, "Train a model")).to_be_visible(timeout=steps.SLOW)
    page.goto(f"{tidied_server.url}/train?data=shapes&model=Dense+network+%28ANN%29&epochs=2")
    steps.shows(page, "Train a model")
    expect(steps.main(page)).to_contain_text("images per label: circle")
    run_id = steps.click_start(page)
    expect(steps.finish(page, "mistakes")).to_be_visible(timeout=steps.TRAINED)
    result = json.loads((tidied_server.runs / run_id / "result.json").read_text())
    assert result["outcome"] == "finished" and result["epochs"] == 2
    steps.finish(page, "mistakes").click()
    steps.shows(page, "Evaluate")
    # Independent of the threshold: the page uses one per label.
    expect(steps.main(page)).to_contain_text(f"{100 * result['test_average_precision']:.1f}%")
    expect(steps.main(page)).not_to_contain_text("Click a cell to filter the gallery")
    expect(steps.main(page).locator(".tiles figure").first).to_be_visible()
    page.get_by_role("radio", name="Error pairs").click()
    expect(steps.main(page)).to_contain_text("Row: the missing label")
    page.get_by_role("radio", name="Curves & calibration").click()
    page.get_by_role("radio", name="Curves", exact=True).click()
    steps.settled(page)
    # A line is named after its label and its area, such as "circle 56.6%".
    wait_until(lambda: {name.split()[0] for name in steps.lines(page, 0)} >= set(NAMES), what="curves")

    page.goto(f"{tidied_server.url}/predict?run={run_id}")
    steps.shows(page, "Predict")
    page.locator("input[type=file]").set_input_files(shape_archive / "new.png")
    expect(steps.main(page).locator(".label-bars em").nth(5)).to_be_attached()
    said = steps.main(page).locator(".labels-on:not(.todo)")
    expect(said).to_be_visible()
    steps.main(page).get_by_text("Custom", exact=True).click()
    slider = page.get_by_role("slider", name="Threshold value")
    slider.press("End")
    expect(said).to_have_text("No label")
