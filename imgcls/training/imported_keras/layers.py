"""The layers that a .keras file may consist of, and the settings that each may have.

A setting's value is a number, a flag, a word of `WORDS`, None, or a list of numbers. Initialisers, regularisers and
constraints have no effect on a trained model and are ignored; any other setting must be empty.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from imgcls.errors import RunError

MODULES = ("keras", "keras.layers", "keras.models", "keras.src.models.functional", "keras.src.models.sequential")
OPERATION_MODULES = ("keras.src.ops.numpy", "keras.src.ops.core", "keras.src.ops.nn", "keras.ops")
MODELS = ("Functional", "Model", "Sequential")

_CONVOLUTION = ("kernel_size", "strides", "padding", "data_format", "dilation_rate", "activation", "use_bias")
_POOLING = ("pool_size", "strides", "padding", "data_format")
LAYERS: dict[str, tuple[str, ...]] = {
    "Dense": ("units", "activation", "use_bias"),
    "Conv2D": ("filters", "groups", *_CONVOLUTION),
    "Conv2DTranspose": ("filters", "output_padding", *_CONVOLUTION),
    "DepthwiseConv2D": ("depth_multiplier", *_CONVOLUTION),
    "SeparableConv2D": ("filters", "depth_multiplier", *_CONVOLUTION),
    "BatchNormalization": ("axis", "momentum", "epsilon", "center", "scale"),
    "LayerNormalization": ("axis", "epsilon", "center", "scale"),
    "GroupNormalization": ("groups", "axis", "epsilon", "center", "scale"),
    "Normalization": ("axis", "invert", "mean", "variance"),
    "Rescaling": ("scale", "offset"),
    "Resizing": (
        "height",
        "width",
        "interpolation",
        "crop_to_aspect_ratio",
        "pad_to_aspect_ratio",
        "fill_mode",
        "fill_value",
        "antialias",
        "data_format",
    ),
    "Activation": ("activation",),
    "ReLU": ("max_value", "negative_slope", "threshold"),
    "LeakyReLU": ("negative_slope",),
    "ELU": ("alpha",),
    "PReLU": ("shared_axes",),
    "Softmax": ("axis",),
    "MaxPooling2D": _POOLING,
    "AveragePooling2D": _POOLING,
    "GlobalMaxPooling2D": ("data_format", "keepdims"),
    "GlobalAveragePooling2D": ("data_format", "keepdims"),
    "Flatten": ("data_format",),
    "Reshape": ("target_shape",),
    "Permute": ("dims",),
    "ZeroPadding2D": ("padding", "data_format"),
    "Cropping2D": ("cropping", "data_format"),
    "UpSampling2D": ("size", "data_format", "interpolation"),
    "Add": (),
    "Subtract": (),
    "Multiply": (),
    "Average": (),
    "Maximum": (),
    "Minimum": (),
    "Concatenate": ("axis",),
}
ONLY_IN_TRAINING = (
    "Dropout",
    "SpatialDropout2D",
    "GaussianDropout",
    "GaussianNoise",
    "AlphaDropout",
    "ActivityRegularization",
    "RandomFlip",
    "RandomRotation",
    "RandomZoom",
    "RandomTranslation",
    "RandomContrast",
    "RandomBrightness",
)
"""They pass on their input in a trained model, so they are left out."""
OPERATIONS: dict[str, tuple[str, ...]] = {
    "Flip": ("axis",),
    "Mean": ("axis", "keepdims"),
    "Cast": ("dtype",),
    "Clip": ("x_min", "x_max"),
    "Round": ("decimals",),
    "TrueDivide": (),
    "Add": (),
    "Subtract": (),
    "Multiply": (),
}
FUNCTIONS = {"TrueDivide": "true_divide"}
"""The function of an operation in `keras.ops`, where it is not called like the operation in small letters."""
# fmt: off
WORDS = frozenset((
    "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "swish", "sigmoid", "hard_sigmoid",
    "hard_silu", "hard_swish", "tanh", "softmax", "softplus", "softsign", "exponential", "mish", "same", "valid",
    "channels_last", "channels_first", "nearest", "bilinear", "bicubic", "constant", "reflect", "wrap", "area",
    "lanczos3", "lanczos5", "float32", "uint8", "int32", "float16",
))
# fmt: on
COUNTED = {"Dense": "units", "Conv2D": "filters"}
"""The setting that is the last length of the weights."""
INPUT_TYPES = ("uint8", "float32", "float16", "int32")
IGNORED_ENDINGS = ("_initializer", "_regularizer", "_constraint")
IGNORED = ("name", "trainable", "dtype", "momentum", "renorm_momentum", "seed", "supports_masking")
MOST_LAYERS, MOST_DEPTH = 1000, 6
MOST_SIDE = 4096
"""The largest setting of a layer that is a length, such as a kernel's side."""
LENGTHS = ("kernel_size", "strides", "pool_size", "padding", "cropping", "size", "dilation_rate", "height", "width")
MOST_VALUES = 20_000_000
"""The most values that an input or a layer may have for one image."""
MOST_LIST = 4096
MOST = 1e9


def kind_of(entry: Any) -> str:
    """What an entry of the config is: a name in `LAYERS`, `ONLY_IN_TRAINING`, `OPERATIONS`, `MODELS`, or "InputLayer".

    Raises:
        RunError: it is nothing of these.
    """
    if not isinstance(entry, dict) or not isinstance(entry.get("config"), dict):
        raise RunError("The file config.json describes something that is not a layer. Save the model again.")
    name, module = entry.get("class_name"), entry.get("module")
    shown = "".join(letter for letter in str(name) if letter.isprintable())[:40]
    if name == "Lambda":
        raise RunError(
            "The model has a Lambda layer, which is program code inside the file. It was not run. Replace it with "
            "Keras's own layers, or export the model as ONNX."
        )
    if isinstance(name, str) and module in OPERATION_MODULES and name in OPERATIONS:
        return name
    is_known = isinstance(name, str) and (
        name in LAYERS or name in ONLY_IN_TRAINING or name in MODELS or name == "InputLayer"
    )
    if not is_known or module not in MODULES:
        raise RunError(
            f"The model has a layer of the class “{shown}”, which is not among those that can be imported. Replace it, "
            "or export the model as ONNX or LiteRT."
        )
    return str(name)


