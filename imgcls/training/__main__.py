"""The trainer process: `python -m imgcls.training RUN_FOLDER` trains, or resumes, one run.

In a shell, use `imgcls train`. With `--standby` it imports everything and waits for a run to train.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from imgcls import runs
from imgcls.system import processes
from imgcls.training import standby
from imgcls.training.trainer import Trainer

DONE = ("finished", "stopped", "paused", "taken")


def main(arguments: list[str]) -> int:
    """Train the run that the app names and return the exit code. A command line with options becomes `imgcls train`."""
    if arguments == ["--standby"]:
        named = standby.wait_for_run()
        if named is None:
            return 0
        arguments = [named]
    if len(arguments) != 1 or arguments[0].startswith("-"):
        from imgcls.cli.former import former_modules

        return former_modules.run("train", "imgcls.training", arguments)
    folder = Path(arguments[0])
    if not folder.is_dir():
        print(f"No run folder at {folder}.", file=sys.stderr)
        return 3
    processes.lower_priority()
    if os.environ.get("IMGCLS_TICKET"):  # started by a cluster
        standby.log_to(folder)
    # A cluster, or a worker, has given this training run its place already.
    in_turn = os.environ.get("IMGCLS_TURNS") != "off"
    result = Trainer(runs.Run(folder.resolve()), in_turn=in_turn).train()
    return 0 if result["outcome"] in DONE else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
