"""What is spelled out on the page is what the model computes."""

from types import SimpleNamespace

import numpy as np
import pytest

from imgcls.errors import RunError
from imgcls.inference.explain import neighbours
from imgcls.lessons import first_convolution


class Model:
    """An activation model whose first convolution is computed here, one product after the other."""

    def __init__(self, kernel, bias, *, padding, rectified=True, before="Rescaling"):
        self.kinds = {"normalise": before, "conv": "Conv2D", "logits": "Dense"}
        self.kernel, self.bias, self.padding, self.rectified = kernel, bias, padding, rectified

    def activations(self, images):
        inputs = images[0].astype(np.float32) / 255
        height, width, channels, maps = self.kernel.shape
        given = np.pad(inputs, ((1, 1), (1, 1), (0, 0))) if self.padding == "same" else inputs
        rows, columns = given.shape[0] - height + 1, given.shape[1] - width + 1
        out = np.zeros((rows, columns, maps), np.float32)
        for row, column, number in np.ndindex(out.shape):
            total = self.bias[number]
            for y, x, channel in np.ndindex(height, width, channels):
                total += given[row + y, column + x, channel] * self.kernel[y, x, channel, number]
            out[row, column, number] = max(0.0, total) if self.rectified else total
        return SimpleNamespace(layers={"normalise": inputs[None], "conv": out[None]})


@pytest.fixture
def model(monkeypatch):
    """`model(...)`: from now on, the run has this model."""

    def make(shape=(3, 3, 1, 2), stored=None, **options):
        generator = np.random.default_rng(0)
        kernel, bias = generator.normal(size=shape).astype(np.float32), generator.normal(size=shape[-1])
        made = Model(kernel, bias.astype(np.float32), **options)
        weights = (made.kernel, made.bias) if stored is None else stored
        held = neighbours.HeldOutFeatures(np.empty((0, 0)), np.empty(0), np.empty(0), None, *weights)
        monkeypatch.setattr(neighbours, "held_out_features", lambda run: held)
        monkeypatch.setattr(first_convolution, "load_activation_model", lambda run: made)
        return made

    return make


IMAGE = np.random.default_rng(1).integers(0, 256, (6, 5, 1), np.uint8)
COLOUR = np.random.default_rng(2).integers(0, 256, (5, 5, 3), np.uint8)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("rectified", [True, False])
def test_every_unit_is_the_sum_of_its_products_and_the_bias(model, padding, rectified):
    model(padding=padding, rectified=rectified)
    found = first_convolution.of_image(None, IMAGE)
    assert found.is_rectified == rectified and found.border == (padding == "same")
    for unit in np.ndindex(found.outputs.shape):
        assert found.value(*unit) == pytest.approx(float(found.outputs[unit]), abs=1e-5)
    assert found.products(0, 0, 1).shape == (3, 3, 1)


def test_colour_images_have_three_products_at_each_place(model):
    model((3, 3, 3, 4), padding="same")
    assert first_convolution.of_image(None, COLOUR).products(2, 2, 3).shape == (3, 3, 3)


def test_nothing_is_shown_that_is_not_what_the_model_computes(model):
    other = np.ones((3, 3, 1, 2), np.float32), np.zeros(2, np.float32)
    model(padding="same", stored=other)
    assert first_convolution.of_image(None, IMAGE) is None


def test_without_stored_weights_or_with_another_first_layer_there_is_nothing(model):
    model(padding="same", stored=(None, None))
    assert first_convolution.of_image(None, IMAGE) is None
    model(padding="same", before="Flatten")
    assert first_convolution.of_image(None, IMAGE) is None


def test_weights_of_another_model_are_an_error(model):
    model(padding="same", stored=(np.ones((3, 3, 1, 7), np.float32), np.zeros(7, np.float32)))
    with pytest.raises(RunError, match="do not match"):
        first_convolution.of_image(None, IMAGE)


def test_the_first_filter_is_one_like_an_edge_among_those_that_respond():
    edge = [[-1, 0, 1]] * 3
    kernel = np.stack([np.ones((3, 3)), edge, np.negative(edge), np.eye(3)], -1)[:, :, None].astype(np.float32)
    outputs = np.zeros((4, 4, 4), np.float32)
    outputs[1, 1] = [9, 2, 1, 5]
    found = first_convolution.FirstConvolution(
        "conv", np.zeros((6, 6, 1), np.float32), 0, kernel, np.zeros(4, np.float32), outputs, True
    )
    assert found.most_like_an_edge() == 1, "the even filter is no edge, and the other edge hardly responds"
