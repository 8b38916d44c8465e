"""What all base parts are made with: noise, relief, a lamp and a camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.generation.renderer.finish import relight
from tools.generation.renderer.noise import Field, blur, value_noise
from tools.generation.renderer.photo import Light
from tools.generation.renderer.tone import encode, quantise
from tools.vision.types import RgbImage

Colour = tuple[float, float, float]
Linear = NDArray[np.float64]


@dataclass(frozen=True)
class Studio:
    """Size of the photo, lamp, and where random numbers come from; `unit` is 1 at 512 px and scales details."""

    height: int
    width: int
    light: Light
    rng: np.random.Generator
    tone: tuple[int, int, int] | None = None
    """Colour of the metal in white light, where it is not the part's own."""

    def metal(self, red: int, green: int, blue: int) -> Linear:
        """The metal's colour in linear light: the asked tone, else the given one."""
        return colour(*(self.tone or (red, green, blue)))

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    @property
    def unit(self) -> float:
        """Pixels of a photo of 512 px that one pixel here stands for."""
        return max(0.25, min(self.height, self.width) / 512.0)

    def grid(self) -> tuple[Field, Field]:
        """Row and column of every pixel, as fractions of the shorter side around the middle."""
        side = min(self.height, self.width)
        y = (np.arange(self.height) - (self.height - 1) / 2.0) / side
        x = (np.arange(self.width) - (self.width - 1) / 2.0) / side
        rows, columns = np.meshgrid(y, x, indexing="ij")
        return rows, columns

    def noise(self, cell: float, octaves: int = 1, persistence: float = 0.5) -> Field:
        """Value noise with a cell of so many pixels of a 512 px photo."""
        return value_noise(self.rng, self.shape, max(1.0, cell * self.unit), octaves, persistence)

    def lamp(self, strength: float = 0.35) -> Field:
        """Fall-off of a lamp on the light's side, mean about 1."""
        rows, columns = self.grid()
        azimuth = np.deg2rad(self.light.azimuth_deg)
        along = columns * np.cos(azimuth) - rows * np.sin(azimuth)
        return np.asarray(1.0 + strength * along + 0.04 * self.noise(400.0))

    def shade(self, height: Field, strength: float = 1.0) -> tuple[Field, Field]:
        """A relief's brightness factor and its highlight."""
        return relight(height, self.light, strength)


def colour(red: float, green: float, blue: float) -> Linear:
    """A displayed colour (0 to 255) in linear light, as an array."""
    value = np.array([red, green, blue]) / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def tint(field: Field, rgb: Linear) -> Linear:
    """A brightness field times a colour."""
    return np.asarray(field[..., None] * rgb)


def mix(below: Linear, above: Linear, cover: Field) -> Linear:
    """One picture laid over another."""
    return np.asarray(below + cover[..., None] * (above - below))


def soft(distance: Field, width: float = 0.7) -> Field:
    """Cover of a shape from its signed distance in pixels (negative inside), anti-aliased."""
    return np.asarray(np.clip(0.5 - distance / (2.0 * width), 0.0, 1.0))


def expose(studio: Studio, linear: Linear, *, noise: float, lens_px: float = 0.6, grey: bool = False) -> RgbImage:
    """Take the photo: lens blur, sensor noise, 8 bits.

    Args:
        studio: size and random numbers.
        linear: height x width x 3 in linear light.
        noise: standard deviation in grey levels.
        lens_px: Gaussian blur of the lens.
        grey: one channel three times.
    """
    if grey:
        linear = linear.mean(axis=2, keepdims=True)
    sharp = [blur(np.ascontiguousarray(linear[..., c]), lens_px) for c in range(linear.shape[2])]
    levels = encode(np.stack(sharp, axis=2))
    grain = studio.rng.standard_normal((*studio.shape, linear.shape[2]))
    grain = 0.5 * grain + 0.85 * grain[..., :1] if linear.shape[2] == 3 else grain
    image = quantise(levels + noise * grain)
    return np.repeat(image, 3, axis=2) if grey else image
