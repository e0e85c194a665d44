"""The reference page of the Python API: signatures and docstrings of what `import imgcls` offers."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable

import imgcls
from imgcls.datasets import Dataset
from imgcls.evaluation.image_files import FileScores
from imgcls.evaluation.metrics.significance import Comparison
from imgcls.inference import Answer

RETURNED = (Dataset, Answer, FileScores, Comparison)
HEAD = """# Python API

`import imgcls` loads nothing heavy and offers the names below, for scripts and notebooks. This page is generated from
the docstrings of this version.

```python
import imgcls

run = imgcls.train(data="digits", model="cnn", epochs=3)
run.history                                    # a DataFrame, one row per epoch
run.predict("photo.png").prediction
run.confusion_matrix().show()                  # a Plotly figure
run.export("litert-dynamic", "model.tflite")
```
"""


def page() -> str:
    """The page as Markdown."""
    parts = [HEAD]
    for name in sorted(imgcls.__all__, key=lambda name: (name[0].isupper(), name)):
        found = getattr(imgcls, name)
        if inspect.isclass(found):
            parts.append(f"\n## {name}\n\n{described(found)}\n")
            parts += [_member(key, value) for key, value in vars(found).items() if not key.startswith("_")]
        else:
            parts.append(f"\n## {name}\n\n{_signature(name, found)}\n{described(found)}\n")
    parts.append("\n## What they return\n")
    parts += [f"\n### {found.__name__}\n\n{described(found)}\n" for found in RETURNED]
    return "".join(parts)


def described(target: object) -> str:
    """A docstring as Markdown: "Raises:" becomes a list."""
    text, _, errors = (inspect.getdoc(target) or "").partition("\n\nRaises:\n")
    if not errors:
        return text
    rows = [" ".join(row.split()) for row in re.split(r"\n\s*(?=\w+: )", "\n" + errors) if row.strip()]
    return text + "\n\nRaises:\n\n" + "\n".join("- `{}`: {}".format(*row.partition(": ")[::2]) for row in rows)


def _member(name: str, value: object) -> str:
    if isinstance(value, property):
        return f"\n### {name}\n\n*Attribute.* {described(value.fget)}\n"
    return f"\n### {name}()\n\n{_signature(name, value)}\n{described(value)}\n"  # type: ignore[arg-type]


def _signature(name: str, function: Callable) -> str:
    """The signature as it is written in the code: its names are shorter than what they stand for."""
    (written,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(written, ast.FunctionDef)
    arguments = re.sub(r"^self(, )?", "", ast.unparse(written.args))
    result = ast.unparse(written.returns).strip("'") if written.returns else "None"
    return f"```python\n{name}({arguments}) -> {result}\n```\n"
