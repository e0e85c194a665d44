"""What a .keras file may contain, checked before Keras is imported."""

import pytest

from imgcls.errors import RunError
from imgcls.training.imported_keras import archive, layers
from tests.support.foreign_models import keras_archive, layer, sequential


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        (layer("system", "os", command="true"), "a layer of the class “system”"),
        (layer("Dense", "evil.layers", units=3), "a layer of the class “Dense”"),
        (layer("TorchModuleWrapper"), "a layer of the class “TorchModuleWrapper”"),
        (layer("Dense", units=3, activation={"module": "builtins", "class_name": "exec"}), "setting “activation”"),
        (layer("Dense", units=3, activation="os.system"), "setting “activation”"),
        (layer("Dense", units=1e12), "setting “units”"),
        (layer("ZeroPadding2D", padding=1_000_000), "setting “padding”"),
        (layer("Dense", units=3, hook="x"), "the setting “hook”"),
        (layer("InputLayer", batch_shape=[None, 100_000, 100_000, 3]), "The model's input is not an image"),
    ],
)
def test_only_known_layers_with_known_settings_are_built(described, expected):
    with pytest.raises(RunError) as caught:
        layers.check_all(sequential(layer("Flatten"), described))
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("model.pkl", "contains the file “model.pkl”, which no .keras file has"),
        ("../../../evil.txt", "which leads out of it"),
        ("/etc/evil.txt", "which leads out of it"),
    ],
)
def test_pickles_and_path_traversal_are_refused(tmp_path, name, expected):
    path = keras_archive(tmp_path / "model.keras", sequential(layer("Flatten")), extra={name: b"evil"})
    with pytest.raises(RunError) as caught:
        archive.read(path.read_bytes())
    assert expected in str(caught.value)


def test_the_declared_size_of_an_archive_is_not_trusted(tmp_path):
    path = keras_archive(tmp_path / "model.keras", b"{}" + b" " * 10_000)
    content = bytearray(path.read_bytes())
    declared = (10_002).to_bytes(4, "little")
    assert content.count(declared) == 2
    with pytest.raises(RunError, match=r"damaged or incomplete|unpacks to more"):
        archive.read(bytes(content.replace(declared, (2).to_bytes(4, "little"))))


def test_settings_that_only_matter_in_training_are_ignored():
    dropout = layer("Dropout", rate=0.5, seed=1)
    dense = layer("Dense", units=3, kernel_initializer={"class_name": "anything"}, activation="softmax")
    assert layers.check_all(sequential(layer("Flatten"), dropout, dense)) == 5


def test_too_many_layers_are_refused():
    with pytest.raises(RunError, match="more than 1,000 layers"):
        layers.check_all(sequential(*[layer("Flatten")] * 1000))
