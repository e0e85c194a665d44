"""The model of a run as a browser needs it: LiteRT.js runs only models with a fixed batch of 1."""

from functools import lru_cache
from pathlib import Path

from imgcls.errors import RunError
from imgcls.runs import Run

NAME = "model.tflite"
CACHED = 4


def of(run: Run) -> bytes:
    """The LiteRT file.

    Raises:
        RunError: the run has no model, or it is damaged.
    """
    return _of(run.folder / NAME, run.stamp(NAME))


def fixed(model: bytes) -> bytes:
    """A LiteRT model whose open dimensions, which are those of the batch, are 1: as the file says it without a batch.

    Raises:
        ValueError: it is no LiteRT model.
    """
    from ai_edge_litert import schema_py_generated as schema

    data = bytearray(model)
    try:
        if not schema.Model.ModelBufferHasIdentifier(data, 0):
            raise ValueError("another kind of file")
        root = schema.Model.GetRootAs(data, 0)
        for graph in (root.Subgraphs(number) for number in range(root.SubgraphsLength())):
            for tensor in (graph.Tensors(number) for number in range(graph.TensorsLength())):
                if tensor.ShapeSignatureLength():
                    open_dimensions = tensor.ShapeSignatureAsNumpy()  # a view of `data`
                    open_dimensions[open_dimensions < 0] = 1
    except Exception as error:
        raise ValueError("not a LiteRT model") from error
    return bytes(data)


@lru_cache(CACHED)
def _of(path: Path, _stamp: tuple[float, ...]) -> bytes:
    try:
        return fixed(path.read_bytes())
    except (OSError, ValueError) as error:
        raise RunError("The model of this run cannot be read. Choose another run, or train one.") from error
