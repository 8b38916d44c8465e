"""Two audits of bundles: does a bundle still give the scores it gave at fit, and what would change with another one?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from tools.detection.bundle import Bundle
from tools.detection.errors import DetectionInputError
from tools.detection.inspect import inspect_image
from tools.vision.images import load_image

TOLERANCE = 1e-4
"""Largest relative difference of a replayed score: processors and library versions round differently."""


class Replayed(BaseModel):
    """One archived photo: score at fit, score now."""

    model_config = ConfigDict(frozen=True)

    photo: str
    then: float
    now: float

    @property
    def same(self) -> bool:
        """Equal within the tolerance."""
        return abs(self.now - self.then) <= TOLERANCE * max(1.0, abs(self.then))


class Replay(BaseModel):
    """All archived photos of a bundle."""

    model_config = ConfigDict(frozen=True)

    photos: tuple[Replayed, ...]
    same: bool
    largest_difference: float


def replay(bundle: Bundle) -> Replay:
    """Score the photos that are archived in a bundle again.

    Raises:
        DetectionInputError: the bundle was not loaded from a folder, or has no samples.
    """
    if bundle.path is None or not (bundle.path / "samples" / "samples.json").is_file():
        raise DetectionInputError("this bundle has no archived photos; fit it again to get them")
    wanted = json.loads((bundle.path / "samples" / "samples.json").read_text(encoding="utf-8"))
    found = []
    for name, entry in sorted(wanted.items()):
        score = bundle.predict([load_image(bundle.path / "samples" / name)])[0].score
        found.append(Replayed(photo=name, then=float(entry["score"]), now=float(score)))
    worst = max((abs(one.now - one.then) for one in found), default=0.0)
    return Replay(photos=tuple(found), same=all(one.same for one in found), largest_difference=worst)


class Flip(BaseModel):
    """A photo that two bundles judge differently."""

    model_config = ConfigDict(frozen=True)

    photo: str
    old: str
    new: str
    score_old: float | None
    score_new: float | None


class Flips(BaseModel):
    """The gate between an old and a new bundle."""

    model_config = ConfigDict(frozen=True)

    photos: int
    flips: tuple[Flip, ...]
    escapes: int
    """NG before, OK now: the dangerous kind."""
    overkill: int
    """OK before, NG now."""
    passed: bool
    words: str


def compare_bundles(
    old: Bundle, new: Bundle, photos: Sequence[Path], *, max_flips: float = 0.02, max_escapes: int = 0
) -> Flips:
    """Judge the same photos with both bundles.

    Args:
        old: on the line now.
        new: its successor.
        photos: archived photos, good and bad.
        max_flips: largest share of photos that may change between OK and NG.
        max_escapes: largest number that may go from NG to OK.

    Raises:
        DetectionInputError: no photo.
        ImageError: a photo cannot be read.
    """
    if not photos:
        raise DetectionInputError("no photo to compare the bundles on; name a folder with archived photos")
    flips = []
    for path in photos:
        image = load_image(path)
        before, after = inspect_image(image, old), inspect_image(image, new)
        if before.verdict != after.verdict:
            scores = (_score(before.outcome is not None, old, path), _score(after.outcome is not None, new, path))
            flips.append(
                Flip(photo=str(path), old=before.verdict, new=after.verdict, score_old=scores[0], score_new=scores[1])
            )
    escapes = sum(flip.old == "ng" and flip.new == "ok" for flip in flips)
    overkill = sum(flip.old == "ok" and flip.new == "ng" for flip in flips)
    passed = escapes <= max_escapes and (escapes + overkill) <= max_flips * len(photos)
    words = (
        f"{len(flips)} of {len(photos)} verdicts change: {escapes} from NG to OK, {overkill} from OK to NG; "
        f"{'within' if passed else 'beyond'} what is allowed ({max_escapes} escapes, {max_flips:.1%} in all)"
    )
    return Flips(photos=len(photos), flips=tuple(flips), escapes=escapes, overkill=overkill, passed=passed, words=words)


def _score(judged: bool, bundle: Bundle, path: Path) -> float | None:
    return float(bundle.predict([load_image(path)])[0].score) if judged else None
