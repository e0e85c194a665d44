"""The file format of LiteRT: collects the tensors and operators of a model and writes them as a .tflite file.

The format is a FlatBuffer; its schema, and classes for every table in it, come with LiteRT. (Google, "schema.fbs")
"""

from typing import Any

import numpy as np

VERSION = 3
"""Of the file format."""
IDENTIFIER = b"TFL3"
ENUMS = {
    "padding": "Padding",
    "fusedActivationFunction": "ActivationFunctionType",
    "inDataType": "TensorType",
    "outDataType": "TensorType",
}
"""Options whose values are given as names: option -> its type in the schema."""


class Graph:
    """Tensors are known by their index. All but constants have a first side of any length, the number of images."""

    def __init__(self) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self._schema: Any = schema
        self._tensors: list[Any] = []
        self._operators: list[Any] = []
        self._codes: list[int] = []
        self._buffers: list[Any] = [schema.BufferT()]  # the first is always empty

    def tensor(self, name: str, shape: tuple[int, ...], *, kind: str = "FLOAT32", is_batch: bool = False) -> int:
        """Adds a tensor whose values are computed or given."""
        return self._tensor(name, shape, kind, [-1, *shape[1:]] if is_batch else None, 0)

    def constant(self, name: str, values: np.ndarray) -> int:
        """Adds a constant, int32 or float32."""
        kind, dtype = ("INT32", "<i4") if values.dtype == np.int32 else ("FLOAT32", "<f4")
        content = np.ascontiguousarray(values, dtype).reshape(-1).view(np.uint8)
        self._buffers.append(self._schema.BufferT(data=content))
        return self._tensor(name, values.shape, kind, None, len(self._buffers) - 1)

    def operator(
        self, code: str, inputs: list[int], name: str, shape: tuple[int, ...], kind: str = "", **options: Any
    ) -> int:
        """Adds an operator.

        Args:
            code: Its name in the schema, such as "CONV_2D".
            inputs: The tensors that it takes.
            name, shape: Of its result, for one image: without the number of images.
            kind: The type of its options in the schema; empty if it has none.
            options: Their values.

        Returns:
            Its result, float32.
        """
        schema, result = self._schema, self.tensor(name, (1, *shape), is_batch=True)
        number = getattr(schema.BuiltinOperator, code)
        if number not in self._codes:
            self._codes.append(number)
        values = {
            option: getattr(getattr(schema, ENUMS[option]), value) if option in ENUMS else value
            for option, value in options.items()
        }
        self._operators.append(
            schema.OperatorT(
                opcodeIndex=self._codes.index(number),
                inputs=inputs,
                outputs=[result],
                builtinOptionsType=getattr(schema.BuiltinOptions, kind or "NONE"),
                builtinOptions=getattr(schema, f"{kind}T")(**values) if kind else None,
            )
        )
        return result

    def finished(self, description: str, inputs: int, outputs: int) -> bytes:
        """The model as the content of a .tflite file."""
        import flatbuffers

        schema = self._schema
        codes = [schema.OperatorCodeT(deprecatedBuiltinCode=min(code, 127), builtinCode=code) for code in self._codes]
        graph = schema.SubGraphT(
            tensors=self._tensors, inputs=[inputs], outputs=[outputs], operators=self._operators, name=b"main"
        )
        model = schema.ModelT(
            version=VERSION,
            operatorCodes=codes,
            subgraphs=[graph],
            buffers=self._buffers,
            description=description.encode(),
        )
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(model.Pack(builder), file_identifier=IDENTIFIER)
        return bytes(builder.Output())

    def _tensor(self, name: str, shape: tuple[int, ...], kind: str, signature: list[int] | None, buffer: int) -> int:
        self._tensors.append(
            self._schema.TensorT(
                shape=list(shape),
                shapeSignature=signature,
                type=getattr(self._schema.TensorType, kind),
                name=name.encode(),
                buffer=buffer,
                hasRank=True,
            )
        )
        return len(self._tensors) - 1
