"""The images at the top of the Data page: all of them, in pages, or those of one class."""

import re

from imgcls import datasets
from imgcls.ui.data import images
from tests.support.pages import is_intact, opened


def shown(app) -> list[tuple[int, str]]:
    """The row and the class of each image on the page."""
    body = next(str(block.proto.body) for block in app.get("html") if "training image #" in str(block.proto.body))
    return [(int(row), name) for row, name in re.findall(r'alt="training image #(\d+): (\w+)"', body)]


def test_the_pages_hold_every_training_image_once(digits):
    dataset = datasets.open_dataset("digits")
    app = opened("data", data="Small digits")
    assert is_intact(app)
    assert len(shown(app)) == images.PER_PAGE
    (pager,) = [one.proto for one in app.get("pagination") if one.proto.id.endswith("sample-page-digits-None")]
    assert pager.num_pages == -(-len(dataset.y_train) // images.PER_PAGE)
    order = images._order("digits", datasets.dataset_stamp("digits"), None)
    assert sorted(order.tolist()) == list(range(len(dataset.y_train)))


def test_a_class_chip_filters_the_images(digits):
    labels = datasets.open_dataset("digits").y_train
    app = opened("data", data="Small digits")
    app.pills(key="sample-class-digits").set_value(3).run()
    assert is_intact(app)
    assert {name for _, name in shown(app)} == {"3"}
    assert all(labels[row] == 3 for row, _ in shown(app))


def test_the_open_view_of_the_analysis_is_not_closed_by_a_click(digits):
    app = opened("data", data="Small digits")
    (control,) = [one for one in app.get("button_group") if one.proto.id.endswith("explore")]
    assert control.proto.required
