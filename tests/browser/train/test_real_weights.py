"""Transfer learning on uploaded images with a shipped backbone pretrained on ImageNet."""

import json
import re
import zipfile
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from tests.browser.support import steps


def drawn(random: np.random.Generator, label: str) -> bytes:
    """A ring, a cross or a star in any colour at any position on a mottled background: colour means nothing."""
    image = Image.fromarray(random.integers(60, 140, (64, 64, 3), dtype=np.uint8))
    pen, colour = ImageDraw.Draw(image), tuple(random.integers(150, 256, 3).tolist())
    x, y, r = random.integers(22, 42), random.integers(22, 42), random.integers(12, 18)
    if label == "ring":
        pen.ellipse((x - r, y - r, x + r, y + r), outline=colour, width=4)
    else:
        lines = ((1, 0), (0, 1)) if label == "cross" else ((1, 0), (0, 1), (0.7, 0.7), (0.7, -0.7))
        for across, up in lines:
            pen.line((x - r * across, y - r * up, x + r * across, y + r * up), fill=colour, width=4)
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def shape_archive(tmp_path):
    random, path = np.random.default_rng(0), tmp_path / "signs.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for label in ("ring", "cross", "star"):
            for number in range(40):
                packed.writestr(f"{label}/{number}.png", drawn(random, label))
    return path


@pytest.mark.timeout(300)
def test_a_user_uploads_a_zip_and_trains_a_head_on_the_included_backbone(tidied_server, visit, shape_archive):
    page = visit(tidied_server, "/data")
    steps.shows(page, "Data")
    steps.button(page, "Import your own images").click()
    steps.shows(page, "Import your own images")
    page.locator("input[type=file]").set_input_files(shape_archive)
    expect(steps.main(page).get_by_text("120 images in 3 classes")).to_be_visible()
    steps.settled(page)
    page.get_by_role("button", name=re.compile("Import 120")).click()
    expect(steps.button(page, "Train a model")).to_be_visible(timeout=steps.SLOW)
    page.goto(f"{tidied_server.url}/train?data=signs&model=Transfer+learning&epochs=20&learning_rate=0.01")
    steps.shows(page, "Train a model")
    expect(steps.main(page)).to_contain_text("EfficientNet-Lite0 (accurate) is included")
    run_id = steps.click_start(page)
    expect(steps.finish(page, "mistakes")).to_be_visible(timeout=steps.TRAINED)
    result = json.loads((tidied_server.runs / run_id / "result.json").read_text())
    assert result["outcome"] == "finished" and result["counts"]["test"] == 24
    # Random weights reach a third; a pretrained network does much better on shapes.
    assert result["test_accuracy"] >= 0.7
    steps.finish(page, "mistakes").click()
    steps.shows(page, "Evaluate")
    expect(steps.main(page)).to_contain_text("Click a cell to filter the gallery")
