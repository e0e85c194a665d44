"""Exports without TensorFlow: the conversion is replaced by a copy of the run's own LiteRT file."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from imgcls.export import exporting, runtimes
from imgcls.runs import Run


class FakeRuntime(runtimes.Runtime):
    """Returns these probabilities for the images of a test set, in order."""

    name = "Fake 1.0"

    def __init__(self, probabilities: np.ndarray):
        self._probabilities, self._start = probabilities, 0

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        start, self._start = self._start, self._start + len(images)
        return self._probabilities[start : start + len(images)]

    def milliseconds(self, image: np.ndarray) -> float:
        return 1.5


@pytest.fixture
def quick_conversion(monkeypatch) -> list[str]:
    """Replaces the conversion of LiteRT formats; collects the formats that were converted."""
    converted = []

    def convert(run: Run, name: str, path: Path) -> None:
        converted.append(name)
        shutil.copyfile(run.folder / "model.tflite", path)

    monkeypatch.setattr(exporting, "convert", convert)
    return converted
