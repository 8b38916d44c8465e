"""Simulated engineers with a hidden target: how many comparisons until the shown defect is what they mean.

An engineer sees two pictures, prefers the one whose looks are nearer to the target's (one answer in ten is wrong),
calls near equals a tie, and in half of the cases names the largest gap of the preferred one by a chip. They accept when
the preferred picture's looks lie within the tolerance. `random_pairs` shows the champion beside random texts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from evals.common import bootstrap_interval
from evals.evolution.cases import BLUEPRINTS, Case, _text, fresh, make_case
from tools.evolution.levers import CHIPS
from tools.evolution.problem import Example
from tools.evolution.response import LOOKS, Response
from tools.evolution.taste import Taste, coordinates
from tools.scoring.appearance import Looks, looks_of, mean_looks

AT_MOST = 40
TOLERANCE = 0.5
"""Root mean square gap over the looks that the type can move, in scales (a gap of one scale is plainly visible)."""
WRONG = 0.1
CHIP_SHARE = 0.5
TIE = 0.15
VIEW = Example(0, 0)


class Engineer:
    """Answers from a hidden target."""

    def __init__(self, target: Looks, defect_type: str, seed: int) -> None:
        self._target = coordinates(target)
        self._columns = [LOOKS.index(name) for name in Response(defect_type).movable]
        self._generator = np.random.default_rng(seed)

    def gap(self, looks: Looks) -> float:
        """How far off."""
        return float(np.sqrt(((coordinates(looks) - self._target)[self._columns] ** 2).mean()))

    def choose(self, first: Looks, second: Looks) -> str:
        """`1`, `2` or `tie`."""
        ahead = self.gap(second) - self.gap(first)
        if abs(ahead) < TIE:
            return "tie"
        right = self._generator.random() >= WRONG
        return "1" if (ahead > 0) == right else "2"

    def chip(self, looks: Looks) -> str | None:
        """The honest reason chip for the largest gap, half of the time."""
        if self._generator.random() >= CHIP_SHARE:
            return None
        off = coordinates(looks) - self._target
        column = max(self._columns, key=lambda one: abs(off[one]))
        wanted = (LOOKS[column], float(np.sign(off[column])))
        return next((name for name, value in CHIPS.items() if value == wanted), None)


def run(*, seed: int, seeds: int, blueprints: int, out: Path) -> dict[str, Any]:  # noqa: ARG001
    """Both strategies on all cases."""
    rows = []
    for number in range(min(blueprints, len(BLUEPRINTS))):
        for case_seed in range(seed, seed + seeds):
            case = make_case(number, case_seed)
            rows.append({"ours": _ours(case, case_seed), "random_pairs": _random(case, case_seed)})
    return summary(rows, seed)


def _setting(case: Case, seed: int) -> tuple[Engineer, Any, Any]:
    problem = fresh(case.problem)
    defect_type = str(case.blueprint.defect_type)
    target = mean_looks([(drawn.image, drawn.mask) for drawn in (problem.draw(case.target, VIEW),)])
    assert target is not None

    def look(text: str) -> Looks | None:
        drawn = problem.draw(text, VIEW)
        return looks_of(drawn.image, drawn.mask)

    return Engineer(target, defect_type, seed), look, defect_type


def _ours(case: Case, seed: int) -> int | None:
    engineer, look, defect_type = _setting(case, seed)
    champion, champion_looks = case.start, look(case.start)
    if champion_looks is None:
        return None
    taste = Taste(champion, look, defect_type, seed)
    shown = {champion}
    for asked in range(1, AT_MOST + 1):
        challenger = taste.challenger(champion, shown)
        shown.add(challenger)
        looks = taste.draw(challenger)
        assert looks is not None
        answer = engineer.choose(champion_looks, looks)
        taste.choose(champion_looks, looks, answer)
        if answer == "2":
            champion, champion_looks = challenger, looks
        if engineer.gap(champion_looks) <= TOLERANCE:
            return asked
        if (chip := engineer.chip(champion_looks)) is not None:
            taste.complain(champion_looks, chip)
    return None


def _random(case: Case, seed: int) -> int | None:
    engineer, look, defect_type = _setting(case, seed)
    generator = np.random.default_rng([seed, 77])
    champion_looks = look(case.start)
    for asked in range(1, AT_MOST + 1):
        looks = look(_text(defect_type, generator))
        if looks is None or champion_looks is None:
            continue
        if engineer.choose(champion_looks, looks) == "2":
            champion_looks = looks
        if engineer.gap(champion_looks) <= TOLERANCE:
            return asked
    return None


def summary(rows: list[dict[str, int | None]], seed: int) -> dict[str, Any]:
    """Median comparisons (a session that never ends counts with the limit), interval, and how many were accepted."""
    found: dict[str, Any] = {"comparisons_median": {}, "comparisons_interval": {}, "accepted": {}}
    for name in ("ours", "random_pairs"):
        used = np.array([row[name] or AT_MOST for row in rows], dtype=float)
        interval = bootstrap_interval(lambda index, used=used: float(np.median(used[index])), len(rows), seed=seed)  # type: ignore[misc]
        found["comparisons_median"][name] = interval["value"]
        found["comparisons_interval"][name] = interval
        found["accepted"][name] = int(sum(row[name] is not None for row in rows))
    return {**found, "sessions": len(rows), "limit": AT_MOST}
