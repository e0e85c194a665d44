"""What an exported file says about itself, inside the file: classes, input, preprocessing and verification record."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

from imgcls.runs.results import ModelCard


def texts_of(card: ModelCard, record: str) -> dict[str, str]:
    """What a file says about itself: text by name. `record` is its verification record as JSON."""
    height, width, channels = card.shape
    return {
        "labels.txt": "\n".join(card.classes) + "\n",
        "input.txt": f"uint8, {height} x {width} x {channels} (height, width, channels), values 0 to 255\n",
        "preprocessing.txt": preprocessing(card) + "\n",
        "verification.json": record,
    }


def preprocessing(card: ModelCard) -> str:
    """How a file's pixels become the model's input, as a sentence."""
    if card.fit == "pad":
        return "Padded to a square in the median colour of the border, then resized (bicubic)."
    if card.fit == "crop":
        return "The centre square, resized (bicubic)."
    if card.is_ink:
        return "Only the ink, bright on black, scaled into the middle and centred by its mass, as in MNIST."
    if card.shape[2] == 1:
        return "Greyscale, the object bright on black, empty margins cropped, padded with black, resized (bicubic)."
    return "The centre in the proportions of the input, resized (bicubic)."


def append_to_archive(path: Path, texts: Mapping[str, str]) -> None:
    """Adds the texts as entries of a zip archive: `unzip -l model.tflite` lists them.

    A file that is not an archive gets one at its end. This is how LiteRT stores the associated files of a model (its
    metadata documentation, "Pack metadata and associated files"); the interpreter ignores them. A .keras file and a
    zipped SavedModel are archives already.
    """
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)


def append_comment(path: Path, texts: Mapping[str, str]) -> None:
    """Adds the verification record to a script, as comments at its end."""
    lines = texts["verification.json"].splitlines()
    with path.open("a", encoding="utf-8", errors="replace", newline="\n") as file:
        file.write("\n# How this script was verified:\n" + "".join(f"# {line}\n" for line in lines))


def add_notebook_metadata(path: Path, texts: Mapping[str, str]) -> None:
    """Adds the verification record to the metadata of a notebook."""
    content = json.loads(path.read_text("utf-8"))
    content["metadata"]["verification"] = json.loads(texts["verification.json"])
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8", "replace")


def add_onnx_metadata(path: Path, texts: Mapping[str, str]) -> None:
    """Adds the texts to the metadata of an ONNX model."""
    import onnx

    model = onnx.load(path)
    for name, text in texts.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = name, text
    onnx.save(model, path)
