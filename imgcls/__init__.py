"""A playground to train, understand and try image classifiers.

Dependencies point one way: `ui` and `training` are on top, `system` is at the bottom. Only `training` imports Keras,
and only `ui` imports Streamlit. The contracts in pyproject.toml state the order of the packages.

For scripts and notebooks, `imgcls.cli.python_api` offers a few functions under the names below.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imgcls.cli.python_api import (
        ModelRun,
        compare,
        import_images,
        list_datasets,
        list_runs,
        load_dataset,
        load_run,
        log_metrics,
        logged_metrics,
        notify,
        train,
    )

__version__ = "1.0.0"
__all__ = [
    "ModelRun",
    "compare",
    "import_images",
    "list_datasets",
    "list_runs",
    "load_dataset",
    "load_run",
    "log_metrics",
    "logged_metrics",
    "notify",
    "train",
]

# So that `python -m imgcls.imports` and other former names of commands keep working.
__path__.append(str(Path(__file__).parent / "cli" / "former" / "moved"))


def __dir__() -> list[str]:
    """What a notebook offers for completion."""
    return [*__all__, "__version__"]


def __getattr__(name: str) -> object:
    """The functions of the Python API, imported when they are first used, so that `import imgcls` stays instant."""
    if name in __all__:
        from imgcls.cli import python_api

        return getattr(python_api, name)
    raise AttributeError(f"module 'imgcls' has no attribute {name!r}")
