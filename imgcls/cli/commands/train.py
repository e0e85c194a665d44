"""`imgcls train`: every setting of a run is an option, those of the chosen model included.

The options are built from `PARAMS` and from the parameters of the model that the command line names, so that a new
setting or a new model family needs no line here. All settings are checked before anything heavy is imported.
"""

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

from imgcls import datasets, jobs, models, runs
from imgcls.cli import exit_codes
from imgcls.cli.commands import golden_set
from imgcls.cli.commands.train_parts import options, seeds, vary
from imgcls.cli.commands.train_parts.options import option, switch
from imgcls.config import PARAMS, Config, settings_file
from imgcls.datasets import recipes
from imgcls.errors import UserError
from imgcls.jobs import backends
from imgcls.models import backbones, weights
from imgcls.params import Param
from imgcls.runs import Run
from imgcls.runs.index import names, unused_names
from imgcls.system import paths

if TYPE_CHECKING:  # imports SciPy
    from imgcls.training.transfer.several_seeds import SeveralSeeds

SETTINGS_FLAGS = ("--settings", "--config")
DONE = ("finished", "stopped", "paused", "taken")
RESUMABLE = ("aside", "lost", "paused", "stopped", "queued")


def command(tokens: list[str]) -> Callable[..., int]:
    """The function that cyclopts calls, with one keyword for each option.

    Args:
        tokens: What follows `imgcls train`. The model, or the settings file, named there decides which options exist.

    Raises:
        CommandError: the settings file or the model does not exist, or the file holds an invalid setting.
    """
    start = Config()
    if file := _value_of("--settings", tokens) or _value_of("--config", tokens):
        start = _loaded(Path(file))
    model = _value_of("--model", tokens) or start.model
    with exit_codes.exits_with(exit_codes.USAGE):
        family = models.params(model)

    def train(run: str | None = None, /, **given: Any) -> int:
        if run is not None:
            return _resume(run)
        return _train(start, family, given)

    parameters = [
        inspect.Parameter(
            "run",
            inspect.Parameter.POSITIONAL_ONLY,
            default=None,
            annotation=Annotated[
                str | None,
                Parameter(
                    name="RUN",
                    show_default=False,
                    help="Resume this run (its folder or ID). Cannot be combined with settings.",
                ),
            ],
        ),
        *_run_options(),
        *options.of_settings(model, family),
    ]
    train.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    train.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    train.__doc__ = f"""Train a model from the command line. The run appears in the app like any other.

    Ctrl-C stops the training and keeps the best model so far. Runs are stored in {paths.runs_folder()} (IMGCLS_RUNS).

    Datasets: {", ".join(datasets.names())}.

    Models: {", ".join(models.names())}. Options of another model: imgcls train --model NAME --help

    Example: imgcls train --data mnist_sample --model cnn --epochs 3

    Example: imgcls train --data mnist_sample --vary learning_rate=1e-4..1e-2:log --vary batch_size=32,64 --trials 20
    """
    return train


def _run_options() -> list[inspect.Parameter]:
    group = Group("Run", sort_key=0)
    return [
        option(
            "settings", SETTINGS_FLAGS, "Read the settings from this file: YAML, or JSON as in a run's folder.", group
        ),
        switch("recipe", "Use the model's recommended settings; explicit options win.", group),
        option("name", "--name", "Name shown in the app.", group),
        option("id", "--id", "Name of the run's folder (default: date, time and a random number).", group),
        option(
            "seeds",
            "--seeds",
            "Train this many runs that differ only in the seed, and report mean and interval (2 to 100). Seeds that "
            "are trained already with these settings are reused, unless you name the runs with --id.",
            group,
            "N",
        ),
        switch("now", "Do not wait for another training run to end.", group),
        option("backend", "--backend", "Queue it for this backend of IMGCLS_BACKEND instead.", group, "NAME"),
        *vary.options(),
    ]


def _value_of(flag: str, tokens: list[str]) -> str | None:
    """The last value that the command line gives this option."""
    value = None
    for number, token in enumerate(tokens):
        if token == flag and number + 1 < len(tokens):
            value = tokens[number + 1]
        elif token.startswith(f"{flag}="):
            value = token.removeprefix(f"{flag}=")
    return value


def _loaded(path: Path) -> Config:
    exit_codes.existing(path, "settings file")
    with exit_codes.exits_with(exit_codes.USAGE):
        return settings_file.read(path)


