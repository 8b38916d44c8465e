"""Every setting of a training run, checked; kept beside its checkpoints so that a run can go on or be repeated."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tools.segmentation.errors import SegmentationInputError
from tools.segmentation.unet_tiny import DEEP_WIDTHS


class NetworkConfig(BaseModel):
    """What the network is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    widths: tuple[int, ...] = Field(default=DEEP_WIDTHS, min_length=2, max_length=6)
    stem_stride: Literal[1, 2] = 2
    standardise: bool = True

    @property
    def multiple_px(self) -> int:
        """Sides must be multiples of this."""
        return int(self.stem_stride * 2 ** (len(self.widths) - 1))


class AugmentConfig(BaseModel):
    """How far training photos may vary; 0 or False turns a thing off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    flip: bool = True
    turn: bool = False
    """Quarter turns besides: only where the part has no upright position."""
    rotation_deg: float = Field(default=12.0, ge=0, le=180)
    scale_share: float = Field(default=0.25, ge=0, lt=1)
    shift_share: float = Field(default=0.1, ge=0, lt=0.5)
    gamma: float = Field(default=0.2, ge=0, le=1)
    gain: float = Field(default=0.2, ge=0, le=1)
    light: float = Field(default=0.12, ge=0, le=1)
    """Deviation of a smooth factor over the photo."""
    blur_px: float = Field(default=1.0, ge=0, le=5)
    noise: float = Field(default=0.02, ge=0, le=0.2)
    paste: float = Field(default=0.0, ge=0, le=1)
    """Probability that a second example's defect is pasted in (Ghiasi et al., CVPR 2021)."""


class TrainConfig(BaseModel):
    """A training run. The same settings, data and machine give the same weights, also through a kill and a restart."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(default=0, ge=0)
    epochs: int = Field(default=40, ge=1, le=100_000)
    steps_per_epoch: int = Field(default=25, ge=1)
    batch: int = Field(default=8, ge=1, le=1024)
    size_hw: tuple[int, int] = (256, 256)
    crop_px: int = Field(default=128, ge=0)
    """Learn on squares of this side, cut from photos at `size_hw`: many looks at small defects. 0: on whole photos."""
    on_defect: float = Field(default=0.75, ge=0, le=1)
    """Share of the squares of a spoiled photo that are laid around a pixel of its defect."""
    peak_rate: float = Field(default=4e-3, gt=0)
    weight_decay: float = Field(default=1e-2, ge=0)
    warm_up: float = Field(default=0.15, gt=0, lt=1)
    loss: Literal["bce_dice", "focal_dice", "focal"] = "bce_dice"
    class_weight: float = Field(default=0.3, ge=0)
    """Weight of naming the class against finding the defect."""
    good_share: float = Field(default=0.25, ge=0, le=1)
    """Share of photos without a defect."""
    synthetic_share: float = Field(default=0.5, ge=0, le=1)
    """Where there is real and sculpted data: the share of sculpted defects among defects."""
    average: float = Field(default=0.98, ge=0, lt=1)
    """Decay of the running average of weights that is validated and kept (Polyak averaging)."""
    patience: int = Field(default=0, ge=0)
    """Stop after so many epochs without a better validation Dice; 0: never."""
    amp: bool = True
    """bfloat16 on the processor, float16 on a graphics card."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    workers: int = Field(default=0, ge=0, le=64)
    """Processes that make examples; their number changes nothing but the time."""
    network: NetworkConfig = NetworkConfig()
    augment: AugmentConfig = AugmentConfig()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        multiple = self.network.multiple_px
        if any(side < multiple or side % multiple for side in self.size_hw):
            raise ValueError(f"size_hw {self.size_hw} must be multiples of {multiple}")
        if self.crop_px % multiple:
            raise ValueError(f"crop_px {self.crop_px} must be a multiple of {multiple}, or 0 for whole photos")
        return self

    @property
    def crop_hw(self) -> tuple[int, int]:
        """Height and width that the network sees while it learns."""
        height, width = self.size_hw
        return (min(height, self.crop_px), min(width, self.crop_px)) if self.crop_px else self.size_hw

    @property
    def total_steps(self) -> int:
        """Of the whole run."""
        return self.epochs * self.steps_per_epoch


def train_config(**changes: Any) -> TrainConfig:
    """The defaults with changes.

    Raises:
        SegmentationInputError: a value cannot be used; one line.
    """
    try:
        return TrainConfig(**changes)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the settings"
        raise SegmentationInputError(f"{where}: {first['msg'].removeprefix('Value error, ')}") from None
