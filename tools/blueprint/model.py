"""The Blueprint: a frozen, versioned description of a defect in which every field says where it came from.

Knows the fields, their units and their limits. Leaves words to `parser`, the vocabulary to `registry` and history to
`versions`. Lengths are millimetres; positions are fractions of the photo's width and height, origin top left.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

SCHEMA_VERSION = 1
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Point = tuple[Fraction, Fraction]


class Origin(StrEnum):
    """Where a field's value came from."""

    SAID = "said"
    INFERRED = "inferred"
    DEFAULT = "default"
    EDITED = "edited"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How bad the defect is, mildest first."""

    MINOR = "minor"
    MODERATE = "moderate"
    SEVERE = "severe"
    CRITICAL = "critical"


class Zone(StrEnum):
    """Nine cells of the part's bounding box, or its rim."""

    TOP_LEFT = "top_left"
    TOP = "top"
    TOP_RIGHT = "top_right"
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"
    BOTTOM_LEFT = "bottom_left"
    BOTTOM = "bottom"
    BOTTOM_RIGHT = "bottom_right"
    EDGE = "edge"


class Distribution(StrEnum):
    """How several defects lie to each other."""

    SCATTERED = "scattered"
    CLUSTERED = "clustered"
    LINE = "line"


class Frozen(BaseModel):
    """Immutable, and strict about unknown keys, so that a typo is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Range(Frozen):
    """A closed interval; a plain value has `min == max`."""

    min: float
    max: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"a range runs from small to large, not from {self.min:g} to {self.max:g}")
        return self


class PositiveRange(Range):
    """A range of lengths: both ends above zero."""

    min: float = Field(gt=0.0)
    max: float = Field(gt=0.0)


class CountRange(Frozen):
    """How many defects, both ends included."""

    min: int = Field(ge=1, le=10_000)
    max: int = Field(ge=1, le=10_000)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"a count runs from small to large, not from {self.min} to {self.max}")
        return self


class Geometry(Frozen):
    """The size and shape of one defect."""

    length_mm: PositiveRange | None = None
    width_mm: PositiveRange | None = None
    depth_mm: PositiveRange | None = None
    diameter_mm: PositiveRange | None = None
    orientation_deg: float | None = Field(default=None, ge=0.0, lt=180.0)
    """Main axis: 0 is horizontal, counter-clockwise as seen, below 180."""
    orientation_spread_deg: float | None = Field(default=None, ge=0.0, le=90.0)
    """Half-width of the allowed deviation from `orientation_deg`."""
    curvature: Range | None = None
    """0 is straight, 1 a half circle (total turning angle divided by pi)."""


class Appearance(Frozen):
    """How the defect looks beside its surroundings."""

    contrast: Range | None = None
    """Signed: -1 as dark as can be, 0 invisible, 1 as bright as can be."""
    colour: str | None = None
    gloss: str | None = None
    """`matt`, `satin`, `glossy`."""
    edge: str | None = None
    """`sharp`, `soft`, `ragged`."""


class Placement(Frozen):
    """Where on the part; at most one of zone, polygon and box."""

    zone: Zone | None = None
    polygon: tuple[Point, ...] | None = None
    box: tuple[Fraction, Fraction, Fraction, Fraction] | None = None
    """`x1 y1 x2 y2` as fractions of width and height."""
    distribution: Distribution | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        given = [name for name in ("zone", "polygon", "box") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"a place is said once, not as {' and '.join(given)}")
        if self.polygon is not None and len(self.polygon) < 3:
            raise ValueError(f"a polygon has at least 3 corners, this one {len(self.polygon)}")
        if self.box is not None and not (self.box[0] < self.box[2] and self.box[1] < self.box[3]):
            raise ValueError("a box is x1 y1 x2 y2 with x1 < x2 and y1 < y2")
        return self


class Blueprint(Frozen):
    """One kind of defect on one kind of part."""

    schema_version: int = Field(default=SCHEMA_VERSION, ge=1, le=SCHEMA_VERSION)
    version: int = Field(default=1, ge=1)
    text: str = ""
    """What the user said, word for word."""
    defect_type: str | None = None
    """A name of `tools.blueprint.registry`."""
    material: str | None = None
    finish: str | None = None
    part: str | None = None
    """The thing the defect is on: "fitting", "plate"."""
    geometry: Geometry = Geometry()
    count: CountRange | None = None
    appearance: Appearance = Appearance()
    placement: Placement = Placement()
    severity: Severity | None = None
    mm_per_px: float | None = Field(default=None, gt=0.0)
    reference_images: tuple[str, ...] = ()
    """Content hashes of pictures that show what is meant."""
    prompt: str | None = None
    """The text that drives a generator; evolution writes it."""
    style: Mapping[str, float] = Field(default_factory=dict)
    """Renderer parameters by name that override the type's own; `tools.generation` says which exist."""
    origin: Mapping[str, Origin] = Field(default_factory=dict)
    """Field path (`geometry.length_mm`) to where its value came from; a field not listed is `unknown`."""

    def with_changes(self, changes: Mapping[str, Any], origin: Origin) -> Blueprint:
        """The next version, with the fields at these paths set (None clears) and their origin recorded.

        Args:
            changes: field path, such as `geometry.length_mm` or `severity`, to its new value.
            origin: where the new values come from.

        Raises:
            pydantic.ValidationError: a value is out of its range or a path is not a field.
        """
        data = self.model_dump(mode="json")
        for path, value in changes.items():
            *parents, leaf = path.split(".")
            node = data
            for parent in parents:
                node = node[parent]
            node[leaf] = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
            data["origin"][path] = (Origin.UNKNOWN if value is None else origin).value
        data["version"] = self.version + 1
        return Blueprint.model_validate(data)
