"""Rendering: images a second at 512 x 512 for each type, and memory over a long run on two processes."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import cv2

from tools.blueprint.model import Blueprint
from tools.generation.base_parts import render_part
from tools.generation.renderer import Renderer
from tools.generation.renderer.photo import analyse
from tools.generation.renderer.types import RENDER_TYPES
from tools.vision.types import RgbImage

_KINDS = ("brushed_metal", "leather", "plate", "chip_xray", "pcb", "disc", "ceramic", "moulded_plastic")


def measure(*, seed: int, quick: bool) -> dict[str, Any]:
    """Rates on one core with known photos, the time a new photo costs, and a long run on two processes.

    Args:
        seed: of photos and defects.
        quick: 12 images a type and 240 in the long run, instead of 60 and 10,000.

    Returns:
        `render.<type>`, `render.mean`, `render.new_photo` and `render.two_processes`, each with `per_second` (wall
        clock), `per_cpu_second` (what a busy machine leaves comparable) and `peak_mb`.
    """
    cv2.setNumThreads(1)
    photos = _photos(seed)
    start = _now()
    for photo in photos:
        analyse(photo)
    table: dict[str, Any] = {"render.new_photo": _rates(len(photos), _since(start))}
    total = (0.0, 0.0)
    number = 12 if quick else 60
    for name in RENDER_TYPES:
        spent = _render(photos, [name], number, seed)
        total = (total[0] + spent[0], total[1] + spent[1])
        table[f"render.{name}"] = _rates(number, spent)
    table["render.mean"] = _rates(number * len(RENDER_TYPES), total)
    table["render.two_processes"] = _long_run(240 if quick else 10_000, seed)
    return table


def _photos(seed: int) -> list[RgbImage]:
    return [render_part(kind, size=(512, 512), seed=seed) for kind in _KINDS]


def _now() -> tuple[float, float]:
    """Wall clock and processor time."""
    return time.perf_counter(), time.process_time()


def _since(start: tuple[float, float]) -> tuple[float, float]:
    now = _now()
    return now[0] - start[0], now[1] - start[1]


def _rates(count: int, spent: tuple[float, float]) -> dict[str, float]:
    return {"per_second": count / spent[0], "per_cpu_second": count / spent[1], "peak_mb": _peak_mb()}


def _render(photos: list[RgbImage], names: list[str], count: int, seed: int) -> tuple[float, float]:
    """Wall and processor seconds for so many images, cycling through types and photos."""
    renderer = Renderer()
    start = _now()
    for number in range(count):
        blueprint = Blueprint(defect_type=names[number % len(names)])
        renderer.generate(blueprint, photos[(number // len(names)) % len(photos)], seed + number)
    return _since(start)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def _worker(task: tuple[int, int]) -> tuple[tuple[float, float], float]:
    """Seconds and peak megabytes of one process that renders its share."""
    count, seed = task
    cv2.setNumThreads(1)
    photos = _photos(seed)
    return _render(photos, list(RENDER_TYPES), count, seed), _peak_mb()


def _long_run(count: int, seed: int) -> dict[str, Any]:
    """Two processes at once; the rate is of both, the memory the sum of their peaks."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        done = list(pool.map(_worker, [(count // 2, seed), (count - count // 2, seed + count)]))
    print(f"speed: rendered {count} images on two processes", file=sys.stderr)
    wall, processor = max(spent[0] for spent, _ in done), max(spent[1] for spent, _ in done)
    return {
        "per_second": count / wall,
        "per_cpu_second": count / processor / 2.0,
        "peak_mb": sum(peak for _, peak in done),
    }
