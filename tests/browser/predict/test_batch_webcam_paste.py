"""Other inputs of the Predict page: a labelled batch, a webcam, the clipboard, saved drawings, games."""

import csv
import io
import re
import zipfile

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.support import steps
from tests.browser.support.server import wait_until
from tests.support.images.mnist import mnist_digits

HOSTILE = "=<img src=x onerror=alert(1)>"


@pytest.fixture
def labelled(tmp_path):
    """A zip with sixty digits in class folders, one damaged file and one with a hostile name."""
    images, labels = mnist_digits()
    path = tmp_path / "digits.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for row in range(0, 5000, 83):
            file = io.BytesIO()
            Image.fromarray(images[row]).save(file, "PNG")
            packed.writestr(f"mine/{labels[row]}/{row}.png", file.getvalue())
        packed.writestr(f"mine/{HOSTILE}/1.png", file.getvalue())
        packed.writestr("mine/7/broken.png", b"no picture")
    return path


def predict(visit, server, way: str, **options) -> Page:
    page = visit(server, f"/predict?run=sample&mode={way}", **options)
    steps.shows(page, "Predict")
    return page


def test_a_labelled_zip_gives_a_table_a_score_and_downloads(visit, server, labelled):
    page = predict(visit, server, "Batch")
    page.locator("input[type=file]").set_input_files(labelled)
    main = steps.main(page)
    expect(main.locator("table.batch")).to_be_visible()
    expect(main.get_by_text("Labelled", exact=True)).to_be_visible()
    expect(main.locator(".numbers dd").first).to_have_text("63")
    expect(main.get_by_text("1 unreadable")).to_be_visible()
    page.get_by_role("radio", name="All").click()
    expect(main.locator("table.batch")).to_contain_text("mine/0/")
    with page.expect_download() as download:
        main.get_by_role("button", name="CSV").click()
    text = download.value.path().read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 63
    right = [row["correct"] == "True" for row in rows if row["correct"]]
    assert len(right) == 61
    assert sum(right) > 40
    assert not any(cell.startswith("=") for row in rows for cell in row.values())


