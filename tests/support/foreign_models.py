"""Model files as other programs write them, and files that only pretend to be models."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np


def onnx_model(nodes: Sequence[Any], shape: Sequence[Any], width: int, constants: Mapping[str, np.ndarray]) -> bytes:
    """An ONNX model with the float input `x` and the float output `y` (n, width)."""
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        list(nodes),
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *shape])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", width])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()


def linear_onnx(shape: Sequence[Any], kernel: np.ndarray, bias: np.ndarray) -> bytes:
    """A linear classifier of flattened images; its outputs are logits."""
    from onnx import helper

    nodes = [helper.make_node("Flatten", ["x"], ["flat"]), helper.make_node("Gemm", ["flat", "w", "b"], ["y"])]
    constants = {"w": kernel.astype(np.float32), "b": bias.astype(np.float32)}
    return onnx_model(nodes, shape, kernel.shape[1], constants)


def endless_onnx() -> bytes:
    """Its Loop has a condition that is always true."""
    from onnx import TensorProto, helper

    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("Add", ["value", "value"], ["next_value"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("step", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("value", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next_value", TensorProto.FLOAT, None),
        ],
    )
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("Loop", ["", "true", "flat"], ["y"], body=body),
    ]
    return onnx_model(nodes, [1, 2, 2], 4, {"true": np.array(True)})


def huge_onnx() -> bytes:
    """A tensor of 40 GB in 200 bytes."""
    from onnx import helper

    nodes = [
        helper.make_node("ConstantOfShape", ["side"], ["huge"]),
        helper.make_node("ReduceSum", ["huge"], ["sum"], keepdims=0),
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("Add", ["flat", "sum"], ["y"]),
    ]
    return onnx_model(nodes, [1, 2, 2], 4, {"side": np.array([100_000, 100_000], np.int64)})


def onnx_with_outside_weights() -> bytes:
    """Its weights are said to be in /etc/passwd."""
    import onnx

    model = onnx.load_model_from_string(linear_onnx([1, 2, 2], np.zeros((4, 2)), np.zeros(2)))
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../../etc/passwd"
    return model.SerializeToString()


def layer(kind: str, module: str = "keras.layers", **config: Any) -> dict[str, Any]:
    """A layer in a config.json."""
    return {"module": module, "class_name": kind, "config": config, "registered_name": None}


def sequential(*described: dict[str, Any], shape: Sequence[int | None] = (8, 8, 1)) -> dict[str, Any]:
    """The config.json of a Sequential model."""
    first = layer("InputLayer", batch_shape=[None, *shape], dtype="float32", name="images")
    return layer("Sequential", "keras", name="model", layers=[first, *described])


def weights_file(arrays: Mapping[str, np.ndarray | tuple[int, ...]]) -> bytes:
    """A model.weights.h5; a tuple stands for zeros of this shape, which take no space."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for name, value in arrays.items():
            if isinstance(value, tuple):
                file.create_dataset(name, value, np.float32, chunks=value, compression="gzip")
            else:
                file[name] = value.astype(np.float32)
    return content.getvalue()


def keras_archive(
    path: Path, config: dict[str, Any] | bytes, weights: bytes = b"", extra: Mapping[str, bytes] | None = None
) -> Path:
    """Writes a .keras file."""
    text = config if isinstance(config, bytes) else json.dumps(config).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.15.0"}')
        archive.writestr("config.json", text)
        archive.writestr("model.weights.h5", weights or weights_file({}))
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return path
