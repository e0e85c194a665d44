"""Runs that differ only in their seed share a process and are what they would be in processes of their own."""

import numpy as np
import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.inference.predictor import Predictor
from tests.support.processes.engine import assert_same_training, check_files, has_ended
from tests.support.training.toys import same_weights

pytestmark = pytest.mark.timeout(240)

SETTINGS = {"backbone": "MobileNet 0.25", "input_size": 32}
CONFIG = Config(
    data="digits", model="transfer", model_settings=SETTINGS, train_images=300, epochs=3, rotation=0, shift=0
)
TOGETHER = """
from imgcls import runs
from imgcls.training import __main__ as process
from imgcls.training.trainer import Trainer
from imgcls.training.transfer.early_start import EarlyStart
from imgcls.training.transfer.several_seeds import SeveralSeeds

used = []
solution = EarlyStart.solution
def counted(self, *data):
    used.append(solution(self, *data))
    return used[-1]
EarlyStart.solution = counted

def main(_):
    together = [runs.find(name) for name in {names!r}]
    shared = SeveralSeeds([run.config for run in together])
    for run in together:
        Trainer(run, explains=False, shared=shared).train()
    assert [one is not None for one in used] == {ahead!r}, used
    return 0
process.main = main
"""


@pytest.fixture
def trained(forks, wait_until):
    """`trained(config)` trains a run in a process of its own."""

    def train(config: Config, run: runs.Run | None = None) -> runs.Run:
        run = run or runs.create(config)
        process = forks.trainer(run)
        wait_until(lambda: has_ended(process), seconds=200)
        assert run.state == "finished", (run.result, (run.folder / "log.txt").read_text()[-3000:])
        return run

    return train


@pytest.fixture
def train_together(forks, wait_until):
    """`train_together(configs)` trains one run after the other in one process."""

    def train(configs: list[Config], ahead: list[bool]) -> list[runs.Run]:
        together = [runs.create(config) for config in configs]
        for run in together[1:]:
            jobs.claim(run)
        names = [run.id for run in together]
        process = forks.trainer(together[0], TOGETHER.format(names=names, ahead=ahead))
        wait_until(lambda: has_ended(process), seconds=200)
        log = (together[0].folder / "log.txt").read_text()
        assert "Traceback" not in log, log[-3000:]
        assert [run.state for run in together] == ["finished"] * len(together)
        return together

    return train


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ema_decay": 0.9, "class_weights": True, "early_stopping": True, "patience": 1, "optimizer": "sgd"},
        {"rotation": 10, "model_settings": {**SETTINGS, "augmented_copies": 2, "head_units": 64}},
    ],
    ids=["plain", "average", "augmented"],
)
def test_each_seed_is_what_it_would_be_alone(changes, train_together, trained, keras):
    configs = [CONFIG.changed(**changes, seed=seed) for seed in range(3)]
    alone = [trained(config) for config in configs]
    # The features of the first are cached, so its head is solved ahead like those of the others.
    is_linear = "rotation" not in changes
    together = train_together(configs, [True] * 3 if is_linear else [])
    assert len({run.result["val_loss"] for run in together}) == 3
    for ours, theirs in zip(together, alone, strict=True):
        assert_same_training(ours, theirs)
        check_files(ours)
        with np.load(ours.folder / "predictions.npz") as mine, np.load(theirs.folder / "predictions.npz") as its:
            np.testing.assert_allclose(mine["probabilities"], its["probabilities"], atol=1e-5)
        models = [keras.models.load_model(run.folder / "model.keras", compile=False) for run in (ours, theirs)]
        assert same_weights(models[0].get_weights(), models[1].get_weights(), within=1e-6)
        images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 1), dtype=np.uint8)
        exported = Predictor(ours.folder / "model.tflite").probabilities(images)
        np.testing.assert_allclose(exported, np.asarray(models[0](images)), atol=1e-4)


def test_one_of_them_can_be_continued_alone(train_together, trained, monkeypatch):
    monkeypatch.setattr(jobs, "_call", lambda: None)
    whole = trained(CONFIG.changed(seed=5))
    together = train_together([CONFIG.changed(seed=seed, epochs=2) for seed in (4, 5)], [False, True])
    longer = jobs.extend(together[1], 1)
    trained(longer.config, run=longer)
    assert_same_training(longer, whole)
