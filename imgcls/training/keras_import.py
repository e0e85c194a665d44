"""Imports TensorFlow and Keras without packages that Keras would import for functions that the trainer does not use.

If they are installed, Keras imports scikit-learn for its wrappers, Matplotlib for image galleries, pandas for tables,
IPython for notebooks and SciPy for sparse matrices: two fifths of the time of the whole import. It can do without them.
"""

import sys
from types import ModuleType
from typing import cast

EXTRAS = ("IPython", "matplotlib", "pandas", "scipy", "sklearn")


def load() -> None:
    """Imports both. Meanwhile no thread may import one of `EXTRAS`; afterwards they can be imported as usual."""
    if "keras" in sys.modules:
        return
    absent = [name for name in EXTRAS if name not in sys.modules]
    # With None in this place, Python raises an ImportError, as if the package were not installed.
    cast(dict[str, ModuleType | None], sys.modules).update(dict.fromkeys(absent))
    try:
        import keras  # noqa: F401 the import is what this is about
    finally:
        for name in absent:
            del sys.modules[name]
