"""Export formats are files: found by name, and each checked against Keras."""

import importlib
import sys

import numpy as np
import pytest

from imgcls.config import Config
from imgcls.errors import SettingError
from imgcls.inference.predictor import Predictor

NUMPY_FORMAT = """
import numpy as np

TITLE = "Weights for NumPy"
SUFFIX = ".npz"


def write(model, path):
    layer = model.get_layer("logits")
    np.savez(path, *layer.get_weights())


def load(path):
    with np.load(path) as file:
        weights, bias = file["arr_0"], file["arr_1"]

    def probabilities(images):
        powers = np.exp(images.reshape(len(images), -1) / 255 @ weights + bias)
        return powers / powers.sum(1, keepdims=True)

    return probabilities
"""


@pytest.fixture
def formats(keras):
    from imgcls.training.export import formats

    return formats


@pytest.fixture
def model(keras):
    """A linear classifier for 4×4 greyscale images."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4, 4, 1), dtype="uint8")
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    logits = keras.layers.Dense(3, name="logits", bias_initializer="random_normal")(x)
    return keras.Model(inputs, keras.layers.Softmax()(logits))


@pytest.fixture
def images():
    return np.random.default_rng(1).integers(0, 256, (15, 4, 4, 1), dtype=np.uint8)


def test_every_format_has_a_title_a_suffix_and_passes_the_parity_check(formats, model, images, tmp_path):
    assert "litert" in formats.names()
    for name in formats.names():
        chosen = formats.find(name)
        assert chosen.TITLE
        assert chosen.SUFFIX.startswith(".")
        assert formats.export(name, model, tmp_path / f"model{chosen.SUFFIX}", images) <= formats.MAX_DIFFERENCE


def test_a_new_file_is_a_new_format(formats, model, images, tmp_path, monkeypatch):
    folder = tmp_path / "formats"
    folder.mkdir()
    (folder / "numpy_weights.py").write_text(NUMPY_FORMAT, "utf-8")
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(folder)])
    importlib.invalidate_caches()
    try:
        assert formats.names() == ("litert", "numpy_weights")
        assert formats.export("numpy_weights", model, tmp_path / "model.npz", images) < 1e-5
    finally:
        sys.modules.pop(f"{formats.__name__}.numpy_weights", None)


def test_an_unknown_format_names_the_known_ones(formats):
    with pytest.raises(SettingError, match=r"^There is no export format 'caffe'\. Choose one of: litert\.$"):
        formats.find("caffe")


@pytest.mark.parametrize("wrong", [lambda values: values[:, ::-1], lambda values: np.full_like(values, np.nan)])
def test_a_file_that_predicts_differently_is_rejected(formats, model, images, tmp_path, monkeypatch, wrong):
    litert = formats.find("litert")

    class Wrong(Predictor):
        def probabilities(self, images):
            return wrong(super().probabilities(images))

    monkeypatch.setattr(litert, "Predictor", Wrong)
    with pytest.raises(RuntimeError, match=r"^The exported LiteRT model predicts differently: .* of 15 images differ"):
        formats.export("litert", model, tmp_path / "model.tflite", images)


def test_a_model_of_a_family_survives_the_export(formats, tmp_path):
    from imgcls.training import model_builder

    images = np.random.default_rng(2).integers(0, 256, (8, 12, 12, 1), dtype=np.uint8)
    config = Config(model="cnn", model_settings={"filters": 4, "units": 8})
    model = model_builder.build(config, (12, 12, 1), 4, images)
    assert formats.export("litert", model, tmp_path / "model.tflite", images) < 1e-5
