"""The Augmentation section: recommendations for a dataset, and a preview that matches the trainer."""

import base64
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from imgcls import datasets
from imgcls.config import PARAMS, Config
from imgcls.datasets.augmentation import NAMES, Augmentation
from imgcls.datasets.augmentation.presets import recommended
from imgcls.params import Range
from imgcls.training.loop.batches import Subset, batches
from tests.support.pages import prepared


def form(*, is_open: bool = True, **query: str) -> AppTest:
    """The Train page for the small digits."""
    app = prepared("train", data="Small digits", **query)
    app.session_state["augmentation"] = is_open
    app.run()
    assert not app.exception and not app.error
    return app


def tiles(app: AppTest) -> list[tuple[str, np.ndarray]]:
    """Alternative text and pixels of every image in the preview."""
    text = "".join(str(block.proto.body) for block in app.get("html"))
    found = re.findall(r'<img src="data:image/png;base64,([^"]+)" alt="([^"]*)"', text)
    return [(alt, np.asarray(Image.open(BytesIO(base64.b64decode(data))))) for data, alt in found if alt]


@pytest.mark.parametrize("page", [1, 2])
def test_the_preview_matches_the_trainers_batches(digits, page):
    config = Config(data=digits, train_images=200, batch_size=32, seed=7, shift=1, contrast=0.3, noise=10, rotation=10)
    app = form(train_images="200", batch_size="32", seed="7", shift="1", contrast="0.3", noise="10", rotation="10")
    if page > 1:
        app.get("pagination")[0].set_value(page)
        app.run()
    shown = tiles(app)

    dataset = datasets.open_dataset(digits)
    rows, _ = datasets.training_split(dataset, config)
    part = Subset(dataset.x_train, rows, np.arange(len(rows), dtype=np.int32))  # the label is the position
    assert np.array_equal(shown[0][1], dataset.x_train[rows[page - 1]][..., 0])
    assert len(shown) == 10
    for epoch in range(1, 10):
        seen = {}
        for images, which in batches(part, epoch, 32, 7, Augmentation.of(config)):
            seen.update(zip(which.tolist(), images, strict=True))
        assert np.array_equal(shown[epoch][1], seen[page - 1][..., 0]), epoch
    assert len({image.tobytes() for _, image in shown}) > 8


def test_a_closed_or_inactive_section_shows_no_images(digits):
    assert tiles(form(shift="1", is_open=False)) == []
    app = form()
    assert tiles(app) == []
    assert any("Switch on an augmentation" in element.value for element in app.caption)


def test_one_click_applies_the_recommended_augmentation_to_form_and_link(digits):
    app = form()
    app.button(key="suggested").click().run()
    assert not app.exception
    wishes = {wish.name: wish.value for wish in recommended(datasets.facts(digits))}
    assert wishes == {"rotation": 10, "shift": 1, "zoom": 0.1}
    for name, value in wishes.items():
        assert app.slider(key=name).value == value
    assert app.button(key="suggested").disabled
    assert len(tiles(app)) == 10


@pytest.mark.parametrize("name", datasets.names())
def test_recommendations_are_valid_safe_and_explained(name):
    facts, limits = datasets.facts(name), {param.name: param for param in PARAMS}
    wishes = recommended(facts)
    assert wishes
    assert "flip" not in facts.avoid or all(wish.name != "flip" for wish in wishes)
    for wish in wishes:
        assert wish.name in NAMES
        assert limits[wish.name].checked(wish.value)
        assert len(wish.reason) > 20 and wish.reason.endswith(".")
        if isinstance(limits[wish.name].limits, Range):
            assert wish.value <= 0.5 * limits[wish.name].limits.high
    Config(data=name, **{wish.name: wish.value for wish in wishes})


def test_digits_are_never_mirrored_and_photographs_may_be():
    assert "flip" not in {wish.name for wish in recommended(datasets.facts("mnist"))}
    assert "flip" in {wish.name for wish in recommended(datasets.facts("cifar10"))}
