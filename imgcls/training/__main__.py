"""Train one run, from a page's folder or from a shell.

    python -m imgcls.training RUN_FOLDER
    python -m imgcls.training --data mnist_sample --model cnn --epochs 3
    python -m imgcls.training --data cifar10 --model deep_cnn --recipe --epochs 10
    python -m imgcls.training --config settings.json --epochs 20

Every setting has its flag, those of the model family too. With --recipe, what has no flag is set as the family's recipe
says. The run stands in the app like any other. Ctrl-C stops and keeps the best model so far.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from imgcls import datasets, jobs, models, runs
from imgcls.config import PARAMS, Config
from imgcls.errors import UserError
from imgcls.models import backbones, weights
from imgcls.params import Choice, Param, Range
from imgcls.runs import recipes
from imgcls.system import paths, processes
from imgcls.training import standby
from imgcls.training.process.terminal import Terminal, errors_to
from imgcls.training.trainer import Trainer
from imgcls.training.transfer import download_weights

DONE = ("finished", "stopped", "paused", "taken")


def main(arguments: list[str]) -> int:
    if arguments == ["--standby"]:
        folder = standby.waited()
        arguments = [folder] if folder else []
        if not folder:
            return 0
    if len(arguments) == 1 and not arguments[0].startswith("-"):
        processes.lower_priority()
        result = Trainer(runs.Run(Path(arguments[0]).resolve())).train()
        return 0 if result["outcome"] in DONE else 1
    try:
        return _from_shell(arguments)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted before the training began.", file=sys.stderr)
        return 130


def _from_shell(arguments: list[str]) -> int:
    chosen, _ = _parser(()).parse_known_args([word for word in arguments if word not in ("-h", "--help")])
    start = Config.load(chosen.config) if chosen.config else Config()
    family = models.params(chosen.model or start.model)
    parser = _parser(family)
    chosen = vars(parser.parse_args(arguments))
    _, by_recipe, label, run_id, now = (chosen.pop(name) for name in ("config", "recipe", "name", "id", "now"))
    given = {name: value for name, value in chosen.items() if value is not None}
    same_family = given.get("model", start.model) == start.model
    settings = dict(start.model_settings) if same_family else {}
    settings.update({param.name: param.parsed(given.pop(param.name)) for param in family if param.name in given})
    values = {param.name: param.parsed(given[param.name]) for param in PARAMS if param.name in given}
    if by_recipe:
        values = recipes.recipe(values.get("model", start.model), values.get("data", start.data)) | values
    config = start.changed(**values, model_settings=settings)
    if not datasets.is_ready(config.data):
        print(f"Preparing {datasets.facts(config.data).title} ...")
        datasets.prepare(config.data)
    _fetch_weights(config)
    run = runs.create(config, label, run_id=run_id)
    if run.config != config or run.state != "aside":
        raise UserError(f"There is already a run '{run.id}'. Choose another --id, or delete it first.")
    jobs.claim(run)
    terminal = Terminal()
    with errors_to(run.folder / "log.txt"):
        result = Trainer(run, listener=terminal, in_turn=not now).train()
    terminal.close(result, run)
    return 0 if result["outcome"] in DONE else 1


def _fetch_weights(config: Config) -> None:
    """The weights of the base, if there is one and they are not here; a failure is told by the training itself."""
    network = backbones.NETWORKS.get(str(config.model_settings.get("backbone")))
    if network is not None and weights.at_hand(network) is None:
        print(f"Fetching the weights of {network.title} ({network.megabytes:g} MB) ...")
        download_weights.main([network.title])


def _parser(family: tuple[Param, ...]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m imgcls.training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"Data sets: {', '.join(datasets.names())}. Models: {', '.join(models.names())}. "
        f"Runs lie in {paths.runs_folder()} (IMGCLS_RUNS).",
        allow_abbrev=False,
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings to start from, a config.json")
    parser.add_argument("--recipe", action="store_true", help="settings that suit the model, but for those given here")
    parser.add_argument("--name", default="", help="the name shown in the app")
    parser.add_argument("--id", default="", help="the name of the run's folder (default: date, time and a number)")
    parser.add_argument("--now", action="store_true", help="do not wait for another training to end")
    for title, params in (("settings", PARAMS), ("settings of the model", family)):
        group = parser.add_argument_group(title)
        for param in params:
            group.add_argument(param.flag, metavar=_values(param), help=_help(param))
    return parser


def _values(param: Param) -> str:
    return {int: "N", float: "X", bool: "on|off", str: "NAME"}[param.kind]


def _help(param: Param) -> str:
    limits: Any = ""
    if isinstance(param.limits, Range):
        limits = (
            f" {param.limits.low:g} to {param.limits.high:g}{' ' + param.limits.unit if param.limits.unit else ''};"
        )
    elif isinstance(param.limits, Choice):
        limits = f" One of: {', '.join(param.limits.options)};"
    default = {True: "on", False: "off"}.get(param.default, param.default) if param.kind is bool else param.default
    return f"{param.help}{limits} default {default}".replace("%", "%%")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
