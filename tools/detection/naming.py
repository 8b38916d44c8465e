"""What a region is called, where a detector knows defects by name and not only what good looks like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.detection.regions import Region
from tools.vision.types import Mask


@dataclass(frozen=True)
class Naming:
    """`classes`: K names. `shares`: float32 K x H x W at the photo's size, summing to 1 at every pixel."""

    classes: tuple[str, ...]
    shares: NDArray[np.float32]

    def named(self, region: Region, mask: Mask) -> Region:
        """The region with the class that has the largest mean share over its pixels, and that share.

        Args:
            region: measured on the photo.
            mask: uint8 H x W, where all regions lie; inside the region's box its own pixels.
        """
        x1, y1, x2, y2 = region.bbox_xyxy
        inside = mask[y1:y2, x1:x2] > 0
        if not inside.any() or not self.classes:
            return region
        means = self.shares[:, y1:y2, x1:x2][:, inside].mean(axis=1)
        best = int(means.argmax())
        return region.model_copy(update={"type": self.classes[best], "type_confidence": round(float(means[best]), 4)})
