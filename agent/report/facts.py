"""What is known to be true about one inspection: the only things that a report's sentences may say.

Numbers carry their quantity, unit and region, so that "4.2 mm long" is not excused by a width of 4.2 mm.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agent.report.schema import Citation, Confidence
from tools.detection.records import InspectionRecord
from tools.detection.regions import UNKNOWN_TYPE, Region

SYNONYMS: Mapping[str, str] = {
    **dict.fromkeys(("break", "broken", "fray", "chipping", "mousebite", "mouse_bite"), "chip"),
    **dict.fromkeys(("blowhole", "pore", "porosity", "bubble", "cavity"), "void"),
    **dict.fromkeys(("rust",), "corrosion"),
    **dict.fromkeys(("particle", "dust", "inclusion", "foreign_material"), "contamination"),
    **dict.fromkeys(("uneven", "discoloration", "colour"), "discolouration"),
    **dict.fromkeys(("burr", "bulge", "spur"), "bump"),
    **dict.fromkeys(("pinhole", "pin_hole"), "hole"),
    **dict.fromkeys(("fracture", "fissure"), "crack"),
    **dict.fromkeys(("missing", "missing_component", "open"), "missing_part"),
}
"""Names that data sets use → the twelve."""
_STATED_NUMBER = re.compile(r"(?<![\w.,])(\d+(?:\.\d+)?)\s*(mm2|mm²|mm|px2|px|%)?")


def canonical_type(name: str) -> str:
    """One of the twelve types where the name is one or a data set's word for one, else the name itself."""
    key = name.strip().lower().replace(" ", "_").replace("-", "_")
    return SYNONYMS.get(key, key)


@dataclass(frozen=True)
class Fact:
    """One true number. `unit` is `mm`, `px`, `mm2`, `px2`, `%`, `deg`, `x` (times) or empty."""

    quantity: str
    value: float
    unit: str = ""
    region: str | None = None


@dataclass(frozen=True)
class Facts:
    """Everything a checker needs."""

    record: InspectionRecord
    citations: tuple[Citation, ...] = ()
    confidence: Confidence = field(default_factory=Confidence)
    contrasts: Mapping[str, float] = field(default_factory=dict)
    """Region id → contrast."""
    names: tuple[str, ...] = ()
    """Part and file names: text that is not looked into."""
    history: tuple[str, ...] = ()
    """Sentences about earlier parts that were computed, word for word."""

    @property
    def regions(self) -> tuple[Region, ...]:
        """The found regions."""
        return self.record.regions

    def region(self, region_id: str) -> Region | None:
        """One region by id."""
        return next((region for region in self.regions if region.id == region_id), None)

    def citation(self, record_id: str) -> Citation | None:
        """One cited record by id."""
        return next((citation for citation in self.citations if citation.record_id == record_id), None)

    @property
    def types(self) -> Counter[str]:
        """How many regions of each named type."""
        return Counter(canonical_type(region.type) for region in self.regions if region.type != UNKNOWN_TYPE)

    def numbers(self) -> tuple[Fact, ...]:
        """Every true number."""
        regions = (fact for region in self.regions for fact in _region_numbers(region))
        return (*self._part_numbers(), *regions, *self._shares())

    def _shares(self) -> list[Fact]:
        """How much of the picture the regions cover, in per cent."""
        if not self.record.width_px or not self.record.height_px:
            return []
        whole = self.record.width_px * self.record.height_px / 100
        found = [Fact("share", region.area_px / whole, "%", region.id) for region in self.regions]
        return [*found, Fact("share", sum(region.area_px for region in self.regions) / whole, "%")]

    def _part_numbers(self) -> list[Fact]:
        record = self.record
        found = [
            Fact("threshold", record.score_threshold),
            Fact("count", len(record.regions)),
            *(Fact("count", number) for number in _counts(record.regions)),
        ]
        if record.score is not None:
            found.append(Fact("score", record.score))
            found += _compared("", record.score, record.score_threshold)
            if record.score_review is not None:
                found += _compared("review_", record.score, record.score_review)
        optional = {"review_threshold": record.score_review, "pixel_threshold": record.pixel_threshold}
        found += [Fact(name, value) for name, value in optional.items() if value is not None]
        if record.mm_per_px is not None:
            found += [Fact("scale", record.mm_per_px, "mm"), Fact("scale", record.mm_per_px)]
        for side in (record.width_px, record.height_px):
            found += [] if side is None else [Fact("picture", side, "px"), Fact("picture", side)]
        named = {canonical_type(region.type) for region in record.regions}
        for name in named if len(named) > 1 else ():
            found += _totals([region for region in record.regions if canonical_type(region.type) == name])
        return [*found, *_totals(record.regions), *self._confidence_numbers(), *self._stated_numbers()]

    def _confidence_numbers(self) -> list[Fact]:
        known = self.confidence
        plain = (known.good_as_high, known.good_total, known.confirmed, known.reviewed)
        found = [Fact("confidence", value) for value in plain if value is not None]
        if known.good_share_bound is not None:
            found.append(Fact("confidence", 100 * known.good_share_bound, "%"))
        if known.confirmed is not None and known.reviewed:
            found.append(Fact("confidence", 100 * known.confirmed / known.reviewed, "%"))
        return [*found, *_stated(known.promise, None)]

    def _stated_numbers(self) -> list[Fact]:
        return [fact for text in (*self.record.reasons, *self.history) for fact in _stated(text, None)]