def draw_a_seven(page: Page) -> None:
    canvas = page.locator("canvas").first
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    places = [
        (box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in ((0.3, 0.2), (0.7, 0.2), (0.45, 0.8))
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places:
        page.mouse.move(*place, steps=5)
    page.mouse.up()


def test_a_labelled_drawing_is_saved_to_a_dataset_and_can_be_undone(tidied_server, visit):
    page = predict(visit, tidied_server, "Draw")
    draw_a_seven(page)
    expect(page.locator(".prediction")).to_have_text("7")
    steps.button(page, "Correct the label or save the drawing").click()
    labels = page.get_by_test_id("stPopoverBody")
    labels.get_by_role("radio", name="7", exact=True).or_(labels.get_by_role("button", name="7", exact=True)).click()
    expect(steps.main(page).get_by_text("Saved as “7”. “My drawings” now contains 1 drawing")).to_be_visible()
    waiting = tidied_server.runs.with_name("own") / "own-my-drawings" / "waiting.npz"
    assert waiting.exists()
    steps.button(page, "Undo save").click()
    wait_until(lambda: not waiting.exists(), what="the drawing is forgotten")


DRAW_AND_PRESS = """pressed => {
    const find = root => [...root.querySelectorAll('*')].reduce(
        (found, node) => found
            || (node.matches('.sheet canvas') ? node : node.shadowRoot && find(node.shadowRoot)), null);
    const field = find(document), box = field.getBoundingClientRect();
    const send = (kind, [x, y]) => field.dispatchEvent(new PointerEvent(kind, {
        pointerId: 1, bubbles: true, clientX: box.x + box.width * x, clientY: box.y + box.height * y}));
    send('pointerdown', [0.3, 0.2]);
    for (let share = 0; share <= 1; share += 0.1) send('pointermove', [0.3 + 0.4 * share, 0.2]);
    for (let share = 0; share <= 1; share += 0.1) send('pointermove', [0.7 - 0.25 * share, 0.2 + 0.6 * share]);
    if (!pressed) return;
    send('pointerup', [0.45, 0.8]);
    [...document.querySelectorAll('button')].find(button => button.innerText.includes('Done')).click();
}"""


def test_the_game_scores_the_complete_drawing_when_done_is_clicked_immediately(tidied_server, visit):
    page = predict(visit, tidied_server, "Drawing+game")
    steps.settled(page)  # the canvas is not replaced any more
    for number in (2, 3):
        expect(page.locator(".sheet canvas:not([data-pending])")).to_be_visible()
        page.evaluate(DRAW_AND_PRESS, True)
        expect(page.get_by_text(f"Round {number} of 10")).to_be_visible()
        expect(page.get_by_text("Recognised as “7”")).to_be_visible()
        expect(steps.button(page, "Clear")).to_be_disabled()
    draw_a_seven(page)
    expect(page.locator(".sheet canvas:not([data-pending])")).to_be_visible()  # the game acknowledges each message


def test_the_game_does_not_score_while_the_pen_is_down(tidied_server, visit):
    page = predict(visit, tidied_server, "Drawing+game")
    steps.settled(page)
    expect(page.locator(".sheet canvas")).to_be_visible()
    page.evaluate(DRAW_AND_PRESS, False)
    expect(page.locator(".sheet canvas:not([data-pending])")).to_be_visible()  # the game has received it
    steps.button(page, "Done").press("Enter")
    expect(page.get_by_text("The pen is still down")).to_be_visible()
    expect(page.get_by_text("Round 1 of 10")).to_be_visible()


def test_the_webcam_takes_one_photo_or_runs_live(visit, server):
    page = predict(visit, server, "Upload", permissions=["camera"])
    page.get_by_role("radio", name="Webcam").click()
    take = steps.button(page, "Take Photo")
    expect(take).to_be_enabled()
    page.wait_for_timeout(1_000)  # the first camera images are on their way
    take.click()
    # The browser's test image is not a digit on paper: there is a prediction or a message that there is none.
    expect(page.locator(".prediction, .rejection").or_(page.get_by_test_id("stAlert")).first).to_be_visible()
    page.get_by_role("radio", name="Live").click()
    page.get_by_role("button", name="Start the camera").click()
    # The prediction is repeated here: on a phone the result itself is below the camera image.
    expect(page.get_by_text("predictions per second")).to_have_text(re.compile(r"^\S+ · \d+\.\d predictions"))
    page.get_by_role("button", name="Stop").last.click()
    expect(page.get_by_role("button", name="Start the camera")).to_be_visible()


def test_a_denied_camera_is_reported(visit, server):
    page = predict(visit, server, "Upload")
    page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError')); }"
    )
    page.get_by_role("radio", name="Live").click()
    page.get_by_role("button", name="Start the camera").click()
    expect(page.get_by_text("Camera access was denied")).to_be_visible()


PASTE = """async () => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 200;
  const pen = canvas.getContext('2d');
  pen.fillStyle = '#eee';
  pen.fillRect(0, 0, 200, 200);
  pen.lineWidth = 14;
  pen.beginPath();
  pen.moveTo(60, 50); pen.lineTo(140, 50); pen.lineTo(90, 150);
  pen.stroke();
  const blob = await new Promise(done => canvas.toBlob(done, 'image/png'));
  const data = new DataTransfer();
  data.items.add(new File([blob], 'seven.png', {type: 'image/png'}));
  document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
}"""


def test_a_pasted_image_is_classified(visit, server):
    page = predict(visit, server, "Upload")
    expect(page.get_by_role("button", name="Paste an image")).to_be_visible()
    page.evaluate(PASTE)
    expect(page.locator(".prediction")).to_have_text("7")
    expect(page.get_by_alt_text("The uploaded image the pasted image")).to_be_visible()
    steps.button(page, "Remove the pasted image").click()
    expect(page.locator(".prediction")).to_have_count(0)
    page.evaluate(PASTE)
    expect(page.locator(".prediction")).to_have_text("7")
