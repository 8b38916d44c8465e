"""What is measured on a photo is what was put into it."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from tools.generation.base_parts import render_part
from tools.generation.renderer.camera import measure_camera
from tools.generation.renderer.noise import streak_noise, value_noise
from tools.generation.renderer.photo import analyse, texture_direction
from tools.generation.renderer.tone import decode, encode, quantise


@pytest.mark.parametrize("sigma", [1.0, 3.0, 6.0])
def test_noise_is_measured(sigma: float) -> None:
    rng = np.random.default_rng(1)
    photo = np.clip(120 + rng.normal(0, sigma, (256, 256, 1)), 0, 255).round().astype(np.uint8).repeat(3, axis=2)
    assert measure_camera(photo, grey=True).noise_sigma == pytest.approx(sigma, rel=0.35)


@pytest.mark.parametrize("quality", [60, 80, 90, 95])
def test_jpeg_quality_is_found(quality: int) -> None:
    photo = render_part("leather", size=(256, 256), seed=1)
    buffer = io.BytesIO()
    Image.fromarray(photo).save(buffer, "JPEG", quality=quality)
    assert measure_camera(np.asarray(Image.open(buffer)), grey=False).jpeg_quality == quality
    assert measure_camera(photo, grey=False).jpeg_quality == 0


def test_blurred_photos_measure_more_blur() -> None:
    photo = render_part("pcb", size=(256, 256), seed=1)
    soft = cv2.GaussianBlur(photo, (0, 0), 2.0)
    assert measure_camera(soft, grey=False).blur_px > measure_camera(photo, grey=False).blur_px + 0.5


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 150.0])
def test_texture_direction(angle: float) -> None:
    field = 100 + 10 * streak_noise(np.random.default_rng(2), (128, 128), angle, 2.0, 60.0)
    found, coherence = texture_direction(field)
    assert min(abs(found - angle), 180 - abs(found - angle)) < 8
    assert coherence > 0.4


def test_value_noise_is_standard() -> None:
    field = value_noise(np.random.default_rng(0), (300, 300), 20.0, 3)
    assert abs(field.mean()) < 0.3
    assert field.std() == pytest.approx(1.0, abs=0.25)


def test_light_of_a_shaded_ball_is_found() -> None:
    y, x = np.mgrid[-1:1:200j, -1:1:200j] * 1.4
    z = np.sqrt(np.clip(1 - x * x - y * y, 0, 1))
    shade = np.clip(0.5 * x - 0.5 * y + 0.7 * z, 0, 1)
    photo = np.where(x * x + y * y < 1, 60 + 180 * shade, 10)[..., None].astype(np.uint8).repeat(3, axis=2)
    light = analyse(photo).light
    assert light.confident
    assert abs(light.azimuth_deg - 45) < 20


def test_levels_survive_linear_light() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    assert np.array_equal(quantise(encode(decode(levels))), levels)


def test_analysis_is_kept_by_content(metal: np.ndarray) -> None:
    assert analyse(metal) is analyse(metal.copy())
