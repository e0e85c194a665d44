"""The child that runs ONNX and LiteRT files: python -m imgcls.inference.sandbox.runner, started by `Sandbox`.

{"do": "open", "format": "onnx"} with the file       ->  what the file says about itself
{"do": "run", "shape", "dtype"} with the inputs      ->  {"shape"} with the first output, float32

"""

import sys
from typing import Any

import numpy as np

from imgcls.errors import RunError
from imgcls.inference.sandbox import limits, messages, runtimes, serving

MODULE = "imgcls.inference.sandbox.runner"
MEMORY = 800_000_000
"""Bytes of address space for the model, beyond what Python and the runtime use."""


def main() -> int:
    """Isolates the process, imports the runtime of the first file, applies the limits, and serves."""
    limits.isolate()
    model: runtimes.Model | None = None

    def answer(request: dict[str, Any], content: bytes) -> messages.Reply:
        nonlocal model
        if request["do"] == "open":
            _import(request["format"])
            limits.apply(MEMORY, written=0)
            model = runtimes.FORMATS[request["format"]](content)
            return model.described(), b""
        if model is None:
            raise RunError("No model was opened.")
        dtype = np.dtype(request["dtype"])
        found = model.run(np.frombuffer(content, dtype).reshape(request["shape"]))
        found = np.ascontiguousarray(found, np.float32)
        return {"shape": list(found.shape)}, found.tobytes()

    return serving.serve(answer)


def _import(name: str) -> None:
    """Imports the runtime before limits apply: its own libraries are not the model's."""
    if name == "onnx":
        import onnx
        import onnxruntime

        assert onnx and onnxruntime
    else:
        from ai_edge_litert import interpreter

        assert interpreter


if __name__ == "__main__":
    sys.exit(main())
