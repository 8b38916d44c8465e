"""The configuration of a calibration, read from YAML; a typo in a key is an error.

Without `space` it is the void experiment as published: 15 real, 24 close and 24 far images, then 8 parameter sets of 3
images an iteration. With `blueprint` any numeric or categorical field of any renderer type can be searched.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tools.calibration.distributions import Choice, Normal
from tools.calibration.errors import CalibrationError
from tools.calibration.space import Space
from tools.calibration.void import CLOSE, FAR, REAL, VOID_SPACE


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Group(_Part):
    """A group of iteration 0: how many parameter sets, how many images each, drawn from which distributions."""

    sets: int = Field(ge=1)
    replications: int = Field(ge=1)
    distribution: Mapping[str, Normal | Choice] = Field(default_factory=dict)


class Stop(_Part):
    """When to stop before the last iteration."""

    threshold: float | None = None
    """On the squared MMD; None puts it at the measured noise floor of the real images."""
    patience: int = Field(default=3, ge=1)
    min_improvement: float = Field(default=0.01, ge=0.0)
    """Relative; less counts as none."""


class Iteration0(_Part):
    """The groups of iteration 0."""

    real: Group = Group(sets=5, replications=3, distribution=REAL)
    close: Group = Group(sets=8, replications=3, distribution=CLOSE)
    far: Group = Group(sets=8, replications=3, distribution=FAR)


class CalibrationConfig(_Part):
    """Everything that decides a calibration."""

    experiment: str = Field(default="void", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    seed: int = Field(default=0, ge=0)
    space: Space = VOID_SPACE
    iteration_0: Iteration0 = Iteration0()
    iterations: int = Field(default=10, ge=1, le=100)
    batch: int = Field(default=8, ge=2, le=64)
    replications: int = Field(default=3, ge=2, le=64)
    optimiser: Literal["botorch", "sobol", "random"] = "botorch"
    acquisition: Literal["nei", "ei", "ucb"] = "nei"
    backbone: str = "efficientnet-lite0"
    stop: Stop = Stop()
    chips: Path | None = None
    """Folder of chip photos for the void experiment; None renders them."""
    blueprint: str | None = None
    """Words for a Blueprint; with it, `space` names its fields (`style.contrast`, `geometry.diameter_mm`)."""
    good: Path | None = None
    """Photos of good parts to draw on, needed with `blueprint`."""
    real: Path | None = None
    """Real defect photos, needed with `blueprint`."""
    real_masks: Path | None = None
    """Masks of the real photos by the same file stem: then crops around the defects are compared, not whole photos."""
    mm_per_px: float | None = Field(default=None, gt=0.0)
    crop_px: int = Field(default=96, ge=32)

    @model_validator(mode="after")
    def _complete(self) -> CalibrationConfig:
        if self.blueprint is not None:
            absent = [name for name in ("good", "real") if getattr(self, name) is None]
            if absent:
                raise ValueError(f"with a blueprint, {' and '.join(absent)} must name a folder of photos")
            if self.space is VOID_SPACE:
                raise ValueError("with a blueprint, space must say which of its fields to tune")
        return self


def load_config(path: Path) -> CalibrationConfig:
    """Read a YAML file; relative folders are taken from where it lies.

    Raises:
        CalibrationError: it is missing, not YAML, or a key or value is wrong; the message names the first.
    """
    try:
        found: Any = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise CalibrationError(f"{path} does not exist; write a configuration first (docs/calibration.md)") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CalibrationError(f"{path.name} is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(found, dict):
        raise CalibrationError(f"{path.name} holds a {type(found).__name__}; keys and values are needed")
    for key in ("chips", "good", "real", "real_masks"):
        if isinstance(found.get(key), str):
            found[key] = path.parent / found[key]
    try:
        return CalibrationConfig.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the configuration"
        raise CalibrationError(f"{path.name}: {where}: {first['msg']}{_suggestion(where)}") from None


def _suggestion(key: str) -> str:
    from rapidfuzz import process

    if key in CalibrationConfig.model_fields:
        return ""
    near = process.extractOne(key, list(CalibrationConfig.model_fields), score_cutoff=70)
    return f"; did you mean {near[0]!r}?" if near else ""
