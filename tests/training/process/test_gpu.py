"""What trainers do differently on a GPU, with a pretended one: no machine with a GPU was at hand."""

import json
from types import SimpleNamespace

import pytest

from imgcls import runs
from imgcls.config import Config
from imgcls.runs.trials import TrialRecord
from imgcls.training.process import failures

pytestmark = pytest.mark.usefixtures("keras")
DEEP = Config(model="deep_cnn")


class ResourceExhaustedError(Exception):
    """As TensorFlow's, which is known by its name."""


@pytest.fixture
def gpu(keras, monkeypatch):
    """`gpu((8, 0), …)`: TensorFlow sees GPUs of these compute capabilities."""
    import tensorflow as tf

    def see(*capabilities: tuple[int, int]) -> None:
        found = [SimpleNamespace(compute_capability=one) for one in capabilities]
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: found if kind == "GPU" else [])
        monkeypatch.setattr(tf.config.experimental, "get_device_details", vars)

    return see


@pytest.mark.parametrize("cpu", [True, False])
@pytest.mark.parametrize(
    ("capabilities", "precision"),
    [([(9, 0)], "bfloat16"), ([(8, 0)], "bfloat16"), ([(7, 5)], "float32"), ([(9, 0), (7, 0)], "float32")],
)
def test_the_precision_follows_the_gpu_and_not_the_cpu_beside_it(gpu, monkeypatch, cpu, capabilities, precision):
    from imgcls.training import model_builder

    monkeypatch.setattr(model_builder.hardware, "has_bfloat16", lambda: cpu)
    gpu(*capabilities)
    assert model_builder.precision_of(DEEP) == precision
    assert model_builder.precision_of(DEEP.changed(precision="float32")) == "float32"
    gpu()
    assert model_builder.precision_of(DEEP) == ("bfloat16" if cpu else "float32")


@pytest.fixture
def trainer(digits, monkeypatch):
    """`trainer(16, …)`: a trainer whose GPU holds batches of that size. `sizes` are those that were tried."""
    from imgcls.training.trainer import Trainer

    class Made(Trainer):
        def __init__(self, largest: int, **record):
            config = Config(data=digits, model="ann", epochs=1, batch_size=64)
            super().__init__(runs.create(config, **record), in_turn=False)
            self.largest, self.sizes = largest, []

        def _train_with(self, metrics, control, config):
            self.sizes.append(config.batch_size)
            if config.batch_size > self.largest:
                raise ResourceExhaustedError("OOM when allocating tensor")
            return super()._train_with(metrics, control, config)

    return Made


def test_a_batch_that_does_not_fit_is_halved_until_it_does(gpu, trainer):
    made = trainer(16)
    gpu((8, 0))
    result = made.train()
    assert made.sizes == [64, 32, 16]
    assert result["outcome"] == "finished"
    assert result["message"] == (
        "A larger batch did not fit into the GPU's memory, so the run was trained with a batch size of 16."
    )
    assert json.loads((made.run.folder / "config.json").read_text())["batch_size"] == 16


@pytest.mark.parametrize("gpus", [[], [(8, 0)]], ids=["cpu", "gpu"])
def test_otherwise_the_run_fails_and_keeps_its_batch_size(gpu, trainer, gpus):
    """On a CPU there is no other memory; a trial with another batch size would be another trial."""
    record = {"trial": TrialRecord("search", 0, {"batch_size": 64})} if gpus else {}
    made = trainer(16, **record)
    gpu(*gpus)
    assert made.train()["message"] == failures.OUT_OF_MEMORY
    assert made.sizes == [64] and made.run.config.batch_size == 64


def test_below_the_smallest_batch_the_run_fails(gpu, trainer):
    made = trainer(1)
    gpu((8, 0))
    assert made.train()["message"] == failures.OUT_OF_MEMORY
    assert made.sizes == [64, 32, 16, 8]
