"""Backbones: the table of facts against Keras, their weights, and runs as backbones."""

import contextlib
import json

import numpy as np
import pytest

from imgcls import models
from imgcls.errors import SettingError, WeightsError
from imgcls.models import backbones
from imgcls.models.backbones import NETWORKS, RUN
from imgcls.runs import backbone_facts

DOWNLOADED = [title for title, network in NETWORKS.items() if not network.is_shipped]
SMALL = NETWORKS["MobileNetV2"]


def settings(**values) -> dict:
    return {param.name: param.default for param in models.params("transfer")} | values


@pytest.fixture
def loaded(keras, write_weights, tmp_path):
    """`loaded(title, size, shape)`: a network with random weights stored under the expected file name."""
    from imgcls.training.model_builder import backbone

    def load(title: str, size: int = 64, shape=(32, 32, 3)):
        keras.utils.clear_session()
        path = tmp_path / NETWORKS[title].file
        if not NETWORKS[title].is_shipped:
            write_weights(title, path)
        return backbone.pretrained(NETWORKS[title], size, shape, path)

    return load


# ---- the table of facts


@pytest.mark.parametrize("title", NETWORKS)
def test_the_backbone_table_matches_keras(title, loaded):
    network = loaded(title)
    assert network.count_params() == NETWORKS[title].parameters
    assert network.output_shape == (None, NETWORKS[title].features)
    assert network.input.dtype == "uint8"


@pytest.mark.parametrize("title", DOWNLOADED)
def test_file_urls_and_checksums_match_keras(title, keras, monkeypatch):
    asked = {}

    def get_file(name, origin, file_hash="", **ignored):
        asked.update(name=name, origin=origin, md5=file_hash)
        raise KeyboardInterrupt  # nothing should be downloaded

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", get_file)
    maker = getattr(keras.applications, {"EfficientNetV2-B0": "EfficientNetV2B0"}.get(title, title))
    with contextlib.suppress(KeyboardInterrupt):
        maker(include_top=False, weights="imagenet", input_shape=(224, 224, 3))
    network = NETWORKS[title]
    assert asked == {"name": network.file, "origin": network.url, "md5": network.md5}


# ---- inputs


@pytest.mark.parametrize("title", ["MobileNet 0.25", "MobileNetV2", "ResNet50", "VGG16"])
def test_pixels_are_preprocessed_like_in_keras(title, loaded, keras):
    network = loaded(title, 32)
    modules = {"MobileNet 0.25": "mobilenet", "MobileNetV2": "mobilenet_v2", "ResNet50": "resnet50", "VGG16": "vgg16"}
    prepare = getattr(keras.applications, modules[title]).preprocess_input
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    seen = keras.Model(network.input, network.get_layer("preprocess").output)(images)
    assert np.allclose(seen, prepare(images.astype(np.float32)), atol=1e-4)


@pytest.mark.parametrize("shape", [(28, 28, 1), (11, 18, 2), (64, 64, 3)])
def test_a_backbone_accepts_images_of_any_shape(shape, loaded):
    network = loaded("MobileNet 0.25", 64, shape)
    images = np.random.default_rng(0).integers(0, 256, (3, *shape), dtype=np.uint8)
    features = network(images).numpy()
    assert features.shape == (3, 256)
    assert np.isfinite(features).all()


def test_a_grey_image_is_equivalent_to_its_rgb_copy(loaded):
    grey = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 1), dtype=np.uint8)
    alone, coloured = loaded("MobileNet 0.25", 64, (32, 32, 1))(grey), loaded("MobileNet 0.25")(grey.repeat(3, -1))
    assert np.allclose(alone, coloured, atol=1e-4)


# ---- trainable layers


@pytest.mark.parametrize(
    ("title", "last"),
    [
        ("EfficientNet-Lite0", ["block7a", "top_conv"]),
        ("MobileNet 0.25", ["block 12", "block 13"]),
        ("MobileNetV2", ["block_16", "Conv_1"]),
        ("EfficientNetV2-B0", ["block6h", "top_conv"]),
        ("ResNet50", ["conv5_block2", "conv5_block3"]),
        ("VGG16", ["block4", "block5"]),
    ],
)
def test_the_last_blocks_are_trainable_and_batch_normalisation_is_frozen(title, last, loaded, keras):
    from imgcls.training.model_builder import backbone

    network = loaded(title)
    assert backbone.unfreeze(network, 2) == last
    learning = [layer for layer in network.layers if layer.trainable and layer.weights]
    assert {backbone.block_of(layer.name) for layer in learning} == set(last)
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in learning)


def test_layers_are_assigned_to_blocks():
    pytest.importorskip("keras")
    from imgcls.training.model_builder.backbone import block_of

    blocks = {"stage2_block1_conv1": "stage2_block1", "block3_conv2": "block3", "dense": "dense", "stem": "stem"}
    assert {name: block_of(name) for name in blocks} == blocks


# ---- invalid files


def test_weights_of_another_network_give_one_clear_error(keras, write_weights, tmp_path):
    from imgcls.training.model_builder import backbone

    path = write_weights("EfficientNetV2-B0", tmp_path / SMALL.file)
    with pytest.raises(WeightsError) as error:
        backbone.pretrained(SMALL, 64, (32, 32, 3), path)
    assert str(error.value) == (
        f"The file {SMALL.file} does not hold the weights of MobileNetV2, or is damaged. Delete it or "
        "download it again."
    )