def _totals(regions: Sequence[Region]) -> list[Fact]:
    found = [
        Fact("total", sum(region.area_px for region in regions), "px2"),
        Fact("total", sum(region.length_px for region in regions), "px"),
    ]
    for name, unit in (("length_mm", "mm"), ("area_mm2", "mm2")):
        values = [getattr(region, name) for region in regions]
        found += [] if None in values else [Fact("total", sum(values), unit)]
    return found


def _counts(regions: Sequence[Region]) -> list[int]:
    groups = (
        Counter(canonical_type(region.type) for region in regions),
        Counter(region.zone for region in regions),
        Counter(region.severity for region in regions),
        Counter(region.level for region in regions),
    )
    return sorted({number for group in groups for number in group.values()})


def _compared(prefix: str, score: float, limit: float) -> list[Fact]:
    """How a score lies to a limit: difference, ratio, per cent."""
    found = [Fact(f"{prefix}excess", abs(score - limit))]
    if limit > 0:
        found += [
            Fact(f"{prefix}ratio", score / limit, "x"),
            Fact(f"{prefix}excess", 100 * abs(score / limit - 1), "%"),
            Fact(f"{prefix}ratio", 100 * score / limit, "%"),
        ]
    return found


def _region_numbers(region: Region) -> list[Fact]:
    name = region.id
    found = [
        Fact("length", region.length_px, "px", name),
        Fact("width", region.width_px, "px", name),
        Fact("area", region.area_px, "px2", name),
        Fact("peak", region.score_max, "", name),
        Fact("mean", region.score_mean, "", name),
        Fact("orientation", region.orientation_deg, "deg", name),
        Fact("aspect", region.aspect_ratio, "x", name),
        *(Fact("position", value, "px", name) for value in (*region.bbox_xyxy, *region.centroid_xy)),
        *(Fact("position", value, "", name) for value in (*region.bbox_xyxy, *region.centroid_xy)),
    ]
    if region.width_px > 0:
        found.append(Fact("aspect", region.length_px / region.width_px, "x", name))
    scaled = (("length", region.length_mm, "mm"), ("width", region.width_mm, "mm"), ("area", region.area_mm2, "mm2"))
    found += [Fact(quantity, value, unit, name) for quantity, value, unit in scaled if value is not None]
    if region.type_confidence is not None:
        found += [
            Fact("type_confidence", 100 * region.type_confidence, "%", name),
            Fact("type_confidence", region.type_confidence, "", name),
        ]
    return [*found, *_stated(region.why, name)]


def _stated(text: str, region: str | None) -> list[Fact]:
    """Numbers in sentences that the inspection itself wrote."""
    units = {"mm²": "mm2", None: ""}
    return [
        Fact("stated", float(number), units.get(unit or None, unit), region)
        for number, unit in _STATED_NUMBER.findall(text)
    ]
