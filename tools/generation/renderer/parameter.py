"""Renderer parameters: what can be set, what is drawn when nothing is said.

A parameter has a closed range of allowed values. When the Blueprint's `style` does not set it, it is drawn from its
`draw` intervals (with equal weight each), or is its default where it has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.renderer.streams import unit


@dataclass(frozen=True)
class Parameter:
    """One number that shapes how a type is drawn.

    `choices` names the values 0, 1, 2, … of a categorical parameter.
    """

    name: str
    low: float
    high: float
    default: float
    help: str
    draw: tuple[tuple[float, float], ...] = ()
    integer: bool = False
    choices: tuple[str, ...] = ()

    def draw_value(self, seed: int, *names: str | int) -> float:
        """The value for this seed when nobody set one."""
        if not self.draw:
            return self.default
        u = unit(seed, *names, self.name)
        which = min(int(u * len(self.draw)), len(self.draw) - 1)
        low, high = self.draw[which]
        value = low + (u * len(self.draw) - which) * (high - low)
        return self._whole(value) if self.integer or self.choices else value

    def _whole(self, value: float) -> float:
        return float(min(self.high, max(self.low, round(value))))

    def check(self, value: float, type_name: str) -> float:
        """The value, if it may be set.

        Raises:
            BlueprintDoesNotFitError: outside the range, or not whole where it must be.
        """
        if not self.low <= value <= self.high:
            raise BlueprintDoesNotFitError(
                f"style {self.name}={value:g} is out of range for {type_name}; give {self.low:g} to {self.high:g}"
            )
        if (self.integer or self.choices) and value != round(value):
            raise BlueprintDoesNotFitError(f"style {self.name}={value:g} must be a whole number for {type_name}")
        return float(value)


def choice(name: str, choices: Sequence[str], help_text: str, drawn: bool = True) -> Parameter:
    """A categorical parameter whose values are the indices of `choices`."""
    top = float(len(choices) - 1)
    draw = tuple((float(i), float(i)) for i in range(len(choices))) if drawn else ()
    return Parameter(name, 0.0, top, 0.0, help_text, draw, integer=True, choices=tuple(choices))


def resolve(parameters: Sequence[Parameter], style: Mapping[str, float], seed: int, type_name: str) -> dict[str, float]:
    """Every parameter's value: the style's where it is set, drawn otherwise.

    Raises:
        BlueprintDoesNotFitError: a style key that this type does not have, or a value out of range.
    """
    known = {parameter.name: parameter for parameter in parameters}
    unknown = sorted(set(style) - set(known))
    if unknown:
        raise BlueprintDoesNotFitError(
            f"style key {unknown[0]!r} is not a parameter of {type_name}; it has {', '.join(sorted(known))}"
        )
    return {
        name: parameter.check(style[name], type_name) if name in style else parameter.draw_value(seed, type_name)
        for name, parameter in known.items()
    }
