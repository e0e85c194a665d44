"""Logs as one JSON object per line."""

import json
import logging

from imgcls.system.json_logs import JsonFormatter, are_wanted


def formatted(message: str, *arguments, **more) -> str:
    record = logging.makeLogRecord(
        {"name": "imgcls.api", "levelname": "INFO", "msg": message, "args": arguments} | more
    )
    return JsonFormatter().format(record)


def test_a_log_record_is_one_line_with_its_extra_values():
    line = formatted("first\nsecond %d", 2, created=0.5, msecs=500.0, path="/api", status=200)
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "1970-01-01T00:00:00.500Z",
        "level": "info",
        "logger": "imgcls.api",
        "message": "first\nsecond 2",
        "path": "/api",
        "status": 200,
    }


def test_errors_include_a_traceback_and_any_value_can_be_logged():
    try:
        raise ValueError("reason")
    except ValueError as error:
        line = formatted("failed", exc_info=(type(error), error, error.__traceback__), value=object())
    entry = json.loads(line)
    assert "ValueError: reason" in entry["traceback"] and entry["value"].startswith("<object")


def test_json_logs_are_enabled_by_a_variable(monkeypatch):
    monkeypatch.setenv("IMGCLS_LOG_FORMAT", "JSON")
    assert are_wanted()
    monkeypatch.setenv("IMGCLS_LOG_FORMAT", "text")
    assert not are_wanted()
