"""Does the coach find what is wrong with a training run, and does it leave healthy ones alone?

    python -m benchmarks.coach [SEED]

Forty real training runs with a planted problem and twenty healthy ones: a dense network in NumPy on scikit-learn's
1,797 digits, so that sixty take seconds. A problem counts as found if the rule of its name is among the findings; any
finding about a healthy run is a false alarm. Rules and plants were adjusted with SEEDs 0 and 100; the default is
another one.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from benchmarks.support import tiny_network
from benchmarks.support.report_line import line, run
from imgcls.config import Config
from imgcls.datasets.analysis import duplicates
from imgcls.evaluation import coach
from imgcls.evaluation.coach.evidence import Evidence

SEED, TARGET, MOST_ALARMS = 200, 36, 2
ADVICE = {"rotation": 10, "shift": 1, "zoom": 0.1}
"""What the app recommends for handwriting of this size."""


@dataclass
class Case:
    """The settings of a training run, its images, and the position of what is planted in them."""

    config: Config
    images: np.ndarray
    labels: np.ndarray
    training: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    scale: float = 1.0
    available: int = 0
    random: np.random.Generator = field(default_factory=np.random.default_rng)

    def set(self, **values) -> None:
        """Changes settings; those of the family by their names, too."""
        own = {name: values.pop(name) for name in list(values) if name in self.config.model_settings}
        self.config = self.config.changed(**values, model_settings={**self.config.model_settings, **own})


def healthy(seed: int) -> Case:
    """A training run as it should be, with a few settings that vary."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    random = np.random.default_rng(seed)
    order = random.permutation(len(digits.target))
    settings = {"units": int(random.choice([64, 96, 128])), "hidden_layers": 1 + seed % 2, "dropout": 0.2}
    rate = float(random.choice([1e-3, 2e-3]))
    config = Config(data="digits", model="ann", model_settings=settings, epochs=25, learning_rate=rate, seed=seed)
    config = config.changed(batch_size=32, early_stopping=False)
    parts = order[:1200], order[1200:1500], order[1500:]
    return Case(config, digits.data / 16, digits.target.copy(), *parts, available=1200, random=random)


def overfitting(case: Case) -> None:
    case.training = case.training[:100]
    case.available = 100
    case.set(dropout=0.0, units=128, epochs=60, rotation=10, shift=1, zoom=0.1)


def more_data(case: Case) -> None:
    case.training = case.training[:200]
    case.set(train_images=200, dropout=0.0, epochs=50)


def augmentation(case: Case) -> None:
    """Validation images lie a pixel lower, and the network has never seen such images."""
    grid = case.images[case.validation].reshape(-1, 8, 8)
    case.images = case.images.copy()
    some = np.arange(len(case.validation)) % 3 == 0
    case.images[case.validation[some]] = np.roll(grid[some], 1, 1).reshape(-1, 64)
    case.set(epochs=40)


def underfitting(case: Case) -> None:
    case.set(units=8, hidden_layers=1, dropout=0.6, epochs=40, learning_rate=3e-3)


def learning_rate_high(case: Case) -> None:
    case.set(learning_rate=float(case.random.choice([0.3, 0.6, 1.0])))


def learning_rate_low(case: Case) -> None:
    case.set(learning_rate=float(case.random.choice([1e-5, 2e-5, 4e-5])), epochs=20)


def stalled(case: Case) -> None:
    rate = float(case.random.choice([1e-4, 1e-3]))
    case.set(activation="sigmoid", hidden_layers=5, optimizer="sgd", learning_rate=rate)


def dead_units(case: Case) -> None:
    case.set(learning_rate=float(case.random.choice([0.05, 0.1])), hidden_layers=2, units=128, epochs=15)


def exploding_gradients(case: Case) -> None:
    case.scale = float(case.random.choice([8, 12]))
    case.set(hidden_layers=3, units=128, optimizer="sgd", learning_rate=0.01)


def resolution(case: Case) -> None:
    case.validation = case.validation[:50]


def imbalance(case: Case) -> None:
    rare = case.random.choice(10, 3, replace=False)
    kept = ~np.isin(case.labels[case.training], rare) | (case.random.random(len(case.training)) < 0.06)
    case.training = case.training[kept]


def leakage(case: Case) -> None:
    case.training = np.r_[case.training, case.test[: int(case.random.integers(3, 30))]]


def label_noise(case: Case) -> None:
    wrong = case.random.random(len(case.labels)) < case.random.uniform(0.12, 0.2)
    case.labels[wrong] = (case.labels[wrong] + case.random.integers(1, 10, wrong.sum())) % 10


def worst_class(case: Case) -> None:
    """Half of the images of one class show other digits."""
    worst = case.random.integers(10)
    bad = np.flatnonzero((case.labels == worst) & (case.random.random(len(case.labels)) < 0.5))
    case.images = case.images.copy()
    case.images[bad] = case.images[case.random.choice(np.flatnonzero(case.labels != worst), len(bad))]


PLANTED: dict[Callable[[Case], None], int] = {
    overfitting: 4,
    more_data: 3,
    augmentation: 2,
    underfitting: 4,
    learning_rate_high: 3,
    learning_rate_low: 3,
    stalled: 3,
    dead_units: 3,
    exploding_gradients: 3,
    resolution: 2,
    imbalance: 3,
    leakage: 2,
    label_noise: 3,
    worst_class: 2,
}
"""What is planted, in how many of the forty runs."""
HEALTHY = 20


def evidence(case: Case) -> Evidence:
    """Trains, and collects what the coach would read from the run's folder."""
    parts = [(case.images[rows], case.labels[rows]) for rows in (case.training, case.validation)]
    history = tiny_network.train(case.config, *parts, scale=case.scale)
    digests = [duplicates.digests(case.images[rows]) for rows in (case.training, case.test)]
    return Evidence(
        config=case.config,
        classes=tuple(map(str, range(10))),
        accuracy=np.array(history.accuracy),
        loss=np.array(history.loss),
        val_accuracy=np.array(history.val_accuracy),
        val_loss=np.array(history.val_loss),
        norms=np.array(history.norms),
        diverged=history.diverged,
        labels=case.labels[case.validation],
        probabilities=history.probabilities,
        counts=np.bincount(case.labels[case.training], minlength=10),
        available=max(case.available, len(case.training)),
        validation_images=len(case.validation),
        leaks=np.flatnonzero(np.isin(*digests)),
        dead=history.dead,
        advice=ADVICE,
    )


def main() -> None:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # small matrices: threads would only wait for each other
        _measure()


def _measure() -> None:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else SEED
    found, missed, alarms = 0, [], []
    for plant, times in PLANTED.items():
        for number in range(times):
            case = healthy(seed + 7 * number + 1)
            plant(case)
            rules = [one.rule for one in coach.findings(evidence(case))]
            found += plant.__name__ in rules
            missed += [] if plant.__name__ in rules else [f"{plant.__name__}: {rules}"]
            print(plant.__name__, rules, file=sys.stderr)
    for number in range(HEALTHY):
        rules = [one.rule for one in coach.findings(evidence(healthy(seed + number)))]
        alarms += [rules] if rules else []
    planted = sum(PLANTED.values())
    print(
        line(
            "coach",
            found,
            f"of {planted} planted problems",
            TARGET,
            "higher",
            missed=missed,
            false_alarms=len(alarms),
            most_false_alarms=MOST_ALARMS,
            alarms=alarms,
            healthy=HEALTHY,
            seed=seed,
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
