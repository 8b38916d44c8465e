"""Traces for OpenTelemetry: a span for each request of the API and each step of a job, sent to a collector.

Off until `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector, and nothing of OpenTelemetry is imported before. The other
standard variables (`OTEL_SERVICE_NAME`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_TRACES_SAMPLER`, …) are read by its SDK.
A collector that does not answer costs spans, never a request or a job.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

    from agent.settings import Settings

NAME = "redrabbit"
PARENT = "traceparent"
"""The W3C name of what carries a trace from one process to the next: a request's header, a job's attribute."""
EXPORTERS = {
    "grpc": "opentelemetry.exporter.otlp.proto.grpc",
    "http/protobuf": "opentelemetry.exporter.otlp.proto.http",
}
PACKAGES = {"grpc": "'red-rabbit[telemetry]'", "http/protobuf": "opentelemetry-exporter-otlp-proto-http"}
CLOSE_S = 3.0
"""How long the last spans may take on the way out."""

_provider: Any = None


def problem(settings: Settings) -> tuple[str, str] | None:
    """What keeps traces from being sent although an endpoint is set, and what to do; None where nothing does."""
    if settings.otlp_endpoint is None:
        return None
    protocol = settings.otlp_protocol
    if protocol not in EXPORTERS:
        return f"OTEL_EXPORTER_OTLP_PROTOCOL={protocol[:40]} is not known", f"set it to {' or '.join(EXPORTERS)}"
    if not (_installed("opentelemetry.sdk.trace") and _installed(EXPORTERS[protocol])):
        return (
            f"OTEL_EXPORTER_OTLP_ENDPOINT is set, and the package that sends traces over {protocol} is not installed",
            f"pip install {PACKAGES[protocol]}",
        )
    return None


def start(settings: Settings, exporter: SpanExporter | None = None) -> str | None:
    """Send traces from here on, where an endpoint is set; calls after the first do nothing.

    Args:
        settings: names the endpoint.
        exporter: where spans go instead, at once; for tests.

    Returns:
        One line for people where traces were asked for and cannot be sent; else None.
    """
    global _provider  # noqa: PLW0603
    if _provider is not None or (settings.otlp_endpoint is None and exporter is None):
        return None
    if exporter is None and (found := problem(settings)) is not None:
        return f"no traces are sent: {found[0]}; {found[1]}"
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

    resource = Resource.create()
    if str(resource.attributes.get(SERVICE_NAME, "unknown_service")).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: NAME}))
    made = TracerProvider(resource=resource)
    made.add_span_processor(SimpleSpanProcessor(exporter) if exporter else BatchSpanProcessor(_exporter(settings)))
    _provider = made
    return None


def close() -> None:
    """Send what is left, for a few seconds at most; nothing is sent afterwards."""
    global _provider
    provider, _provider = _provider, None
    if provider is not None:
        # The SDK itself would wait for a collector that is gone for much longer.
        thread = threading.Thread(target=provider.shutdown, daemon=True)
        thread.start()
        thread.join(CLOSE_S)


@contextmanager
def span(name: str, parent: Mapping[str, str] | None = None, **facts: str | int | float) -> Iterator[Any]:
    """A span around a piece of work; None where traces are off. An error that leaves it is noted.

    Args:
        name: such as `POST /v1/inspect`.
        parent: a mapping with `traceparent`; else the span that is open here, if any.
        facts: attributes, `job_id` as `redrabbit.job_id`.
    """
    if _provider is None:
        yield None
        return
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract(parent) if parent else None
    attributes = {f"{NAME}.{key}": value for key, value in facts.items()}
    with _provider.get_tracer(NAME).start_as_current_span(name, context=context, attributes=attributes) as made:
        yield made


def carry() -> dict[str, str]:
    """What another process needs to go on with this trace: `traceparent`, or nothing."""
    carried: dict[str, str] = {}
    if _provider is not None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        TraceContextTextMapPropagator().inject(carried)
    return {name: value for name, value in carried.items() if name == PARENT}


def is_on() -> bool:
    """True while spans are made."""
    return _provider is not None


def add_ids(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: `trace_id` and `span_id` of the span that is open here, as W3C writes them."""
    if _provider is not None:
        from opentelemetry.trace import get_current_span

        context = get_current_span().get_span_context()
        if context.is_valid:
            event["trace_id"], event["span_id"] = f"{context.trace_id:032x}", f"{context.span_id:016x}"
    return event


class Traced:
    """Middleware that puts a span around each request of the API, below the caller's where it sent a `traceparent`."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; its span is named by the route's pattern, so that ids do not become names."""
        if not is_on() or scope["type"] != "http" or not scope["path"].startswith(("/v1", "/mcp")):
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        parent = {PARENT: headers[PARENT]} if PARENT in headers else None
        with span(scope["method"], parent) as made:
            made.set_attribute("http.request.method", scope["method"])

            async def noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    _note_status(made, message["status"])
                await send(message)

            try:
                await self.app(scope, receive, noted)
            finally:
                route = getattr(scope.get("route"), "path", None)
                if route:
                    made.update_name(f"{scope['method']} {route}")
                    made.set_attribute("http.route", route)


def _note_status(made: Any, status: int) -> None:
    from opentelemetry.trace import Status, StatusCode

    made.set_attribute("http.response.status_code", status)
    if status >= 500:
        made.set_status(Status(StatusCode.ERROR))


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False


def _exporter(settings: Settings) -> SpanExporter:
    endpoint = str(settings.otlp_endpoint)
    if settings.otlp_protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter(endpoint=endpoint)
    http: Any = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    # As the standard says: the variable names the collector, each signal has its own path there.
    sender: SpanExporter = http.OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    return sender
