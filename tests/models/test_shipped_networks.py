"""The shipped networks: their LiteRT features match Keras, and a damaged file gives one clear error."""

import shutil

import numpy as np
import pytest

from imgcls.errors import WeightsError
from imgcls.models import shipped
from imgcls.models.backbones import NETWORKS
from imgcls.models.shipped import features, networks


def images(count: int, *shape: int) -> np.ndarray:
    """Smooth random images: pure noise would barely test resizing."""
    small = np.random.default_rng(0).integers(0, 256, (count, 4, 4, shape[-1]))
    rows, columns = (np.arange(side) * 4 // side for side in shape[:2])
    return small[:, rows][:, :, columns].astype(np.uint8)


# ---- features


@pytest.mark.parametrize("title", shipped.PLANS)
@pytest.mark.parametrize(("size", "shape"), [(64, (32, 32, 3)), (96, (28, 28, 1)), (64, (100, 80, 3))])
def test_litert_features_match_keras(title, size, shape, keras):
    from imgcls.training.model_builder import backbone

    pixels = images(3, *shape)
    network = backbone.pretrained(NETWORKS[title], size, shape, shipped.weights_path(title))
    expected = network.predict_on_batch(pixels)
    found = shipped.FeatureExtractor(title, size).features(pixels)
    assert found.shape == (3, NETWORKS[title].features) and found.dtype == np.float32
    assert np.abs(found - expected).max() < 1e-3 * max(1, np.abs(expected).max())
    assert found.std(axis=0).max() > 0.05  # they distinguish images


def test_the_mobilenet_layout_matches_keras(keras):
    from imgcls.training.model_builder import shipped_network

    theirs = keras.applications.MobileNet(
        input_shape=(64, 64, 3), alpha=0.25, include_top=False, weights=None, pooling="avg"
    )
    shipped_network.load_weights("MobileNet 0.25", theirs)
    pixels = images(2, 64, 64, 3)
    expected = theirs.predict_on_batch(pixels / np.float32(127.5) - 1)
    assert np.allclose(shipped.FeatureExtractor("MobileNet 0.25", 64).features(pixels), expected, atol=1e-3)


@pytest.mark.parametrize("shape", [(32, 32, 3), (28, 28, 1), (150, 40, 3), (64, 64, 3), (11, 18, 2)])
def test_images_are_resized_like_in_keras(shape, keras):
    pixels = images(2, *shape)
    colour = pixels.mean(-1, keepdims=True) if shape[-1] == 2 else pixels
    expected = keras.layers.Resizing(64, 64)(colour.astype(np.float32)).numpy()
    assert np.allclose(features.resized(pixels, 64), np.broadcast_to(expected, (2, 64, 64, 3)), atol=1e-3)


def test_features_do_not_depend_on_the_chunk_size():
    pixels = images(1, 32, 32, 3).repeat(2 * features.BATCH + 3, axis=0)
    pixels[::3] = 255 - pixels[::3]
    extractor, done = shipped.FeatureExtractor("MobileNet 0.25", 32), []
    found = extractor.features(pixels, done.append)
    assert done == [features.BATCH, 2 * features.BATCH, len(pixels)]
    inverted = np.arange(len(pixels)) % 3 == 0
    assert np.allclose(found[inverted], found[0], atol=1e-4) and np.allclose(found[~inverted], found[1], atol=1e-4)
    assert not np.allclose(found[0], found[1], atol=1e-2)
    assert np.allclose(extractor.features(pixels[:1]), found[:1], atol=1e-4)
    assert extractor.features(pixels[:0]).shape == (0, 256)


# ---- invalid files


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes()[:-2000]),
        lambda path: path.write_bytes(b"<html>"),
        lambda path: shutil.copyfile(shipped.weights_path("MobileNet 0.25"), path),
    ],
)
def test_a_damaged_file_gives_one_clear_error(damage, tmp_path, monkeypatch):
    path = tmp_path / "efficientnet_lite0.npz"
    shutil.copyfile(shipped.weights_path("EfficientNet-Lite0"), path)
    damage(path)
    monkeypatch.setattr(networks, "weights_path", lambda title: path)
    with pytest.raises(WeightsError) as error:
        shipped.FeatureExtractor("EfficientNet-Lite0", 64)
    assert str(error.value) == (
        "The file efficientnet_lite0.npz with the weights of EfficientNet-Lite0 is missing or damaged. It is part of "
        "imgcls: install imgcls again, or restore the file."
    )


def test_the_weights_include_their_licence():
    folder = shipped.weights_path("EfficientNet-Lite0").parent
    assert "Apache License" in (folder / "LICENSE").read_text("utf-8")
    notes = (folder / "README.md").read_text("utf-8")
    assert all(plan.file in notes for plan in shipped.PLANS.values())
