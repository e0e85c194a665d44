"""A few lines of Python that run an exported file in its own runtime: to copy, beside the download."""

from imgcls.export import formats
from imgcls.runs.results import ModelCard

OPEN = """images = np.array(Image.open("image.png").convert("{mode}").resize(({width}, {height})))[None{channel}]"""
TOP = """best = probabilities.argmax()
print({classes}[best], f"{{probabilities[best]:.1%}}")"""
LABELS = """least = {thresholds}  # chosen on the validation images
print([name for name, value, low in zip({classes}, probabilities, least) if value >= low])"""
LOADED = {
    ".tflite": (
        "ai-edge-litert",
        "from ai_edge_litert.interpreter import Interpreter",
        """model = Interpreter("{file}")
given, result = model.get_input_details()[0]["index"], model.get_output_details()[0]["index"]
model.resize_tensor_input(given, images.shape)
model.allocate_tensors()
model.set_tensor(given, images)
model.invoke()
probabilities = model.get_tensor(result)[0]""",
    ),
    ".onnx": (
        "onnxruntime",
        "import onnxruntime",
        """model = onnxruntime.InferenceSession("{file}")
probabilities = model.run(["probabilities"], {{"images": images}})[0][0]""",
    ),
    ".keras": (
        "tensorflow",
        "import keras",
        """model = keras.models.load_model("{file}", compile=False)
probabilities = np.array(model(images))[0]""",
    ),
}
"""File extension -> what to install, the import, and the lines that compute `probabilities`."""
INTEGERS = ("litert_microcontroller",)
"""Formats whose output is not probabilities but integers: there is no snippet for them."""


def python(name: str, file: str, card: ModelCard) -> str:
    """The script for the file `file` of the format `name`; empty if there is none for that format."""
    suffix = formats.find(name).SUFFIX
    if suffix not in LOADED or name in INTEGERS or card.shape[2] not in (1, 3):
        return ""
    package, imported, run = LOADED[suffix]
    height, width, channels = card.shape
    classes = list(card.classes)
    is_grey = channels == 1
    lines = [
        f"# pip install {package} numpy pillow",
        *sorted([imported, "import numpy as np"], key=lambda line: line.split()[1]),
        "from PIL import Image",
        "",
        OPEN.format(mode="L" if is_grey else "RGB", width=width, height=height, channel=", ..., None" * is_grey),
        run.format(file=file),
        LABELS.format(classes=classes, thresholds=list(card.thresholds) or [card.threshold] * len(classes))
        if card.is_multilabel
        else TOP.format(classes=classes),
    ]
    return "\n".join(lines)
