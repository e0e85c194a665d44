"""Every model family: its layer table matches the Keras network, and invalid settings are refused."""

import numpy as np
import pytest

from imgcls import models
from imgcls.config import Config
from imgcls.errors import SettingError
from imgcls.models import shape_layers
from imgcls.models.backbones import NETWORKS, RUN
from imgcls.models.families import deep_cnn
from imgcls.params import Choice, Range, RunId

SHAPES = [(8, 8, 1), (28, 28, 1), (32, 32, 3)]
PARAMETERS = {  # of the default settings, for ten classes
    "ann": {(8, 8, 1): 17_226, (28, 28, 1): 109_386, (32, 32, 3): 402_250},
    "cnn": {(8, 8, 1): 13_706, (28, 28, 1): 105_866, (32, 32, 3): 136_874},
    "deep_cnn": {(8, 8, 1): 142_176, (28, 28, 1): 142_176, (32, 32, 3): 147_040},
    "resnet": {(8, 8, 1): 78_042, (28, 28, 1): 78_042, (32, 32, 3): 78_330},
    "transfer": dict.fromkeys(SHAPES, 3_428_394),
}
DEFAULTS = {param.name: param.default for param in models.params("transfer")}
RESIZED_TO_NOTHING = [("cnn", {"blocks": 4}, (8, 8, 1)), ("cnn", {"blocks": 3}, (7, 40, 1))]


def extreme(name: str, end: str) -> dict:
    """The smallest or largest value of every param of a family."""
    values = {}
    for param in models.params(name):
        if isinstance(param.limits, Range):
            values[param.name] = param.kind(getattr(param.limits, "low" if end == "smallest" else "high"))
        elif isinstance(param.limits, Choice):
            options = [option for option in param.limits.options if option != RUN]
            values[param.name] = options[0 if end == "smallest" else -1]
        elif isinstance(param.limits, RunId):
            values[param.name] = ""
        else:
            values[param.name] = end == "largest"
    return values


@pytest.fixture
def build(keras, write_weights, tmp_path, monkeypatch):
    from imgcls.training import model_builder

    monkeypatch.setenv("IMGCLS_WEIGHTS", str(tmp_path / "weights"))

    def build(name, settings, shape, num_classes=10, normalisation="0 to 1"):
        keras.utils.clear_session()
        if models.has_backbone(name):
            network = NETWORKS[{**DEFAULTS, **settings}["backbone"]]
            if not network.is_shipped:
                write_weights(network.title, tmp_path / "weights" / network.file)
        images = np.random.default_rng(0).integers(0, 256, (20, *shape), dtype=np.uint8)
        config = Config(model=name, model_settings=settings, normalisation=normalisation)
        return model_builder.build(config, shape, num_classes, images)

    return build


# ---- descriptions of families


def test_every_model_family_is_pinned_here():
    assert set(models.names()) == set(PARAMETERS)


@pytest.mark.parametrize("name", models.names())
def test_a_family_has_a_title_a_description_and_help_for_every_param(name):
    assert models.family(name).TITLE
    assert len(models.text(name).split("\n\n")) >= 2
    assert 200 < len(models.text(name)) < 1000
    assert models.params(name)
    for param in models.params(name):
        assert param.help.endswith("."), param.name
        assert param.checked(param.default) == param.default
        assert param.kind is bool or param.limits is not None, f"{param.name} has no limits"
        if isinstance(param.limits, Range) and param.limits.step:
            steps = (param.default - param.limits.low) / param.limits.step
            assert steps == pytest.approx(round(steps)), f"the default of {param.name} is not one of its steps"


def test_no_family_param_shares_a_name_with_a_run_setting():
    settings = {name for name in Config().as_dict() if name != "model_settings"}
    for name in models.names():
        assert not settings & {param.name for param in models.params(name)}


@pytest.mark.parametrize("name", ["resnet5", "", "sketch", "../ann", "ann.py", "__init__"])
def test_an_unknown_family_is_refused_with_the_choices(name):
    with pytest.raises(SettingError) as error:
        models.family(name)
    assert str(error.value) == f"There is no model '{name}'. Choose one of: ann, cnn, deep_cnn, resnet, transfer."


