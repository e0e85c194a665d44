"""The reader for untrusted JSON: any file gives safe values or one kind of error."""

import json

import pytest

from imgcls.system import json_files

HUGE = "1" + "0" * 400


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, "x", true, null]}', {"a": [1, 2.5, "x", True, None]}),
        (HUGE, None),
        (f"-{HUGE}", None),
        ("1" * 5000, None),
        ("1e400", None),
        ("-1e400", None),
        ("NaN", None),
        ("[Infinity, -Infinity]", [None, None]),
        ("9007199254740992", 2**53),
        ("9223372036854775808", None),
        ('"\\ud800 alone"', "? alone"),
        ('{"\\udfff": "\\ud83d\\ude00"}', {"?": "\U0001f600"}),
        ('"\\uD83D\\uDE00"', "\U0001f600"),
        ("[" * 32 + "]" * 32, json.loads("[" * 32 + "]" * 32)),
    ],
)
def test_any_readable_json_is_safe_to_use(text, value):
    assert json_files.parse(text.encode()) == value


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff\xfe", '{"a": 1}'.encode("utf-16"), b"[" * 100_000, b"[" * 33 + b"]" * 33, b"\0", b"{} x"],
    ids=lambda data: repr(data[:12]),
)
def test_invalid_json_raises_one_kind_of_error(data):
    with pytest.raises(ValueError):
        json_files.parse(data)


def test_many_small_objects_are_not_deep():
    assert len(json_files.parse(json.dumps([{"x": [1]}] * 1000).encode())) == 1000


def test_a_file_must_hold_an_object_and_respect_the_size_limit(tmp_path, monkeypatch):
    path = tmp_path / "file.json"
    path.write_text("[1]")
    assert json_files.read(path) == [1]
    with pytest.raises(ValueError, match="not an object"):
        json_files.read_object(path)
    monkeypatch.setattr(json_files, "MOST_BYTES", 2)
    with pytest.raises(ValueError, match="too long"):
        json_files.read(path)
    with pytest.raises(FileNotFoundError):
        json_files.read(tmp_path / "missing.json")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, True), (0.5, True), (True, False), ("1", False), (None, False), (float("nan"), False), (10**400, False)],
)
def test_a_number_is_finite_and_not_a_boolean(value, expected):
    assert json_files.is_number(value) is expected


def test_limits_are_inclusive():
    assert json_files.is_number(1.0, 0, 1)
    assert not json_files.is_number(1.01, 0, 1)
    assert json_files.is_integer(3, 3, 3)
    assert not json_files.is_integer(3.0)
