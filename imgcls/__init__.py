"""A playground to train, understand and try image classifiers.

Dependencies point one way: `ui` and `training` are on top, `system` is at the bottom. Only `training` imports Keras,
and only `ui` imports Streamlit. The contracts in pyproject.toml state the order of the packages.
"""

from pathlib import Path

__version__ = "1.0.0"

# So that `python -m imgcls.imports` and other former names of commands keep working.
__path__.append(str(Path(__file__).parent / "cli" / "moved"))