@pytest.mark.parametrize(("name", "settings", "shape"), RESIZED_TO_NOTHING)
def test_images_that_shrink_to_zero_are_refused_on_the_page(name, settings, shape):
    with pytest.raises(
        SettingError, match=r"^The layer 'block\d_pool' would reduce .+ values to none\. Use fewer blocks"
    ):
        models.table(name, shape, 10, settings)


@pytest.mark.parametrize(("name", "settings", "shape"), RESIZED_TO_NOTHING)
def test_keras_cannot_build_what_the_page_refuses(build, name, settings, shape):
    with pytest.raises(ValueError, match=r"."):
        build(name, settings, shape)


def test_an_invalid_setting_is_refused_before_drawing():
    with pytest.raises(SettingError, match=r"^Units must be between 8 and 1024, not 3\.$"):
        models.table("ann", (8, 8, 1), 10, {"units": 3})
    with pytest.raises(SettingError, match=r"^The model 'ann' has no setting 'depth'\."):
        models.table("ann", (8, 8, 1), 10, {"depth": 3})


# ---- layer tables compared with Keras

SAME_AS_KERAS = [
    (name, end, shape)
    for name in models.names()
    for end in ("smallest", "default", "largest")
    for shape in (SHAPES if end != "largest" else SHAPES[-1:])
]


@pytest.mark.parametrize(("name", "end", "shape"), SAME_AS_KERAS)
def test_the_layer_table_matches_the_keras_network(build, name, end, shape):
    settings = {} if end == "default" else extreme(name, end)
    rows = models.table(name, shape, 10, settings)
    model = build(name, settings, shape)
    expected = {
        layer.name: (
            type(layer).__name__.removesuffix("Layer"),
            tuple(layer.output.shape[1:]),
            layer.count_params(),
        )
        for layer in model.layers
    }
    assert {row.name: (row.kind, row.shape, row.parameters) for row in rows} == expected
    assert len(rows) == len(expected)
    assert sum(row.parameters for row in rows) == model.count_params()
    assert rows[0].kind == "Input"
    assert rows[-1].name == "probabilities"


@pytest.mark.parametrize("name", models.names())
def test_a_portrait_image_has_the_same_table(build, name):
    rows = models.table(name, (11, 18, 2), 3, {})
    model = build(name, {}, (11, 18, 2), 3)
    for row in rows:
        assert row.shape == tuple(model.get_layer(row.name).output.shape[1:]), row.name


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", models.names())
def test_the_number_of_parameters_is_pinned(name, shape):
    assert sum(row.parameters for row in models.table(name, shape, 10, {})) == PARAMETERS[name][shape]


def test_a_table_describes_its_layers():
    rows = {row.name: row for row in models.table("cnn", (28, 28, 1), 10, {"filters": 8, "batch_normalisation": True})}
    assert rows["block1_conv1"].detail == "8 filters 3×3"
    assert rows["block1_relu1"].detail == "relu"
    assert rows["block1_pool"].detail == "2×2"
    assert rows["block1_dropout"].detail == "15% of the activations"
    assert rows["dense"].detail == "64 units, relu"
    strided = {row.name: row for row in models.table("resnet", (32, 32, 3), 10, {})}
    assert strided["stage2_block1_conv1"].detail == "32 filters 3×3, stride 2"


def test_unused_shape_layers_match_keras_too(keras):
    real, drawn = keras.Input((9, 10, 4)), shape_layers.Input((9, 10, 4))
    for kind, settings in (
        ("Conv2D", {"filters": 5, "kernel_size": 3, "strides": 2}),
        ("MaxPooling2D", {"pool_size": 2, "padding": "same"}),
        ("GlobalAveragePooling2D", {}),
    ):
        real = getattr(keras.layers, kind)(**settings, name=kind)(real)
        drawn = getattr(shape_layers, kind)(**settings, name=kind)(drawn)
        assert drawn.shape == tuple(real.shape[1:]), kind


# ---- predictions


@pytest.mark.parametrize("normalisation", ["0 to 1", "-1 to 1", "standardised"])
@pytest.mark.parametrize("name", models.names())
def test_raw_pixels_become_probabilities(build, name, normalisation):
    model = build(name, {}, (8, 8, 1), 7, normalisation)
    images = np.random.default_rng(1).integers(0, 256, (5, 8, 8, 1), dtype=np.uint8)
    probabilities = model(images).numpy()
    assert probabilities.shape == (5, 7)
    assert probabilities.dtype == np.float32
    assert np.allclose(probabilities.sum(1), 1, atol=1e-5)
    assert (probabilities >= 0).all()
    assert model.input.dtype == "uint8"


