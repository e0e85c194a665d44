"""The only reader of JSON that a run, a dataset or another process wrote: whatever the file holds, it is safe to use.

Numbers that no file of ours contains (NaN, infinity, integers of hundreds of digits) are read as None, so that no
caller meets an OverflowError. Lone surrogates, which cannot be sent to a browser, become question marks.
"""

import json
import math
from pathlib import Path
from typing import Any, TypeGuard

MOST_BYTES = 64 << 20
MOST_DEPTH = 32
"""Deeper nesting than any file of ours has, and far from Python's recursion limit."""
LARGEST = 2**63 - 1
"""Larger integers overflow NumPy's and Arrow's. A modification time in nanoseconds has 61 bits."""
SURROGATES = ("\\ud", "\\uD")
"""How an escape sequence of a surrogate begins; a file in UTF-8 holds no other surrogates."""


def read(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        OSError: the file is missing or cannot be read.
        ValueError: it is not JSON in UTF-8, or is nested or long as no file of ours is.
    """
    return parse(content_of(path))


def content_of(path: Path) -> bytes:
    """The bytes of a JSON file. Raises OSError; ValueError if it is as long as no file of ours is."""
    if path.stat().st_size > MOST_BYTES:
        raise ValueError("too long")
    return path.read_bytes()


def read_object(path: Path) -> dict[str, Any]:
    """The content of a JSON file that holds an object. Raises as `read` does; ValueError also if it is no object."""
    content = read(path)
    if not isinstance(content, dict):
        raise ValueError("not an object")
    return content


def parse(data: bytes) -> Any:
    """The value of a JSON text in UTF-8.

    Raises:
        ValueError: it is not JSON, or is nested deeper than `MOST_DEPTH`.
    """
    text = data.decode("utf-8")
    try:
        value = _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if text.count("{") + text.count("[") > MOST_DEPTH and _is_deep(value):
        raise ValueError("nested too deeply")
    return _encodable(value) if any(start in text for start in SURROGATES) else value


def is_number(value: Any, low: float = -math.inf, high: float = math.inf) -> TypeGuard[int | float]:
    """Whether a value is a finite number (not a bool) between two limits, both included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= LARGEST and low <= value <= high if isinstance(value, int) else _is_within(value, low, high)


def is_integer(value: Any, low: float = -LARGEST, high: float = LARGEST) -> TypeGuard[int]:
    """Whether a value is an integer (not a bool) between two limits, both included."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_within(value: float, low: float, high: float) -> bool:
    return math.isfinite(value) and low <= value <= high


def _integer(text: str) -> int | None:
    if len(text) > len(str(LARGEST)) + 1:
        return None
    value = int(text)
    return value if abs(value) <= LARGEST else None


def _float(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MOST_DEPTH):
        level = [
            part
            for whole in level
            if isinstance(whole, dict | list)
            for part in (whole.values() if isinstance(whole, dict) else whole)
        ]
        if not level:
            return False
    return True


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_encodable(part) for part in value]
    if isinstance(value, dict):
        return {_encodable(name): _encodable(part) for name, part in value.items()}
    return value


_DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_float, parse_constant=lambda _: None)
