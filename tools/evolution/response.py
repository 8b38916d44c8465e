"""How the looks of a defect answer to the renderer's parameters, learned while pictures are made.

A linear model (looks in units of their scales against parameters scaled to 0..1) starts at the rough gains of `levers`
and is corrected by every picture seen: Bayesian linear regression with those gains as the prior mean. Asked for a goal,
it gives the parameters inside their bounds that should come nearest, not farther from the present ones than `reach`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from tools.evolution.levers import LEVERS
from tools.generation.renderer.renderer import parameters_of
from tools.scoring.appearance import SCALES, WORDS

LOOKS = tuple(WORDS)
NOISE = 0.6
"""Scatter of a look between seeds, in scales."""
DOUBT = 1.5
"""Prior standard deviation of a gain that is not a lever's, in scales for the whole range."""
RESTRAINT = 0.6
"""Cost of moving a parameter through its whole range, in scales."""
RANGES = {"size_factor": (0.4, 2.5), "edge_px": (0.5, 6.0), "contrast": (-0.9, 0.6)}
"""Sensible parts of wide ranges."""


def searchable(defect_type: str) -> list[tuple[str, float, float]]:
    """The numbers a search may set: every lever that the type has, with its range."""
    known = {parameter.name: parameter for parameter in parameters_of(defect_type)}
    names = dict.fromkeys(name for levers in LEVERS.values() for name, _ in levers if name in known)
    return [(name, *RANGES.get(name, (known[name].low, known[name].high))) for name in names]


@dataclass
class Response:
    """The model for one defect type."""

    defect_type: str
    _inputs: list[NDArray[np.float64]] = field(default_factory=list, init=False)
    _outputs: list[NDArray[np.float64]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._space = searchable(self.defect_type)
        known = {parameter.name: parameter for parameter in parameters_of(self.defect_type)}
        self._defaults = {name: known[name].default for name, _, _ in self._space}
        self._prior = self._prior_gains()

    def _prior_gains(self) -> NDArray[np.float64]:
        gains = np.zeros((len(LOOKS), len(self._space)))
        for row, look in enumerate(LOOKS):
            names = [name for name, _ in LEVERS[look]]
            first = next((name for name in names if name in self._defaults), None)
            for column, (name, low, high) in enumerate(self._space):
                if name == first:
                    span = math.log(high / low) if name == "size_factor" else high - low
                    gain = 1.0 if name == "size_factor" else dict(LEVERS[look])[name]
                    gains[row, column] = span / (gain * SCALES[look])
        return gains

    @property
    def movable(self) -> list[str]:
        """Looks that some parameter of this type is known to move."""
        return [look for look, row in zip(LOOKS, self._prior, strict=True) if row.any()]

    def point(self, style: Mapping[str, float]) -> NDArray[np.float64]:
        """Parameters scaled to 0..1, the type's default where the style says nothing."""
        values = []
        for name, low, high in self._space:
            value = min(max(style.get(name, self._defaults[name]), low), high)
            share = (
                math.log(value / low) / math.log(high / low) if name == "size_factor" else (value - low) / (high - low)
            )
            values.append(share)
        return np.array(values)

    def _style(self, point: NDArray[np.float64]) -> dict[str, float]:
        found = {}
        for (name, low, high), share in zip(self._space, point, strict=True):
            found[name] = low * (high / low) ** share if name == "size_factor" else low + share * (high - low)
        return found

    def observe(self, style: Mapping[str, float], looks: NDArray[np.float64]) -> None:
        """A picture drawn with this style looked so (`[6]`, in scales; any fixed offset will do)."""
        self._inputs.append(self.point(style))
        self._outputs.append(np.asarray(looks, dtype=np.float64))

    def fit(self, near: NDArray[np.float64]) -> NDArray[np.float64]:
        """Gains `[6, p]`; pictures with parameters close to `near` count more."""
        if not self._inputs:
            return self._prior.copy()
        inputs, outputs = np.stack(self._inputs), np.stack(self._outputs)
        weights = np.exp(-((inputs - near) ** 2).sum(axis=1) / 0.5)
        centre_in, centre_out = (
            np.average(inputs, axis=0, weights=weights),
            np.average(outputs, axis=0, weights=weights),
        )
        x, y = inputs - centre_in, outputs - centre_out
        gains = np.empty_like(self._prior)
        for row in range(len(LOOKS)):
            precision = 1 / (DOUBT + 0.5 * np.abs(self._prior[row])) ** 2
            left = (x * weights[:, None]).T @ x / NOISE**2 + np.diag(precision)
            right = (x * weights[:, None]).T @ y[:, row] / NOISE**2 + precision * self._prior[row]
            gains[row] = np.linalg.solve(left, right)
        return gains

    def toward(
        self, style: Mapping[str, float], gap: NDArray[np.float64], *, reach: float = 0.5, share: float = 1.0
    ) -> dict[str, float]:
        """Parameter changes that should close a gap.

        Args:
            style: the present parameters.
            gap: `[6]`, how much too much of each look there is, in scales.
            reach: the most that a parameter may move, as a share of its range.
            share: how much of the gap to close.
        """
        now = self.point(style)
        gains = self.fit(now)
        count = len(now)
        left = np.vstack([gains, RESTRAINT * np.eye(count)])
        right = np.concatenate([-share * gap, np.zeros(count)])
        low, high = np.maximum(-reach, -now), np.minimum(reach, 1 - now)
        step = lsq_linear(left, right, bounds=(low - 1e-9, high + 1e-9)).x
        step[np.abs(step) < 0.01] = 0.0
        moved = self._style(np.clip(now + step, 0, 1))
        return {name: moved[name] for (name, _, _), one in zip(self._space, step, strict=True) if one}
