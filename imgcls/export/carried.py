"""What an exported file says about itself: class names, verification record and other texts inside the file."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path


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
