"""The settings of an inspection line: post-processing, preparation of the photo, verdicts, acceptance rules.

Key names of post-processing are the field's (`border_ignore_px`, `map_smoothing`, `hysteresis`, …); docs/fp40.md lists
them. A key that does not exist is an error with the nearest name, never silently ignored.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tools.detection.errors import DetectionInputError

SCHEMA_VERSION = 1
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


class Strict(BaseModel):
    """Immutable; no unknown key, no text where a number belongs, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class MapSmoothing(Strict):
    """Smoothing of the score map inside the valid area."""

    method: Literal["none", "median", "gaussian", "box"] = "none"
    ksize: int = Field(default=0, ge=0, le=255)
    """Side of the window in px; an even one counts as the next odd one, 0 or 1 does nothing."""
    sigma: float = Field(default=0.0, ge=0.0, le=100.0)
    """Of the Gaussian, in px; 0 takes it from `ksize`. With `ksize` 0 the window follows from `sigma`."""

    @property
    def active(self) -> bool:
        """True when it changes anything."""
        return self.method != "none" and (self.ksize > 1 or (self.method == "gaussian" and self.sigma > 0))


class Hysteresis(Strict):
    """Keep components above `low` that hold at least one pixel above `high`."""

    enabled: bool = False
    low: float | None = None
    """Default: half way from the map's typical good level to `high`."""
    high: float | None = None
    """Default: the pixel threshold."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"hysteresis.low ({self.low:g}) lies above hysteresis.high ({self.high:g}); swap them")
        return self


class ShapeFilters(Strict):
    """Filters on a component's form; all measured along its own axes, thin lines have solidity 1."""

    min_fill_ratio: Fraction | None = None
    max_aspect_ratio: float | None = Field(default=None, ge=1.0)
    min_solidity: Fraction | None = None


class MergeNearby(Strict):
    """Report components whose boxes lie within a gap of each other as one region."""

    enabled: bool = False
    max_gap_px: int = Field(default=0, ge=0)


class Polygon(Strict):
    """An area of interest with its own threshold."""

    points: list[list[float]] = Field(min_length=3)
    """Corners `[x, y]` in `unit`."""
    unit: Literal["px", "mm", "norm"] = "norm"
    """`norm`: share of the picture's width and height; `mm` needs the scale."""
    pixel_threshold: float | None = None
    """The threshold inside this polygon, instead of the bundle's."""
    ignore: bool = False
    """True: nothing inside is looked at."""

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        if any(len(point) != 2 for point in self.points):
            raise ValueError("each corner of a polygon is [x, y]")
        return self


