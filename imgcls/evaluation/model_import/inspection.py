"""What a model file says about itself. The file is only opened by a sandbox; here, its answers are checked."""

import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from imgcls.config.imported_model import MOST_SIDE
from imgcls.errors import RunError
from imgcls.inference.imported_models import MEMORY
from imgcls.inference.sandbox import LimitReached, Sandbox, runner
from imgcls.runs.results import MOST_CLASSES, NAME_LENGTH
from imgcls.system import json_files
from imgcls.system.tasks.progress import Progress

KERAS_MODULE = "imgcls.training.imported_keras.convert"
MOST_BYTES = 200_000_000
OPEN_SECONDS = 8.0
TRY_SECONDS = 8.0
CPU_SECONDS = 20.0
"""Of all processes that a file gets, together, unless its user allows more."""
LARGE_CPU_SECONDS, LARGE_MEMORY = 180.0, 2_500_000_000
"""What converting a Keras file may take then. Keras with TensorFlow needs 0.7 GB before it has opened anything."""
CONVERT_SECONDS = 180.0
"""The longest that a conversion may take on a busy machine; its CPU time has limits of its own."""
NEEDS_MORE = (
    f"A large Keras model may need {LARGE_CPU_SECONDS:.0f} s and {LARGE_MEMORY / 1e9:.1f} GB: allow that (--large in a "
    "shell) only if you know where the file comes from."
)
TITLES = {".onnx": "ONNX", ".tflite": "LiteRT", ".keras": "Keras"}
KINDS = {".onnx": "onnx", ".tflite": "tflite", ".keras": "tflite"}
NO_ONNX = 'ONNX models need more packages. Install them with: pip install "imgcls[onnx]"'
EXPECTED = "Choose an .onnx, .tflite or .keras file."
DTYPES = ("float32", "float16", "float64", "uint8", "int8")
TRIED_SIDE = 96
"""The side of the images with which a model that takes any size is tried."""


