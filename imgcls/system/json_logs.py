"""Logs as one JSON object per line, for programs that collect them."""

import json
import logging
import os
import sys
import time
from typing import Any

OWN = frozenset((*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "color_message"))
"""Attributes of every record; others were given as `extra`."""


class JsonFormatter(logging.Formatter):
    """`time` (UTC), `level`, `logger`, `message`, whatever was given as `extra`, and `traceback` if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry: dict[str, Any] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {name: value for name, value in vars(record).items() if name not in OWN}
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def are_wanted() -> bool:
    """Whether IMGCLS_LOG_FORMAT is "json"."""
    return os.environ.get("IMGCLS_LOG_FORMAT", "").strip().lower() == "json"


def install(*, as_json: bool) -> None:
    """Sends everything that is logged in this process to the standard error output, as JSON or as plain lines."""
    handler = logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonFormatter() if as_json else plain)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