class DefectsConfig(Strict):
    """From score map to regions; everything is off by default."""

    pixel_threshold: float | None = None
    """Fixed threshold; without one the bundle's calibrated one."""
    pixel_threshold_strategy: Literal["tolerance", "normal_pixel_quantile", "fixed", "infer_config"] = "tolerance"
    """How `fit` sets the threshold: `tolerance` bounds the false alarms of the whole chain; `normal_pixel_quantile`
    takes a quantile of held-out good pixels; `fixed` needs `pixel_threshold`; `infer_config` keeps the bundle's."""
    pixel_normal_quantile: float = Field(default=0.999, gt=0.0, lt=1.0)
    roi_xyxy_norm: list[Fraction] | None = Field(default=None, min_length=4, max_length=4)
    border_ignore_px: int = Field(default=0, ge=0)
    foreground: bool = False
    """True: look only at the part, where it can be told from the background; a photo where it cannot is looked at
    whole."""
    map_smoothing: MapSmoothing = MapSmoothing()
    hysteresis: Hysteresis = Hysteresis()
    open_ksize: int = Field(default=0, ge=0, le=255)
    close_ksize: int = Field(default=0, ge=0, le=255)
    min_area: int = Field(default=0, ge=0)
    min_score_max: float | None = None
    min_score_mean: float | None = None
    shape_filters: ShapeFilters = ShapeFilters()
    fill_holes: bool = False
    mask_dilate: int = Field(default=0, ge=0, le=255)
    merge_nearby: MergeNearby = MergeNearby()
    max_regions: int | None = Field(default=None, ge=1)
    max_regions_sort_by: Literal["score_max", "score_mean", "area"] = "score_max"
    mask_format: Literal["png", "npy", "npz"] = "png"
    polygons: dict[str, Polygon] = Field(default_factory=dict)
    """Named areas of interest with their own thresholds; also the named zones of acceptance rules."""
    polygons_only: bool = False
    """True: only what lies inside a polygon is looked at."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        roi = self.roi_xyxy_norm
        if roi is not None and not (roi[0] < roi[2] and roi[1] < roi[3]):
            raise ValueError("roi_xyxy_norm is [x1, y1, x2, y2] with x1 < x2 and y1 < y2")
        if self.pixel_threshold_strategy == "fixed" and self.pixel_threshold is None:
            raise ValueError("pixel_threshold_strategy 'fixed' needs pixel_threshold")
        low, high = self.hysteresis.low, self.hysteresis.high
        if self.hysteresis.enabled and high is None and None not in (low, self.pixel_threshold):
            assert low is not None
            assert self.pixel_threshold is not None
            if low > self.pixel_threshold:
                raise ValueError(f"hysteresis.low ({low:g}) lies above pixel_threshold ({self.pixel_threshold:g})")
        return self


class Homomorphic(Strict):
    """Homomorphic filter: weakens slow light changes, strengthens detail."""

    enabled: bool = False
    cutoff: float = Field(default=0.5, gt=0.0, le=1.0)
    gamma_low: float = Field(default=0.7, ge=0.0)
    gamma_high: float = Field(default=1.5, gt=0.0)
    c: float = Field(default=1.0, gt=0.0)
    per_channel: bool = True


class Clahe(Strict):
    """Contrast-limited adaptive histogram equalisation."""

    enabled: bool = False
    clip_limit: float = Field(default=2.0, gt=0.0)
    tile_grid_size: list[int] = Field(default_factory=lambda: [8, 8], min_length=2, max_length=2)


class ContrastStretch(Strict):
    """Stretch between two percentiles."""

    enabled: bool = False
    lower_percentile: float = Field(default=2.0, ge=0.0, lt=100.0)
    upper_percentile: float = Field(default=98.0, gt=0.0, le=100.0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.lower_percentile >= self.upper_percentile:
            raise ValueError("contrast_stretch.lower_percentile must lie below upper_percentile")
        return self


class IlluminationContrast(Strict):
    """Preparation of the photo before the detector sees it; the same at fit and at inspection."""

    white_balance: Literal["none", "gray_world", "max_rgb"] = "none"
    homomorphic: Homomorphic = Homomorphic()
    clahe: Clahe = Clahe()
    gamma: float | None = Field(default=None, gt=0.0)
    contrast_stretch: ContrastStretch = ContrastStretch()


class Preprocessing(Strict):
    """What happens to a photo first."""

    illumination_contrast: IlluminationContrast | None = None


class Tiling(Strict):
    """Cut large photos into tiles; see `tools.detection.tiling`."""

    tile_size: int | None = Field(default=None, ge=32)
    stride: int | None = Field(default=None, ge=16)
    map_reduce: Literal["max", "mean", "hann", "gaussian"] = "max"
    score_reduce: Literal["max", "mean", "topk_mean"] = "max"
    score_topk: float = Field(default=0.1, gt=0.0, le=1.0)

    @model_validator(mode="after")
    def _overlap(self) -> Self:
        if self.stride is not None and (self.tile_size is None or self.stride > self.tile_size):
            raise ValueError("tiling.stride needs a tile_size at least as large")
        return self


class Adaptation(Strict):
    """How the detector is fitted to the picture."""

    tiling: Tiling = Tiling()


class VerdictConfig(Strict):
    """What is promised about false alarms, and how wide the band of doubt is."""

    false_alarm_rate: float = Field(default=0.05, gt=0.0, lt=1.0)
    """Promised share of good parts called NG, at most."""
    confidence: float = Field(default=0.95, gt=0.5, lt=1.0)
    """How sure the promise is."""
    lot_size: int | None = Field(default=None, ge=1)
    """The promise is about the next `lot_size` good parts; None: about all good parts to come."""
    review_rate: float = Field(default=0.15, ge=0.0, lt=1.0)
    """Share of good parts that may go to review or NG together; 0: no review band."""
    reject_below_px: int = Field(default=16, ge=0)
    """An image with a side shorter than this cannot be judged."""

    @model_validator(mode="after")
    def _wider(self) -> Self:
        if 0.0 < self.review_rate <= self.false_alarm_rate:
            raise ValueError("verdict.review_rate must exceed false_alarm_rate, or be 0 for no review band")
        return self


class InspectConfig(Strict):
    """Everything a bundle or a configuration file may set."""

    schema_version: int = Field(default=SCHEMA_VERSION, ge=1, le=SCHEMA_VERSION)
    defects: DefectsConfig = DefectsConfig()
    preprocessing: Preprocessing = Preprocessing()
    adaptation: Adaptation = Adaptation()
    verdict: VerdictConfig = VerdictConfig()
    acceptance: list[str] = Field(default_factory=list)
    """Rules in words, see docs/detection.md: "NG if any scratch > 2 mm in zone A"."""
    mm_per_px: float | None = Field(default=None, gt=0.0)
    seed: int = Field(default=0, ge=0)


def parse_config(data: Any, *, source: str = "the configuration", base: InspectConfig | None = None) -> InspectConfig:
    """Check a mapping against `InspectConfig`; keys that it does not hold come from `base`.

    Raises:
        DetectionInputError: unknown keys (with the nearest known one), wrong types, values out of range; one line.
    """
    if not isinstance(data, Mapping):
        raise DetectionInputError(f"{source} must be a mapping of keys, not {type(data).__name__}")
    merged = dict(data) if base is None else _merged(base.model_dump(mode="python"), data)
    try:
        return InspectConfig.model_validate(merged)
    except ValidationError as error:
        raise DetectionInputError(f"{source}: {'; '.join(explain(error))}") from None


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Both mappings, key by key; where both hold one that is not a mapping, the upper wins."""
    return {
        **under,
        **{
            key: _merged(under[key], value)
            if isinstance(value, Mapping) and isinstance(under.get(key), Mapping)
            else value
            for key, value in over.items()
        },
    }


