"""The model of a run for a browser: the same predictions, with a fixed batch."""

import numpy as np
import pytest

from imgcls.errors import RunError
from imgcls.export import phone_model
from imgcls.inference.predictor import Predictor
from imgcls.runs import Run
from imgcls.system import paths


@pytest.mark.parametrize("name", ["digits", "cifar10", "fashion"])
def test_a_model_with_a_fixed_batch_predicts_the_same(name, tmp_path):
    run = Run(paths.repository_folder() / "saved_models" / name)
    fixed = tmp_path / "model.tflite"
    fixed.write_bytes(phone_model.of(run))
    images = np.random.default_rng(0).integers(0, 256, (5, *run.card.shape), np.uint8)
    predictor = Predictor(fixed)
    assert predictor._is_fixed
    expected = Predictor(run.folder / "model.tflite").probabilities(images)
    np.testing.assert_allclose(predictor.probabilities(images), expected, atol=1e-6)


@pytest.mark.parametrize("content", [b"", b"not a model", bytes(64)])
def test_a_damaged_model_is_reported(content, finished_run):
    (finished_run.folder / "model.tflite").write_bytes(content)
    with pytest.raises(RunError, match="cannot be read"):
        phone_model.of(finished_run)
