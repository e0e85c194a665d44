"""A LiteRT model for any batch size as one for single images, without TensorFlow's converter."""

import struct

from flatbuffers.table import Table

SUBGRAPHS, TENSORS, SHAPE_SIGNATURE = 2, 0, 7
"""The numbers of these fields in the tables Model, SubGraph and Tensor of LiteRT's schema."""


def with_fixed_batch(model: bytes) -> bytes:
    """The same model, whose tensors say 1 where they said that the batch size is free."""
    content = bytearray(model)
    root = Table(content, struct.unpack_from("<I", content)[0])
    for graph in _tables(root, SUBGRAPHS):
        for tensor in _tables(graph, TENSORS):
            start, count = _vector(tensor, SHAPE_SIGNATURE)
            for place in range(start, start + 4 * count, 4):
                if struct.unpack_from("<i", content, place)[0] == -1:
                    struct.pack_into("<i", content, place, 1)
    return bytes(content)


def _vector(table: Table, field: int) -> tuple[int, int]:
    """Where a vector starts, and its length; (0, 0) if the table has none."""
    offset = table.Offset(4 + 2 * field)
    return (table.Vector(offset), table.VectorLen(offset)) if offset else (0, 0)


def _tables(table: Table, field: int) -> list[Table]:
    start, count = _vector(table, field)
    return [Table(table.Bytes, table.Indirect(start + 4 * number)) for number in range(count)]