def test_damaged_weights_give_one_clear_error(keras, write_weights, tmp_path):
    from imgcls.training.model_builder import backbone

    path = write_weights(SMALL.title, tmp_path / SMALL.file)
    content = bytearray(path.read_bytes())
    content[100:2000] = bytes(1900)
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"or is damaged\. Delete it or download it again\.$"):
        backbone.pretrained(SMALL, 64, (32, 32, 3), path)


# ---- a finished run


def test_a_run_is_a_backbone_without_its_last_dense_layer(finished_run, keras):
    from imgcls.training.model_builder import backbone

    chosen = settings(backbone=RUN, backbone_run=finished_run.id)
    base = backbone.build(chosen, (8, 8, 1))
    block = backbone_facts.block(chosen)
    assert (
        (base.output_shape[-1], base.count_params()) == (block.features, block.parameters) == (32, base.count_params())
    )
    whole = keras.models.load_model(finished_run.folder / "model.keras", compile=False)
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 1), dtype=np.uint8)
    before = keras.Model(whole.input, whole.get_layer("logits").input)
    assert np.allclose(base(images), before(images), atol=1e-6)


def test_images_are_converted_to_the_size_and_colours_of_a_backbone_run(finished_run, keras):
    from imgcls.training.model_builder import backbone

    base = backbone.build(settings(backbone=RUN, backbone_run=finished_run.id), (32, 32, 3))
    grey = np.full((1, 32, 32, 3), 90, np.uint8)
    small = backbone.build(settings(backbone=RUN, backbone_run=finished_run.id), (8, 8, 1))
    assert np.allclose(base(grey), small(np.full((1, 8, 8, 1), 90, np.uint8)), atol=1e-5)


def test_a_run_with_test_time_augmentation_provides_the_inner_network(finished_run, keras):
    from imgcls.config import Config
    from imgcls.training import model_builder
    from imgcls.training.model_builder import backbone

    whole = keras.models.load_model(finished_run.folder / "model.keras", compile=False)
    model_builder.with_test_time_augmentation(Config(test_time_augmentation=True), whole).save(
        finished_run.folder / "model.keras"
    )
    base = backbone.build(settings(backbone=RUN, backbone_run=finished_run.id), (8, 8, 1))
    assert base.output_shape == (None, 32)


@pytest.mark.parametrize(
    ("corruption", "sentence"),
    [
        (lambda run: run.delete(), r"^The backbone of this model cannot be used\. “.*” was deleted a moment ago"),
        (lambda run: (run.folder / "model.json").unlink(), r"^The backbone of .* This run has no trained model\."),
        (lambda run: (run.folder / "model.keras").unlink(), r"has no file model\.keras, so it cannot be a backbone\."),
    ],
)
def test_an_unsuitable_backbone_run_gives_one_error_on_the_page_and_in_the_trainer(corruption, sentence, finished_run):
    corruption(finished_run)
    chosen = settings(backbone=RUN, backbone_run=finished_run.id)
    with pytest.raises(SettingError, match=sentence):
        backbone_facts.layer_table("transfer", (8, 8, 1), 10, chosen)


def test_an_unreadable_backbone_run_gives_one_error(finished_run, keras):
    from imgcls.training.model_builder import backbone

    (finished_run.folder / "model.keras").write_bytes(b"no model")
    with pytest.raises(SettingError, match=r"^The model of the run “A small run” cannot be read"):
        backbone.build(settings(backbone=RUN, backbone_run=finished_run.id), (8, 8, 1))


@pytest.mark.parametrize("layers", [None, [], [{"kind": "Dense"}], [{"kind": "Conv2D", "shape": [4]}], "x"])
def test_a_layer_table_without_a_dense_layer_at_its_end_is_refused(layers):
    with pytest.raises(SettingError, match=r"^Its network does not end in a dense layer"):
        backbones.trunk(layers)


def test_no_chosen_run_gives_one_error():
    with pytest.raises(SettingError, match=r"^No run is selected as the backbone\."):
        backbone_facts.layer_table("transfer", (8, 8, 1), 10, {"backbone": RUN, "backbone_run": ""})


def test_code_in_a_foreign_model_is_not_executed(finished_run, keras, tmp_path):
    """A Lambda layer is code: a file that contains one is rejected, and the code does not run."""
    from imgcls.training.model_builder import backbone

    inputs = keras.Input((8, 8, 1), dtype="uint8")
    mark = tmp_path / "was-run"
    code = f"lambda x: (__import__('pathlib').Path({str(mark)!r}).touch(), x)[1]"
    x = keras.layers.Lambda(eval(code), output_shape=(8, 8, 1))(inputs)
    x = keras.layers.Dense(3, name="logits")(keras.layers.Flatten()(x))
    keras.Model(inputs, x).save(finished_run.folder / "model.keras")
    mark.unlink(missing_ok=True)
    with pytest.raises(SettingError, match="cannot be read"):
        backbone.build(settings(backbone=RUN, backbone_run=finished_run.id), (8, 8, 1))
    assert not mark.exists()


def test_the_layer_table_can_be_json(finished_run):
    rows = backbone_facts.layer_table("transfer", (8, 8, 1), 10, settings(backbone=RUN, backbone_run=finished_run.id))
    assert json.dumps([row.detail for row in rows])
    assert rows[1].detail == "A small run at 8×8, frozen"
