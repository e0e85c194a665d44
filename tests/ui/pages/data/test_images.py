"""The images at the top of the Data page: all of them, in pages, or those of one class."""

import re

import pytest

from imgcls import datasets
from imgcls.datasets.editing.actions import path_of
from imgcls.ui.data import images, summary
from imgcls.ui.widgets import formatting
from tests.support.pages import html_of, is_intact, opened, prepared, select_images, shipped, text_of


def shown(app) -> list[tuple[int, str]]:
    """The row and the class of each image on the page."""
    body = next(str(block.proto.body) for block in app.get("html") if 'data-select="sample-' in str(block.proto.body))
    return [(int(row), name) for row, name in re.findall(r'alt="#(\d+): ([^"]+)"', body)]


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


def test_selected_images_can_be_excluded_and_restored(digits):
    app = opened("data", data="Small digits")
    assert not [button for button in app.button if button.label.startswith("Exclude")], "only once some are selected"
    rows = [row for row, _ in shown(app)][:2]
    select_images(app, "sample-", rows)
    next(button for button in app.button if button.label == "Exclude 2").click().run()
    assert is_intact(app)
    assert datasets.edits_of(datasets.open_dataset("digits")).excluded == tuple(sorted(rows))
    assert [text for row, text in shown(app) if row in rows] == ["✕ excluded, was " + text for text in names(rows)]
    select_images(app, "sample-", rows)
    next(button for button in app.button if button.label == "Restore").click().run()
    assert not datasets.edits_of(datasets.open_dataset("digits")).labels


def test_the_image_that_was_clicked_last_is_shown_enlarged_with_its_pixel_values(digits):
    dataset = datasets.open_dataset("digits")
    app = opened("data", data="Small digits")
    assert 'class="enlarged"' not in html_of(app)
    rows = [row for row, _ in shown(app)][3:1:-1]  # clicked in this order
    select_images(app, "sample-", rows)
    body = next(str(block.proto.body) for block in app.get("html") if 'class="enlarged"' in str(block.proto.body))
    assert is_intact(app) and f"#{rows[-1]}, 8×8 pixels" in body and f"<b>{names(rows)[-1]}</b>" in body
    assert 'data-value="Row 1, column 1: ' in body, "counted as on Predict"
    values = [int(value) for value in re.findall(r'data-value="Row \d, column \d: (\d+)"', body)]
    assert values == dataset.x_train[rows[-1]].ravel().tolist()


def names(rows: list[int]) -> list[str]:
    dataset = datasets.open_dataset("digits")
    return [dataset.facts.named(dataset.y_train[row]) for row in rows]


def test_damaged_edits_leave_the_images_and_are_reported_once(digits):
    path = path_of(datasets.open_dataset("digits"))
    path.write_text("{", "utf-8")
    app = opened("data", data="Small digits", explore="Edits")
    assert is_intact(app) and len(app.error) == 1
    assert any('alt="#' in str(block.proto.body) for block in app.get("html"))


def test_the_open_view_of_the_analysis_is_not_closed_by_a_click(digits):
    app = opened("data", data="Small digits")
    (control,) = [one for one in app.get("button_group") if one.proto.id.endswith("explore")]
    assert control.proto.required


def test_a_link_may_name_the_dataset_instead_of_its_title(digits, mnist_sample):
    app = opened("data", data="digits")
    assert is_intact(app) and app.selectbox(key="data").value == "digits"
    app.selectbox(key="data").select("mnist_sample").run()
    assert is_intact(app) and app.selectbox(key="data").value == "mnist_sample"


@pytest.mark.parametrize(
    ("text", "gist"),
    [
        ("5,000 handwritten digits: small enough to train in seconds.", "5,000 handwritten digits."),
        ("Two classes. More about them", "Two classes."),
        ("version 1.5 of our photos", "version 1.5 of our photos."),
        ("long " * 30, ""),
        ("", ""),
    ],
)
def test_what_the_images_are_is_said_above_them_if_it_is_short(text, gist):
    assert images._gist(text) == gist


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Photos of leaves. From three gardens.", "From three gardens."),
        ("Photos of leaves.", ""),
        ("Leaves: oak and beech.", "Oak and beech."),
        ("long " * 30, "Long " + "long " * 28 + "long"),
        ("", ""),
    ],
)
def test_the_description_does_not_repeat_the_sentence_above_the_images(text, rest):
    assert images.rest(text) == rest


def test_a_dataset_that_is_not_prepared_shows_its_classes_where_its_images_will_be(own_folders):
    app = opened("data", data="Flowers")
    assert is_intact(app)
    assert "Sample images appear here once the dataset is ready." in text_of(app)
    assert "What the images show: 5 classes" in html_of(app) and "daisy</li>" in html_of(app)
    assert "In colour, 128×128 pixels. Photos by many people" in html_of(app), "while there is no image"
    for title in ("Flowers", "EMNIST letters", "CIFAR-100"):
        app = opened("data", data=title)
        name = next(one for one in datasets.names() if datasets.facts(one).title == title)
        found = re.findall(r'<li style="--hue:([^"]+)">', html_of(app))
        assert is_intact(app) and len(found) == len(set(found)) == datasets.facts(name).num_classes, "colours differ"


def test_equal_classes_are_a_sentence_and_other_ones_a_chart(mnist_sample, digits):
    app = opened("data", data="MNIST sample")
    assert "**Balanced**: 400 training and 100 test images per class." in text_of(app)
    assert "Images per class as a chart" in [section.label for section in app.expander]
    app = opened("data", data="Small digits")
    assert "**Balanced**" not in text_of(app) and 'class="classes"' in html_of(app)


def test_a_dataset_that_is_not_prepared_shows_images_of_a_bundled_one_that_has_some_of_them(mnist_sample):
    app = opened("data", data="MNIST")
    assert is_intact(app)
    tiles = re.findall(r'alt="test image, ([^"]+)"', html_of(app))
    assert tiles == [*"0123456789", "0", "1"]


def test_the_list_of_datasets_says_of_each_how_large_it_is_and_whether_it_is_ready(mnist_sample):
    rules = html_of(opened("data", data="Flowers"))
    size = formatting.size(datasets.stored_bytes("mnist_sample"))
    assert f'content:"4,000 training, 1,000 test images · {size} · ✓ ready"' in rules
    number = datasets.names().index("flowers")
    assert f"[data-key='{number}']::after{{content:\"229 MB to download\"}}" in rules
    assert 'content:"2,936 training, 734 test images · 229 MB to download"' in rules
    assert 'content:"included, ready in seconds"' in rules and 'content:"needs files"' in rules


def test_who_waited_for_a_dataset_is_told_that_it_is_ready_once(digits):
    app = prepared("data", data="Small digits")
    app.session_state[summary.PREPARED] = "digits"
    assert [one.value for one in app.run().toast] == [
        "**Small digits** is ready: 1,797 images to look at and train on."
    ]
    assert not app.run().toast


def test_a_dataset_that_is_not_prepared_shows_images_kept_with_an_included_model(own_folders):
    shipped("fashion")
    app = opened("data", data="Fashion-MNIST")
    assert is_intact(app) and "Sample images" not in text_of(app)
    tiles = re.findall(r'alt="test image, ([^"]+)"', html_of(app))
    assert len(tiles) == images.PREVIEWED and set(tiles) == set(datasets.facts("fashion_mnist").classes)
