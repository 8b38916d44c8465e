"""What a data set holds: samples, and for sculpted ones where each came from."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from tools.blueprint.model import Blueprint
from tools.vision.types import Mask, RgbImage

GOOD = "good"
"""The label of an image without a defect."""


class LineageRecord(BaseModel):
    """How one sculpted image came to be; enough to render it again.

    Paths are relative to the data set, with forward slashes; hashes are those of `tools.vision.images.content_hash`
    over the pixels.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    image: str
    mask: str
    source: str
    """The good photo, inside the data set."""
    seed: int
    blueprint: Blueprint
    generator: str
    """Name and version, such as `renderer 1.0`."""
    index: int = Field(ge=0)
    """Number of the image in its sculpting run."""
    photo: str = ""
    """File name of the good photo as the user gave it."""
    image_sha256: str
    mask_sha256: str
    source_sha256: str


@dataclass(frozen=True)
class Sample:
    """One image of a data set.

    `image` is uint8 H x W x 3 RGB; `mask` uint8 H x W with 0/255, None where nobody said (a good image has no defect);
    `label` is `good` or the defect's name (`crack+scratch` where a file holds both); `split` is `train`, `val`, `test`.
    """

    name: str
    image: RgbImage
    mask: Mask | None
    label: str
    split: str
    lineage: LineageRecord | None = None


@dataclass(frozen=True)
class Entry:
    """A sample that lies on disk: paths relative to the data set; `mask` None for a good one."""

    image: str
    mask: str | None
    label: str
    split: str
