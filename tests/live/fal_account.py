"""What the stand-in for fal.ai remembers: requests and their failures, pictures and their links, the bill.

What it knows of the protocol is what the client and the documentation say. Money: a request is billed once it was
accepted and neither failed at the server nor was cancelled in time. Failures are drawn with the rates of `Faults`.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

KINDS = (
    "busy",
    "unavailable",
    "lost_reply",
    "gateway",
    "error",
    "nsfw",
    "policy",
    "empty",
    "off_target",
    "slow",
    "expired",
    "late_cancel",
)


@dataclass
class Faults:
    """Rates, 0 to 1, drawn for each submit; delays in seconds."""

    busy: float = 0.0
    """429, not accepted."""
    unavailable: float = 0.0
    """503, not accepted."""
    lost_reply: float = 0.0
    """Accepted, and the connection breaks before the reply."""
    gateway: float = 0.0
    """Accepted, and a gateway answers 502."""
    error: float = 0.0
    """Accepted; ends with an error, not billed."""
    nsfw: float = 0.0
    policy: float = 0.0
    empty: float = 0.0
    """The picture shows nothing where it was asked for."""
    off_target: float = 0.0
    slow: float = 0.0
    """The picture's bytes come slowly and break off once."""
    expired: float = 0.0
    """The first link of the picture is dead."""
    late_cancel: float = 0.0
    """Asked to cancel it, the server says yes and carries it out all the same."""
    duplicate_webhook: float = 0.0
    drop_webhook: float = 0.0
    """Never delivered: polling has to find out."""
    queue_s: float = 0.05
    run_s: float = 0.05
    webhook_window_s: float = 20.0
    """For how long deliveries are tried; two hours in real life."""
    deliveries: int = 10


@dataclass
class Job:
    """A request that was accepted."""

    request_id: str
    app: str
    fingerprint: str
    arguments: dict[str, Any]
    fault: str
    webhook: str | None
    accepted_at: float
    status: str = "IN_QUEUE"
    payload: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    links: list[str] = field(default_factory=list)
    deliveries: int = 0
    cancels: int = 0
    """How often it was asked to be cancelled."""
    cancelled: bool = False

    @property
    def billed(self) -> bool:
        return self.error is None and not self.cancelled


