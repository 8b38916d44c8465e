"""The nearest labelled example: folders of photos, one a defect type, that a user has from the line.

A photo that is being asked about never counts as its own example.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from evals.mmad.answerers import Case
from evals.mmad.errors import MmadInputError
from tools.vision.images import content_hash, find_images, load_image
from tools.vision.types import RgbImage

NEAREST = 3
CROP = 0.2
"""Half side of the crop around the found place, in shares of the picture."""


class Examples:
    """Labelled photos with their vectors, read when first needed."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._found = [
            (label.name, path)
            for folder in folders
            for label in sorted(_subfolders(folder))
            for path in find_images(label)
        ]
        if not self._found:
            raise MmadInputError(f"{folders[0]} holds no examples; make a folder of photos for each defect type")
        self._vectors: np.ndarray[tuple[int, int], np.dtype[np.float32]] | None = None
        self._hashes: list[str] = []

    def nearest(self, case: Case) -> str | None:
        """The label on which the nearest examples agree most."""
        from tools.vision.backbone.registry import get_backbone

        backbone = get_backbone("efficientnet-lite0")
        if self._vectors is None:
            images = [load_image(path) for _, path in self._found]
            self._hashes = [content_hash(image) for image in images]
            self._vectors = np.asarray(backbone.embed(images), dtype=np.float32)
        likeness = self._vectors @ backbone.embed([case.image])[0]
        if case.finding is not None:
            likeness = likeness + self._vectors @ backbone.embed([_crop(case.image, case.finding.look.centre)])[0]
        own = content_hash(case.image)
        votes: dict[str, float] = {}
        order = [index for index in np.argsort(-likeness) if self._hashes[index] != own][:NEAREST]
        for index in order:
            label = self._found[index][0]
            votes[label] = votes.get(label, 0.0) + float(likeness[index])
        return max(votes, key=lambda label: votes[label]) if votes else None


def _subfolders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise MmadInputError(f"{folder} does not exist; give a folder with a folder of photos for each defect type")
    return [path for path in folder.iterdir() if path.is_dir()]


def _crop(image: RgbImage, centre: tuple[float, float]) -> RgbImage:
    height, width = image.shape[:2]
    half = max(24, int(CROP * max(height, width)))
    x, y = int(centre[0] * width), int(centre[1] * height)
    return np.ascontiguousarray(image[max(y - half, 0) : y + half, max(x - half, 0) : x + half])
