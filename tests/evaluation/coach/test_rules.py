"""Each rule of the coach: the numbers at which it speaks, and those at which it is silent."""

import numpy as np
import pytest

from imgcls.config import Config
from imgcls.evaluation import coach
from imgcls.evaluation.coach.evidence import Evidence

CLASSES = ("a", "b", "c", "d")
HEALTHY = {
    "accuracy": np.array([0.5, 0.7, 0.85, 0.92, 0.94, 0.95, 0.96, 0.965]),
    "val_accuracy": np.array([0.6, 0.75, 0.88, 0.93, 0.94, 0.95, 0.955, 0.96]),
    "loss": np.array([1.3, 0.9, 0.5, 0.35, 0.3, 0.28, 0.26, 0.25]),
    "val_loss": np.array([1.2, 0.8, 0.45, 0.33, 0.3, 0.29, 0.28, 0.275]),
    "norms": np.ones(80),
    "counts": np.full(4, 250),
    "available": 1000,
    "validation_images": 600,
}
ANN = Config(model="ann", model_settings={"dropout": 0.2, "units": 64})
FLAT = np.full(8, 0.26)


def about(config: Config = ANN, **changes) -> dict[str, coach.Finding]:
    """The findings about a healthy run with some numbers changed, by rule."""
    return {one.rule: one for one in coach.findings(Evidence(config, CLASSES, **(HEALTHY | changes)))}


def validated(right: np.ndarray, labels: np.ndarray) -> dict:
    """Validation predictions that are right or wrong at each position, with the certainty of an ordinary model."""
    said = np.where(right, labels, (labels + 1) % 4)
    return {"labels": labels, "probabilities": np.eye(4)[said] * 0.6 + 0.1}


def test_a_healthy_run_gets_no_finding():
    assert about() == {}


LABELS = np.arange(600) % 4
NO_FIT = {"accuracy": np.full(8, 0.6), "val_accuracy": np.full(8, 0.6), "loss": FLAT * 4, "val_loss": FLAT * 4}
CHANCE = {"accuracy": FLAT, "val_accuracy": FLAT, "loss": np.full(8, 1.386), "val_loss": np.full(8, 1.386)}
SLOW = np.linspace(1.4, 1.2, 8)
RARE = np.r_[np.arange(540) % 3, np.full(60, 3)]
BY_HEART = {"accuracy": np.full(8, 0.999), "val_accuracy": np.full(8, 0.85), "val_loss": np.linspace(0.3, 0.9, 8)}


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("overfitting", BY_HEART),
        ("underfitting", NO_FIT),
        ("learning_rate_high", {"loss": np.array([1.3, 0.8, 1.2, 0.7, 1.1, 0.6, 1.0, 0.5])}),
        ("learning_rate_high", {"diverged": True}),
        ("learning_rate_low", {"accuracy": SLOW / 4, "loss": SLOW, "val_loss": SLOW}),
        ("stalled", CHANCE),
        ("dead_units", {"dead": {"dense1": 0.1, "dense2": 0.7}}),
        ("exploding_gradients", {"norms": np.r_[np.ones(79), 5000.0]}),
        ("resolution", {"validation_images": 60}),
        ("imbalance", {"counts": np.array([500, 500, 500, 50]), **validated(RARE != 3, RARE)}),
        ("leakage", {"leaks": np.array([4, 9])}),
        ("worst_class", validated((LABELS != 2) | (np.arange(600) % 8 == 2), LABELS)),
        ("augmentation", BY_HEART | {"advice": {"shift": 2}}),
    ],
)
def test_a_rule_speaks_about_its_problem(rule, changes):
    finding = about(**changes)[rule]
    assert finding.title and finding.why and finding.action
    assert any(character.isdigit() for character in finding.evidence) or rule == "learning_rate_high"
    assert finding.changes or finding.excluded is not None


def test_accuracy_that_still_rises_is_no_underfitting():
    rising = np.array([0.62, 0.71, 0.76, 0.78, 0.804, 0.855, 0.878, 0.882])  # 3 epochs, continued by 5
    assert "underfitting" not in about(**NO_FIT | {"accuracy": rising, "val_accuracy": rising})
    assert "underfitting" not in about(**NO_FIT | {"accuracy": rising[2:], "val_accuracy": rising[2:]})
    flat = np.array([0.60, 0.70, 0.79, 0.80, 0.80, 0.81, 0.80, 0.812])
    assert "ended at 81.2%" in about(**NO_FIT | {"accuracy": flat, "val_accuracy": flat})["underfitting"].evidence


def test_more_data_is_suggested_only_if_there_is_more():
    few = ANN.changed(train_images=200)
    assert about(few, **BY_HEART)["more_data"].changes == {"train_images": 0}
    assert "more_data" not in about(few, **BY_HEART, available=210)


def test_wrong_labels_are_told_from_the_errors_of_the_model():
    random = np.random.default_rng(0)
    labels = random.integers(0, 4, 2000)
    sure = np.eye(4)[labels] * 0.96 + 0.01
    wrong = random.random(2000) < 0.15
    noisy = np.where(wrong, (labels + random.integers(1, 4, 2000)) % 4, labels)
    found = about(labels=noisy, probabilities=sure)["label_noise"]
    assert found.changes["label_smoothing"] == pytest.approx(0.1)
    assert "label_noise" not in about(labels=labels, probabilities=sure)


def test_what_was_already_done_is_not_suggested_again():
    weighted = ANN.changed(class_weights=True)
    changes = {"counts": np.array([500, 500, 500, 50]), **validated(RARE != 3, RARE)}
    assert "imbalance" not in about(weighted, **changes)
    assert "augmentation" not in about(ANN.changed(shift=2), **BY_HEART, advice={"shift": 2})
    assert "resolution" not in about(ANN.changed(folds=5), validation_images=60)


def test_600_images_resolve_1_6_points():
    evidence = Evidence(ANN, CLASSES, **(HEALTHY | {"val_accuracy": np.full(8, 0.958)}))
    assert round(100 * evidence.resolution, 1) == 1.6


def test_every_rule_is_a_file_with_its_reasons():
    assert len(coach.rule_names()) == 14
    for name in coach.rule_names():
        module = coach.rule(name)
        assert module.TITLE and module.WHY.endswith((".", "?")) and module.ORDER >= 0 and module.__doc__
