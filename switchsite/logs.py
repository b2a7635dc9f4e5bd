"""How lines of the log look: text for people, or a JSON object a line for what collects logs."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from dispatch.about import FIELDS


class JsonFormatter(logging.Formatter):
    """One JSON object a line. Of a record's extras it writes those of `dispatch.about`, and no others."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0]:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        return json.dumps(line, default=str)


class RefusalsInOneLine(logging.Filter):
    """What a client did wrong is no fault of the hub: its line has no traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True


FORMATTERS: dict[str, dict[str, Any]] = {
    "text": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
    "json": {"()": JsonFormatter},
}
