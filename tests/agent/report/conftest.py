"""A made-up part with two findings, its photo, and a knowledge index that loads no model."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from agent.report.writer import Context, write_report
from knowledge.index import KnowledgeIndex
from tests.knowledge.conftest import bag_of_words
from tools.detection.records import InspectionRecord
from tools.detection.regions import Region


def make_region(number: int = 1, **changes) -> Region:
    values = {
        "id": f"r-{number:010x}",
        "type": "crack",
        "shape": "line",
        "bbox_xyxy": (20, 10, 104, 22),
        "area_px": 420,
        "length_px": 84.2,
        "width_px": 6.1,
        "length_mm": 4.21,
        "width_mm": 0.305,
        "area_mm2": 1.05,
        "orientation_deg": 3.0,
        "centroid_xy": (62.0, 16.0),
        "score_max": 5.25,
        "score_mean": 3.5,
        "bbox_area": 1008,
        "fill_ratio": 0.42,
        "aspect_ratio": 13.8,
        "solidity": 0.8,
        "zone": "top_left",
        "zones": ("top_left", "edge"),
        "severity": "severe",
        "level": "ng",
    }
    return Region(**{**values, **changes})


def make_second(**changes) -> Region:
    values = {
        "type": "void",
        "shape": "spot",
        "bbox_xyxy": (150, 120, 162, 131),
        "area_px": 96,
        "length_px": 12.4,
        "width_px": 10.8,
        "length_mm": 0.62,
        "width_mm": 0.54,
        "area_mm2": 0.24,
        "score_max": 3.02,
        "aspect_ratio": 1.1,
        "zone": "bottom_right",
        "zones": ("bottom_right",),
        "severity": "minor",
    }
    return make_region(2, **{**values, **changes})


def make_record(regions: Sequence[Region] | None = None, **changes) -> InspectionRecord:
    values = {
        "input": "/photos/part_17.png",
        "verdict": "ng",
        "reasons": ("2 regions at the pixel threshold",),
        "score": 5.25,
        "score_threshold": 2.5,
        "score_review": 2.0,
        "pixel_threshold": 2.4,
        "regions": tuple(regions) if regions is not None else (make_region(), make_second()),
        "width_px": 200,
        "height_px": 150,
        "mm_per_px": 0.05,
        "guarantee_met": True,
        "detector": "patchcore",
        "bundle": "b-1234",
        "input_sha256": "ab" * 32,
        "time_utc": "2026-11-24T06:12:44.123+00:00",
    }
    return InspectionRecord(**{**values, **changes})


@pytest.fixture
def photo() -> np.ndarray:
    image = np.random.default_rng(3).integers(120, 140, (150, 200, 3)).astype(np.uint8)
    image[10:22, 20:104] = 60
    image[120:131, 150:162] = 210
    return image


@pytest.fixture(scope="session")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeIndex:
    return KnowledgeIndex(tmp_path_factory.mktemp("knowledge"), embed=bag_of_words)


@pytest.fixture
def report(photo: np.ndarray, knowledge: KnowledgeIndex):
    context = Context(part="Bracket 17", material="cast aluminium", good_scores=[0.1 * n for n in range(30)])
    return write_report(make_record(), photo, index=knowledge, context=context)


@pytest.fixture
def photo_path(photo: np.ndarray, tmp_path: Path) -> Path:
    from tools.vision.images import save_png

    return save_png(tmp_path / "part_17.png", photo)