def _train(start: Config, family: tuple[Param, ...], given: dict[str, Any]) -> int:
    with exit_codes.exits_with(exit_codes.USAGE):
        config = _config(start, family, given)
        planned = vary.plan_of(config, given)
        count = seeds.number_of(given.get("seeds"), config)
    if planned is not None:
        return vary.start(planned, given)
    if count is None:
        return _train_one(config, given)
    return seeds.train(config, count, given, _train_one)


def _train_one(
    config: Config, given: dict[str, Any], *, explains: bool = True, shared: "SeveralSeeds | None" = None
) -> int:
    with exit_codes.exits_with(exit_codes.USAGE):
        run_id = given.get("id") or ""
        runs.check_id(run_id)
        datasets.facts(config.data)
        run_id = run_id or runs.new_id()
        if runs.exists(run_id):
            _check_is_new(runs.find(run_id), config)
    _announce(paths.runs_folder() / run_id)
    if not datasets.is_ready(config.data):
        print(f"Preparing {datasets.facts(config.data).title} …", flush=True)
        datasets.prepare(config.data)
    if backend := given.get("backend"):
        with exit_codes.exits_with(exit_codes.USAGE):
            run = jobs.begin(config, given.get("name") or "", run_id=run_id, backend=backend)
        print(f"Queued for {backends.title(backend)}: {run.id}. See: imgcls runs")
        return exit_codes.OK
    with exit_codes.exits_with(exit_codes.USAGE):
        run = runs.create(config, given.get("name") or unused_names.of_new_run(config), run_id=run_id)
        _check_is_new(run, config)
    _download_weights(config)
    return _trained(run, in_turn=not given.get("now"), explains=explains, shared=shared)


def _config(start: Config, family: tuple[Param, ...], given: dict[str, Any]) -> Config:
    """The settings file, changed by the recipe and then by the options."""
    values = {param.name: param.parsed(given[param.name]) for param in PARAMS if given.get(param.name) is not None}
    settings = dict(start.model_settings) if values.get("model", start.model) == start.model else {}
    for param in family:
        if (text := given.get(f"{options.MODEL}{param.name}")) is not None:
            settings[param.name] = param.parsed(text)
    if given.get("recipe"):
        values = recipes.recipe(str(values.get("model", start.model)), str(values.get("data", start.data))) | values
    return start.changed(**values, model_settings=settings)


def _resume(argument: str) -> int:
    with exit_codes.exits_with(exit_codes.NOT_FOUND):
        run = Run(Path(argument).resolve()) if Path(argument).is_dir() else runs.find(argument)
    if run.is_held:
        raise exit_codes.CommandError(f"The run '{run.id}' is being trained by another process.", exit_codes.USAGE)
    if (state := run.state) not in RESUMABLE:
        problem = f"The run '{run.id}' cannot be resumed: it is {names.state_word(state)}."
        raise exit_codes.CommandError(problem, exit_codes.USAGE)
    _announce(run.folder)
    return _trained(run, in_turn=True)


def _check_is_new(run: Run, config: Config) -> None:
    if run.config != config or run.state != "aside":
        raise UserError(f"There is already a run '{run.id}'. Choose another --id, or delete it first.")


def _announce(folder: Path) -> None:
    """The folder of the run as the first line for a program that reads the output, so that it can follow the run."""
    if not sys.stdout.isatty():
        print(folder, flush=True)


def _download_weights(config: Config) -> None:
    """Fetch the backbone's weights, if it has one and they are missing. The training itself reports a failure."""
    network = backbones.NETWORKS.get(str(config.model_settings.get("backbone")))
    if network is not None and weights.local_file(network) is None:
        from imgcls.training.transfer import download_weights

        print(f"Downloading the weights of {network.title} ({network.megabytes:g} MB) …", flush=True)
        download_weights.main([network.title], is_background=False)


def _trained(run: Run, *, in_turn: bool, explains: bool = True, shared: "SeveralSeeds | None" = None) -> int:
    from imgcls.training.process.terminal import Terminal, errors_to
    from imgcls.training.trainer import Trainer

    jobs.claim(run)
    terminal = Terminal()
    with errors_to(run.folder / "log.txt"):  # TensorFlow's messages
        trainer = Trainer(run, listener=terminal, in_turn=in_turn, explains=explains, shared=shared)
        result = trainer.train()
    terminal.close(result, run)
    if result["outcome"] in ("finished", "stopped"):
        golden_set.print_report(run)
    if trainer.was_interrupted:
        return exit_codes.INTERRUPTED
    return exit_codes.OK if result["outcome"] in DONE else exit_codes.FAILED
