"""What the dialogues attach: photos of good parts, a spoiled one, another product, and files that are no image."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tools.generation.base_parts import render_part
from tools.vision.images import save_png

SIZE = (160, 160)
RENDERED_SIZE = (320, 320)
"""As the agent renders its own parts."""


def make_props(folder: Path) -> dict[str, Path]:
    """Name → file or folder."""
    good = folder / "good"
    for seed in range(2):
        save_png(good / f"{seed}.png", render_part("brushed_metal", size=SIZE, seed=seed))
    same = render_part("brushed_metal", size=RENDERED_SIZE, seed=3)
    spoiled = same.copy()
    spoiled[120:160, 100:220] = 255 - spoiled[120:160, 100:220] // 4
    (folder / "empty").mkdir(parents=True, exist_ok=True)
    (folder / "text.png").write_bytes(b"this is not an image")
    return {
        "good": good,
        "same": save_png(folder / "same.png", same),
        "bad": save_png(folder / "bad.png", np.ascontiguousarray(spoiled)),
        "other": save_png(folder / "other.png", render_part("pcb", size=RENDERED_SIZE, seed=1)),
        "text": folder / "text.png",
        "empty": folder / "empty",
    }