class Emulator:
    """Everything the server remembers."""

    def __init__(self, faults: Faults | None = None, seed: int = 0, key: str = "id:secret") -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self.faults, self.key = faults or Faults(), key
        self.rng = random.Random(seed)
        self.lock = threading.RLock()
        self.jobs: dict[str, Job] = {}
        self.next: list[str] = []
        self.files: dict[str, tuple[bytes, str]] = {}
        self.submits = 0
        self.refused = 0
        self.private = Ed25519PrivateKey.generate()
        self.cancelled_as = "error"
        """What is said of a request that was cancelled: `error`, `gone` (404) or `empty` (finished, with no result)."""
        self.url = ""
        self.user_id = "emulator-user"

    def draw(self) -> str:
        """The failure of the next submit; empty for none."""
        with self.lock:
            if self.next:
                return self.next.pop(0)
            at = self.rng.random()
            for kind in KINDS:
                at -= getattr(self.faults, kind)
                if at < 0:
                    return kind
            return ""

    def accept(self, app: str, arguments: dict[str, Any], webhook: str | None, fault: str) -> Job:
        digest = hashlib.sha256(json.dumps([app, arguments], sort_keys=True).encode()).hexdigest()
        job = Job(str(uuid.uuid4()), app, digest, arguments, fault, webhook, time.time())
        with self.lock:
            self.jobs[job.request_id] = job
        threading.Thread(target=self._work, args=(job,), daemon=True).start()
        return job

    def _work(self, job: Job) -> None:
        time.sleep(self.faults.queue_s * self.rng.uniform(0.5, 1.5))
        with self.lock:
            if job.cancelled:
                return
            job.status = "IN_PROGRESS"
        time.sleep(self.faults.run_s * self.rng.uniform(0.5, 1.5))
        try:
            payload, error = self._result(job)
        except Exception as broken:
            payload, error = None, {"detail": [{"loc": ["body"], "msg": str(broken), "type": "value_error"}]}
        with self.lock:
            job.payload, job.error, job.status = payload, error, "COMPLETED"
        if job.webhook:
            self._deliver(job)

    def cancel(self, job: Job) -> bool:
        """Cancel a request in the queue; one that is being worked on goes on; False for one that is finished."""
        with self.lock:
            job.cancels += 1
            if job.status == "COMPLETED":
                return False
            if job.status == "IN_QUEUE" and job.fault != "late_cancel":
                job.cancelled, job.status = True, "COMPLETED"
            return True

    def _result(self, job: Job) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        if job.fault == "error":
            return None, {"detail": "Internal model error: CUDA out of memory"}
        if job.fault == "policy":
            text = "The content could not be processed because it contained material flagged by a content checker."
            return None, {"detail": [{"loc": ["body", "prompt"], "msg": text, "type": "content_policy_violation"}]}
        data = paint(job.arguments, job.fault)
        job.links.append(data[0])
        size = job.arguments.get("image_size", {})
        payload = {
            "images": [{**size, "url": self.link(data[0], data[1], job.fault), "content_type": "image/png"}],
            "timings": {"inference": self.faults.run_s},
            "seed": job.arguments.get("seed", 0),
            "has_nsfw_concepts": [job.fault == "nsfw"],
            "prompt": job.arguments.get("prompt", ""),
        }
        return payload, None

    def link(self, digest: str, data: bytes, fault: str) -> str:
        with self.lock:
            name = uuid.uuid4().hex
            self.files[name] = (data, fault)
            return f"{self.url}/files/{name}.png"

    def fresh_payload(self, job: Job) -> dict[str, Any] | None:
        """The result document; a dead link is replaced when it is asked for again."""
        if job.payload is None or job.fault != "expired":
            return job.payload
        old = job.payload["images"][0]["url"].rsplit("/", 1)[-1].removesuffix(".png")
        data, _ = self.files[old]
        image = {**job.payload["images"][0], "url": self.link("", data, "")}
        return {**job.payload, "images": [image]}

    def signed(self, request_id: str, body: bytes, at: float | None = None) -> dict[str, str]:
        """The headers of a delivery."""
        stamp = str(int(time.time() if at is None else at))
        message = "\n".join((request_id, self.user_id, stamp, hashlib.sha256(body).hexdigest())).encode()
        return {
            "Content-Type": "application/json",
            "X-Fal-Webhook-Request-Id": request_id,
            "X-Fal-Webhook-User-Id": self.user_id,
            "X-Fal-Webhook-Timestamp": stamp,
            "X-Fal-Webhook-Signature": self.private.sign(message).hex(),
        }

    def delivery(self, job: Job) -> bytes:
        """The body of a job's webhook."""
        document: dict[str, Any] = {"request_id": job.request_id, "gateway_request_id": job.request_id}
        if job.error is not None:
            document |= {"status": "ERROR", "payload": job.error, "error": "Invalid status code: 422"}
        else:
            document |= {"status": "OK", "payload": job.payload}
        return json.dumps(document).encode()

    def _deliver(self, job: Job) -> None:
        import httpx

        if self.rng.random() < self.faults.drop_webhook:
            return
        wanted = 2 if self.rng.random() < self.faults.duplicate_webhook else 1
        body, pause = self.delivery(job), self.faults.webhook_window_s / self.faults.deliveries
        for _ in range(self.faults.deliveries):
            try:
                answer = httpx.post(
                    str(job.webhook), content=body, headers=self.signed(job.request_id, body), timeout=5
                )
                if answer.status_code < 300:
                    job.deliveries += 1
                    wanted -= 1
                    if wanted <= 0:
                        return
                    continue
                if answer.status_code in (401, 409):
                    return
            except httpx.HTTPError:
                pass
            time.sleep(pause)

    def jwks(self) -> dict[str, Any]:
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(raw).decode().rstrip("=")}]}

    def bill(self) -> dict[str, Any]:
        """What was accepted and what is paid for."""
        with self.lock:
            jobs = list(self.jobs.values())
            billed = [job.fingerprint for job in jobs if job.billed]
            return {
                "submits": self.submits,
                "refused": self.refused,
                "accepted": len(jobs),
                "billed": len(billed),
                "cancelled": sum(job.cancelled for job in jobs),
                "billed_twice": len(billed) - len(set(billed)),
                "faults": {kind: sum(job.fault == kind for job in jobs) for kind in KINDS},
                "requests": [
                    {
                        "request_id": job.request_id,
                        "fingerprint": job.fingerprint,
                        "fault": job.fault,
                        "billed": job.billed,
                    }
                    for job in jobs
                ],
            }


def paint(arguments: dict[str, Any], fault: str) -> tuple[str, bytes]:
    """A picture as an inpainting model might return it: noisy everywhere, changed where the mask is."""
    start, mask = _read(arguments["image_url"]), _read(arguments["mask_url"])[..., 0] > 127
    rng = np.random.default_rng(int(arguments.get("seed", 0)))
    picture = start.astype(np.float32) + rng.normal(0, 1.2, start.shape)
    if fault == "empty":
        blurred = Image.fromarray(start).filter(ImageFilter.GaussianBlur(1))
        ring = ~mask
        picture[mask] = start[ring].reshape(-1, 3).mean(axis=0) if ring.any() else np.asarray(blurred)[mask]
    elif fault == "off_target":
        height, width = mask.shape
        picture[: height // 3, : width // 3] = 255 - picture[: height // 3, : width // 3]
    else:
        grain = np.asarray(
            Image.fromarray((rng.random(mask.shape) * 255).astype(np.uint8)).filter(ImageFilter.BoxBlur(2))
        )
        picture[mask] = picture[mask] * 0.7 + 0.25 * (grain[mask][:, None].astype(np.float32) - 90)
    data = io.BytesIO()
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(data, format="PNG", compress_level=1)
    return hashlib.sha256(data.getvalue()).hexdigest(), data.getvalue()


def _read(url: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    data = base64.b64decode(url.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
