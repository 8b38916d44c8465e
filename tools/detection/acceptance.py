"""Acceptance rules: what a found region means for the part.

A rule says for which regions it speaks (types, zones), from which limit on they are bad, how many are allowed, and what
follows. Words become rules in `acceptance_words`. How rules are read together:

* A region that some rule makes NG is NG, whatever other rules say; then review; then accepted.
* A region that a rule speaks for and that stays within its limit is accepted by that rule.
* A region that no rule speaks for is NG: a specification that forgot a defect does not let it pass.
* The type of a region may be unknown (`anomaly`). Then every typed rule whose form fits may make it NG, but none may
  accept it: it goes to review, with that reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tools.detection.config import InspectConfig
from tools.detection.errors import DetectionInputError
from tools.detection.regions import UNKNOWN_TYPE, Region

Outcome = Literal["ng", "review", "accepted"]
Measure = Literal["length", "width", "area", "score"]

FORMS: dict[str, tuple[str, ...]] = {
    "scratch": ("line", "patch"),
    "crack": ("line", "patch"),
    "void": ("spot", "patch"),
    "hole": ("spot", "patch"),
    "dent": ("spot", "patch"),
    "bump": ("spot", "patch"),
    "chip": ("spot", "patch"),
}
"""Which forms of region a type can take; types not listed can take any."""


class Rule(BaseModel):
    """One rule. Lengths in mm or px, areas in mm2 or px2, by `unit`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    """The words it came from."""
    types: tuple[str, ...] = ()
    """Defect types it speaks for; empty: all."""
    zones: tuple[str, ...] = ()
    """Zones it speaks for; empty: everywhere."""
    measure: Measure | None = None
    comparator: Literal[">", ">=", "<", "<="] | None = None
    value: float | None = None
    unit: Literal["mm", "px", "mm2", "px2", "score"] | None = None
    total: bool = False
    """The limit is on the sum over the regions it speaks for."""
    allowed: int = 0
    """So many regions beyond the limit are allowed."""
    outcome: Outcome = "ng"
    severity: str | None = None

    @property
    def needs_scale(self) -> bool:
        """True when it cannot be decided without mm per pixel."""
        return self.unit in ("mm", "mm2")

    def speaks_for(self, region: Region) -> bool:
        """Type and zone fit; an unknown type fits by its form."""
        if self.zones and not set(self.zones) & {region.zone, *region.zones}:
            return False
        if not self.types or region.type in self.types:
            return True
        return region.type == UNKNOWN_TYPE and any(
            region.shape in FORMS.get(name, (region.shape,)) for name in self.types
        )

    def certain(self, region: Region) -> bool:
        """False when the type fits only by form."""
        return not self.types or region.type in self.types

    def beyond(self, amount: float | None) -> bool:
        """Does an amount meet the rule's condition? Without a condition, always."""
        if self.comparator is None or self.value is None:
            return True
        if amount is None:
            raise DetectionInputError(f"the rule {self.text!r} is in mm, but the scale is not known; give --mm-per-px")
        compare = {
            ">": amount > self.value,
            ">=": amount >= self.value,
            "<": amount < self.value,
            "<=": amount <= self.value,
        }
        return compare[self.comparator]

    def amount(self, region: Region) -> float | None:
        """The region's value of the rule's measure, in the rule's unit."""
        values: dict[str | None, float | None] = {
            "mm": region.width_mm if self.measure == "width" else region.length_mm,
            "px": region.width_px if self.measure == "width" else region.length_px,
            "mm2": region.area_mm2,
            "px2": float(region.area_px),
            "score": region.score_max,
            None: None,
        }
        return values[self.unit]


class AcceptanceRules:
    """Rules read together; see the module."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)

    def apply(self, regions: Sequence[Region]) -> tuple[tuple[Region, ...], tuple[str, ...]]:
        """Regions with `severity`, `level` and `why`, and reasons of NG that need several regions."""
        opinions: dict[str, list[tuple[str, str, str | None]]] = {region.id: [] for region in regions}
        reasons: list[str] = []
        for rule in self.rules:
            scope = [region for region in regions if rule.speaks_for(region)]
            hit = self._hits(rule, scope)
            if hit and (rule.allowed or rule.total) and rule.outcome == "ng":
                reasons.append(f"{rule.text} ({len(hit)} found)")
            for region in scope:
                opinions[region.id].append(_opinion(rule, region, region in hit))
        return tuple(_with_opinions(region, opinions[region.id]) for region in regions), tuple(reasons)

    @staticmethod
    def _hits(rule: Rule, scope: Sequence[Region]) -> list[Region]:
        """The regions whose condition is met, if there are more of them than allowed."""
        if rule.total:
            amounts = [rule.amount(region) for region in scope]
            known = None if any(value is None for value in amounts) else sum(value or 0.0 for value in amounts)
            return list(scope) if scope and rule.beyond(known) else []
        met = [region for region in scope if rule.beyond(rule.amount(region))]
        return met if len(met) > rule.allowed else []


def _opinion(rule: Rule, region: Region, hit: bool) -> tuple[str, str, str | None]:
    """What one rule says about one region: level, why, severity."""
    doubt = "" if rule.certain(region) else " (its type is not known, its form fits)"
    if hit and rule.outcome != "accepted":
        return rule.outcome, f"rule: {rule.text}{doubt}", rule.severity
    if hit or rule.outcome == "ng":
        accepted = "accepted by" if hit else "within"
        if doubt:
            return "review", f"would be {accepted} the rule: {rule.text}, but its type is not known", None
        return "accepted", f"{accepted} the rule: {rule.text}", "minor"
    return "none", "", None


def _with_opinions(region: Region, opinions: Sequence[tuple[str, str, str | None]]) -> Region:
    for level in ("ng", "review", "accepted"):
        found = [opinion for opinion in opinions if opinion[0] == level]
        if found:
            _, why, severity = next((one for one in found if one[2] is not None), found[0])
            chosen = severity or ("severe" if level == "ng" and region.severity in ("minor", "moderate") else None)
            return region.model_copy(update={"level": level, "why": why, "severity": chosen or region.severity})
    return region.model_copy(update={"level": "ng", "why": f"no rule speaks for it; {region.why}".rstrip("; ")})


def parse_rules(config: InspectConfig) -> AcceptanceRules | None:
    """The rules of a configuration; None where it has none.

    Raises:
        DetectionInputError: a rule that is not understood, a zone that is not drawn, millimetres without a scale.
    """
    if not config.acceptance:
        return None
    from tools.detection.acceptance_words import parse_rule

    zones = tuple(name for name, polygon in config.defects.polygons.items() if not polygon.ignore)
    rules = [parse_rule(text, zones=zones) for text in config.acceptance]
    unscaled = next((rule for rule in rules if rule.needs_scale and config.mm_per_px is None), None)
    if unscaled is not None:
        raise DetectionInputError(f"the rule {unscaled.text!r} is in mm, but the scale is not known; give --mm-per-px")
    return AcceptanceRules(rules)