def check_all(entry: Any, depth: int = 0) -> int:
    """Checks the class and the settings of every layer, including those of models inside models.

    Returns:
        The number of layers.

    Raises:
        RunError: one is not allowed, or there are too many.
    """
    kind, config = kind_of(entry), entry["config"]
    if kind in LAYERS and not is_operation(entry):
        settings_of(kind, config, LAYERS[kind])
    elif is_operation(entry):
        settings_of(kind, config, OPERATIONS[kind])
    elif kind == "InputLayer":
        checked_input(config)
    count = 1
    if kind in MODELS:
        inner = config.get("layers")
        if not isinstance(inner, list) or not inner or depth > MOST_DEPTH:
            raise RunError("The file config.json does not describe a model. Save the model again.")
        for one in inner:
            count += check_all(one, depth + 1)
            if count > MOST_LAYERS:
                raise RunError(f"The model has more than {MOST_LAYERS:,} layers. Export it as ONNX or LiteRT.")
    return count


def checked_input(config: Mapping[str, Any]) -> tuple[tuple[int | None, ...], str]:
    """The shape of an input without its batch, and its type.

    Raises:
        RunError: it is not an image, or too large.
    """
    shape, dtype = config.get("batch_shape"), config.get("dtype", "float32")
    if isinstance(dtype, dict) and isinstance(dtype.get("config"), dict):
        dtype = dtype["config"].get("name")
    if (
        not isinstance(shape, list)
        or not 2 <= len(shape) <= 4
        or not all(side is None or (type(side) is int and 0 < side <= MOST_VALUES) for side in shape)
        or math.prod(side or 1 for side in shape[1:]) > MOST_VALUES
        or dtype not in INPUT_TYPES
    ):
        raise RunError("The model's input is not an image: its shape or type is missing, or too large.")
    return tuple(shape[1:]), dtype


def with_paths(described: list[dict[str, Any]], path: str = "") -> Iterator[tuple[dict[str, Any], str]]:
    """Layers with the paths of their weights in the HDF5 file, as Keras names them: by class, then numbered."""
    used: dict[str, int] = {}
    for entry in described:
        if is_operation(entry):
            yield entry, ""
            continue
        name = _snake_case(entry["class_name"])
        number = used.get(name, 0)
        used[name] = number + 1
        yield entry, f"{path}layers/{name}_{number}/" if number else f"{path}layers/{name}/"


def weighted(config: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, int]]:
    """The dense and convolutional layers of a checked model: the path of their weights, and the number of outputs."""
    for entry, place in with_paths(config["config"]["layers"], path):
        kind = entry["class_name"]
        if kind in MODELS:
            yield from weighted(entry, place)
        elif kind in COUNTED:
            yield place, entry["config"].get(COUNTED[kind])


def is_operation(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is an operation such as a division, which is not a layer and has no weights."""
    return entry.get("module") in OPERATION_MODULES


def settings_of(kind: str, config: Mapping[str, Any], allowed: tuple[str, ...]) -> dict[str, Any]:
    """The settings of a layer or an operation, checked.

    Raises:
        RunError: one is not allowed.
    """
    found = {}
    for name, value in config.items():
        if name in allowed:
            found[name] = _checked(kind, name, value)
        elif not (name in IGNORED or name.endswith(IGNORED_ENDINGS) or not value):
            raise RunError(f"The layer {kind} has the setting “{name[:40]}”, which cannot be imported. Remove it.")
    return found


def weights_of(kind: str, settings: Mapping[str, Any], channels: int, values: int) -> int:
    """About how many weights a layer has, before it is built.

    Args:
        channels: The last length of its input.
        values: The product of all lengths of its input.
    """
    kernel = settings.get("kernel_size", 1)
    area = math.prod(kernel) if isinstance(kernel, tuple) else int(kernel) ** 2
    filters = int(settings.get("filters") or settings.get("units") or 0)
    if kind in ("Dense", "Conv2D", "Conv2DTranspose"):
        return (area * channels // max(1, int(settings.get("groups") or 1)) + 1) * filters
    multiplied = channels * int(settings.get("depth_multiplier") or 1)
    if kind == "DepthwiseConv2D":
        return (area + 1) * multiplied
    if kind == "SeparableConv2D":
        return area * multiplied + (multiplied + 1) * filters
    return values if kind == "PReLU" else 4 * values if kind == "LayerNormalization" else 4 * channels


def _checked(kind: str, name: str, value: Any) -> Any:
    if isinstance(value, list):
        if len(value) > MOST_LIST:
            raise _not_allowed(kind, name)
        return tuple(_checked(kind, name, one) for one in value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        most = MOST_SIDE if name in LENGTHS else MOST
        if not (math.isfinite(value) and abs(value) <= most):
            raise _not_allowed(kind, name)
        return value
    if isinstance(value, str) and value in WORDS:
        return value
    raise _not_allowed(kind, name)


def _not_allowed(kind: str, name: str) -> RunError:
    return RunError(f"The setting “{name}” of a layer {kind} has a value that cannot be imported. Change it.")


def _snake_case(name: str) -> str:
    """As Keras does: "Conv2DTranspose" is "conv2d_transpose"."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
