"""Does CLIP see the defect that the Blueprint names: text and picture against each other, before and after drawing.

Needs a CLIP model's files (`clip:FOLDER`); without them there is no such term, and no other term changes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tools.blueprint.model import Blueprint
from tools.blueprint.registry import DEFECT_TYPES, get_defect_type
from tools.scoring.case import Case, Scorer, Term
from tools.scoring.errors import ScoringError
from tools.vision.backbone import Backbone, get_backbone
from tools.vision.types import Box, Mask, RgbImage

SHORT_PX = 64
"""CLIP is shown a part of the picture of at least this size."""
CLIP = "clip:"
TEMPLATES = ("a photo of {}.", "a close-up photo of {}.", "a photo of {} for visual inspection.")
GOOD = ("{}", "a flawless {}", "{} without any defect")
BAD = ("{} with a {label}", "a {label} on the {}")
CLEAR = 0.6
"""Below this the feedback says so."""
OTHER = 1.0
"""Another type is named when it gained so much more than the one that was asked for (natural logarithm of odds)."""


class TextBackbone(Backbone, Protocol):
    """A backbone that embeds texts where it embeds images; `tools.vision.backbone.clip.ClipBackbone` is one."""

    @property
    def temperature(self) -> float:
        """What a cosine is multiplied by to be a logit."""
        ...

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """`float32`, N x D, length 1."""
        ...


class Agreement:
    """`1 / (1 + exp(-(after - before)))`: by how much the drawing moved the odds of "SURFACE with a DEFECT" against
    "a flawless SURFACE", each the mean of a few texts (after WinCLIP, Jeong et al., CVPR 2023).

    0.5 where CLIP sees no difference, towards 1 where it sees the defect. The photo at the same place is the yardstick,
    so that a surface which looks damaged by itself gives nothing. Where another type gained more than `OTHER` beyond
    the one that was asked for, the score falls by the factor of the odds beyond that.
    """

    name = "agreement"

    def __init__(self, backbone: Backbone) -> None:
        """Use a CLIP backbone.

        Raises:
            ScoringError: the backbone has no text side.
        """
        if not hasattr(backbone, "embed_texts"):
            raise ScoringError(
                f"text-image agreement needs a CLIP model, not {backbone.name}; give clip:FOLDER with its files"
            )
        self._backbone: TextBackbone = backbone  # type: ignore[assignment]
        self._known: dict[str, tuple[list[str], NDArray[np.float64]]] = {}

    def score(self, case: Case) -> Term:
        """How clearly CLIP sees the defect type that was asked for."""
        wanted = case.blueprint.defect_type
        if not case.mask.any():
            return Term(self.name, 0.0, "nothing was drawn")
        if wanted is None:
            return Term(self.name, 1.0)
        names, directions = self._directions(case.blueprint)
        after, before = self._logits([case.image, case.photo], case, directions)
        gained = (after[1:] - after[0]) - (before[1:] - before[0])
        mine, rival = float(gained[names.index(wanted)]), names[int(gained.argmax())]
        ahead = float(gained.max()) - mine - OTHER
        score = 1 / (1 + math.exp(-min(max(mine, -60.0), 60.0))) * math.exp(-max(ahead, 0.0))
        label = get_defect_type(wanted).label["en"]
        if ahead > 0:
            return Term(self.name, score, f"looks more like {get_defect_type(rival).label['en']} than {label}")
        return Term(self.name, score, "" if score >= CLEAR else f"hardly to be recognised as {label}")

    def _logits(self, images: Sequence[RgbImage], case: Case, directions: NDArray[np.float64]) -> NDArray[np.float64]:
        x1, y1, x2, y2 = surroundings(case.mask)
        patches = [np.ascontiguousarray(image[y1:y2, x1:x2]) for image in images]
        embedded = np.asarray(self._backbone.embed(patches), dtype=np.float64)
        return np.asarray(self._backbone.temperature * embedded @ directions.T)

    def _directions(self, blueprint: Blueprint) -> tuple[list[str], NDArray[np.float64]]:
        """Defect types, and unit vectors: of the good surface first, then of each type."""
        thing = surface(blueprint)
        if thing not in self._known:
            names = list(DEFECT_TYPES)
            states = [[state.format(thing) for state in GOOD]]
            states += [[state.format(thing, label=DEFECT_TYPES[name].label["en"]) for state in BAD] for name in names]
            self._known[thing] = names, np.stack([self._mean(one) for one in states])
        return self._known[thing]

    def _mean(self, states: Sequence[str]) -> NDArray[np.float64]:
        texts = [template.format(state) for state in states for template in TEMPLATES]
        mean = np.asarray(self._backbone.embed_texts(texts), dtype=np.float64).mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12))


def surroundings(mask: Mask) -> Box:
    """A square around what is set in a mask, twice as wide, inside the picture: `x1 y1 x2 y2`, ends exclusive."""
    rows, columns = np.nonzero(mask)
    side = max(SHORT_PX, 2 * (max(int(np.ptp(rows)), int(np.ptp(columns))) + 1))
    (y1, y2), (x1, x2) = (
        _span(int(found.min()), int(found.max()), side, limit)
        for found, limit in zip((rows, columns), mask.shape, strict=True)
    )
    return x1, y1, x2, y2


def _span(low: int, high: int, side: int, limit: int) -> tuple[int, int]:
    side = min(side, limit)
    start = min(max((low + high + 1 - side) // 2, 0), limit - side)
    return start, start + side


def surface(blueprint: Blueprint) -> str:
    """What the texts call the thing: "brushed brass fitting", "steel surface"."""
    words = [word.replace("_", " ") for word in (blueprint.finish, blueprint.material, blueprint.part) if word]
    return " ".join(words if blueprint.part else [*words, "surface"])


def agreement_for(spec: str) -> tuple[Scorer, ...]:
    """The term where a backbone's spec is `clip:FOLDER`; nothing for any other.

    Raises:
        BackboneError: the folder cannot be used.
    """
    return (Agreement(get_backbone(spec)),) if spec.startswith(CLIP) else ()
