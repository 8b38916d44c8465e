"""What a detector's calibration measured, as a report tells it."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from tools.errors import RedRabbitError


class Promised(TypedDict, total=False):
    """Keywords of `agent.report.writer.Context`; empty where the bundle is gone."""

    good_scores: tuple[float, ...]
    promise: str


def promised(bundle: Path | None) -> Promised:
    """Scores of held-out good parts and the promise about false alarms of the bundle in a folder."""
    from tools.detection.bundle import Bundle

    if bundle is None:
        return {}
    try:
        calibration = Bundle.load(bundle).calibration
    except (RedRabbitError, OSError):
        return {}
    return {"good_scores": tuple(calibration.good_scores), "promise": calibration.words}
