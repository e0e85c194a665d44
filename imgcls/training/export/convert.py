"""Converts the model of a run to an export format: python -m imgcls.training.export.convert RUN_FOLDER FORMAT FILE.

`imgcls.export.exporting` starts it, because only this package imports Keras.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from imgcls.errors import UserError
from imgcls.export import formats
from imgcls.runs import Run
from imgcls.training import keras_import


def main(arguments: list[str]) -> int:
    """Converts one model and returns the exit status; the last line on stderr says why it failed."""
    folder, name, path = arguments
    try:
        convert(Run(Path(folder)), name, Path(path))
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def convert(run: Run, name: str, path: Path) -> None:
    """Writes the file of a format.

    Raises:
        DatasetError: the format needs training images, and the run's dataset is not on this machine.
    """
    keras_import.load()
    import keras

    from imgcls.training.export.converter import KerasConverter

    model = keras.models.load_model(run.folder / "model.keras", compile=False, safe_mode=True)
    formats.find(name).write(KerasConverter(model, run.card.data), path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
