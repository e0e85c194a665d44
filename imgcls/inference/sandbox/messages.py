"""What goes through the pipes between the app and a sandbox: the length of a JSON object, the object, and bytes."""

import json
import struct
from typing import Any, BinaryIO

from imgcls.system import json_files

LENGTH = struct.Struct(">I")
MOST_HEADER = 4 << 20
Reply = tuple[dict[str, Any], bytes]
MOST_BYTES = 512 << 20


def write(stream: BinaryIO, header: dict[str, Any], content: bytes = b"") -> None:
    """Sends a message.

    Raises:
        OSError: the other side has ended.
    """
    text = json.dumps(header | {"bytes": len(content)}, allow_nan=False).encode()
    stream.write(LENGTH.pack(len(text)) + text)
    stream.write(content)
    stream.flush()


def read(stream: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """Receives a message.

    Raises:
        EOFError: the other side has ended.
        ValueError: it is not a message.
    """
    (length,) = LENGTH.unpack(_exactly(stream, LENGTH.size))
    if length > MOST_HEADER:
        raise ValueError("the message is too long")
    header = json_files.parse(_exactly(stream, length))
    if not isinstance(header, dict) or not json_files.is_integer(header.get("bytes"), 0, MOST_BYTES):
        raise ValueError("the message has no length")
    return header, _exactly(stream, header["bytes"])


def _exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data
