"""On the import page: bands to choose, the cost of large images, and an open warning about many skipped files."""

import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from imgcls import datasets
from imgcls.datasets.importing.execution import job
from tests.support.images import tiffs
from tests.support.importing.import_pages import button, new
from tests.support.pages import is_intact, opened, text_of
from tests.support.uploads import archive, image, leaves


@pytest.fixture(autouse=True)
def digits_data(digits, mnist_sample):
    """The default dataset is prepared, so the Data page has something to show."""


def upload(tmp_path, files) -> AppTest:
    app = opened("data")
    button(app, "Import your own images").click().run()
    archive(tmp_path / "fields.zip", files)
    app.file_uploader[0].upload("fields.zip", (tmp_path / "fields.zip").read_bytes(), "application/zip").run()
    return app


def warnings(app: AppTest) -> str:
    return "\n".join(element.value for element in app.warning).replace("\\", "")


def downloads(app: AppTest) -> list[str]:
    return [element.proto.label for element in app.get("download_button")]


def test_many_skipped_files_show_an_open_warning_with_a_csv_of_all(tmp_path):
    app = upload(
        tmp_path, leaves(count=20) | {f"oak/bad{n}.png": image(n)[:90] for n in range(3)} | {"oak/a.txt": b"x"}
    )
    assert is_intact(app)
    assert "4 files will not be imported" in warnings(app)
    assert "**3** damaged or incomplete" in warnings(app) and "**1** not an image" in warnings(app)
    assert downloads(app) == ["All skipped files (CSV)"]


def test_few_skipped_files_show_no_warning(tmp_path):
    app = upload(tmp_path, leaves())
    assert is_intact(app) and not app.warning and not downloads(app)


def test_the_cost_of_large_images_is_stated(tmp_path):
    app = upload(tmp_path, leaves())
    assert "times the pixels of 64×64" not in text_of(app)
    app.selectbox(key=f"side-{new(app)}").select(512).run()
    assert "512×512 has 64 times the pixels of 64×64" in text_of(app)
    assert "GB of memory for batches of" in text_of(app)


def test_satellite_bands_are_chosen_and_shown_on_the_dataset_card(tmp_path):
    array = np.zeros((28, 28, 7), np.uint16)
    array[2:, :, 4] = 3000
    files = {
        f"{label}/{n}.tif": tiffs.tiff(array + 100 * (n + 4 * place))
        for place, label in enumerate("ab")
        for n in range(4)
    }
    app = upload(tmp_path, files)
    assert is_intact(app)
    assert button(app, "Import 8 images").disabled
    for colour, band in (("red", "5"), ("green", "2"), ("blue", "1")):
        app.selectbox(key=f"question-{new(app)}-band-{colour}").select(band).run()
    assert is_intact(app) and not button(app, "Import 8 images").disabled
    assert "Bands 5, 2, 1 used as red, green and blue: 8 images." in text_of(app)
    button(app, "Import 8 images").click().run()
    deadline = time.monotonic() + 60
    while job.state(new(app)).state == "running" and time.monotonic() < deadline:
        time.sleep(0.05)
    app.run()
    assert is_intact(app)
    assert datasets.facts("own-fields").pixels.bands == (5, 2, 1)
    assert "the same for all images" in text_of(app)
