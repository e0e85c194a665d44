"""A Keras model in the basic file types, and the verification of the file that the pages run."""

import io
import sys
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgcls.config import Config
from imgcls.inference.predictor import Predictor
from imgcls.training.export import litert_file


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
    assert litert_file.write(model, tmp_path / "model.tflite", images, np.asarray(model(images))) < 1e-5
    found = Predictor(tmp_path / "model.tflite").probabilities(images)
    assert np.allclose(found, model.predict_on_batch(images), atol=1e-5)


@pytest.mark.parametrize("wrong", [lambda values: values[:, ::-1], lambda values: np.full_like(values, np.nan)])
def test_a_file_that_predicts_differently_is_rejected(converter, model, images, tmp_path, monkeypatch, wrong):
    class Wrong(Predictor):
        def probabilities(self, images):
            return wrong(super().probabilities(images))

    monkeypatch.setattr(litert_file, "Predictor", Wrong)
    with pytest.raises(RuntimeError, match=r"^The exported LiteRT model predicts differently: .* of 15 images differ"):
        litert_file.write(model, tmp_path / "model.tflite", images, np.asarray(model(images)))


def test_every_model_family_survives_the_export(converter, tmp_path):
    from imgcls.training import model_builder

    images = np.random.default_rng(2).integers(0, 256, (8, 12, 12, 1), dtype=np.uint8)
    config = Config(model="cnn", model_settings={"filters": 4, "units": 8})
    model = model_builder.build(config, (12, 12, 1), 4, images)
    assert litert_file.write(model, tmp_path / "model.tflite", images, np.asarray(model(images))) < 1e-5


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


def test_an_onnx_file_with_8_bit_weights_is_calibrated_and_predicts_nearly_the_same(converter, keras, digits, tmp_path):
    pytest.importorskip("tf2onnx", reason="the extra onnx is not installed")
    import onnx

    from imgcls.export import runtimes

    inputs = keras.Input((8, 8, 1), dtype="uint8")
    x = keras.layers.Conv2D(8, 3, activation="relu")(keras.layers.Rescaling(1 / 255)(inputs))
    x = keras.layers.Dense(10)(keras.layers.Flatten()(x))
    model = keras.Model(inputs, keras.layers.Softmax()(x))
    path = tmp_path / "exports" / "model.onnx"
    path.parent.mkdir()
    converter.KerasConverter(model, digits).onnx(path, "int8")

    written = onnx.load(path)
    assert {"QuantizeLinear", "DequantizeLinear"} <= {node.op_type for node in written.graph.node}
    assert [value.name for value in (*written.graph.input, *written.graph.output)] == ["images", "probabilities"]
    images = np.random.default_rng(1).integers(0, 256, (70, 8, 8, 1), dtype=np.uint8)
    found = runtimes.OnnxRuntime(path).probabilities(images)
    expected = model.predict_on_batch(images)
    assert 0 < np.abs(found - expected).max() < 0.1
    assert [entry.name for entry in path.parent.iterdir()] == ["model.onnx"]  # no temporary files


@pytest.mark.parametrize("channels", [1, 3])
def test_a_saved_model_classifies_encoded_files(converter, keras, tmp_path, channels):
    import tensorflow as tf

    inputs = keras.Input((12, 10, channels), dtype="uint8")
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    model = keras.Model(inputs, keras.layers.Softmax()(keras.layers.Dense(4)(x)))
    converter.KerasConverter(model).saved_model(tmp_path / "model.zip")
    with zipfile.ZipFile(tmp_path / "model.zip") as archive:
        archive.extractall(tmp_path / "model")
    loaded = tf.saved_model.load(tmp_path / "model")

    pixels = np.random.default_rng(1).integers(0, 256, (3, 12, 10, channels), dtype=np.uint8)
    files = [_png(image) for image in pixels]
    found = loaded.signatures["encoded_images"](files=tf.constant(files))["probabilities"].numpy()
    assert np.allclose(found, model.predict_on_batch(pixels), atol=1e-5)

    large = Image.fromarray(np.full((48, 40, channels), 200, np.uint8).squeeze())
    file = io.BytesIO()
    large.save(file, "JPEG")
    found = loaded.signatures["encoded_images"](files=tf.constant([file.getvalue()]))["probabilities"].numpy()
    expected = model.predict_on_batch(np.full((1, 12, 10, channels), 200, np.uint8))
    assert np.allclose(found, expected, atol=0.02)


def _png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image.squeeze()).save(file, "PNG")
    return file.getvalue()


def test_a_core_ml_package_is_zipped_with_its_input_and_output_named(converter, model, tmp_path, monkeypatch):
    """With a stand-in for coremltools: it shows what is asked of it, not that Apple's systems accept the file."""
    asked = {}

    class Package:
        weights_dir = "weights"

        def __init__(self, description=None, weights_dir=None):
            self.description = description

        def get_spec(self):
            output = types.SimpleNamespace(name="Identity")
            return types.SimpleNamespace(description=types.SimpleNamespace(output=[output]))

        def save(self, path):
            Path(path).mkdir()
            (Path(path) / "Manifest.json").write_text(self.description.description.output[0].name)

    def convert(model, **settings):
        asked.update(settings, inputs=[(each.name, each.shape) for each in settings["inputs"]])
        return Package()

    def rename_feature(description, old, new):
        (output,) = (each for each in description.description.output if each.name == old)
        output.name = new

    fake = types.ModuleType("coremltools")
    fake.convert, fake.RangeDim = convert, lambda low, high, default: (low, high, default)
    fake.TensorType = types.SimpleNamespace
    fake.precision = types.SimpleNamespace(FLOAT32="float32")
    fake.models = types.SimpleNamespace(MLModel=Package)
    fake.utils = types.SimpleNamespace(rename_feature=rename_feature)
    monkeypatch.setitem(sys.modules, "coremltools", fake)

    converter.KerasConverter(model).core_ml(tmp_path / "model.mlpackage.zip")
    with zipfile.ZipFile(tmp_path / "model.mlpackage.zip") as archive:
        assert archive.read("model.mlpackage/Manifest.json") == b"probabilities"
    assert asked["inputs"] == [("images", ((1, 64, 1), 4, 4, 1))]
    assert (asked["convert_to"], asked["compute_precision"]) == ("mlprogram", "float32")
