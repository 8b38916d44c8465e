"""Counting and timing requests for Prometheus."""

from __future__ import annotations

import logging
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
log = logging.getLogger("redrabbit.api")


class Metrics:
    """The numbers of one application, in a registry of their own."""

    def __init__(self) -> None:
        """Make the counters."""
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = CollectorRegistry()
        names = ["method", "route", "status"]
        self.requests = Counter("redrabbit_requests", "Requests answered.", names, registry=self.registry)
        self.seconds = Histogram("redrabbit_request_seconds", "Time to answer.", names[:2], registry=self.registry)
        self.open = Gauge("redrabbit_jobs_open", "Jobs queued or running.", registry=self.registry)

    def text(self, jobs_open: int | None) -> bytes:
        """Everything in Prometheus' text format."""
        from prometheus_client import generate_latest

        self.open.set(float("nan") if jobs_open is None else jobs_open)
        return generate_latest(self.registry)


class Observe:
    """Middleware that notes each request of the API under its route's pattern, so that ids do not become labels."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Wrap an application."""
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note how it went."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1"):
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            route: Any = getattr(scope.get("route"), "path", "other")
            # Anybody may send any word as a method; each label would be kept for good.
            method = scope["method"] if scope["method"] in METHODS else "other"
            self.metrics.requests.labels(method, route, status).inc()
            took = time.perf_counter() - began
            self.metrics.seconds.labels(method, route).observe(took)
            facts = {"method": method, "route": route, "status": status, "ms": round(1000 * took, 1)}
            log.info("request", extra=facts)
