"""The log of a process, on standard error: a line per record, as text or as JSON, with the ids of what is at hand.

A fault is written by its kind and place, never by its words: those of drivers and libraries may quote what people sent.
Lines about requests are many, so they are handed to a thread that writes them together; a log that nobody reads fast
enough loses some of them (and counts those), and holds no request up.
"""

import atexit
import json
import logging
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol, TextIO

from shiming.telemetry.current import CURRENT

FORMATS, REQUESTS = ("text", "json"), ("off", "errors", "calls", "all")
KEPT_LINES = 10_000
FRAMES = 6
ACCESS = logging.getLogger("shiming.access")
_ENCODED = json.JSONEncoder(ensure_ascii=False, default=str).encode  # made once: json.dumps would make it every time


class LogSettings(Protocol):
    log: str
    access_log: str


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """What is written of a record."""
    at, own = CURRENT.get(), getattr(record, "fields", None) or {}
    line = {"time": moment(record.created), "level": record.levelname.lower(), "logger": record.name}
    line |= {"message": record.getMessage(), **own}
    if at and at.request:
        line.setdefault("request_id", at.request)
    if at and at.verification:
        line.setdefault("verification_id", at.verification)
    if record.exc_info and record.exc_info[1] is not None:
        fault = record.exc_info[1]
        places = traceback.extract_tb(fault.__traceback__)[-FRAMES:]
        line["fault"] = type(fault).__name__
        line["at"] = [f"{place.filename}:{place.lineno} {place.name}" for place in places]
    return line


def moment(seconds: float) -> str:
    """UTC, to the millisecond."""
    return f"{_second(int(seconds))}.{int(seconds % 1 * 1000):03d}Z"


@lru_cache(4)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


class Json(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return _ENCODED(fields(record))


class Text(logging.Formatter):
    """`time LEVEL logger: message name=value …`."""

    def format(self, record: logging.LogRecord) -> str:
        line = fields(record)
        at, level, logger, message = (line.pop(name) for name in ("time", "level", "logger", "message"))
        rest = "".join(f" {name}={value}" for name, value in line.items())
        return f"{at} {level.upper()} {logger}: {message}{rest}".replace("\n", "\\n").replace("\r", "\\r")


class Writer(logging.Handler):
    """Writes lines on a thread of its own, those that came meanwhile together; beyond KEPT_LINES they are lost."""

    def __init__(self, stream: TextIO):
        super().__init__()
        self._stream, self._lines, self.lost = stream, deque(), 0
        self._some, self._writing = threading.Event(), threading.Lock()
        threading.Thread(target=self._run, name="access-log", daemon=True).start()
        atexit.register(self.drain)

    def emit(self, record: logging.LogRecord) -> None:
        if len(self._lines) >= KEPT_LINES:
            self.lost += 1
            return
        self._lines.append(self.format(record))
        if not self._some.is_set():
            self._some.set()

    def _run(self) -> None:
        while self._some.wait():
            self._some.clear()
            self.drain()
            time.sleep(0.05)  # a busy server's lines go out together

    def drain(self) -> None:
        """Write what waits."""
        with self._writing:
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if lines:
                self._stream.write("\n".join(lines) + "\n")
                self._stream.flush()


def configure(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Set the log of this process up. Raises ValueError for what is no choice."""
    for name, choices in (("log", FORMATS), ("access_log", REQUESTS)):
        if (said := getattr(settings, name)) not in choices:
            raise ValueError(f"SHIMING_{name.upper()} must be one of {', '.join(choices)}, not '{said}'.")
    threading.excepthook = _ended
    out, line = stream or sys.stderr, Json() if settings.log == "json" else Text()
    plain, requests = logging.StreamHandler(out), Writer(out)
    plain.setFormatter(line)
    requests.setFormatter(line)
    root = logging.getLogger()
    root.handlers[:], ACCESS.handlers[:] = [plain], [requests]
    root.setLevel(logging.WARNING)
    ACCESS.propagate = False
    ACCESS.setLevel(logging.WARNING if settings.access_log == "off" else logging.INFO)


def _ended(fault: threading.ExceptHookArgs) -> None:
    """A thread ended by a fault: said like any other, where Python would print its words."""
    if fault.exc_value is not None and not isinstance(fault.exc_value, SystemExit):
        said = (type(fault.exc_value), fault.exc_value, fault.exc_traceback)
        logging.getLogger("shiming").error("a thread ended by a fault", exc_info=said)


def adopt(*names: str) -> None:
    """Have libraries that bring a handler of their own (the workflow engine) write as all others do."""
    for name in names:
        logger = logging.getLogger(name)
        logger.handlers[:], logger.propagate = [], True


def access(line: Mapping[str, Any]) -> None:
    """One line about a request."""
    if ACCESS.isEnabledFor(logging.INFO):
        ACCESS.info("request", extra={"fields": line})
