"""What the model inspector shows, as HTML: a row of four pictures an epoch, with the figures at the threshold."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path

import cv2
import numpy as np

from agent.chat.inspector import EpochView, Shown
from tools.vision.overlay import outline
from tools.vision.types import Mask, RgbImage

SIDE_PX = 420
HIT, EXTRA, MISSED = (38, 166, 154), (240, 140, 0), (171, 71, 188)
STYLE = f"<style>{(Path(__file__).parent / 'assets' / 'inspector.css').read_text(encoding='utf-8')}</style>"
EMPTY = STYLE + (
    '<section class="rr-card rr-empty-card"><h2>Look into a model</h2><p>Choose a training run, one or two of its '
    "epochs, and a photo. Runs appear here after <code>redrabbit segment train --name NAME …</code>; sample photos "
    "come from data sets that were sculpted in this installation.</p></section>"
)


def shown_html(shown: Shown, threshold: float) -> str:
    """All epochs of a photo at a threshold."""
    name = f"{escape(shown.name)}" + (f" · {escape(shown.label)}" if shown.label else "")
    rows = "".join(_row(shown, view, threshold) for view in shown.views)
    key = _key(shown.truth is not None)
    return f'{STYLE}<div class="rr-insp"><div class="rr-insp-key"><b>{name}</b>{key}</div>{rows}</div>'


def _row(shown: Shown, view: EpochView, threshold: float) -> str:
    found = view.segmenter.decide(view.probability, view.classes, threshold)
    pictures = (
        (_source(shown.image), "Photo"),
        (_source(heat(view.probability)), "Probability, 0 dark to 1 bright"),
        (_source(overlay(shown.image, found.mask, shown.truth)), f"Marked above {threshold:.2f}"),
        (_truth(shown), "Ground truth" if shown.truth is not None else "No ground truth"),
    )
    cells = "".join(
        f'<figure><img src="{source}" alt="{caption} of {escape(shown.name)}, {escape(view.title)}">'
        f"<figcaption>{caption}</figcaption></figure>"
        for source, caption in pictures
    )
    facts = {**overlap(found.mask, shown.truth), "Highest": f"{float(view.probability.max()):.3f}"}
    facts["Regions"] = str(len(found.regions))
    if found.regions:
        first = found.regions[0]
        sure = "" if first.type_confidence is None else f" ({first.type_confidence:.0%})"
        facts["Largest"] = f"{first.type}{sure}, {first.area_px} px"
    listed = "".join(f"<div><dt>{escape(key)}</dt><dd>{escape(value)}</dd></div>" for key, value in facts.items())
    return (
        f'<section class="rr-card" aria-label="{escape(view.title)}"><header><h2>{escape(view.title)}</h2>'
        f'<dl>{listed}</dl></header><div class="rr-insp-row">{cells}</div></section>'
    )


def overlap(mask: Mask, truth: Mask | None) -> dict[str, str]:
    """Dice and IoU; for a good photo how many pixels are marked wrongly."""
    if truth is None:
        return {}
    marked, true = mask > 0, truth > 0
    hits, both = int((marked & true).sum()), int(marked.sum()) + int(true.sum())
    if not true.any():
        return {"Wrongly marked": f"{int(marked.sum())} px"}
    return {"Dice": f"{2 * hits / both:.3f}", "IoU": f"{hits / (both - hits):.3f}"}


def heat(probability: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> RgbImage:
    """A probability map on a fixed scale, 0 dark to 1 bright."""
    levels = (np.clip(probability, 0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)[..., ::-1], dtype=np.uint8)


def overlay(image: RgbImage, mask: Mask, truth: Mask | None) -> RgbImage:
    """The photo with marked pixels tinted: found, marked too much, missed; without truth all marked ones alike."""
    marked = mask > 0
    true = marked if truth is None else truth > 0
    shown = image.astype(np.float32)
    for area, colour in ((marked & true, HIT), (marked & ~true, EXTRA), (~marked & true, MISSED)):
        shown[area] = 0.4 * shown[area] + 0.6 * np.array(colour, np.float32)
    return outline(shown.round().astype(np.uint8), mask) if mask.any() else shown.round().astype(np.uint8)


def _truth(shown: Shown) -> str:
    if shown.truth is None:
        return _source(np.full_like(shown.image, 40))
    tinted = shown.image.astype(np.float32)
    tinted[shown.truth > 0] = 0.35 * tinted[shown.truth > 0] + 0.65 * 255
    return _source(outline(tinted.round().astype(np.uint8), shown.truth))


def _key(with_truth: bool) -> str:
    names = [(HIT, "found"), (EXTRA, "marked too much"), (MISSED, "missed")] if with_truth else [(HIT, "marked")]
    return "".join(f'<span><i style="background:rgb{colour}"></i>{name}</span>' for colour, name in names)


def _source(image: RgbImage) -> str:
    """A picture inside the page: small enough that a slider can be dragged."""
    share = SIDE_PX / max(image.shape[:2])
    if share < 1:
        size = (max(1, round(image.shape[1] * share)), max(1, round(image.shape[0] * share)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    data = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 88])[1]
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}"
