"""What a fresh bundle says of drawn defects: a detector that overlooks a kind of defect must not do so silently.

A few defects of each type are drawn on the very photos the bundle was fitted on, which flatters it: a type that is
overlooked here will be overlooked on the line. For sizes and limits on unseen photos there is `tools.detection.pod`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from tools.blueprint.model import Blueprint
from tools.detection.bundle import Bundle
from tools.detection.inspect import inspect_image
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.registry import get_generator
from tools.generation.renderer.types import RENDER_TYPES
from tools.vision.images import load_image

WEAK = 0.5
"""A type of which fewer than this share is flagged (NG or review) is named as weak."""


class Drawn(BaseModel):
    """Drawn defects of one type and what became of them."""

    model_config = ConfigDict(frozen=True)

    drawn: int
    ng: int
    review: int
    ok: int

    @property
    def flagged(self) -> float:
        """Share that is not called OK."""
        return (self.ng + self.review) / max(self.drawn, 1)


def check_on_drawn(bundle: Bundle, photos: Sequence[Path], *, each: int, seed: int) -> dict[str, Drawn]:
    """Type → verdicts on `each` drawn defects; types that do not fit these photos are left out."""
    rng = np.random.default_rng(seed)
    found = {name: _judged(bundle, photos, Blueprint(defect_type=name), count=each, rng=rng) for name in RENDER_TYPES}
    return {name: one for name, one in found.items() if one is not None}


def check_on_blueprint(
    bundle: Bundle, photos: Sequence[Path], blueprint: Blueprint, *, count: int, seed: int
) -> Drawn | None:
    """Verdicts on `count` defects of one Blueprint; None where none fits these photos."""
    return _judged(bundle, photos, blueprint, count=count, rng=np.random.default_rng(seed))


def _judged(
    bundle: Bundle, photos: Sequence[Path], blueprint: Blueprint, *, count: int, rng: np.random.Generator
) -> Drawn | None:
    renderer, verdicts = get_generator("renderer"), list[str]()
    for _ in range(count):
        photo = load_image(photos[int(rng.integers(len(photos)))])
        try:
            drawn = renderer.generate(blueprint, photo, int(rng.integers(2**31)))
        except BlueprintDoesNotFitError:
            continue
        verdicts.append(inspect_image(drawn.image, bundle).verdict)
    if not verdicts:
        return None
    return Drawn(drawn=len(verdicts), **{key: verdicts.count(key) for key in ("ng", "review", "ok")})


def words(found: dict[str, Drawn]) -> str:
    """One or two sentences for a person."""
    total = sum(one.drawn for one in found.values())
    flagged = sum(one.ng + one.review for one in found.values())
    said = f"Of {total} drawn defects {flagged} are flagged (NG or review), on photos that the bundle knows."
    weak = [name for name, one in found.items() if one.flagged < WEAK]
    if not weak:
        return said
    return (
        f"{said} Weak on: {', '.join(weak)}. If these matter, take --detector supersimple, a larger input or tiles, "
        "and measure with redrabbit bundle pod."
    )
