"""What a clause says of a region's look: form, brightness, direction, how much of the part it takes up."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from agent.report.facts import Facts
from tools.detection.regions import Region

if TYPE_CHECKING:
    from agent.report.clauses import Clause

Predicate = tuple[str, str, Callable[[Region], bool]]
"""Kind of problem, what was said, whether it is true of a region."""
_LINE_ASPECT, _SPOT_ASPECT = 2.5, 2.0
_DIRECTED_ASPECT = 1.5
"""A rounder region has no direction."""
_TURN_DEG = 25.0
_WHOLE_SIDE, _WHOLE_AREA, _HALF_AREA = 0.85, 0.6, 0.4
_SIDE = re.compile(r"width|height|length|breadth|edge|breite|höhe|länge|폭|높이", re.IGNORECASE)
_PART = re.compile(r"quarter|third|fifth|viertel|drittel|fünftel", re.IGNORECASE)
_PARTS = {"quarter": 0.25, "viertel": 0.25, "third": 1 / 3, "drittel": 1 / 3, "fifth": 0.2, "fünftel": 0.2}
_PART_SLACK = 0.05
_HALF = re.compile(r"half|most|großteil", re.IGNORECASE)


def looks(clause: Clause, facts: Facts) -> list[Predicate]:
    """The clause's claims about looks, as tests of a region; a denied one is not tested."""
    lexicon, text = clause.lexicon, clause.text
    tests: list[tuple[re.Match[str] | None, Callable[[Region], bool]]] = [
        (lexicon.line.search(text), lambda region: region.shape == "line" or region.aspect_ratio >= _LINE_ASPECT),
        (lexicon.spot.search(text), lambda region: region.shape == "spot" or region.aspect_ratio <= _SPOT_ASPECT),
        (lexicon.darker.search(text), lambda region: facts.contrasts.get(region.id, -1.0) < 0),
        (lexicon.brighter.search(text), lambda region: facts.contrasts.get(region.id, 1.0) > 0),
        (lexicon.horizontal.search(text), lambda region: _points(region, 0.0)),
        (lexicon.vertical.search(text), lambda region: _points(region, 90.0)),
        (lexicon.diagonal.search(text), lambda region: _points(region, 45.0) or _points(region, 135.0)),
    ]
    whole = lexicon.whole.search(text)
    if whole and not clause.verdicts and not any(claim.quantity == "picture" for claim in clause.numbers):
        tests.append((whole, lambda region: _fills(region, whole.group(), facts)))
    return [
        ("look", match.group(), test)
        for match, test in tests
        if match and not lexicon.negation.search(text[max(0, match.start() - 12) : match.start()])
    ]


def _points(region: Region, direction_deg: float) -> bool:
    turned = abs((region.orientation_deg - direction_deg + 90.0) % 180.0 - 90.0)
    return region.aspect_ratio >= _DIRECTED_ASPECT and turned <= _TURN_DEG


def _fills(region: Region, said: str, facts: Facts) -> bool:
    """Does it take up the whole of what was said? Not known, and so not said, where the photo's size is not."""
    width, height = facts.record.width_px, facts.record.height_px
    if not width or not height:
        return False
    x1, y1, x2, y2 = region.bbox_xyxy
    if _SIDE.search(said):
        return max((x2 - x1) / width, (y2 - y1) / height) >= _WHOLE_SIDE
    share = region.area_px / (width * height)
    part = _PART.search(said)
    if part:
        return abs(share - _PARTS[part.group().lower()]) <= _PART_SLACK
    return share >= (_HALF_AREA if _HALF.search(said) else _WHOLE_AREA)
