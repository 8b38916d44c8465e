"""A server that speaks fal.ai's queue protocol, with the failures of a real one: for tests and the faults evaluation.

`python fal_emulator.py --port 0` prints its address. Submit, status, result, cancel, result links that expire, webhooks
signed with Ed25519 and a JWKS document. What it remembers is `fal_account`'s; `/_bill` shows it, so that a test can see
what was paid for twice, `/_next` queues failures one by one, and `/_faults` sets their rates.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

# Loaded by its path or started as a script, so its neighbour is found by path too.
sys.path.insert(0, str(Path(__file__).parent))
from fal_account import Emulator, Faults, Job


class Handler(BaseHTTPRequestHandler):
    """The protocol."""

    protocol_version = "HTTP/1.1"
    emulator: Emulator

    def log_message(self, *_arguments: Any) -> None:
        """Quiet."""

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def _json(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _known(self) -> bool:
        if self.headers.get("authorization") == f"Key {self.emulator.key}":
            return True
        self._json(401, {"detail": "Cannot access application. Authentication is required."})
        return False

    def do_POST(self) -> None:  # noqa: PLR0911
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        body = self._body()
        if path == "/_next":
            self.emulator.next += json.loads(body)
            return self._json(200, {})
        if path == "/_faults":
            self.emulator.faults = Faults(**{**asdict(self.emulator.faults), **json.loads(body)})
            return self._json(200, {})
        if not self._known():
            return None
        with self.emulator.lock:
            self.emulator.submits += 1
        fault = self.emulator.draw()
        if fault in ("busy", "unavailable"):
            with self.emulator.lock:
                self.emulator.refused += 1
            busy = fault == "busy"
            return self._json(
                429 if busy else 503, {"detail": "Too many requests"}, {"Retry-After": "1"} if busy else None
            )
        webhook = query.get("fal_webhook", [None])[0]
        job = self.emulator.accept(path.strip("/"), json.loads(body), webhook, fault)
        if fault == "lost_reply":
            return self._hang_up()
        if fault == "gateway":
            return self._json(502, {"detail": "Bad gateway"})
        base = f"{self.emulator.url}/{_owner(job.app)}/requests/{job.request_id}"
        document = {
            "request_id": job.request_id,
            "response_url": base,
            "status_url": f"{base}/status",
            "cancel_url": f"{base}/cancel",
            "queue_position": 0,
        }
        return self._json(200, {"status": "IN_QUEUE", **document})

    def do_GET(self) -> None:  # noqa: PLR0911
        path = urlsplit(self.path).path
        if path == "/.well-known/jwks.json":
            return self._json(200, self.emulator.jwks())
        if path == "/_bill":
            return self._json(200, self.emulator.bill())
        if path.startswith("/files/"):
            return self._file(path)
        if not self._known():
            return None
        job = self._job(path)
        if job is None or (job.cancelled and self.emulator.cancelled_as == "gone"):
            return self._json(404, {"detail": "Request not found"})
        if path.endswith("/status"):
            return self._status(job)
        if job.status != "COMPLETED":
            return self._json(400, {"detail": "Request is still in progress"})
        if job.error is not None:
            return self._json(422 if isinstance(job.error["detail"], list) else 500, job.error)
        return self._json(200, self.emulator.fresh_payload(job))

    def _status(self, job: Job) -> None:
        document: dict[str, Any] = {"status": job.status, "request_id": job.request_id, "logs": None}
        if job.status == "IN_QUEUE":
            document["queue_position"] = 0
        if job.status == "COMPLETED":
            document["metrics"] = {"inference_time": self.emulator.faults.run_s}
            if job.error is not None and not isinstance(job.error["detail"], list):
                document["error"] = job.error["detail"]
            if job.cancelled and self.emulator.cancelled_as == "error":
                document["error"] = "Request was cancelled"
        self._json(202 if job.status != "COMPLETED" else 200, document)

    def do_PUT(self) -> None:
        self._body()
        job = self._job(urlsplit(self.path).path)
        if job is None or not self._known():
            return None
        if not self.emulator.cancel(job):
            return self._json(400, {"status": "ALREADY_COMPLETED"})
        return self._json(202, {"status": "CANCELLATION_REQUESTED"})

    def _job(self, path: str) -> Job | None:
        parts = path.strip("/").split("/")
        at = parts.index("requests") + 1 if "requests" in parts else len(parts)
        return self.emulator.jobs.get(parts[at]) if at < len(parts) else None

    def _file(self, path: str) -> None:
        with self.emulator.lock:
            name = path.rsplit("/", 1)[-1].removesuffix(".png")
            data, fault = self.emulator.files.get(name, (b"", "expired"))
            if fault == "slow":
                self.emulator.files[name] = (data, "")
        if fault == "expired":
            return self._json(404, {"detail": "Not found"})
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if fault == "slow":
            self.wfile.write(data[: len(data) // 3])
            self.wfile.flush()
            time.sleep(0.3)
            return self._hang_up()
        self.wfile.write(data)
        return None


def _owner(app: str) -> str:
    """Status and result live under owner/alias, without the rest of the path."""
    return "/".join(app.split("/")[:2])


class Server(ThreadingHTTPServer):
    """Quiet about clients that go away."""

    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_arguments: Any) -> None:
        """A client hung up, or we did."""


def serve(emulator: Emulator, port: int = 0) -> Server:
    """Start in a thread; `emulator.url` is the address, `shutdown()` and `server_close()` end it."""
    handler = type("Bound", (Handler,), {"emulator": emulator})
    server = Server(("127.0.0.1", port), handler)
    emulator.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    return server


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faults", type=json.loads, default={}, help="JSON of rates")
    options = parser.parse_args()
    emulator = Emulator(Faults(**options.faults), options.seed)
    serve(emulator, options.port)
    print(emulator.url, flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
