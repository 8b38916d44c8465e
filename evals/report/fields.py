"""Are a report's fields right? Each compared with the truth where the truth has one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.report.facts import canonical_type
from agent.report.schema import Report
from evals.common import bootstrap_interval
from evals.report.inspections import Case
from tools.detection.regions import UNKNOWN_TYPE, Region, measure_shape, nine_zone
from tools.vision.masks import components


def judge_fields(case: Case, report: Report) -> dict[str, bool]:
    """Field → right or wrong, for the fields that this case decides.

    `verdict`: a defective part is NG or goes to review, a good one is OK. `place`: the finding on the largest defect
    names the cell of the grid that holds the defect's middle, or one that the defect touches. `size`: that
    finding's length is within a factor of two. `count`: as many findings as defects. `type`: that finding's type is the
    defect's; `type_or_unknown` also allows "unknown", which is no lie.
    """
    flagged = report.verdict in ("ng", "review")
    judged = {"verdict": flagged == (case.kind != "good")}
    if case.kind == "good":
        return judged
    boxes = case.boxes()
    regions = [finding.region for finding in report.findings]
    judged["found"] = any(_overlap(region, box) for region in regions for box in boxes)
    judged["count"] = len(regions) == len(boxes)
    region = next((region for region in regions if _overlap(region, boxes[0])), None)
    if region is None:
        return judged
    pixels = case.pixels()
    part = max(components(pixels), key=lambda one: int(one.pixels.sum()))
    rows, columns = np.nonzero(part.pixels)
    x1, y1 = part.box_xyxy[:2]
    height, width = pixels.shape
    pairs = zip(columns.tolist(), rows.tolist(), strict=True)
    homes = {nine_zone(float(x1 + x), float(y1 + y), (0, 0, width, height)) for x, y in pairs}
    judged["place"] = region.zone in homes
    length = measure_shape(part.pixels).length
    judged["size"] = 0.5 <= region.length_px / max(length, 1e-9) <= 2.0
    same = canonical_type(region.type) == canonical_type(case.kind)
    judged["type"] = same
    judged["type_or_unknown"] = same or region.type == UNKNOWN_TYPE
    return judged


def _overlap(region: Region, box: tuple[int, int, int, int]) -> bool:
    a, b = region.bbox_xyxy, box
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _share(values: NDArray[np.float64], seed: int) -> dict[str, float]:
    return bootstrap_interval(lambda rows: float(values[rows].mean()), len(values), seed=seed)


def accuracy(judged: Sequence[dict[str, bool]], *, seed: int) -> dict[str, Any]:
    """Share right with its interval and its number of cases, by field."""
    result = {}
    for field in dict.fromkeys(name for one in judged for name in one):
        values = np.array([one[field] for one in judged if field in one], dtype=float)
        result[field] = {**_share(values, seed), "cases": len(values)}
    return result