def load_config(path: Path | str, *, base: InspectConfig | None = None) -> InspectConfig:
    """Read a YAML or JSON configuration file; keys that it does not hold come from `base`.

    Raises:
        DetectionInputError: it does not exist, is neither, or does not pass `parse_config`.
    """
    return parse_config(read_settings(path), source=Path(path).name, base=base)


def read_settings(path: Path | str) -> Any:
    """What a YAML or JSON file holds, unchecked; an empty file holds no keys.

    Raises:
        DetectionInputError: it does not exist or is neither.
    """
    source = Path(path)
    try:
        text = source.read_text(encoding="utf-8")
        data = json.loads(text) if source.suffix == ".json" else yaml.safe_load(text)
    except FileNotFoundError:
        raise DetectionInputError(f"{source} does not exist; check the path") from None
    except (OSError, UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise DetectionInputError(f"{source.name} cannot be read as YAML or JSON: {reason}") from None
    return {} if data is None else data


def with_overrides(base: InspectConfig, changes: Mapping[str, Any], *, source: str = "the flags") -> InspectConfig:
    """The configuration with the values at these dotted paths replaced: what is said explicitly always wins, also
    where it equals a default.

    Raises:
        DetectionInputError: as `parse_config`.
    """
    data = base.model_dump(mode="python")
    for path, value in changes.items():
        *parents, leaf = path.split(".")
        node = data
        for parent in parents:
            node[parent] = node[parent] if isinstance(node.get(parent), dict) else {}
            node = node[parent]
        node[leaf] = value
    return parse_config(data, source=source)


def explain(error: ValidationError) -> list[str]:
    """One plain clause for each thing that is wrong."""
    return [_explain_one(dict(item)) for item in error.errors(include_url=False)]


def _explain_one(item: Mapping[str, Any]) -> str:
    place = tuple(item["loc"])
    path = ".".join(str(part) for part in place)
    if item["type"] == "extra_forbidden":
        known = _fields_at(place[:-1])
        near = difflib.get_close_matches(str(place[-1]), known, n=1, cutoff=0.6) or [
            name for name in _all_paths() if name.split(".")[-1] == str(place[-1])
        ]
        hint = f", did you mean {near[0]!r}?" if near else f" (known here: {', '.join(sorted(known))})"
        return f"no key {path!r}{hint}"
    given = item.get("input")
    shown = "" if isinstance(given, dict | list | BaseModel) else f" (given: {_short(given)})"
    message = str(item["msg"]).removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    return f"{path}: {message}{shown}" if path else f"{message}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as `X | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, dict) or get_args(annotation):
        return next((model for model in map(_model_of, get_args(annotation)) if model is not None), None)
    return None


def _fields_at(place: tuple[Any, ...]) -> list[str]:
    """The keys that exist at a path of the configuration."""
    model: type[BaseModel] = InspectConfig
    for part in place:
        field = model.model_fields.get(str(part))
        inner = _model_of(field.annotation) if field is not None else None
        if inner is not None:
            model = inner
    return list(model.model_fields)


def _all_paths(model: type[BaseModel] = InspectConfig, prefix: str = "") -> list[str]:
    """Every dotted key."""
    paths = []
    for name, field in model.model_fields.items():
        inner = _model_of(field.annotation)
        paths += [f"{prefix}{name}"] + (_all_paths(inner, f"{prefix}{name}.") if inner is not None else [])
    return paths
