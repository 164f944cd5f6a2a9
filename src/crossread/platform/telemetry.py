"""How it goes: structured logs without patient data, and figures for Prometheus."""

import logging
import os
import sys
from collections.abc import MutableMapping
from typing import Any, Protocol

import structlog
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

# keys that could hold a patient's data never reach a log, whoever writes them
_PRIVATE = frozenset(
    {
        "name", "patient_name", "patient", "number", "patient_number", "birth_date", "bsn", "sex",
        "text", "sections", "findings", "impression", "question", "password", "token", "secret",
        "content", "message", "metadata", "label",
    }
)  # fmt: skip

LEFT_OUT = "[left out]"

_instances = Counter(
    "crossread_instances_received_total", "Instances sent to us.", ["hospital", "outcome"]
)
_associations = Counter(
    "crossread_associations_total", "DICOM associations, by how they ended.", ["hospital", "ending"]
)
_deliveries = Counter("crossread_deliveries_total", "Attempts to deliver.", ["kind", "outcome"])
_requests = Counter(
    "crossread_http_requests_total", "HTTP requests.", ["route", "method", "status"]
)
_seconds = Histogram("crossread_request_seconds", "Time to answer.", ["route"])
_events = Counter("crossread_events_total", "Events that were followed.", ["kind"])
_tasks = Gauge(
    "crossread_open_tasks",
    "Reading tasks that are not done.",
    ["hospital", "state"],
    multiprocess_mode="mostrecent",
)


class LogSettings(Protocol):
    """What `set_up` must know."""

    @property
    def level(self) -> str:
        """The least severe that is shown."""

    @property
    def format(self) -> str:
        """'json' or 'console'."""


def set_up(log: LogSettings) -> None:
    """Send structured logs, ours and libraries', to standard error."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if log.format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    level = logging.getLevelName(log.level.upper())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            leave_out_private,
            _trace_without_values,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # libraries may print what they handle: only their errors, and of these not the values
    root = logging.getLogger()
    root.setLevel(logging.ERROR)
    if not any(isinstance(one, _Libraries) for one in root.handlers):
        root.addHandler(_Libraries())
    for noisy in ("pynetdicom", "pydicom", "highdicom"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)


class _Libraries(logging.Handler):
    """What a library complains of: its own fixed words, and where; never what it fills in."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        structlog.get_logger(record.name).error(
            "library.complains",
            library=record.name,
            says=record.msg if record.args or error is None else "",
            at_line=f"{record.filename}:{record.lineno}",
            **({"exc_info": error} if error else {}),
        )


def leave_out_private(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put a mark in the place of every value whose key could hold a patient's data."""
    for key, value in event.items():
        event[key] = LEFT_OUT if key in _PRIVATE else _without_private(value)
    return event


def _without_private(value: Any) -> Any:
    match value:
        case dict():
            return {
                key: LEFT_OUT if key in _PRIVATE else _without_private(one)
                for key, one in value.items()
            }
        case list() | tuple():
            return [_without_private(one) for one in value]
    return value


def _trace_without_values(
    _: Any, __: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Where it went wrong, as files and lines; the message of a foreign error may quote data."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info
    if isinstance(error, BaseException):
        trace, places = error.__traceback__, []
        while trace is not None:
            code = trace.tb_frame.f_code
            places.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}:{code.co_name}")
            trace = trace.tb_next
        event["error"] = type(error).__name__
        event["at"] = places[-6:]
    return event


def instance_received(hospital: str, outcome: str) -> None:
    """Count an instance that was sent to us."""
    _instances.labels(hospital, str(outcome)).inc()


def association_ended(hospital: str, ending: str) -> None:
    """Count an association, or a peer that got none."""
    _associations.labels(hospital, ending).inc()


def delivery_tried(kind: str, outcome: str) -> None:
    """Count an attempt to deliver."""
    _deliveries.labels(str(kind), outcome).inc()


def event_followed(kind: str) -> None:
    """Count an event that was followed."""
    _events.labels(str(kind)).inc()


def observe_request(route: str, method: str, status: int, seconds: float) -> None:
    """Count an HTTP request, and how long it took."""
    _requests.labels(route, method, str(status)).inc()
    _seconds.labels(route).observe(seconds)


def open_tasks(hospital: str, state: str, tasks: int) -> None:
    """Set how many tasks of a hospital stand in a state."""
    _tasks.labels(hospital, state).set(tasks)


def metrics_page() -> tuple[bytes, str]:
    """The figures of all processes of this installation, and their content type."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST
