"""A finding beside what it looks like: the same place on the nearest good part, and the nearest known defect."""

from __future__ import annotations

from pathlib import Path

from agent.report.phrases import Phrases
from agent.report.pictures import close_up, picture
from agent.report.schema import Neighbour, ReportPicture
from knowledge.visual import VisualHit, VisualIndex, nearest_type
from tools.detection.regions import UNKNOWN_TYPE, Region
from tools.vision.images import load_image
from tools.vision.types import RgbImage

VOTERS = 5
MAX_TYPE_DISTANCE = 0.35
"""Farther than this a known defect does not name a new one. Cosine distance of EfficientNet-lite0 embeddings."""
MIN_TYPE_SHARE = 0.6


def compare(
    image: RgbImage, region: Region, visual: VisualIndex, words: Phrases, category: str | None
) -> tuple[list[ReportPicture], list[Neighbour]]:
    """Pictures and facts of a region's neighbours."""
    shown: list[ReportPicture] = []
    known: list[Neighbour] = []
    good = visual.nearest_place(image, region.bbox_xyxy, category=category)
    if good is not None:
        shown.append(_shown(good, region, words, words.labels["nearest_good"]))
        known.append(_fact(good, region))
    for hit in visual.nearest(image, region.bbox_xyxy, kind="defect", k=1, category=category):
        label = words.type_name(hit.example.label or UNKNOWN_TYPE)
        shown.append(_shown(hit, region, words, f"{words.labels['nearest_defect']}: {label}"))
        known.append(_fact(hit, region))
    return shown, known


def name_regions(
    regions: tuple[Region, ...], image: RgbImage, visual: VisualIndex, *, category: str | None = None
) -> tuple[Region, ...]:
    """Give regions of unknown type the type of the known defects that look alike, with the share of the votes.

    A region stays unknown where no known defect is near enough or the near ones do not agree. Unlabelled knowledge of
    good parts never names anything.
    """
    named = []
    for region in regions:
        found = None
        if region.type == UNKNOWN_TYPE:
            hits = visual.nearest(image, region.bbox_xyxy, kind="defect", k=VOTERS, category=category)
            found = nearest_type(hits, max_distance=MAX_TYPE_DISTANCE)
        if found is None or found[1] < MIN_TYPE_SHARE:
            named.append(region)
        else:
            named.append(region.model_copy(update={"type": found[0], "type_confidence": round(found[1], 3)}))
    return tuple(named)


def _shown(hit: VisualHit, region: Region, words: Phrases, caption: str) -> ReportPicture:
    image = load_image(Path(hit.example.path))
    box = hit.box_xyxy or (0, 0, image.shape[1], image.shape[0])
    role = "nearest_good" if hit.example.kind == "good" else "nearest_defect"
    distance = words.number(hit.distance, digits=3)
    text = f"{caption} ({words.labels['distance']} {distance})"
    return picture(
        "nearest_good" if role == "nearest_good" else "nearest_defect", close_up(image, box), text, region.id
    )


def _fact(hit: VisualHit, region: Region) -> Neighbour:
    return Neighbour(
        kind=hit.example.kind,
        name=Path(hit.example.path).name,
        label=hit.example.label,
        distance=hit.distance,
        region_id=region.id,
    )
