"""Made-up inspections that the texts of `unseen.json` speak about.

An NG part with a crack and a void, an OK part, one for review, an NG part with two scratches and a stain, and a photo
that could not be judged.
"""

from __future__ import annotations

from typing import Any

from agent.report.facts import Facts
from agent.report.schema import Citation, Confidence
from tools.detection.records import InspectionRecord
from tools.detection.regions import UNKNOWN_TYPE, Region

_HOT_TEAR = Citation(
    record_id="casting.crack.hot_tear",
    title="Hot tear",
    source="made up",
    text="Hot tear. Causes: Sharp fillets, thick beside thin; Contraction is hindered. "
    "Do: Larger fillets; Cool the spot.",
    standards=("EN 12454",),
)
_HANDLING = Citation(
    record_id="metal.scratch.handling",
    title="Handling scratch",
    source="made up",
    text="Handling scratch. Causes: Parts rub against each other in the bin; Sharp edges on the gripper. "
    "Check: Inspect the gripper jaws for burrs. Do: Use separators between parts; Pad the gripper.",
    standards=("ISO 8785",),
)


def _region(number: int, kind: str, zone: str, severity: str, sizes: tuple[float, ...], **more: Any) -> Region:
    """`sizes`: length and width in px, length and width in mm (or nothing), area in px, its own aspect ratio."""
    length, width, area, aspect = sizes[:4]
    scaled: dict[str, Any] = {}
    if more.pop("scaled", True):
        scaled = {"length_mm": length * 0.05, "width_mm": width * 0.05, "area_mm2": area * 0.0025}
    values: dict[str, Any] = {
        "id": f"r-{number:010x}",
        "type": kind,
        "shape": "line" if aspect >= 2.5 else "spot",
        "area_px": int(area),
        "length_px": length,
        "width_px": width,
        "aspect_ratio": aspect,
        "score_mean": 3.5,
        "bbox_area": 1008,
        "fill_ratio": 0.42,
        "solidity": 0.8,
        "zone": zone,
        "zones": (zone,),
        "severity": severity,
        "level": "ng",
        "orientation_deg": 3.0,
    }
    return Region(**{**values, **scaled, **more})


def _record(regions: tuple[Region, ...], **more: Any) -> InspectionRecord:
    values: dict[str, Any] = {
        "input": "/photos/part.png",
        "verdict": "ng",
        "score": 5.25,
        "score_threshold": 2.5,
        "score_review": 2.0,
        "pixel_threshold": 2.4,
        "regions": regions,
        "width_px": 200,
        "height_px": 150,
        "mm_per_px": 0.05,
        "guarantee_met": True,
        "detector": "patchcore",
        "bundle": "b-1234",
        "input_sha256": "ab" * 32,
        "time_utc": "2026-11-24T06:12:44.123+00:00",
    }
    return InspectionRecord(**{**values, **more})


def _bracket() -> Facts:
    crack = _region(
        1, "crack", "top_left", "severe", (84.2, 6.1, 420, 13.8), zones=("top_left", "edge"),
        bbox_xyxy=(20, 10, 104, 22), centroid_xy=(62.0, 16.0), score_max=5.25,
    )  # fmt: skip
    void = _region(
        2, "void", "bottom_right", "minor", (12.4, 10.8, 96, 1.1),
        bbox_xyxy=(150, 120, 162, 131), centroid_xy=(156.0, 125.5), score_max=3.02,
    )  # fmt: skip
    known = Confidence(good_as_high=0, good_total=110, good_share_bound=1 / 111)
    record = _record((crack, void), reasons=("2 regions at the pixel threshold",))
    return Facts(record, (_HOT_TEAR,), known, {crack.id: -0.3, void.id: 0.3}, ("Bracket 17",))


def _bracket_ok() -> Facts:
    known = Confidence(good_as_high=40, good_total=110, good_share_bound=41 / 111)
    return Facts(_record((), verdict="ok", score=1.2), (), known, {}, ("Bracket 18",))


def _bracket_review() -> Facts:
    region = _region(
        7, UNKNOWN_TYPE, "center", "moderate", (40.0, 5.0, 180, 8.0), scaled=False, level="review",
        bbox_xyxy=(80, 70, 120, 75), centroid_xy=(100.0, 72.5), score_max=2.3,
    )  # fmt: skip
    record = _record((region,), verdict="review", score=2.3, mm_per_px=None)
    return Facts(record, (), Confidence(), {region.id: -0.2}, ("Bracket 19",))


def _housing() -> Facts:
    left = _region(
        11, "scratch", "left", "moderate", (122.0, 5.0, 610, 24.4), orientation_deg=82.0,
        bbox_xyxy=(40, 100, 60, 220), centroid_xy=(50.0, 160.0), score_max=8.4,
    )  # fmt: skip
    right = _region(
        12, "scratch", "top_right", "minor", (60.0, 3.5, 210, 17.0), orientation_deg=2.0,
        bbox_xyxy=(300, 40, 360, 48), centroid_xy=(330.0, 44.0), score_max=6.1,
    )  # fmt: skip
    stain = _region(
        13, "stain", "center", "minor", (52.0, 44.0, 1700, 1.2), shape="patch", orientation_deg=10.0,
        bbox_xyxy=(180, 140, 230, 185), centroid_xy=(205.0, 162.0), score_max=4.0,
    )  # fmt: skip
    limits = {"score": 8.4, "score_threshold": 4.2, "score_review": 3.0, "pixel_threshold": 3.5}
    known = Confidence(good_as_high=1, good_total=50, good_share_bound=2 / 51, confirmed=18, reviewed=20)
    contrasts = {left.id: -0.4, right.id: 0.3, stain.id: -0.2}
    record = _record((left, right, stain), width_px=400, height_px=300, **limits)
    return Facts(record, (_HANDLING,), known, contrasts, ("Housing 4",))


def _dark() -> Facts:
    record = _record((), verdict="cannot_judge", score=None, reasons=("the photo is too dark",))
    return Facts(record, (), Confidence(), {}, ("Housing 5",))


def scenes() -> dict[str, Facts]:
    """Name → what is true of it."""
    return {
        "bracket": _bracket(),
        "bracket_ok": _bracket_ok(),
        "bracket_review": _bracket_review(),
        "housing": _housing(),
        "dark": _dark(),
    }
