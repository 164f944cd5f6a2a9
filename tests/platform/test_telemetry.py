"""What is logged helps an engineer and tells nothing of a patient; figures are for Prometheus."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from crossread.platform import telemetry
from crossread.platform.configuration import Log


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What was logged, line by line."""
    heard = io.StringIO()
    monkeypatch.setattr(sys, "stderr", heard)
    telemetry.set_up(Log(level="info", format="json"))

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for line in heard.getvalue().splitlines()]

    yield read
    structlog.reset_defaults()


def test_a_line_is_json_with_its_trace(lines: Any) -> None:
    with structlog.contextvars.bound_contextvars(trace="t1"):
        structlog.get_logger().info("study.archived", study="s1")
    (line,) = lines()
    assert (line["event"], line["study"], line["trace"]) == ("study.archived", "s1", "t1")
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "key", ["name", "patient_name", "birth_date", "bsn", "number", "text", "password", "token"]
)
def test_what_could_be_a_patients_is_left_out(lines: Any, key: str) -> None:
    structlog.get_logger().info("order.placed", **{key: "Jansen"}, order="o1")
    (line,) = lines()
    assert line[key] == "[left out]"
    assert line["order"] == "o1"


def test_it_is_left_out_however_deep_it_lies(lines: Any) -> None:
    structlog.get_logger().info("order.placed", facts={"who": [{"bsn": "999990019"}], "id": "o1"})
    (line,) = lines()
    assert "999990019" not in json.dumps(line)
    assert line["facts"]["id"] == "o1"


def test_an_error_is_told_by_kind_and_place_without_its_words(lines: Any) -> None:
    try:
        raise ValueError("Jansen, 1950-01-01")
    except ValueError:
        structlog.get_logger().exception("order.failed")
    (line,) = lines()
    assert line["error"] == "ValueError"
    assert line["at"][0].startswith("test_telemetry.py:")
    assert "Jansen" not in json.dumps(line)


def test_a_librarys_complaint_is_told_without_what_it_fills_in(lines: Any) -> None:
    try:
        raise ValueError("Jansen, 1950-01-01")
    except ValueError:
        logging.getLogger("some.library").exception("cannot store %s", "Jansen")
    (line,) = lines()
    assert line["library"] == "some.library"
    assert line["error"] == "ValueError"
    assert "Jansen" not in json.dumps(line)


def test_what_is_less_severe_than_asked_is_not_shown(lines: Any) -> None:
    structlog.get_logger().debug("archive.looked")
    assert lines() == []


def test_the_page_of_figures_counts() -> None:
    telemetry.instance_received("noord", "stored")
    telemetry.delivery_tried("report", "delivered")
    telemetry.observe_request("/api/worklist", "GET", 200, 0.02)
    telemetry.open_tasks("noord", "available", 3)
    page, kind = telemetry.metrics_page()
    assert kind.startswith("text/plain")
    for line in (
        b'crossread_instances_received_total{hospital="noord",outcome="stored"}',
        b'crossread_deliveries_total{kind="report",outcome="delivered"}',
        b'crossread_http_requests_total{method="GET",route="/api/worklist",status="200"}',
        b'crossread_open_tasks{hospital="noord",state="available"} 3.0',
    ):
        assert line in page


def test_figures_of_all_roles_are_on_one_page(tmp_path: Path) -> None:
    counting = (
        "from crossread.platform import telemetry;"
        "telemetry.instance_received('noord', 'stored');"
        "print(telemetry.metrics_page()[0].decode())"
    )
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for seen in ("1.0", "2.0"):
        page = subprocess.run(
            [sys.executable, "-c", counting],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        line = f'crossread_instances_received_total{{hospital="noord",outcome="stored"}} {seen}'
        assert line in page
