"""A run in other experiment trackers: its curves, settings, scores and report, read from the run folder.

    history        what is logged: points of the curves, settings, results
    tensorboard    event files, written by tensorboardX without TensorFlow
    mlflow         an MLflow server, by its REST API: no package is needed
    wandb          Weights & Biases, offline; `wandb sync` uploads it later

The trainer knows nothing of them: their imports take seconds, and a network fault must not end a training run. Each is
a module with EXTRA (the extra of this package that installs what it needs, and the import names of that) and `log`.
"""

from importlib.util import find_spec
from types import ModuleType

from imgcls.errors import RunError


def check_installed(tracker: ModuleType) -> None:
    """Checks that the packages of a tracker are installed.

    Raises:
        RunError: they are not, and how to install them.
    """
    extra, packages = tracker.EXTRA
    if not all(find_spec(package) for package in packages):
        raise RunError(f'This needs {" and ".join(packages)}. Install it with: pip install "imgcls[{extra}]"')
