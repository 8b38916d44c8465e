"""What one iteration made: samples, images, embeddings; and how they lie in its folder."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tools.vision.images import save_png, write_atomic
from tools.vision.types import RgbImage

Kind = Literal["real", "close", "far", "asked"]


@dataclass(frozen=True)
class IterationRecord:
    """Samples (metadata), images and embeddings `[n, d]`, row by row the same."""

    samples: list[dict[str, Any]]
    images: list[RgbImage]
    embeddings: NDArray[np.float64]

    @classmethod
    def of_photos(
        cls, photos: Sequence[RgbImage], embed: Callable[[Sequence[RgbImage]], NDArray[np.floating]]
    ) -> IterationRecord:
        """The user's real photos: no parameters are known."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        samples = [
            {"id": f"iter0_real_{number:03d}", "group": "real", "set": number, "parameters": None, "time": now}
            for number in range(len(photos))
        ]
        return cls(samples, list(photos), np.asarray(embed(photos), dtype=np.float64))

    @classmethod
    def joined(cls, records: Sequence[IterationRecord]) -> IterationRecord:
        """One record after the other."""
        samples = [sample for record in records for sample in record.samples]
        images = [image for record in records for image in record.images]
        return cls(samples, images, np.vstack([record.embeddings for record in records]))


def write_iteration(folder: Path, record: IterationRecord, plane: NDArray[np.float64], *, keep_images: bool) -> None:
    """Write the folder; `metadata.json` comes last and says that the rest is there. A finished folder stays."""
    if (folder / "metadata.json").exists():
        return
    if keep_images:
        for sample, image in zip(record.samples, record.images, strict=True):
            save_png(folder / "images" / f"{sample['id']}.png", image)
    for name, array in (("embeddings", record.embeddings), ("pca_2d", plane)):
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        write_atomic(folder / f"{name}.npy", buffer.getvalue())
    write_atomic(folder / "metadata.json", json.dumps({"samples": record.samples}, indent=1).encode())
