"""Jobs put in through the API, as a client in a plant would: with idempotency keys, sent again until answered."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from agent.settings import Settings
from agent.store.detectors import DetectorRow
from agent.store.repository import open_store
from tools.vision.images import encode_png, save_png
from tools.vision.types import RgbImage

PATIENCE_S = 600.0
TYPES = ("scratch", "stain", "void", "crack")


def part(seed: int, side: int = 96) -> RgbImage:
    """A small photo of a good part."""
    rng = np.random.default_rng((seed, 17))
    grey = 128 + 8 * np.sin(np.arange(side) / 6)[None, :, None] + rng.normal(0, 4, (side, side, 1))
    return np.repeat(grey.clip(0, 255).astype(np.uint8), 3, axis=2)


def make_detector(settings: Settings, folder: Path) -> str:
    """Fit the quick pixel detector here, and record it; returns its id."""
    from tools.detection.fit import fit_bundle

    good = [save_png(folder / "good" / f"{number}.png", part(number)) for number in range(12)]
    bundle = fit_bundle(good, folder / "bundle", detector="pixel", backbone=settings.backbone, seed=0)
    row = open_store(settings).save_detector(
        DetectorRow(kind="pixel", path=str(folder / "bundle"), score_threshold=bundle.calibration.score_threshold)
    )
    return row.id


class Client:
    """Calls that are repeated until they are answered."""

    def __init__(self, url: str) -> None:
        """Use an API."""
        self.url = url
        self.repeats = 0

    def call(self, method: str, path: str, **more: Any) -> Any:
        """A JSON answer; connection errors, 429 and 5xx are tried again.

        Raises:
            RuntimeError: refused, or no answer for ten minutes.
        """
        import httpx

        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                answer = httpx.request(method, f"{self.url}/v1{path}", timeout=20, **more)
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code < 400:
                return answer.json()
            if answer is not None and answer.status_code not in (409, 429) and answer.status_code < 500:
                raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
            self.repeats += 1
            time.sleep(0.4)
        raise RuntimeError(f"{method} {path}: no answer within {PATIENCE_S:g} s")

    def upload(self, images: list[RgbImage]) -> list[str]:
        """Send photos; returns their ids."""
        files = [("files", (f"{number}.png", encode_png(image), "image/png")) for number, image in enumerate(images)]
        return [str(each["id"]) for each in self.call("POST", "/images", files=files)]

    def blueprint(self, defect_type: str) -> str:
        """Keep a Blueprint; returns its id."""
        document = {"blueprint": {"defect_type": defect_type}}
        return str(self.call("POST", "/blueprints", json=document)["id"])

    def generate(self, number: int, blueprint_id: str, good: list[str]) -> str:
        """Start a generation job of one picture from fal.ai; returns its id."""
        body = {"blueprint_id": blueprint_id, "good": good, "count": 1, "seed": number, "generator": "fal"}
        return str(self.call("POST", "/datasets", json=body, headers={"Idempotency-Key": f"generate-{number}"})["id"])

    def inspect(self, number: int, detector_id: str) -> str:
        """Start an inspection job of one photo; returns its id."""
        files = [("files", (f"part {number}.png", encode_png(part(1000 + number)), "image/png"))]
        headers = {"Idempotency-Key": f"inspect-{number}"}
        answer = self.call("POST", "/inspect", files=files, data={"detector_id": detector_id}, headers=headers)
        return str(answer["id"])
