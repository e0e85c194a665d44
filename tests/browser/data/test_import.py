"""A user uploads a zip, trains on it, predicts, renames and deletes the dataset, and uses the webcam."""

import json
import re
import time
import zipfile
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.support import steps
from tests.browser.support.server import wait_until

HOSTILE = "<img src=x onerror=alert(1)> $x$ ![](http:--evil.example-p.png)"


def photo(seed: int, red: bool) -> bytes:
    """A photo-like JPEG: a bright red or blue disc somewhere on noise."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 90, (60, 80, 3), dtype=np.uint8)
    y, x = np.ogrid[:60, :80]
    disc = (y - random.integers(20, 40)) ** 2 + (x - random.integers(30, 50)) ** 2 < 300
    pixels[disc] = (230, 40, 40) if red else (40, 40, 230)
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90)
    return file.getvalue()


@pytest.fixture
def ball_archive(tmp_path):
    """A typical user zip: an outer folder, two classes, clutter and a damaged file."""
    path = tmp_path / "balls.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for number in range(40):
            for label, red in (("red", True), (HOSTILE, False)):
                packed.writestr(f"My balls/{label}/{number}.jpg", photo(number, red))
        packed.writestr("__MACOSX/My balls/._red", b"x")
        packed.writestr("My balls/red/broken.jpg", b"\xff\xd8\xff broken")
    return path


@pytest.mark.timeout(300)
def test_a_user_gets_from_a_zip_to_a_trained_model_and_a_prediction(tidied_server, visit, ball_archive, tmp_path):
    page = visit(tidied_server, "/data")
    steps.shows(page, "Data")
    steps.button(page, "Import your own images").click()
    steps.shows(page, "Import your own images")
    page.locator("input[type=file]").set_input_files(ball_archive)
    expect(steps.main(page).get_by_text("81 images in 2 classes")).to_be_visible()
    expect(steps.main(page).locator(".classes .name").filter(has_text=HOSTILE)).to_be_visible()
    page.reload()  # the URL contains the import
    expect(steps.main(page).get_by_text("81 images in 2 classes")).to_be_visible()
    steps.settled(page)
    page.get_by_role("textbox", name="Name").fill("Balls")
    page.get_by_role("textbox", name="Name").press("Enter")
    steps.settled(page)
    page.get_by_role("button", name=re.compile("Import 81")).click()
    expect(steps.button(page, "Train a model")).to_be_visible(timeout=steps.SLOW)
    assert "64 training and 16 test images" in steps.main(page).inner_text()
    steps.button(page, "Train a model").click()
    steps.shows(page, "Train a model")
    page.wait_for_url(re.compile("data=Balls"))
    run_id = steps.click_start(page)
    expect(steps.finish(page, "try")).to_be_visible(timeout=steps.TRAINED)
    run = tidied_server.runs / run_id
    assert json.loads((run / "config.json").read_text())["data"] == "own-balls"
    steps.finish(page, "mistakes").click()
    steps.shows(page, "Evaluate")
    page.goto(f"{tidied_server.url}/predict?run={run_id}")
    steps.shows(page, "Predict")
    (tmp_path / "new.jpg").write_bytes(photo(99, True))
    page.locator("input[type=file]").set_input_files(tmp_path / "new.jpg")
    expect(steps.main(page).get_by_text("Model input")).to_be_visible()

    page.goto(f"{tidied_server.url}/data?data=Balls")
    steps.shows(page, "Data")
    steps.button(page, "Name and note").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("Small balls")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    own = tidied_server.runs.with_name("own")
    wait_until(lambda: json.loads((own / "own-balls" / "label.json").read_text())["title"] == "Small balls")
    steps.settled(page)
    steps.button(page, "Delete").click()
    dialog.get_by_role("textbox").fill("balls")
    dialog.get_by_role("textbox").press("Enter")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog.get_by_text("exactly as shown")).to_be_visible()
    assert (own / "own-balls").exists()
    dialog.get_by_role("textbox").fill("Small balls")
    dialog.get_by_role("textbox").press("Enter")
    dialog.get_by_role("button", name="Delete").click()
    wait_until(lambda: not (own / "own-balls").exists(), what="the dataset is deleted")
    page.goto(f"{tidied_server.url}/train?run={run_id}")
    expect(steps.main(page).get_by_text("it was deleted").first).to_be_visible()
    page.goto(f"{tidied_server.url}/evaluate?run={run_id}")
    steps.shows(page, "Evaluate")


def test_webcam_photos_become_a_dataset(tidied_server, visit):
    page = visit(tidied_server, "/data", permissions=["camera"])
    steps.shows(page, "Data")
    steps.button(page, "Import your own images").click()
    steps.shows(page, "Import your own images")
    steps.main(page).get_by_text("Webcam").click()
    for place, label in enumerate(("mug", "pen")):
        name = page.get_by_role("textbox", name="Class")
        name.fill(label)
        name.press("Enter")
        expect(steps.main(page).get_by_text(f"Photos of “{label}”")).to_be_visible()
        for shot in range(1, 5):
            take = steps.button(page, "Take Photo")
            expect(take).to_be_enabled()
            time.sleep(0.5)  # the camera image moves, so no two photos are equal
            take.click()
            count = steps.main(page).locator(".classes .count").nth(place)
            expect(count).to_have_text(str(shot))
            steps.settled(page)
    steps.button(page, "Continue").click()
    expect(steps.main(page).get_by_text("8 images in 2 classes")).to_be_visible()
    steps.settled(page)
    page.get_by_role("textbox", name="Name").fill("Desk")
    page.get_by_role("textbox", name="Name").press("Enter")
    steps.settled(page)
    page.get_by_role("button", name=re.compile("Import 8")).click()
    expect(steps.button(page, "Train a model")).to_be_visible(timeout=steps.SLOW)
    steps.button(
        page, "Train a model"
    ).click()  # without a reload since the Data page, whose control has the value "data"
    steps.shows(page, "Train a model")
    page.wait_for_url(re.compile("data=Desk"))
