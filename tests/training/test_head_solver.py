"""A linear head is solved before its first epoch: the optimum of logistic regression."""

import numpy as np
import pytest

from imgcls.config import Config
from imgcls.training.loop.batches import Subset

CLASSES = 3


def problem(seed: int = 0, count: int = 240) -> tuple[np.ndarray, np.ndarray]:
    """Features of three overlapping classes, float32 (n, 6), and their labels."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, CLASSES, count).astype(np.int32)
    centres = np.random.default_rng(9).normal(size=(CLASSES, 6))
    return (centres[labels] + 0.8 * generator.normal(size=(count, 6))).astype(np.float32), labels


def targets(labels: np.ndarray) -> np.ndarray:
    return np.eye(CLASSES, dtype=np.float32)[labels]


def test_the_solution_matches_scikit_learn(keras, monkeypatch):
    from sklearn.linear_model import LogisticRegression

    from imgcls.training.transfer import head_solver

    monkeypatch.setattr(head_solver, "PENALTIES", (0.1,))
    monkeypatch.setattr(head_solver, "TOLERANCE", 1e-9)
    x, labels = problem()
    known = (x, targets(labels), np.ones((len(x), 1), np.float32))
    kernel, bias = head_solver.solve(known, (x, targets(labels)), head_solver.multinomial)
    expected = LogisticRegression(C=1 / (0.1 * len(x)), tol=1e-6).fit(x, labels)
    assert np.allclose(kernel, expected.coef_.T, atol=5e-3)
    assert np.allclose(bias - bias.mean(), expected.intercept_ - expected.intercept_.mean(), atol=5e-3)


def test_few_passes_are_nearly_as_good_as_many(keras, monkeypatch):
    from imgcls.training.transfer import head_solver

    (x, labels), (x_val, val_labels) = problem(), problem(3)
    passes = []

    def loss(logits: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        passes[-1] += len(logits) == len(x)
        return head_solver.multinomial(logits, wanted)

    def solved() -> float:
        passes.append(0)
        known = x, targets(labels), np.ones((len(x), 1), np.float32)
        kernel, bias = head_solver.solve(known, (x_val[:200], targets(val_labels[:200])), loss)
        return float(head_solver.multinomial(x_val @ kernel + bias, targets(val_labels))[0].sum(1).mean())

    quick = solved()
    monkeypatch.setattr(head_solver, "TOLERANCE", 1e-9)
    assert quick == pytest.approx(solved(), rel=0.01)
    assert passes[0] < passes[1]


@pytest.mark.parametrize("is_multilabel", [False, True])
def test_a_head_starts_from_the_solution(is_multilabel, keras):
    from imgcls.training import model_builder
    from imgcls.training.transfer import head_solver
    from imgcls.training.transfer.features import Copies

    config = Config(model="transfer", class_weights=True, label_smoothing=0.1)
    (x, labels), (x_val, val_labels) = problem(1), problem(2)
    if is_multilabel:
        labels, val_labels = (targets(part).astype(np.int32) for part in (labels, val_labels))
    head = model_builder.head(config, 6, CLASSES, is_multilabel)
    rows = np.arange(len(x))
    validation = Subset(x_val, np.arange(len(x_val)), val_labels)
    head_solver.solution(config, CLASSES, Copies(x, rows, labels, np.stack([x, x])), validation).apply(head)
    probabilities = head.predict_on_batch(x_val)
    assert head.get_layer("standardise").epsilon == head_solver.EPSILON
    right = (
        ((probabilities > 0.5) == val_labels).mean()
        if is_multilabel
        else (probabilities.argmax(1) == val_labels).mean()
    )
    assert right > 0.75
