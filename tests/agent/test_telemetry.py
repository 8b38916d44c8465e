"""Spans of requests and job steps, trace ids in log lines, and what is said where traces cannot be sent."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from agent import telemetry
from agent.api.app import create_app
from agent.doctor import Check, check_telemetry
from agent.jobs import client
from agent.logs import configure
from agent.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
CALLER = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{CALLER}-b7ad6b7169203331-01"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def spans() -> Iterator[Any]:
    """An exporter that keeps spans in memory."""
    reason = "the extra `telemetry` is not installed"
    exporters = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter", reason=reason)
    kept = exporters.InMemorySpanExporter()
    assert telemetry.start(Settings(), kept) is None
    yield kept
    telemetry.close()


def by_name(spans: Any) -> dict[str, Any]:
    return {span.name: span for span in spans.get_finished_spans()}


def without(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """As if packages were not installed."""
    real = importlib.util.find_spec

    def find(name: str, package: str | None = None) -> Any:
        if name.startswith(modules):
            raise ModuleNotFoundError(name)
        return real(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", find)


def test_a_request_and_the_steps_of_its_job_are_one_trace(settings: Settings, spans: Any) -> None:
    with TestClient(create_app(settings, page=False), base_url="http://127.0.0.1") as api:
        api.get("/v1/jobs/nothing", headers={"traceparent": PARENT})
        with telemetry.span("caller", {"traceparent": PARENT}):
            job_id = client.start("probe", {"steps": 2})
        assert client.wait(job_id, 30).state == "done"
        failed = client.start("probe", {"fail_with": "on purpose"})
        assert client.wait(failed, 30).state == "failed"
    found = by_name(spans)
    request = found["GET /jobs/{job_id}"]
    assert f"{request.context.trace_id:032x}" == CALLER
    assert request.attributes["http.response.status_code"] == 404
    steps = [span for span in spans.get_finished_spans() if span.name == "probe.one"]
    ours = [span for span in steps if span.attributes["redrabbit.job_id"] == job_id]
    assert [f"{span.context.trace_id:032x}" for span in ours] == [CALLER, CALLER]
    assert all(span.parent.span_id == found["caller"].context.span_id for span in ours)
    (broken,) = (span for span in steps if span.attributes["redrabbit.job_id"] == failed)
    assert broken.status.status_code.name == "ERROR"
    assert f"{broken.context.trace_id:032x}" != CALLER


def test_a_route_that_breaks_is_an_error_span(settings: Settings, spans: Any) -> None:
    app = create_app(settings, page=False, work=False)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as api:
        app.state.metrics = None
        assert api.get("/v1/metrics").status_code == 500
    assert by_name(spans)["GET /metrics"].status.status_code.name == "ERROR"


def test_log_lines_name_the_trace(spans: Any, capsys: pytest.CaptureFixture[str]) -> None:
    root, ours = logging.getLogger(), logging.getLogger("redrabbit")
    before = list(root.handlers), root.level, ours.level
    try:
        configure("json")
        logging.getLogger("redrabbit.x").info("outside")
        with telemetry.span("work", {"traceparent": PARENT}):
            logging.getLogger("redrabbit.x").info("inside")
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])
        ours.setLevel(before[2])
    outside, inside = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert "trace_id" not in outside
    assert inside["trace_id"] == CALLER
    assert len(inside["span_id"]) == 16


def test_off_without_an_endpoint(settings: Settings) -> None:
    assert telemetry.start(settings) is None
    assert not telemetry.is_on()
    assert telemetry.carry() == {}
    with telemetry.span("nothing") as made:
        assert made is None
    (check,) = check_telemetry(settings)
    assert (check.state, "OTEL_EXPORTER_OTLP_ENDPOINT" in check.remedy) == ("off", True)


def test_the_standard_variable_or_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317")
    assert Settings().otlp_endpoint == "http://collector:4317"
    monkeypatch.setenv("REDRABBIT_OTLP_ENDPOINT", "http://ours:4317")
    assert Settings().otlp_endpoint == "http://ours:4317"


@pytest.mark.parametrize(
    ("protocol", "absent", "remedy"),
    [
        ("grpc", "opentelemetry", "red-rabbit[telemetry]"),
        ("http/protobuf", "opentelemetry.exporter.otlp.proto.http", "opentelemetry-exporter-otlp-proto-http"),
        ("carrier pigeon", "nothing", "http/protobuf"),
    ],
)
def test_one_line_says_what_is_missing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, protocol: str, absent: str, remedy: str
) -> None:
    without(monkeypatch, absent)
    wanted = settings.model_copy(update={"otlp_endpoint": "http://collector:4317", "otlp_protocol": protocol})
    line = telemetry.start(wanted)
    assert line is not None
    assert "\n" not in line
    assert remedy in line
    assert not telemetry.is_on()
    (check,) = check_telemetry(wanted)
    assert check.state == "missing"
    assert remedy in check.remedy


def test_serve_says_what_is_missing_and_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from agent import logs
    from agent.cli import serve
    from agent.settings import get_settings

    without(monkeypatch, "opentelemetry")
    monkeypatch.setenv("REDRABBIT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317")
    monkeypatch.setattr(logs, "configure", lambda _form: None)
    served: list[Any] = []
    monkeypatch.setattr(serve, "_run", lambda application, _socket: served.append(application))
    get_settings.cache_clear()
    try:
        serve.serve(host=None, port=0, open_browser=False, work=False, page=False)
    finally:
        get_settings.cache_clear()
    assert len(served) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if "traces" in line]
    assert len(lines) == 1
    assert "pip install 'red-rabbit[telemetry]'" in lines[0]


def test_the_doctor_names_the_collector_without_its_password(settings: Settings) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.grpc", reason="the extra `telemetry` is not installed")
    (check,) = check_telemetry(settings.model_copy(update={"otlp_endpoint": "http://me:pw@collector:4317"}))
    assert check == Check("telemetry", "ok", "traces go to http://***@collector:4317 (grpc)")


def test_a_worker_works_though_its_collector_is_gone(settings: Settings) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.grpc", reason="the extra `telemetry` is not installed")
    client.launch(settings, work=False)
    try:
        job_id = client.start("probe", {"steps": 1})
        places = {"REDRABBIT_DATA_DIR": str(settings.data_dir), "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
        command = [sys.executable, "-m", "agent.cli.main", "worker", "--drain"]
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **places}, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0
        assert "worker: stopped" in done.stderr
        assert client.status(job_id).state == "done"
    finally:
        client.shutdown()


def test_nothing_of_it_is_imported_where_it_is_off() -> None:
    code = (
        "import sys, agent.telemetry, agent.logs; agent.logs.configure('json'); print('opentelemetry' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
