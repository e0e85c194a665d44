"""The exported activation graph compared with Keras: layers, features, and Grad-CAM with a gradient tape."""

import json

import filelock
import numpy as np
import pytest

from imgcls.config import Config
from imgcls.errors import RunError
from imgcls.inference.activations import FILES, ActivationModel
from imgcls.inference.explain import neighbours, task
from imgcls.inference.explain.grad_cam import enlarged, grad_cam_maps
from imgcls.runs import Run
from imgcls.system.tasks import task as tasks

FAMILIES = {
    "ann": {"units": 16, "hidden_layers": 1},
    "cnn": {"filters": 4, "blocks": 2, "units": 8, "activation": "gelu"},
    "deep_cnn": {"width": 8, "widening": 1, "blocks": 3},
    "resnet": {"filters": 8, "stages": 2, "blocks": 1},
}
SHAPE = (16, 16, 3)


def images(count: int = 5, shape=SHAPE) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, *shape), np.uint8)


@pytest.fixture(scope="module")
def exported(keras, tmp_path_factory):
    """`exported(family, mirrored)`: the model, its inner network, and the loaded activation model; built once."""
    from imgcls import models
    from imgcls.training import model_builder
    from imgcls.training.export import activations

    cache = {}

    def export(family: str, mirrored: bool = False):
        if (family, mirrored) not in cache:
            keras.utils.set_random_seed(3)
            settings = {param.name: param.default for param in models.params(family)} | FAMILIES[family]
            config = Config(model=family, model_settings=settings, test_time_augmentation=mirrored)
            one = model_builder.build(config, SHAPE, 4, images(64))
            model = model_builder.with_test_time_augmentation(config, one)
            path = tmp_path_factory.mktemp("inside") / "inside.tflite"
            about = activations.export(model, path, images())
            path.with_name("inside.json").write_text(json.dumps(about))
            cache[family, mirrored] = model, one, ActivationModel(path)
        return cache[family, mirrored]

    return export


CASES = [("ann", False), ("cnn", False), ("deep_cnn", True), ("resnet", False)]


@pytest.mark.parametrize("family, mirrored", CASES)
def test_probabilities_features_and_layers_match_keras(keras, exported, family, mirrored):
    from imgcls.training.export.activations import features_of

    model, one, inside = exported(family, mirrored)
    seen = inside.activations(images())

    assert seen.probabilities == pytest.approx(model.predict_on_batch(images()), abs=5e-3)
    features = features_of(model).predict_on_batch(images())
    assert seen.features == pytest.approx(features, abs=0.02 * float(np.abs(features).max()))
    names = [layer.name for layer in one.layers if "dropout" not in layer.name and layer.name != "images"]
    assert list(seen.layers) == names
    expected = keras.Model(one.inputs, [one.get_layer(name).output for name in names]).predict_on_batch(images())
    for name, values in zip(names, expected, strict=True):
        assert seen.layers[name] == pytest.approx(values, abs=0.02 * float(np.abs(values).max()) + 1e-3), name


@pytest.mark.parametrize("family, mirrored", [case for case in CASES if case[0] != "ann"])
def test_grad_cam_matches_a_gradient_tape(keras, exported, family, mirrored):
    import tensorflow as tf

    from imgcls.training.model_builder import logits_of

    _, one, inside = exported(family, mirrored)
    image, target = images()[0], 2
    layer = one.get_layer(inside.cam_layer)
    first = keras.Model(one.inputs[0], layer.output)
    rest = keras.Model(layer.output, logits_of(one).outputs[0])

    def by_tape(shown: np.ndarray) -> np.ndarray:
        maps = tf.constant(first(shown[None]))
        with tf.GradientTape() as tape:
            tape.watch(maps)
            logits = rest(maps)[0]
            others = tf.concat([logits[:target], logits[target + 1 :]], 0)
            log_odds = logits[target] - tf.reduce_logsumexp(others)
        return (maps * tape.gradient(log_odds, maps)).numpy()[0].sum(-1)

    expected = by_tape(image)
    if mirrored:
        expected = (expected + by_tape(image[:, ::-1])[:, ::-1]) / 2
    expected = enlarged(expected, SHAPE[:2])
    found = grad_cam_maps(inside, image, shifted=False)[target]
    assert found.shape == SHAPE[:2]
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.98
    assert np.abs(found - expected).max() < 0.1 * np.abs(expected).max()


def test_a_network_without_feature_maps_has_no_grad_cam(exported):
    _, _, inside = exported("ann")
    assert inside.cam_layer is None
    with pytest.raises(RunError, match="this network has none"):
        grad_cam_maps(inside, images()[0])


def test_coarse_heat_maps_are_refined_by_shifting_the_image(exported):
    _, _, inside = exported("deep_cnn", True)
    assert inside.map_shape == (2, 2)

    def steps(heat: np.ndarray) -> int:  # linear interpolation has a constant step
        return len(np.unique(np.diff(heat[8]).round(7)))

    plain, fine = (grad_cam_maps(inside, images()[0], shifted=shifted)[2] for shifted in (False, True))
    assert plain.shape == fine.shape == SHAPE[:2]
    assert steps(plain) <= 3 < steps(fine)


def test_images_of_another_size_are_refused(exported):
    _, _, inside = exported("ann")
    with pytest.raises(RunError, match="16×16×3"):
        inside.activations(images(1, (8, 8, 1)))


