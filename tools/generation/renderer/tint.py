"""Colour of a change: on colour photos a hue, on grey photos nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.generation.renderer.noise import Field
from tools.generation.renderer.site import Site


def hue_factors(hue_deg: float, strength: float = 1.0) -> NDArray[np.float64]:
    """Linear RGB factors of a filter of this hue, mean 1 in brightness: what it lets through of white light."""
    sector = np.array([hue_deg, hue_deg - 120.0, hue_deg + 120.0])
    away = np.abs((sector + 180.0) % 360.0 - 180.0)
    channel = np.clip(2.0 - away / 60.0, 0.0, 1.0)
    factors = 0.35 + 0.65 * channel
    factors = factors / (0.2126 * factors[0] + 0.7152 * factors[1] + 0.0722 * factors[2])
    return np.asarray(1.0 + strength * (factors - 1.0))


def colour_factors(colour: tuple[float, float, float]) -> NDArray[np.float64]:
    """The same for a colour that was asked for (linear RGB)."""
    rgb = np.array(colour) + 0.01
    return np.asarray(rgb / (0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]))


def tinted(site: Site, gain: Field, strength: Field | float, hue_deg: float) -> NDArray[np.float64]:
    """A brightness factor with a tint; grey photos keep one channel.

    Args:
        site: grey or colour, and the colour that was asked for.
        gain: height x width factor in linear light.
        strength: of the tint, 0 to 1, a number or a field.
        hue_deg: where no colour was asked for.
    """
    if site.photo.grey:
        return gain
    factors = colour_factors(site.colour) if site.colour is not None else hue_factors(hue_deg)
    amount = np.clip(np.broadcast_to(np.asarray(strength, dtype=np.float64), gain.shape), 0.0, 1.0)[..., None]
    return np.asarray(gain[..., None] * (1.0 + amount * (factors - 1.0)))
