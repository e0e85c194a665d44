"""Builds a Keras model from a checked config and reads its weights. Nothing of the file is deserialised."""

import math
from typing import Any

import h5py
import keras

from imgcls.errors import RunError
from imgcls.training.imported_keras import layers

MOST_WEIGHTS = 100_000_000
UNREADABLE = "The file config.json describes a model whose parts are not connected. Save the model again."


class Rebuilt:
    """A model built from the config of a .keras file, without its weights.

    Raises:
        RunError: something in it is not allowed, or it is too large.
    """

    def __init__(self, config: dict[str, Any]):
        self._weights = 0
        layers.check_all(config)
        self._readers: list[tuple[keras.layers.Layer, str]] = []
        built = self._model(config, "")
        if not isinstance(built, keras.Model) or len(built.inputs) != 1 or len(built.outputs) != 1:
            raise RunError("The model has several inputs or outputs. An image classifier has one of each.")
        self.model: keras.Model = built

    def read_weights(self, file: h5py.File) -> None:
        """Fills in the weights.

        Raises:
            RunError: they do not fit the model.
        """
        for layer, path in self._readers:
            try:
                layer.load_own_variables(file[f"{path}/vars"])
            except (KeyError, ValueError, TypeError, OSError) as error:
                raise RunError(
                    f"The weights of the layer “{layer.name[:40]}” are missing or do not fit it. Save the model again "
                    "with a current Keras."
                ) from error

    def _model(self, entry: dict[str, Any], path: str) -> keras.Model:
        kind = layers.kind_of(entry)
        if kind not in layers.MODELS:
            raise RunError("The file config.json does not describe a model. Save the model again.")
        described = entry["config"].get("layers")
        if not isinstance(described, list) or not described:
            raise RunError("The model has no layers. Build it (call it on an image) before you save it.")
        named = list(layers.with_paths(described, path))
        if kind == "Sequential":
            return self._sequential(entry["config"], named)
        return self._functional(entry["config"], named)

    def _sequential(self, config: dict[str, Any], named: list[tuple[dict[str, Any], str]]) -> keras.Model:
        if named[0][0]["class_name"] == "InputLayer":
            inputs = _input(named.pop(0)[0]["config"])
        else:
            inputs = _input({"batch_shape": config.get("build_input_shape"), "dtype": "float32"})
        x = inputs
        for entry, path in named:
            x = self._called(self._made(entry, path), entry, [x])
        return keras.Model(inputs, x)

    def _functional(self, config: dict[str, Any], named: list[tuple[dict[str, Any], str]]) -> keras.Model:
        tensors: dict[tuple[str, int], Any] = {}
        waiting: list[tuple[dict[str, Any], Any, int, dict[str, Any]]] = []
        inputs = []
        for entry, path in named:
            if entry["class_name"] == "InputLayer":
                tensors[_name(entry), 0] = _input(entry["config"])
                inputs.append(tensors[_name(entry), 0])
                continue
            made = self._made(entry, path)
            nodes = entry.get("inbound_nodes")
            if not isinstance(nodes, list) or not nodes:
                raise RunError(UNREADABLE)
            waiting += [(entry, made, position, node) for position, node in enumerate(nodes)]
            if len(waiting) > 2 * layers.MOST_LAYERS:
                raise RunError(f"The model has more than {2 * layers.MOST_LAYERS:,} connections. Export it as ONNX.")
        while waiting:
            rest = []
            for entry, made, position, node in waiting:
                arguments = _arguments(node, tensors)
                if arguments is None:
                    rest.append((entry, made, position, node))
                else:
                    tensors[_name(entry), position] = self._called(made, entry, arguments)
            if len(rest) == len(waiting):
                raise RunError(UNREADABLE)
            waiting = rest
        outputs = _history(config.get("output_layers"))
        if outputs not in tensors:
            raise RunError("The model has several outputs, or none. A classifier has one, with a score for each class.")
        return keras.Model(inputs, tensors[outputs])

    def _made(self, entry: dict[str, Any], path: str) -> Any:
        """What an entry stands for: a layer, a model, a function of `keras.ops`, or None for one without effect."""
        kind, config = layers.kind_of(entry), entry["config"]
        if layers.is_operation(entry):
            return getattr(keras.ops, layers.FUNCTIONS.get(kind, kind.lower()))
        if kind in layers.ONLY_IN_TRAINING:
            return None
        if kind in layers.MODELS:
            return self._model(entry, path)
        if kind == "InputLayer":
            raise RunError(UNREADABLE)
        made = getattr(keras.layers, kind)(**layers.settings_of(kind, config, layers.LAYERS[kind]))
        self._readers.append((made, path))
        return made

    def _called(self, made: Any, entry: dict[str, Any], arguments: list[Any]) -> Any:
        kind = entry["class_name"]
        if made is None:
            return arguments[0]
        if layers.is_operation(entry):
            settings = layers.settings_of(kind, entry["config"], layers.OPERATIONS[kind])
            return _checked_size(made(*arguments, **settings))
        tensors = arguments[0] if isinstance(arguments[0], list) else arguments[:1]
        if not isinstance(made, keras.Model) and not made.built:
            shape = [length or 1 for length in tensors[0].shape[1:]]
            settings = layers.settings_of(kind, entry["config"], layers.LAYERS[kind])
            self._weights += layers.weights_of(kind, settings, shape[-1] if shape else 1, math.prod(shape))
            if self._weights > MOST_WEIGHTS:
                raise RunError(
                    f"The model has more than {MOST_WEIGHTS / 1e6:,.0f} million weights, which is more than can be "
                    "imported. Use a smaller model."
                )
        return _checked_size(made(arguments[0]))


def _input(config: dict[str, Any]) -> Any:
    shape, dtype = layers.checked_input(config)
    return keras.Input(shape, dtype=dtype)


def _name(entry: dict[str, Any]) -> str:
    name = entry.get("name", entry["config"].get("name"))
    if not isinstance(name, str):
        raise RunError(UNREADABLE)
    return name


def _arguments(node: Any, tensors: dict[tuple[str, int], Any]) -> list[Any] | None:
    """The arguments of a call: tensors, lists of tensors, and numbers. None if a tensor is not there yet."""
    if not isinstance(node, dict) or not isinstance(node.get("args"), list) or not node["args"]:
        raise RunError(UNREADABLE)
    given = node.get("kwargs") or {}
    if not isinstance(given, dict) or any(value is not None and value is not False for value in given.values()):
        raise RunError("A layer of the model is called with additional arguments, which cannot be imported.")
    found: list[Any] = []
    for argument in node["args"]:
        several = argument if isinstance(argument, list) else [argument]
        parts = []
        for one in several:
            if isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one):
                parts.append(one)
                continue
            history = _history(one.get("config", {}).get("keras_history")) if isinstance(one, dict) else None
            if history is None:
                raise RunError(UNREADABLE)
            if history not in tensors:
                return None
            parts.append(tensors[history])
        found.append(parts if isinstance(argument, list) else parts[0])
    return found


def _history(value: Any) -> tuple[str, int] | None:
    """The name of a layer and the number of its call, of a single tensor."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str) and type(value[1]) is int:
        return value[0], value[1]
    return None


def _checked_size(tensor: Any) -> Any:
    if math.prod(length or 1 for length in tensor.shape[1:]) > layers.MOST_VALUES:
        raise RunError("A layer of the model returns more values for an image than can be imported.")
    return tensor
