"""A Keras model in the basic file types, and the verification of the file that the pages run."""

import numpy as np
import pytest

from imgcls.config import Config
from imgcls.inference.predictor import Predictor


@pytest.fixture
def converter(keras):
    from imgcls.training.export import converter

    return converter


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


def test_the_exported_file_predicts_the_same_as_keras(converter, model, images, tmp_path):
    assert converter.write_litert(model, tmp_path / "model.tflite", images) < 1e-5
    found = Predictor(tmp_path / "model.tflite").probabilities(images)
    assert np.allclose(found, model.predict_on_batch(images), atol=1e-5)


@pytest.mark.parametrize("wrong", [lambda values: values[:, ::-1], lambda values: np.full_like(values, np.nan)])
def test_a_file_that_predicts_differently_is_rejected(converter, model, images, tmp_path, monkeypatch, wrong):
    class Wrong(Predictor):
        def probabilities(self, images):
            return wrong(super().probabilities(images))

    monkeypatch.setattr(converter, "Predictor", Wrong)
    with pytest.raises(RuntimeError, match=r"^The exported LiteRT model predicts differently: .* of 15 images differ"):
        converter.write_litert(model, tmp_path / "model.tflite", images)


def test_every_model_family_survives_the_export(converter, tmp_path):
    from imgcls.training import model_builder

    images = np.random.default_rng(2).integers(0, 256, (8, 12, 12, 1), dtype=np.uint8)
    config = Config(model="cnn", model_settings={"filters": 4, "units": 8})
    model = model_builder.build(config, (12, 12, 1), 4, images)
    assert converter.write_litert(model, tmp_path / "model.tflite", images) < 1e-5


def test_a_microcontroller_file_takes_one_image_and_only_uses_integers(keras, converter, digits, tmp_path):
    from ai_edge_litert.interpreter import Interpreter

    inputs = keras.Input((8, 8, 1), dtype="uint8")
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    model = keras.Model(inputs, keras.layers.Softmax()(keras.layers.Dense(10)(x)))
    path = tmp_path / "model.tflite"
    converter.KerasConverter(model, digits).litert(path, "int8", is_microcontroller=True)

    interpreter = Interpreter(str(path))
    given, returned = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    assert given["shape_signature"].tolist() == [1, 8, 8, 1]
    assert given["dtype"] == returned["dtype"] == np.uint8
    images = np.random.default_rng(1).integers(0, 256, (70, 8, 8, 1), dtype=np.uint8)
    found = Predictor(path).probabilities(images)
    assert found.dtype == np.float32 and found.shape == (70, 10)
    assert np.abs(found - model.predict_on_batch(images)).max() < 0.1
