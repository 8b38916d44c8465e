"""Where on a picture: words of an option → points and areas, and how far a found region is from them.

Coordinates are shares of the picture (x right, y down). "Top left" is a point, "left side" a line, "edge" the rim,
"all over" everything; an option may name several ("top left and bottom right").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
LOW, MIDDLE, HIGH = 1 / 6, 1 / 2, 5 / 6
RIM = 0.1
_VERTICAL = {
    "top": LOW, "upper": LOW, "above": LOW, "uppermost": LOW, "summit": LOW, "topmost": LOW, "north": LOW,
    "bottom": HIGH, "lower": HIGH, "below": HIGH, "lowermost": HIGH, "base": HIGH, "underside": HIGH, "south": HIGH,
}  # fmt: skip
_HORIZONTAL = {
    "left": LOW, "leftmost": LOW, "left-hand": LOW, "leftward": LOW, "west": LOW,
    "right": HIGH, "rightmost": HIGH, "right-hand": HIGH, "rightward": HIGH, "east": HIGH,
}  # fmt: skip
_CENTRE = re.compile(r"^(?:center|centre|central|centrally|middle|mid|midsection|centered|core)$")
_RIM = re.compile(r"^(?:edges?|rims?|borders?|perimeter|periphery|outer|outline|margins?|circumference|boundary)$")
_CORNER = re.compile(r"^corners?$")
_ALL = re.compile(
    r"\b(?:all over|throughout|everywhere|entire|whole|across the (?:surface|object|image|entire)|scattered|randomly|"
    r"multiple (?:locations|places|areas|spots)|several (?:places|locations|areas)|various|evenly|spread)\b"
)
_NOT = re.compile(r"\bnot (?:on|at|in|near)\b|\bno (?:visible )?defect\b")
_SPLIT = re.compile(r"\b(?:and|or|as well as|plus)\b|[,;/]")
Kind = Literal["point", "row", "column", "rim", "corners", "all"]


@dataclass(frozen=True)
class Place:
    """One place that an option names."""

    kind: Kind
    x: float = MIDDLE
    y: float = MIDDLE

    def distance(self, points: Points) -> NDArray[np.float64]:
        """Of each point (n x 2) to the place, in shares of the picture."""
        x, y = points[:, 0], points[:, 1]
        if self.kind == "row":
            return np.asarray(np.hypot(np.maximum(np.abs(x - MIDDLE) - MIDDLE / 3, 0), y - self.y))
        if self.kind == "column":
            return np.asarray(np.hypot(x - self.x, np.maximum(np.abs(y - MIDDLE) - MIDDLE / 3, 0)))
        if self.kind == "rim":
            inside = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y))
            return np.asarray(np.maximum(inside - RIM, 0.0) + 0.08)
        if self.kind == "corners":
            return np.asarray(np.hypot(np.minimum(np.abs(x - LOW), np.abs(x - HIGH)),
                                       np.minimum(np.abs(y - LOW), np.abs(y - HIGH))))  # fmt: skip
        return np.asarray(np.hypot(x - self.x, y - self.y))


def places_in(text: str) -> tuple[Place, ...]:
    """The places that a text names, in its order; none where it names none."""
    lower = text.lower()
    if _NOT.search(lower):
        return ()
    found: list[Place] = [Place("all")] if _ALL.search(lower) else []
    for part in _SPLIT.split(lower):
        place = _one(re.findall(r"[a-z]+(?:-hand)?", part))
        if place is not None and place not in found:
            found.append(place)
    both = {(place.kind, place.x, place.y) for place in found}
    if {("column", LOW, MIDDLE), ("row", MIDDLE, LOW)} == both and not re.search(r"\band\b|,", lower):
        return (Place("point", LOW, LOW),)
    return tuple(found)


def _one(words: list[str]) -> Place | None:
    rows = [_VERTICAL[word] for word in words if word in _VERTICAL]
    columns = [_HORIZONTAL[word] for word in words if word in _HORIZONTAL]
    centre = any(_CENTRE.match(word) for word in words)
    if rows and columns:
        return Place("point", columns[0], rows[0])
    if rows:
        return Place("point", MIDDLE, rows[0]) if centre else Place("row", MIDDLE, rows[0])
    if columns:
        return Place("point", columns[0], MIDDLE) if centre else Place("column", columns[0], MIDDLE)
    if any(_CORNER.match(word) for word in words):
        return Place("corners")
    if any(_RIM.match(word) for word in words):
        return Place("rim")
    return Place("point") if centre else None


def place_error(places: tuple[Place, ...], points: Points, weights: NDArray[np.float64]) -> float:
    """How badly places fit what was found: 0 is a perfect fit, about 0.7 the other end of the picture.

    Each found point should be near one of the places, and each place near something that was found.

    Args:
        places: of one option, at least one.
        points: n x 2, shares of the picture.
        weights: of the points, summing to 1.
    """
    if any(place.kind == "all" for place in places):
        return _coverage_error(points, weights)
    distances = np.stack([place.distance(points) for place in places])
    found = float((distances.min(axis=0) * weights).sum())
    if len(places) == 1:
        return found
    strong = weights >= 0.25 * weights.max()
    return 0.5 * found + 0.5 * float(distances[:, strong].min(axis=1).mean())


def _coverage_error(points: Points, weights: NDArray[np.float64]) -> float:
    """How far what was found is from being spread over the picture (uniform: standard deviation 0.29 a side)."""
    middle = (points * weights[:, None]).sum(axis=0)
    spread = float(np.sqrt((((points - middle) ** 2).sum(axis=1) * weights).sum()))
    return max(0.0, 0.40 - spread) + 0.05
