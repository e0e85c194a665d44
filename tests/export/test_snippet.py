"""The lines to copy beside a download do what the app does, without the app."""

import subprocess
import sys
from dataclasses import replace

from PIL import Image

from imgcls.export import exporting, formats, records
from imgcls.export.bundle import snippet
from tests.support.exporting.exports import quick_conversion as quick_conversion


def printed(code: str, folder) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120, check=True
    ).stdout.strip()


def test_a_multi_label_model_prints_the_labels_above_their_thresholds(finished_run, quick_conversion, tmp_path):
    exporting.make(finished_run, ["litert"], lambda fraction, text: None)
    low = (0.0, *(1.1 for _ in finished_run.card.classes[1:]))
    card = replace(finished_run.card, is_multilabel=True, thresholds=low)
    Image.new("L" if card.shape[2] == 1 else "RGB", (50, 40)).save(tmp_path / "image.png")
    (tmp_path / "m.tflite").write_bytes(records.file_of(finished_run, "litert").read_bytes())
    assert printed(snippet.python("litert", "m.tflite", card), tmp_path) == repr([card.classes[0]])


def test_formats_that_are_no_model_with_probabilities_have_no_lines(finished_run):
    without = {name for name in formats.names() if not snippet.python(name, "file", finished_run.card)}
    assert without == {"html", "coreml", "saved_model", "script", "notebook", "litert_microcontroller"}
