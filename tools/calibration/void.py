"""Voids on photos of chips: the generator of the void experiment.

Controlled: shape, count, size, brightness, spread of sizes and of positions. Uncontrolled, drawn for each image and
recorded: the rotation of the whole pattern and which chip it lies on. Edges are blurred by 2 px.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.calibration.distributions import Choice, Distribution, Normal
from tools.calibration.space import Category, Number, Space, Value
from tools.vision.types import Mask, RgbImage

EDGE_BLUR_PX = 2.0
SHAPES = ("circle", "ellipse", "irregular")

VOID_SPACE = Space(
    parameters={
        "void_shape": Category(choices=SHAPES),
        "void_count": Number(kind="int", low=3, high=20),
        "base_size": Number(low=5, high=40),
        "brightness_factor": Number(low=0.3, high=0.8),
        "size_std": Number(low=0, high=15),
        "position_spread": Number(low=0.1, high=0.8),
    }
)


def _distribution(shape: tuple[float, ...], *pairs: tuple[float, float]) -> Distribution:
    names = ("void_count", "base_size", "brightness_factor", "size_std", "position_spread")
    normals = {name: Normal(mean=mean, std=std) for name, (mean, std) in zip(names, pairs, strict=True)}
    return {"void_shape": Choice(probabilities=shape), **normals}


REAL = _distribution((0.2, 0.5, 0.3), (8, 3), (20, 5), (0.6, 0.1), (7, 2), (0.5, 0.15))
CLOSE = _distribution((0.25, 0.45, 0.3), (10, 3), (18, 5), (0.55, 0.1), (8, 2), (0.55, 0.15))
FAR = _distribution((0.7, 0.2, 0.1), (15, 3), (10, 5), (0.4, 0.1), (3, 1), (0.8, 0.1))


@dataclass(frozen=True)
class VoidImage:
    """An image with voids, its mask (0/255) and what was drawn beyond the parameters."""

    image: RgbImage
    mask: Mask
    uncontrolled: Mapping[str, Value]


def render_voids(parameters: Mapping[str, Value], chips: Sequence[RgbImage], seed: int) -> VoidImage:
    """Draw voids on one of the chips.

    Args:
        parameters: a value for every parameter of `VOID_SPACE`.
        chips: photos to choose from, `uint8` H x W x 3.
        seed: the same parameters, chips and seed give the same bytes.
    """
    VOID_SPACE.encode(parameters)
    generator = np.random.default_rng(seed)
    index = int(generator.integers(len(chips)))
    rotation_deg = float(generator.uniform(0.0, 360.0))
    chip = chips[index]
    height, width = chip.shape[:2]
    centres = _centres(parameters, generator, rotation_deg, (height, width))
    alpha = np.zeros((height, width), dtype=np.float32)
    for x, y in centres:
        size = float(generator.normal(float(parameters["base_size"]), float(parameters["size_std"])))
        outline = _outline(str(parameters["void_shape"]), max(size, 2.0) / 2, generator)
        corners = np.round((outline + np.array([x, y])) * 16).astype(np.int32)
        cv2.fillPoly(alpha, [corners], 1.0, lineType=cv2.LINE_8, shift=4)
    alpha = cv2.GaussianBlur(alpha, (0, 0), EDGE_BLUR_PX)
    factor = 1.0 - alpha[..., None] * (1.0 - float(parameters["brightness_factor"]))
    image = np.floor(chip * factor + 0.5).clip(0, 255).astype(np.uint8)
    changed = (image != chip).any(axis=2)
    mask = np.where(changed, 255, 0).astype(np.uint8)
    return VoidImage(image, mask, {"rotation_deg": round(rotation_deg, 3), "base_image": index})


def _centres(
    parameters: Mapping[str, Value], generator: np.random.Generator, rotation_deg: float, shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Normal around the middle, `position_spread` of half the side as the standard deviation, rotated as a whole."""
    height, width = shape
    spread = float(parameters["position_spread"])
    offsets = generator.normal(0.0, spread / 2, (int(parameters["void_count"]), 2))
    turn = np.deg2rad(rotation_deg)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    half = np.array([width, height]) / 2
    return np.asarray(np.clip(half + (offsets @ rotation.T) * half, 0.06 * 2 * half, 0.94 * 2 * half))


def _outline(shape: str, radius: float, generator: np.random.Generator) -> NDArray[np.float64]:
    """A closed outline around the origin, `[72, 2]` in pixels."""
    angles = np.linspace(0.0, 2 * np.pi, 72, endpoint=False)
    radii = np.full_like(angles, radius)
    if shape == "irregular":
        for order in (2, 3, 4, 5):
            phase = generator.uniform(0.0, 2 * np.pi)
            radii *= 1 + generator.normal(0.0, 0.35 / order) * np.cos(order * angles + phase)
        radii = np.maximum(radii, 0.3 * radius)
    points = np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)
    if shape == "ellipse":
        aspect, turn = generator.uniform(0.45, 0.7), generator.uniform(0.0, np.pi)
        points *= (1 / np.sqrt(aspect), np.sqrt(aspect))
        points = points @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.asarray(points, dtype=np.float64)