@pytest.mark.parametrize(
    ("normalisation", "low", "high"), [("0 to 1", 0, 1), ("-1 to 1", -1, 1), ("standardised", None, None)]
)
def test_the_first_layer_scales_the_pixels(build, keras, normalisation, low, high):
    images = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3), dtype=np.uint8)
    images[0, 0, 0], images[0, 0, 1] = 0, 255
    model = build("ann", {}, (8, 8, 3), 10, normalisation)
    scaled = keras.Model(model.input, model.get_layer("normalise").output)(images).numpy()
    if low is None:
        assert np.allclose(scaled.mean((0, 1, 2)), 0, atol=0.02)
        assert np.allclose(scaled.std((0, 1, 2)), 1, atol=0.02)
    else:
        assert scaled.min() == pytest.approx(low, abs=1e-6)
        assert scaled.max() == pytest.approx(high, abs=1e-6)


def test_uniform_images_can_be_standardised(keras):
    from imgcls.training import model_builder

    even = np.full((10, 8, 8, 1), 37, np.uint8)
    model = model_builder.build(Config(model="ann", normalisation="standardised"), (8, 8, 1), 3, even)
    assert np.isfinite(model(even).numpy()).all()


# ---- initial weights


@pytest.mark.parametrize("shape", SHAPES)
def test_whitening_decorrelates_neighbouring_pixels(shape):
    generator = np.random.default_rng(0)
    images = generator.normal(size=(200, *shape)).astype(np.float32)
    images = images + np.roll(images, 1, 1) + 0.5 * np.roll(images, 1, 2) + images[..., :1]
    kernel = deep_cnn.whitening(images)
    count = 4 * shape[-1]
    assert kernel.shape == (2, 2, shape[-1], 2 * count)
    assert np.array_equal(kernel[..., count:], -kernel[..., :count])
    patches = np.lib.stride_tricks.sliding_window_view(images, (2, 2), axis=(1, 2))
    predictions = np.einsum("nyxcij,ijck->nyxk", patches, kernel[..., :count]).reshape(-1, count)
    assert np.allclose(predictions.T @ predictions / len(predictions), np.eye(count), atol=0.02)


def test_uniform_images_can_be_whitened():
    assert np.isfinite(deep_cnn.whitening(np.zeros((3, 8, 8, 1), np.float32))).all()


def test_convolutions_of_the_fast_network_are_initialised_as_identity(build, keras):
    model = build("deep_cnn", {}, (16, 16, 3))
    values = np.random.default_rng(0).normal(size=(2, 8, 8, 32)).astype(np.float32)
    assert np.allclose(model.get_layer("block1_conv2")(values), values, atol=1e-6)
    widened = model.get_layer("block2_conv1")(values)
    assert np.allclose(widened[..., :32], values, atol=1e-6)
    assert np.std(widened[..., 32:]) > 0.1
    assert "whiten" not in {weight.path.split("/")[-2] for weight in model.trainable_variables}


# ---- test-time augmentation


def test_test_time_augmentation_averages_both_mirror_images(build, keras, tmp_path):
    from imgcls.inference.predictor import Predictor
    from imgcls.training import model_builder
    from imgcls.training.export import litert_file

    model = build("deep_cnn", {"width": 8}, (12, 12, 3))
    assert model_builder.with_test_time_augmentation(Config(), model) is model
    both = model_builder.with_test_time_augmentation(Config(test_time_augmentation=True), model)
    images = np.random.default_rng(1).integers(0, 256, (5, 12, 12, 3), dtype=np.uint8)
    expected = (model(images).numpy() + model(images[:, :, ::-1]).numpy()) / 2
    assert np.allclose(both(images), expected, atol=1e-6)
    assert not np.allclose(both(images), model(images), atol=1e-4)
    assert both.count_params() == model.count_params()
    assert litert_file.write(both, tmp_path / "model.tflite", images, expected) < 1e-5
    assert np.allclose(Predictor(tmp_path / "model.tflite").probabilities(images), expected, atol=1e-5)
    both.save(tmp_path / "model.keras")
    assert np.allclose(keras.models.load_model(tmp_path / "model.keras")(images), expected, atol=1e-6)
