"""Write the hub's logs: one JSON object a line, without telephone numbers and without secrets."""

import logging
import re
import sys
import threading
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any

import structlog

# 86, +86, 0086 and the 11 digits of a subscriber or the 13 of a machine's card, also grouped by blanks or hyphens.
_DIGIT = r"[0-9０-９]"
_NUMBER = re.compile(
    rf"(?<!{_DIGIT})(?:(?:\+|＋|[0０]{{2}})?[8８][6６][ -]?)?"
    rf"[1１](?:[3-9３-９]{_DIGIT}(?:[ -]?{_DIGIT}{{4}}){{2}}|[0０][46４６]{_DIGIT}{{10}}|[4４]{_DIGIT}{{11}})"
    rf"(?!{_DIGIT})"
)
_SECRET = re.compile(r"password|passwd|secret|token|authorization|cookie|private_key|^key$", re.IGNORECASE)
HIDDEN, NUMBER = "[hidden]", "[number]"


def redact(text: str) -> str:
    """Return `text` with every Chinese mobile number, however it is grouped or prefixed, replaced."""
    return _NUMBER.sub(NUMBER, text)


def redacted(_logger: object, _method: str, entry: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Return a log entry without numbers and without the values of members whose name says they are secret."""
    return {redact(name): _clean(name, value) for name, value in entry.items()}


def _clean(name: str, value: Any) -> Any:
    if _SECRET.search(name):
        return HIDDEN
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, Mapping):
        return {redact(str(key)): _clean(str(key), member) for key, member in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(name, member) for member in value]
    if isinstance(value, int | float):
        return value if redact(str(value)) == str(value) else NUMBER
    return redact(str(value))


_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]


def configuration(level: str) -> dict[str, Any]:
    """Return the standard library's logging configuration at `level`; every logger ends in the same JSON lines."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*_SHARED, structlog.stdlib.ExtraAdder()],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    redacted,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
        },
    }


def catch_uncaught() -> None:
    """Log what nothing else catches, and what Python warns of, as lines like all others."""
    log = logging.getLogger("cleannet.uncaught")

    def ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            log.critical("uncaught", exc_info=(kind, error, trace))

    def thread_ended(given: threading.ExceptHookArgs) -> None:
        if given.exc_value is not None:
            ended(given.exc_type, given.exc_value, given.exc_traceback)

    sys.excepthook = ended
    threading.excepthook = thread_ended
    logging.captureWarnings(True)


def use_structlog() -> None:
    """Let structlog's own loggers end in the standard library's."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
