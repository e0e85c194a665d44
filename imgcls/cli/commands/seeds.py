"""The option `--seeds` of `imgcls train`: runs that differ only in the seed, and their mean."""

import numpy as np

from imgcls.config import Config
from imgcls.errors import UserError
from imgcls.evaluation import repeated_seeds
from imgcls.evaluation.metrics.percent import interval, percent
from imgcls.runs import Run

MOST_SEEDS = 100


def number_of(text: str | None, config: Config) -> int | None:
    """How many seeds to train with; None without the option."""
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or not 2 <= int(text) <= MOST_SEEDS:
        raise UserError(f"--seeds must be a whole number from 2 to {MOST_SEEDS}, not {text[:20]!r}.")
    config.changed(seed=config.seed + int(text) - 1)
    return int(text)


def print_scores(trained: list[Run]) -> None:
    """The scores of runs that differ only in the seed, and their mean."""
    scores = [(run.config.seed, (run.result or {}).get("test_accuracy")) for run in trained]
    found = [(seed, score) for seed, score in scores if score is not None]
    if len(found) < 2:
        return
    mean = repeated_seeds.t_interval(np.array([score for _, score in found]))
    each = ", ".join(f"{seed}: {percent(score, 2)}" for seed, score in found)
    print(f"Test accuracy by seed: {each}")
    print(
        f"Mean over {len(found)} seeds: {percent(mean.value, 2)} "
        f"(95% CI {interval(mean.low, mean.high, 2)}, Student's t over seeds)"
    )
