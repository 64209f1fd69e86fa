"""Logging: one line a record, as text or as JSON, with every secret struck out."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterable

from bot.settings import LogFormat

STRUCK_OUT = "[secret]"
QUIETER = {
    "alembic": logging.WARNING,
    "discord.client": logging.WARNING,
    "gguf": logging.WARNING,
    "httpx": logging.WARNING,
    "huggingface_hub": logging.WARNING,
    "transformers": logging.WARNING,
    "aiosqlite": logging.INFO,
    "asyncio": logging.INFO,
}
"""Libraries that say too much at the level that a host wants of Inkling itself."""


class TextFormatter(logging.Formatter):
    """`2026-01-31 12:00:00 INFO bot.app: message`, in UTC; secrets are struck out of message and traceback."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")
        self.converter = time.gmtime
        self._secrets = tuple(sorted(filter(None, secrets), key=len, reverse=True))

    def format(self, record: logging.LogRecord) -> str:
        return self.strike_out(super().format(record))

    def strike_out(self, text: str) -> str:
        """Return `text` without the secrets."""
        for secret in self._secrets:
            text = text.replace(secret, STRUCK_OUT)
        return text


class JsonFormatter(TextFormatter):
    """One JSON object a line: time (UTC, ISO 8601), level, logger, message, and exception where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry = {
            "time": f"{seconds}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": self.strike_out(record.getMessage()),
        }
        if record.exc_info:
            entry["exception"] = self.strike_out(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def set_up_logging(level: str = "INFO", log_format: LogFormat = "text", secrets: Iterable[str] = ()) -> None:
    """Send every record to standard error, and nowhere else. Calling it again replaces what was set up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(secrets) if log_format == "json" else TextFormatter(secrets))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name, quiet in QUIETER.items():
        logging.getLogger(name).setLevel(max(quiet, logging.getLevelName(level)))
    logging.captureWarnings(True)
