"""What a session has drawn without showing it: style texts and how each looks on the photo, kept in a folder.

A session draws some hundred pictures to learn what can be drawn at all, on a photo shrunk to `SIDE_PX`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from tools.blueprint.model import Blueprint
from tools.evolution.problem import Example, Problem
from tools.generation.protocol import Generator
from tools.scoring.appearance import Looks, looks_of
from tools.scoring.case import Case
from tools.scoring.terms import Visibility
from tools.vision.types import RgbImage

SIDE_PX = 320
"""Long side of the photo that looks are measured on."""
SEEN_AT = 0.5
"""Looks whose visibility term is lower are hard to find in the picture."""


@dataclass(frozen=True)
class Drawn:
    """How a text looks on the small photo, and how well it can be seen there, 0 to 1."""

    looks: Looks
    visibility: float


class Seen:
    """Draws style texts on one photo and seed, each once, and remembers how they look."""

    def __init__(
        self, blueprint: Blueprint, photo: RgbImage, seed: int, generator: Generator, folder: Path | None
    ) -> None:
        """Remember in `folder`; in memory if it is None."""
        self.problem = Problem(*_shrunk(blueprint, photo), generator)
        self._seed, self._folder = seed, folder
        self._drawn = _read(folder)

    def texts(self) -> list[str]:
        """Every text drawn so far, in that order."""
        return list(self._drawn)

    def look(self, text: str) -> Looks | None:
        """How a text looks; None where nothing was drawn."""
        drawn = self.draw(text)
        return drawn.looks if drawn is not None else None

    def look_if_visible(self, text: str) -> Looks | None:
        """How a text looks; None where nothing was drawn that an eye would find, or a bright defect where a dark one
        was asked for."""
        drawn = self.draw(text)
        if drawn is None or drawn.visibility < SEEN_AT or self._wrong_side(drawn.looks):
            return None
        return drawn.looks

    def _wrong_side(self, looks: Looks) -> bool:
        asked = self.problem.blueprint.appearance.contrast
        if asked is None:
            return False
        return (asked.max < 0 < looks.contrast) or (looks.contrast < 0 < asked.min)

    def draw(self, text: str) -> Drawn | None:
        """Draw, measure and keep, or remember."""
        if text not in self._drawn:
            drawn = self.problem.draw(text, Example(0, self._seed))
            looks = looks_of(drawn.image, drawn.mask)
            if looks is None:
                return None
            case = Case(self.problem.blueprint, self.problem.photos[0], drawn.image, drawn.mask)
            self._drawn[text] = Drawn(looks, round(Visibility().score(case).score, 4))
            self._keep(text, self._drawn[text])
        return self._drawn[text]

    def _keep(self, text: str, drawn: Drawn) -> None:
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        row = {"text": text, "visibility": drawn.visibility, **asdict(drawn.looks)}
        with (self._folder / "looks.jsonl").open("a") as stream:
            stream.write("\n" + json.dumps(row))


def _read(folder: Path | None) -> dict[str, Drawn]:
    path = folder / "looks.jsonl" if folder is not None else None
    found: dict[str, Drawn] = {}
    for line in filter(None, path.read_text().split("\n")) if path is not None and path.exists() else ():
        try:
            row = json.loads(line)
        except ValueError:
            continue  # the last line of a killed process
        text, visibility = row.pop("text"), row.pop("visibility", 1.0)
        found[text] = Drawn(Looks(**row), visibility)
    return found


def _shrunk(blueprint: Blueprint, photo: RgbImage) -> tuple[Blueprint, list[RgbImage]]:
    """Photo and scale at a long side of at most `SIDE_PX`."""
    factor = SIDE_PX / max(photo.shape[:2])
    if factor >= 1:
        return blueprint, [photo]
    size = (max(32, round(photo.shape[1] * factor)), max(32, round(photo.shape[0] * factor)))
    small = np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    scale = blueprint.mm_per_px / factor if blueprint.mm_per_px is not None else None
    return blueprint.model_copy(update={"mm_per_px": scale}), [small]
