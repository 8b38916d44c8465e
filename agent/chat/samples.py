"""Sample parts for visitors who have no photos at hand: rendered, without defects, always the same."""

from __future__ import annotations

from pathlib import Path

from tools.vision.images import save_png

COUNT = 8
SIZE = (480, 480)
KIND = "brushed_metal"


def sample_parts(folder: Path, count: int = COUNT) -> list[Path]:
    """Render the parts into a folder, once; returns their paths."""
    from tools.generation.base_parts import BASE_PARTS, render_part

    kind = KIND if KIND in BASE_PARTS else sorted(BASE_PARTS)[0]
    paths = [folder / f"{kind.replace('_', '-')}-{number}.png" for number in range(1, count + 1)]
    for seed, path in enumerate(paths):
        if not path.exists():
            save_png(path, render_part(kind, size=SIZE, seed=seed))
    return paths
