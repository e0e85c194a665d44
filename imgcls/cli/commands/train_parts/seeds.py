"""The option `--seeds` of `imgcls train`: runs that differ only in the seed, and their mean."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from imgcls import datasets, models, runs
from imgcls.cli import exit_codes
from imgcls.config import Config
from imgcls.errors import UserError
from imgcls.evaluation import repeated_seeds
from imgcls.evaluation.metrics.percent import interval, percent
from imgcls.runs import Run, run_name
from imgcls.runs.index import trained_seeds, unused_names

if TYPE_CHECKING:
    from imgcls.training.transfer.several_seeds import SeveralSeeds

MOST_SEEDS = 100


def number_of(text: str | None, config: Config) -> int | None:
    """How many seeds to train with; None without the option."""
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or not 2 <= int(text) <= MOST_SEEDS:
        raise UserError(f"--seeds must be a whole number from 2 to {MOST_SEEDS}, not {text[:20]!r}.")
    config.changed(seed=config.seed + int(text) - 1)
    return int(text)


def train(config: Config, count: int, given: dict[str, Any], train_one: Callable[..., int]) -> int:
    """Trains one run after the other, but none that exists already, prints the scores of all, and returns the exit
    code.

    Args:
        given: The options of the command line.
        train_one: Trains a run with these settings and options, and returns its exit code.
    """
    code, ids = exit_codes.OK, []
    configs = [config.changed(seed=seed) for seed in range(config.seed, config.seed + count)]
    found = {} if given.get("id") else _trained(config)  # whoever names the runs wants runs of these names
    existing = {one.seed: found[one.seed] for one in configs if one.seed in found}
    configs = [one for one in configs if one.seed not in existing]
    if existing:
        rest = f"; trains {trained_seeds.numbers([one.seed for one in configs])}." if configs else "; nothing to train."
        print(f"Trained already with these settings: seed {trained_seeds.numbers(sorted(existing))}{rest}", flush=True)
    endings = [f", seed {one.seed}" for one in configs]
    name = given.get("name") or unused_names.based_on(runs.default_label(config), endings)
    shared = _shared(configs) if configs else None
    for one, ending in zip(configs, endings, strict=True):
        run_id = f"{given['id']}-{one.seed}" if given.get("id") else runs.new_id()
        run_given = given | {"id": run_id, "name": run_name.with_ending(name, ending)}
        code = train_one(one, run_given, explains=False, shared=shared)
        if code != exit_codes.OK:
            break
        ids.append(run_id)
    if not given.get("backend"):
        print_scores(sorted(map(runs.find, [*existing.values(), *ids]), key=lambda run: run.config.seed))
    return code


def _trained(config: Config) -> dict[int, str]:
    """The seeds that need no training; none if the dataset has not been prepared yet."""
    if config.data not in datasets.names() or not datasets.is_ready(config.data):
        return {}
    return trained_seeds.trained(config, datasets.open_for_training(config.data).edits.version)


def print_scores(trained: list[Run]) -> None:
    """The scores of runs that differ only in the seed, and their mean."""
    scores = [(run.config.seed, (run.result or {}).get("test_accuracy")) for run in trained]
    found = [(seed, score) for seed, score in scores if score is not None]
    if len(found) < 2:
        return
    mean = repeated_seeds.t_interval(np.array([score for _, score in found]))
    each = ", ".join(f"{seed}: {percent(score)}" for seed, score in found)
    print(f"Test accuracy by seed: {each}")
    print(
        f"Mean over {len(found)} seeds: {percent(mean.value)} "
        f"(95% CI {interval(mean.low, mean.high)}, Student's t over seeds)"
    )


def _shared(configs: list[Config]) -> "SeveralSeeds | None":
    """What runs with these settings share if this process trains them; None for a model without a backbone."""
    if not models.has_backbone(configs[0].model):
        return None
    from imgcls.training.transfer.several_seeds import SeveralSeeds

    return SeveralSeeds(configs)