@dataclass(frozen=True)
class Facts:
    """A model file, as found out without its user.

    Attributes:
        title: Its format.
        source: Its name.
        kind: What runs it, see `imgcls.config.imported_model.KINDS`.
        shape: Its input without the batch; None is a free length.
        dtype: The type of its input.
        scale: How much an integer input counts for 1; 0 if it is not quantised.
        batch: Images at a time; 0 if any number.
        width: How many scores it returns for an image; 0 if that is not known yet.
        outputs: "probabilities" or "logits", judged by the scores of random images; "" if not known.
        labels: The class names that the file carries, in the order of its scores.
        is_ours: Whether our export wrote it: then its input are pixel values from 0 to 255.
        parameters: The number of its weights; 0 if not known.
    """

    title: str
    source: str
    kind: str
    shape: tuple[int | None, ...]
    dtype: str
    scale: float
    batch: int
    width: int
    outputs: str
    labels: tuple[str, ...] = ()
    is_ours: bool = False
    parameters: int = 0

    def as_json(self) -> dict[str, Any]:
        """The facts as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Facts":
        """The reverse of `as_json`."""
        tuples = {name: tuple(content[name]) for name in ("shape", "labels")}
        return cls(**dict(content) | tuples)


def inspect(path: Path, name: str, progress: Progress, *, is_large: bool = False) -> tuple[Facts, bytes]:
    """The facts about a model file, and the model as the runtime takes it: a .keras file is converted.

    Args:
        path: The file.
        name: Its name when the user chose it; its ending names the format.
        is_large: Whether its user allows a Keras file more than 20 s and 1 GB.

    Raises:
        RunError: it is no model that can be used, and why.
    """
    suffix = Path(name).suffix.lower()
    content = _content(path, suffix)
    kind = KINDS[suffix]
    carried: dict[str, str] = {}
    left = OPEN_SECONDS
    if suffix == ".keras":
        progress(0.1, "Checking and rebuilding the Keras model")
        carried, content, spent = _converted(content, is_large)
        left = OPEN_SECONDS if is_large else min(OPEN_SECONDS, max(1.0, (CPU_SECONDS - spent) / 2))
    progress(0.6, "Loading the model in a sandbox")
    with Sandbox(runner.MODULE, MEMORY) as sandbox:
        header, _ = sandbox.ask({"do": "open", "format": kind}, content, OPEN_SECONDS, left)
        inputs, output = _one_image(header.get("inputs")), _outputs(header.get("outputs"))
        texts = carried or _texts(header.get("texts"))
        shape, dtype = inputs
        batch, rest = shape[0] or 0, tuple(shape[1:])
        facts = Facts(
            TITLES[suffix],
            name[:NAME_LENGTH],
            kind,
            rest,
            dtype,
            float(header["scale"]) if json_files.is_number(header.get("scale"), 0, 1e6) else 0.0,
            batch,
            output,
            "",
            _labels(texts),
            "verification.json" in texts and "input.txt" in texts,
            header["parameters"] if json_files.is_integer(header.get("parameters"), 0, 10**12) else 0,
        )
        progress(0.8, "Trying the model on random images")
        return _tried(facts, sandbox, left), content


def _converted(content: bytes, is_large: bool) -> tuple[dict[str, str], bytes, float]:
    """The texts in a Keras file, its model in LiteRT, and the CPU time that it took."""
    seconds, memory = (LARGE_CPU_SECONDS, LARGE_MEMORY) if is_large else (CPU_SECONDS, MEMORY)
    try:
        with Sandbox(KERAS_MODULE, memory) as sandbox:
            header, found = sandbox.ask({"do": "convert"}, content, CONVERT_SECONDS, seconds)
            return _texts(header.get("texts")), found, sandbox.cpu_seconds
    except LimitReached as error:
        if is_large:
            raise
        raise RunError(f"{error} {NEEDS_MORE}") from error


def possible_layouts(shape: tuple[int | None, ...]) -> tuple[str, ...]:
    """The layouts that an input without its batch may have, the likeliest first; none if it is not an image."""
    if len(shape) == 1:
        return ("flat",) if flat_size(shape[0]) else ()
    if len(shape) == 2:
        return ("HW",)
    if len(shape) != 3:
        return ()
    last, first = shape[2] in (1, 3, None), shape[0] in (1, 3, None)
    found = (*(("NHWC",) if last else ()), *(("NCHW",) if first else ()))
    if shape[2] is None and shape[0] is not None:
        return found[::-1]
    return found


def flat_size(count: int | None) -> tuple[int, int, int] | None:
    """Height, width and channels of a square image with so many values; None if there is none."""
    for channels in (1, 3):
        side = math.isqrt((count or 0) // channels)
        if count and side * side * channels == count and side <= MOST_SIDE:
            return side, side, channels
    return None


def _content(path: Path, suffix: str) -> bytes:
    if suffix in (".h5", ".hdf5"):
        raise RunError("This is a legacy Keras file (.h5), which can hold code. Save the model as .keras instead.")
    if suffix not in KINDS:
        raise RunError(f"A file with the ending “{suffix[:20]}” is not a model that can be imported. {EXPECTED}")
    if suffix == ".onnx" and not all(find_spec(package) for package in ("onnx", "onnxruntime")):
        raise RunError(NO_ONNX)
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise RunError(f"The file is {size / 1e6:,.0f} MB; at most {MOST_BYTES / 1e6:,.0f} MB are allowed.")
        content = path.read_bytes()
    except OSError as error:
        raise RunError(f"The file cannot be read: {error.strerror}.") from error
    if not content:
        raise RunError("The file is empty. Choose the file with the trained model.")
    found = ".keras" if content[:4] == b"PK\x03\x04" else ".tflite" if content[4:8] == b"TFL3" else ""
    if found and found != suffix:
        raise RunError(
            f"The file ends in “{suffix}” but contains "
            f"{'a zip archive, as .keras files are' if found == '.keras' else 'a LiteRT (.tflite) model'}. Rename it "
            "to what it is, and import it again."
        )
    return content


def _one_image(found: Any) -> tuple[list[int | None], str]:
    """The shape and the type of the only input, which must be an image."""
    if not isinstance(found, list) or len(found) != 1:
        count = len(found) if isinstance(found, list) else 0
        raise RunError(f"The model has {count} inputs. An image classifier has one, the image.")
    shape, dtype = _declared(found[0])
    if dtype not in DTYPES:
        raise RunError(
            f"The model's input has the type “{dtype[:20]}”, which does not suit images. Numbers were expected."
        )
    if not possible_layouts(tuple(shape[1:])) or any(not (side is None or 0 < side <= 10**7) for side in shape):
        raise RunError(
            f"The model's input has the shape {_shown(shape)}, which is not that of an image with 1 or 3 channels. "
            "Export a model that takes images."
        )
    layout = possible_layouts(tuple(shape[1:]))[0]
    sides = shape[1:3] if layout in ("NHWC", "HW") else shape[2:] if layout == "NCHW" else []
    if max((side or 1 for side in sides), default=1) > MOST_SIDE or (shape[0] or 0) > 1024:
        raise RunError(
            f"The model's input has the shape {_shown(shape)}; at most {MOST_SIDE} × {MOST_SIDE} pixels are supported."
        )
    return shape, dtype


def _outputs(found: Any) -> int:
    """How many scores there are for an image; 0 if that is free."""
    if not isinstance(found, list) or len(found) != 1:
        count = len(found) if isinstance(found, list) else 0
        raise RunError(f"The model has {count} outputs. A classifier has one, with a score for each class.")
    shape, dtype = _declared(found[0])
    if dtype not in DTYPES:
        raise RunError(f"The model's output has the type “{dtype[:20]}”. Scores for each class were expected.")
    width = 0 if not shape[1:] or None in shape[1:] else math.prod(side or 0 for side in shape[1:])
    if width > MOST_CLASSES:
        raise RunError(f"The model returns {width:,} values for an image, which cannot be the scores of classes.")
    return width


def _declared(found: Any) -> tuple[list[int | None], str]:
    shape, dtype = found if isinstance(found, list) and len(found) == 2 else (None, None)
    if (
        not isinstance(shape, list)
        or not all(side is None or json_files.is_integer(side, 0, 2**62) for side in shape)
        or not isinstance(dtype, str)
    ):
        raise RunError("The model could not be described. The file is damaged.")
    return shape, dtype


def _tried(facts: Facts, sandbox: Sandbox, seconds: float) -> Facts:
    """The facts with what the scores of random images tell."""
    count = facts.batch or 2
    free = [TRIED_SIDE if side is None else side for side in facts.shape]
    if None in facts.shape and len(free) == 3:
        free[2 if possible_layouts(facts.shape)[0] == "NHWC" else 0] = next(
            (side for side in (facts.shape[2], facts.shape[0]) if side in (1, 3)), 3
        )
    images = np.random.default_rng(0).integers(0, 256, (count, *free)).astype(np.float32)
    values = images if facts.dtype in ("uint8", "int8") else images / np.float32(255)
    began = time.monotonic()
    try:
        header, content = sandbox.ask(
            {"do": "run", "shape": list(values.shape), "dtype": "float32"}, values.tobytes(), TRY_SECONDS, seconds
        )
    except RunError:
        if None in facts.shape and time.monotonic() - began < TRY_SECONDS and sandbox.is_alive:
            return facts  # it needs another size, which the user knows
        raise
    scores = np.frombuffer(content, np.float32)
    if not len(scores) or len(scores) % count or header.get("shape", [0])[:1] != [count]:
        raise RunError("The model does not return one row of scores for each image, so it is not a classifier.")
    scores = scores.reshape(count, -1)
    return replace(facts, width=scores.shape[1], outputs=_kind_of(scores, 0.02 if facts.scale else 1e-3))


def _kind_of(scores: np.ndarray, tolerance: float) -> str:
    """What scores (n, k) look like."""
    if not np.isfinite(scores).all():
        return ""
    is_fraction = scores.min() >= -tolerance and scores.max() <= 1 + tolerance
    if scores.shape[1] > 1 and not (is_fraction and np.abs(scores.sum(1) - 1).max() < tolerance * 5):
        # Independent probabilities of several labels are fractions, too, but do not add up to 1.
        return "probabilities" if is_fraction else "logits"
    return "probabilities" if is_fraction else "logits"


def _texts(found: Any) -> dict[str, str]:
    if not isinstance(found, dict):
        return {}
    return {name: text for name, text in found.items() if isinstance(text, str)}


def _labels(texts: Mapping[str, str]) -> tuple[str, ...]:
    lines = (texts.get("labels.txt") or texts.get("labelmap.txt") or "").splitlines()
    names = tuple(line.strip()[:NAME_LENGTH] for line in lines)
    return names if all(names) and 1 < len(names) <= MOST_CLASSES else ()


def _shown(shape: list[int | None]) -> str:
    return " × ".join("free" if side is None else f"{side:,}" for side in shape[:6])
