"""imported.json: a run whose model was not trained here but comes from a file, and how that model is used.

The model file is beside it, `imported.onnx` or `imported.tflite`. It is only ever run in a sandbox, whatever this file
says.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from imgcls.errors import RunError
from imgcls.system import atomic, json_files

NAME = "imported.json"
VERSION = 1
KINDS = ("onnx", "tflite")
LAYOUTS = ("NHWC", "NCHW", "HW", "flat")
SCALINGS = ("0-255", "0-1", "-1-1", "imagenet", "imagenet-mean")
CHANNEL_ORDERS = ("RGB", "BGR")
OUTPUTS = ("probabilities", "logits")
MOST_SIDE = 1024
DAMAGED = "The file imported.json of this run is damaged. Import the model again."
NOT_TRAINED = "This model was imported, so it has no training settings."


@dataclass(frozen=True)
class ImportedModel:
    """How an imported model is used.

    Attributes:
        title: The format of the file that was imported, such as "ONNX", for people.
        source: The name of that file.
        kind: The runtime that runs it, one of `KINDS`.
        size: Height, width and channels of its input.
        layout: The order of the input's axes behind the batch, one of `LAYOUTS`; "HW" has no channels.
        dtype: "uint8", or "float32" for any other type, to which the runtime converts.
        batch: The number of images that it takes at a time; 0 if any.
        scaling: What its pixel values are, one of `SCALINGS`.
        channel_order: One of `CHANNEL_ORDERS`.
        outputs: One of `OUTPUTS`.
        has_one_output: It has a single output, the score of the second of two classes.
        positions: The position of each class of the dataset among the model's classes.
    """

    title: str
    source: str
    kind: str
    size: tuple[int, int, int]
    layout: str
    dtype: str
    batch: int
    scaling: str
    channel_order: str
    outputs: str
    has_one_output: bool
    positions: tuple[int, ...]

    @property
    def file(self) -> str:
        """The name of the model file in the run's folder."""
        return f"imported.{self.kind}"

    @property
    def width(self) -> int:
        """How many outputs the model has."""
        return 1 if self.has_one_output else len(self.positions)


def write(folder: Path, model: ImportedModel) -> None:
    """Writes the file."""
    atomic.write_json(folder / NAME, {"version": VERSION, **asdict(model)})


def read(folder: Path) -> ImportedModel | None:
    """The file of a run's folder; None if the run's model was trained here.

    Raises:
        RunError: it is damaged.
    """
    try:
        content = json_files.read_object(folder / NAME)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise RunError(DAMAGED) from error
    if not _is_sound(content):
        raise RunError(DAMAGED)
    del content["version"]
    sizes = {name: tuple(content[name]) for name in ("size", "positions")}
    return ImportedModel(**content | sizes)


def exists(folder: Path) -> bool:
    """Whether the run's model was imported."""
    return (folder / NAME).exists()


def _is_sound(content: Mapping[str, Any]) -> bool:
    choices = {
        "kind": KINDS,
        "layout": LAYOUTS,
        "dtype": ("uint8", "float32"),
        "scaling": SCALINGS,
        "channel_order": CHANNEL_ORDERS,
        "outputs": OUTPUTS,
    }
    size, positions = content.get("size"), content.get("positions")
    return (
        content.get("version") == VERSION
        and content.keys() == {"version", *ImportedModel.__dataclass_fields__}
        and all(content[name] in allowed for name, allowed in choices.items())
        and all(isinstance(content[name], str) for name in ("title", "source"))
        and json_files.is_integer(content["batch"], 0, 1024)
        and isinstance(size, list)
        and len(size) == 3
        and all(json_files.is_integer(length, 1, MOST_SIDE) for length in size)
        and size[2] in (1, 3)
        and isinstance(positions, list)
        and 1 < len(positions) <= 100_000
        and all(json_files.is_integer(position) for position in positions)
        and sorted(positions) == list(range(len(positions)))
        and isinstance(content["has_one_output"], bool)
        and (not content["has_one_output"] or len(positions) == 2)
    )
