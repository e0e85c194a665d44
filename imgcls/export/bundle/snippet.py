"""A few lines of Python that run an exported file in its own runtime: to copy, beside the download."""

from imgcls.export import formats, metadata
from imgcls.images.ink import fill_of
from imgcls.runs.results import ModelCard

FIT = """image = ImageOps.fit(Image.open("image.png").convert("{mode}"), ({width}, {height}))"""
PAD = """image = Image.open("image.png").convert("{mode}")
image = ImageOps.pad(image, ({width}, {height}), color=image.getpixel((0, 0)))"""
GREY = """# The model needs {need}. For photos, use the bundle.
image = Image.open("image.png").convert("L")
pixels = np.array(image)
if np.median([*pixels[0], *pixels[-1], *pixels[:, 0], *pixels[:, -1]]) > 127:  # a light background
    image = ImageOps.invert(image)
if image.size != ({width}, {height}):  # otherwise, it is taken as it is
    image = ImageOps.autocontrast(image)
    image = image.crop(image.point(lambda value: 255 * (value > 80)).getbbox())
    image = ImageOps.pad(image, ({inner_width}, {inner_height}))"""
CENTRE = """
    image = ImageOps.expand(image, {margin})
    pixels = np.array(image, float)
    y, x = (np.indices(pixels.shape) * pixels).sum((1, 2)) / max(pixels.sum(), 1)
    shift = np.clip(np.rint([{width} / 2 - x, {height} / 2 - y]), -{margin}, {margin})
    image = ImageChops.offset(image, *shift.astype(int).tolist())"""
TOP = """best = probabilities.argmax()
print({classes}[best], round(float(probabilities[best]), 3))"""
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
    classes = list(card.classes)
    prepared = _prepared(card)
    lines = [
        f"# pip install {package} numpy pillow",
        *sorted([imported, "import numpy as np"], key=lambda line: line.split()[1]),
        f"from PIL import Image, {'ImageChops, ' if 'ImageChops' in prepared else ''}ImageOps",
        "",
        prepared,
        f"images = np.array(image)[None{', ..., None' if card.shape[2] == 1 else ''}]",
        "",
        run.format(file=file),
        LABELS.format(classes=classes, thresholds=list(card.thresholds) or [card.threshold] * len(classes))
        if card.is_multilabel
        else TOP.format(classes=classes),
    ]
    return "\n".join(lines)


def about_input(card: ModelCard) -> str:
    """What the lines do with an image, and when they are not enough, in Markdown."""
    height, width, channels = card.shape
    text = f"The input is uint8, {height}×{width}×{channels}, 0 to 255"
    if need := _needs(card):
        text += (
            f": {need}. These lines invert a light background, crop, scale and centre, unless the image has this size "
            "already"
        )
    how = metadata.preprocessing(card)
    return (
        f"{text}. For photos, use the bundle, which prepares images exactly as the app does: {how[:1].lower()}{how[1:]}"
    )


def _needs(card: ModelCard) -> str:
    """The images that a greyscale model was trained on; empty if any image is resized as it is."""
    if card.fit or card.shape[2] != 1:
        return ""
    return "bright ink on black, centred" if card.is_ink else "one bright object on black"


def _prepared(card: ModelCard) -> str:
    """The lines that make `image`, of the model's size and mode. They follow `imgcls.images.loading.prepare_photo`."""
    height, width, channels = card.shape
    if not (need := _needs(card)):
        lines = PAD if card.fit == "pad" else FIT
        return lines.format(mode="L" if channels == 1 else "RGB", width=width, height=height)
    side = min(height, width)
    margin = round(side * (1 - fill_of(side)) / 2) if card.is_ink else 0
    sizes = {"width": width, "height": height, "margin": margin}
    lines = GREY.format(need=need, inner_width=width - 2 * margin, inner_height=height - 2 * margin, **sizes)
    return lines + (CENTRE.format(**sizes) if margin else "")