def test_an_activation_model_that_predicts_differently_is_discarded(keras, exported, tmp_path, monkeypatch):
    from imgcls.training.export import activations

    monkeypatch.setattr(activations, "MAX_DIFFERENCE", -1)
    with pytest.raises(RuntimeError, match="differ from Keras"):
        activations.export(exported("ann")[0], tmp_path / "inside.tflite", images())


# ---- the files of a run


def test_the_trainer_stores_the_explanation_data(finished_run):
    assert all((finished_run.folder / name).exists() for name in FILES)
    inside = ActivationModel(finished_run.folder / "inside.tflite")
    with np.load(finished_run.folder / "gallery.npz") as gallery:
        indices, shown = gallery["indices"], gallery["pictures"]
    seen = inside.activations(shown[:3])
    with np.load(finished_run.folder / "predictions.npz") as file:
        assert seen.probabilities == pytest.approx(file["probabilities"][indices[:3]], abs=5e-3)
    kept, known = neighbours.held_out_features(finished_run), neighbours.training_features(finished_run)
    assert kept.features[indices[:3]] == pytest.approx(seen.features, abs=0.02 * float(np.abs(seen.features).max()))
    assert len(kept.features) == 360 and kept.even.all()
    assert kept.filters.shape == (3, 3, 1, 8)
    assert known.images.shape == (len(known.labels), 8, 8, 1)
    counts = np.bincount(known.labels)
    assert len(counts) == 10 and counts.max() - counts.min() <= 25
    assert not (finished_run.folder / "inside.progress.json").exists()


def test_the_stored_training_images_are_those_used_for_training(finished_run, digits):
    from imgcls import datasets

    known, dataset, config = (
        neighbours.training_features(finished_run),
        datasets.open_dataset(digits),
        finished_run.config,
    )
    assert (dataset.x_train[known.rows] == known.images).all()
    assert (dataset.y_train[known.rows] == known.labels).all()
    learnt, held_back = datasets.split(
        dataset.y_train, config.train_images, config.validation_fraction, config.seed, 10
    )
    assert set(known.rows) <= set(learnt) and not set(known.rows) & set(held_back)


def test_an_older_run_gets_the_same_data_from_a_background_process(keras, finished_run):
    from imgcls.training.export import explain_data

    before = {name: (finished_run.folder / name).read_bytes() for name in ("inside.json", "neighbours.npz")}
    with np.load(finished_run.folder / "inside.npz") as file:
        features = file["features"]
    task.remove_files(finished_run)
    assert explain_data.main([str(finished_run.folder)]) == 0
    assert (
        json.loads((finished_run.folder / "inside.json").read_bytes()).keys()
        == json.loads(before["inside.json"]).keys()
    )
    with np.load(finished_run.folder / "inside.npz") as file:
        assert file["features"] == pytest.approx(features, abs=1e-2)


def test_without_its_dataset_a_run_gets_everything_but_training_images(keras, finished_run):
    from imgcls.training.export import explain_data

    path = finished_run.folder / "config.json"
    path.write_text(path.read_text().replace('"digits"', '"cifar10"'))  # which is not available here
    assert explain_data.main([str(finished_run.folder)]) == 0
    assert not (finished_run.folder / "neighbours.npz").exists()
    with np.load(finished_run.folder / "gallery.npz") as gallery:
        assert neighbours.held_out_features(finished_run).indices.tolist() == gallery["indices"].tolist()


def test_a_model_that_is_too_large_is_skipped_with_a_message(keras, finished_run, monkeypatch):
    from imgcls.training.export import activations, explain_data

    monkeypatch.setattr(activations, "MAX_PARAMETERS", 100)
    assert explain_data.main([str(finished_run.folder)]) == 0
    assert not (finished_run.folder / "inside.tflite").exists()
    with pytest.raises(RunError, match="only stored for models with up to 100 parameters"):
        ActivationModel(finished_run.folder / "inside.tflite")
    assert len(neighbours.training_features(finished_run).labels)


def test_the_page_shows_a_failure_as_one_message(keras, finished_run):
    from imgcls.training.export import explain_data

    (finished_run.folder / "gallery.npz").write_bytes(b"truncated")
    assert explain_data.main([str(finished_run.folder)]) == 1
    looked = task.state(Run(finished_run.folder))
    assert looked.state == "failed" and "test images of this run cannot be read" in looked.text


def test_a_run_is_left_alone_while_its_trainer_writes_the_explanation_data(keras, finished_run, monkeypatch):
    from imgcls.training.export import explain_data

    monkeypatch.setattr(tasks, "GRACE_SECONDS", 0.1)
    before = (finished_run.folder / "inside.tflite").stat().st_mtime_ns
    (finished_run.folder / "inside.json").unlink()  # which is written last
    with filelock.FileLock(task.task_of(finished_run).lock):
        assert task.state(finished_run).state == "running"
        task.start(finished_run)
        assert explain_data.main([str(finished_run.folder)]) == 1
        assert task.state(finished_run).state == "running"
    assert task.state(finished_run).state == "idle"
    assert (finished_run.folder / "inside.tflite").stat().st_mtime_ns == before


@pytest.mark.parametrize("content", ["{}", "[1]", '{"version": 99}', "\x00"])
def test_a_damaged_description_gives_one_clear_error(finished_run, content):
    (finished_run.folder / "inside.json").write_text(content)
    with pytest.raises(RunError, match="again"):
        ActivationModel(finished_run.folder / "inside.tflite")


def test_a_truncated_graph_gives_one_clear_error(finished_run):
    path = finished_run.folder / "inside.tflite"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(RunError, match="damaged"):
        ActivationModel(path)
