"""A zip for an engineer: the model, a model card, the class names, and scripts that predict without this package.

README.md         model card: dataset, split, settings, scores with intervals, verification, limits, licences
labels.txt        the class names, one per line, in the order of the model's output
predict.py        classifies image files
preprocess.py     a file's pixels -> the model's input
preprocessing/    how: the app's own source files, copied, so that both do exactly the same
model.*           the model
verification.json, requirements.txt
SHA256SUMS        the digests of all files, for `sha256sum -c SHA256SUMS`

The module `snippet` has a few lines of Python for one exported file.
"""

import hashlib
import re
import zipfile
from dataclasses import replace
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from imgcls.errors import RunError
from imgcls.export import formats, records
from imgcls.export.bundle import model_card
from imgcls.runs import Run
from imgcls.system import paths

if TYPE_CHECKING:
    import jinja2

ENTRY = "images/loading.py"
"""The source file that prepares an image. It is copied with all source files that it needs."""
IMPORT = re.compile(r"^\s*from imgcls(?:\.(\S+))? import (?:\(([^)]*)\)|([^\n#]*))", re.MULTILINE)
RUNTIMES = {".tflite": "ai-edge-litert", ".onnx": "onnxruntime", ".keras": "keras"}
"""File extension -> the package that runs the file."""
TIMESTAMP = (2026, 1, 1, 0, 0, 0)
"""Of all entries, so that the same run gives the same bytes."""


def supports(name: str) -> bool:
    """Whether there is a bundle for this format."""
    return formats.find(name).SUFFIX in RUNTIMES


def write(run: Run, name: str, path: Path | IO[bytes]) -> None:
    """Writes the bundle of a verified export to a file.

    Raises:
        RunError: the run has no verified file of this format.
        OSError: the bundle cannot be written.
    """
    record = records.read(run, name)
    if record is None or not record.is_offered:
        raise RunError("This format has not been exported and verified yet.")
    suffix = formats.find(name).SUFFIX
    model = records.file_of(run, name).read_bytes()
    if _digest(model) != record.sha256:
        raise RunError("The exported file has changed since it was verified. Export it again.")
    record = replace(record, file=f"model{suffix}")
    card = run.card
    values = {"card": card, "suffix": suffix, "package": RUNTIMES[suffix], "record": record}
    texts = {
        "README.md": model_card.text(run, record, _template("README.md")),
        "labels.txt": "".join(f"{' '.join(label.split())}\n" for label in card.classes),
        "predict.py": _template("predict.py").render(values),
        "preprocess.py": _template("preprocess.py").render(values),
        "requirements.txt": _requirements(suffix),
        "verification.json": record.text() + "\n",
        **_preprocessing(),
    }
    contents = {file: text.encode("utf-8", "replace") for file, text in sorted(texts.items())} | {record.file: model}
    contents["SHA256SUMS"] = "".join(f"{_digest(data)}  {file}\n" for file, data in contents.items()).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for file, data in contents.items():
            archive.writestr(zipfile.ZipInfo(file, TIMESTAMP), data, zipfile.ZIP_DEFLATED)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@cache
def _preprocessing() -> dict[str, str]:
    """The source files that prepare an image, as a package `preprocessing`: path in the bundle -> content."""
    root = paths.repository_folder() / "imgcls"
    found: dict[str, str] = {}
    waiting = [ENTRY]
    while waiting:
        source = waiting.pop()
        target = f"preprocessing/{source}"
        if target in found:
            continue
        content = (root / source).read_text("utf-8")
        found[target] = re.sub(r"\bimgcls\b", "preprocessing", content)
        for module, many, one in IMPORT.findall(content):
            folder = module.replace(".", "/")
            names = [name.split()[0] for name in (many or one).split(",") if name.strip()]
            candidates = [f"{folder}.py", *(f"{folder}/{name}.py" for name in names)]
            waiting += [candidate for candidate in candidates if (root / candidate).is_file()]
    folders = {parent.as_posix() for file in found for parent in Path(file).parents if parent.name}
    title = '"""How the app turns an image file into the input of its models."""\n'
    return found | {f"{folder}/__init__.py": title for folder in folders}


def _requirements(suffix: str) -> str:
    packages = [RUNTIMES[suffix], "numpy", "pillow", "pi-heif", "scipy"]
    if suffix == ".keras":
        packages.insert(1, "tensorflow")
    return "".join(f"{package}{_range(package)}\n" for package in packages)


def _range(package: str) -> str:
    """ " ~= MAJOR.MINOR" of the installed version; empty if it is not installed."""
    for name in (package, f"{package}-cpu"):
        try:
            return " ~= " + ".".join(metadata.version(name).split(".")[:2])
        except metadata.PackageNotFoundError:
            continue
    return ""


@cache
def _template(name: str) -> "jinja2.Template":
    import jinja2

    environment: Any = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=False,  # Markdown and Python; `model_card` escapes what users wrote
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(f"{name}.jinja")
