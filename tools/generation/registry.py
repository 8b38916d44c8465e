"""Generators by name."""

from __future__ import annotations

from collections.abc import Callable

from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.fal import FalGenerator
from tools.generation.protocol import Generator
from tools.generation.renderer import Renderer

GENERATORS: dict[str, Callable[[], Generator]] = {"renderer": Renderer, "fal": FalGenerator}
"""Name → factory."""


def get_generator(name: str = "renderer") -> Generator:
    """A generator by name.

    Raises:
        BlueprintDoesNotFitError: there is none of that name.
    """
    if name not in GENERATORS:
        raise BlueprintDoesNotFitError(f"there is no generator {name!r}; choose one of {', '.join(GENERATORS)}")
    return GENERATORS[name]()
