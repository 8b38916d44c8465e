"""The visual index of the data folder: pictures of good parts, known defects and operators' corrections."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.settings import Settings
    from knowledge.visual import VisualIndex


def visual_folder(settings: Settings) -> Path:
    """Where it lies."""
    return settings.data_dir / "visual"


def open_visual(settings: Settings, *, create: bool = False) -> VisualIndex | None:
    """The index of these settings; None where there is none and none is wanted."""
    folder = visual_folder(settings)
    exists = (folder / "examples.json").is_file()
    if not create and not exists:
        return None
    from knowledge.visual import VisualIndex
    from tools.vision.backbone import get_backbone

    backbone = get_backbone(settings.backbone)
    return VisualIndex.load(folder, backbone) if exists else VisualIndex(backbone)


GOOD_REMEMBERED = 32
"""Of a part's good photos so many, evenly spread, are looked up for the nearest one."""


def remember_part(settings: Settings, good: Sequence[Path], category: str) -> VisualIndex:
    """The index with a part's good photos in it; those that are new are added, and the index is saved.

    Raises:
        ImageError: a photo cannot be read any more.
    """
    visual = open_visual(settings, create=True)
    assert visual is not None
    step = max(1, len(good) // GOOD_REMEMBERED)
    if visual.add_good(list(good)[::step][:GOOD_REMEMBERED], category=category):
        visual.save(visual_folder(settings))
    return visual
